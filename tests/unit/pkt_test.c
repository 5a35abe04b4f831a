/* SPDX-License-Identifier: MIT */
/* Packets and their spare memory, also when one thread makes them and another drops them. Runs under ThreadSanitizer in `make check`. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "base/pkt.h"
#include "base/rand.h"
#include "base/units.h"
#include "check.h"

static void holds_what_it_was_given_at_any_size(void)
{
    static uint8_t bytes[400000];
    for (size_t round = 0; round < 3; round++)
        for (size_t len = 0; len < sizeof(bytes); len += 1 + len / 7) {
            memset(bytes, (int)(len + round), len);
            struct pkt *p = pkt_copy(bytes, len), *other = pkt_new(len);
            CHECK(p && other && p != other);
            CHECK_EQ(len, p->len);
            CHECK_EQ(len, p->cap);
            memset(other->data, 0, other->cap); /* all of it is there */
            CHECK_MEM(bytes, p->data, len);
            pkt_unref(p);
            pkt_unref(other);
        }
    pkt_trim();
}

static void counts_its_references(void)
{
    struct pkt *p = pkt_copy("abc", 3);
    CHECK(pkt_ref(p) == p);
    CHECK_EQ(2, p->refs);
    pkt_unref(p);
    CHECK_MEM("abc", p->data, 3);
    pkt_unref(p);
    pkt_unref(NULL);
    pkt_trim();
}

/* ---- made here, dropped there ---- */

#define SLOTS 64
#define ROUNDS 200000

static _Atomic(struct pkt *) slot[SLOTS];

static void check(const struct pkt *p)
{
    for (uint32_t i = 1; i < p->len; i++)
        CHECK(p->data[i] == p->data[0]);
}

/* Puts packets of its own into slots that all share, and drops what it finds there, of whomever. */
static void *swap(void *ctx)
{
    struct rng rng = {(uint64_t)(uintptr_t)ctx};
    for (int i = 0; i < ROUNDS; i++) {
        size_t len = rng_below(&rng, 8) ? rng_below(&rng, 200) : rng_below(&rng, 20000);
        struct pkt *p = pkt_new(len);
        memset(p->data, i, len);
        p->len = (uint32_t)len;
        pkt_ref(p);
        struct pkt *old = atomic_exchange(&slot[rng_below(&rng, SLOTS)], p);
        check(p);
        pkt_unref(p);
        if (old)
            check(old);
        pkt_unref(old);
    }
    pkt_trim();
    return NULL;
}

static void threads_may_drop_each_others(void)
{
    pthread_t thread[3];
    for (uintptr_t i = 0; i < 3; i++)
        CHECK_EQ(0, pthread_create(&thread[i], NULL, swap, (void *)(i + 1)));
    for (size_t i = 0; i < 3; i++)
        pthread_join(thread[i], NULL);
    for (size_t i = 0; i < SLOTS; i++)
        pkt_unref(slot[i]);
    pkt_trim();
}

int main(void)
{
    static const struct check_test tests[] = {
        T(holds_what_it_was_given_at_any_size),
        T(counts_its_references),
        T(threads_may_drop_each_others),
    };
    return CHECK_RUN(tests);
}
