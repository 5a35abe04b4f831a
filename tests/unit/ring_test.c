/* SPDX-License-Identifier: MIT */
/* The ring between two threads: what goes in comes out, in order and whole, also over the end and when it is full. Runs under
 * ThreadSanitizer in `make check`. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "base/err.h"
#include "base/rand.h"
#include "base/units.h"
#include "check.h"
#include "parleyd/ring.h"

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define FRAMES 2000000u
#else
#define FRAMES 5000000u
#endif
#define BYTES 4096

static uint8_t scratch[1 << 16];

static bool take(struct ring *r, struct ring_frame *f) { return ring_peek(r, ring_mark(r), scratch, f); }

static void gives_back_what_was_put(void)
{
    struct ring *r = ring_new(64);
    struct ring_frame f;
    CHECK(!take(r, &f));
    CHECK_EQ(0, ring_put(r, 7, "hello", 5));
    CHECK_EQ(0, ring_put(r, 8, NULL, 0));
    CHECK(take(r, &f));
    CHECK_EQ(5, f.len);
    CHECK_EQ(7, f.tag);
    CHECK_MEM("hello", f.data, 5);
    ring_drop(r);
    CHECK(take(r, &f));
    CHECK_EQ(0, f.len);
    CHECK_EQ(8, f.tag);
    ring_drop(r);
    CHECK(!take(r, &f));
    ring_del(r);
}

static void a_full_ring_refuses_and_recovers(void)
{
    static const uint8_t data[64];
    struct ring *r = ring_new(64);
    struct ring_frame f;
    CHECK_EQ(56, ring_frame_max(64));
    CHECK_EQ(ERR_LIMIT, ring_put(r, 0, data, 57));
    CHECK_EQ(0, ring_put(r, 0, data, 24));
    CHECK_EQ(0, ring_put(r, 0, data, 24));
    CHECK_EQ(ERR_FULL, ring_put(r, 0, data, 0));
    CHECK(take(r, &f));
    CHECK_EQ(ERR_FULL, ring_put(r, 0, data, 0)); /* the frame is still being read */
    ring_drop(r);
    CHECK_EQ(0, ring_put(r, 0, data, 24));
    CHECK_EQ(ERR_FULL, ring_put(r, 0, data, 0));
    ring_del(r);
}

static void a_frame_goes_over_the_end(void)
{
    struct ring *r = ring_new(64);
    struct ring_frame f;
    uint8_t data[56];
    for (uint8_t round = 0; round < 100; round++) {
        size_t len = round % 57;
        memset(data, round, sizeof(data));
        CHECK_EQ(0, ring_put(r, round, data, len));
        CHECK(take(r, &f));
        CHECK_EQ(len, f.len);
        CHECK_EQ(round, f.tag);
        CHECK_MEM(data, f.data, len);
        ring_drop(r);
    }
    ring_del(r);
}

static void a_mark_stands_still(void)
{
    struct ring *r = ring_new(64);
    struct ring_frame f;
    ring_put(r, 1, "a", 1);
    uint64_t mark = ring_mark(r);
    ring_put(r, 2, "b", 1);
    CHECK(ring_peek(r, mark, scratch, &f));
    ring_drop(r);
    CHECK(!ring_peek(r, mark, scratch, &f));
    CHECK(take(r, &f));
    ring_del(r);
}

static void a_loss_is_told_once(void)
{
    struct ring *r = ring_new(64);
    CHECK(!ring_take_lost(r));
    ring_set_lost(r);
    ring_set_lost(r);
    CHECK(ring_take_lost(r));
    CHECK(!ring_take_lost(r));
    ring_del(r);
}

/* ---- two threads ---- */

struct race {
    struct ring *ring;
    uint64_t refused;
    _Atomic uint64_t lost;
    atomic_bool over;
};

static size_t length_of(uint32_t i)
{
    struct rng mix = {i};
    uint64_t n = rng_next(&mix);
    return n % 50 == 0 ? n % 3000 : n % 100;
}

static void write_frame(uint8_t *out, uint32_t i, size_t len) { memset(out, (int)(i * 31), len); }

static void *write_all(void *ctx)
{
    struct race *race = ctx;
    uint8_t data[3000];
    for (uint32_t i = 0; i < FRAMES; i++) {
        size_t len = length_of(i);
        write_frame(data, i, len);
        while (ring_put(race->ring, i, data, len)) {
            race->refused++;
            sched_yield();
        }
    }
    return NULL;
}

static void check_frame(const struct ring_frame *f, uint32_t i)
{
    uint8_t first = (uint8_t)(i * 31);
    CHECK_EQ(i, f->tag);
    CHECK_EQ(length_of(i), f->len);
    if (f->len) /* first, last, and that all between are the same */
        CHECK(f->data[0] == first && memcmp(f->data, f->data + 1, f->len - 1) == 0);
}

static void two_threads_lose_nothing(void)
{
    struct race race = {.ring = ring_new(BYTES)};
    pthread_t writer;
    struct ring_frame f;
    CHECK_EQ(0, pthread_create(&writer, NULL, write_all, &race));
    for (uint32_t i = 0; i < FRAMES;) {
        uint64_t mark = ring_mark(race.ring);
        for (; ring_peek(race.ring, mark, scratch, &f); i++) {
            check_frame(&f, i);
            ring_drop(race.ring);
        }
        sched_yield();
    }
    pthread_join(writer, NULL);
    CHECK(race.refused > 0); /* it was full at times */
    CHECK(!take(race.ring, &f));
    ring_del(race.ring);
}

/* A writer that drops what finds no room and leaves a note: the reader gets to know after the last loss, too. */
static void *write_or_lose(void *ctx)
{
    struct race *race = ctx;
    uint8_t data[100] = {0};
    for (uint32_t i = 0; i < FRAMES; i++)
        if (ring_put(race->ring, i, data, sizeof(data))) {
            atomic_fetch_add_explicit(&race->lost, 1, memory_order_relaxed);
            ring_set_lost(race->ring);
        }
    atomic_store(&race->over, true);
    return NULL;
}

static void no_loss_stays_unknown(void)
{
    struct race race = {.ring = ring_new(BYTES)};
    pthread_t writer;
    struct ring_frame f;
    uint64_t got = 0, known = 0;
    bool over = false;
    CHECK_EQ(0, pthread_create(&writer, NULL, write_or_lose, &race));
    for (bool last = false; !last;) {
        last = over;
        over = atomic_load(&race.over);
        for (; take(race.ring, &f); got++)
            ring_drop(race.ring);
        if (ring_take_lost(race.ring))
            known = atomic_load_explicit(&race.lost, memory_order_relaxed);
    }
    pthread_join(writer, NULL);
    CHECK_EQ(FRAMES, got + race.lost);
    CHECK_EQ(race.lost, known);
    ring_del(race.ring);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(gives_back_what_was_put), T(a_full_ring_refuses_and_recovers), T(a_frame_goes_over_the_end), T(a_mark_stands_still),
        T(a_loss_is_told_once),     T(two_threads_lose_nothing),         T(no_loss_stays_unknown),
    };
    return CHECK_RUN(tests);
}
