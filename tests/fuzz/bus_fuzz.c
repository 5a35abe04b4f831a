/* SPDX-License-Identifier: MIT */
/* What NATS brings to a relay that holds the number 3: beats and batches of anybody, time, and the number lost and won again. The input
 * is a list of steps: what happens (one byte), a length (two bytes) and the bytes. Whatever comes, relays rise and fall in turn, only
 * one that is up brings batches, each message is counted once, and no address holds what a log or a page should not. */
#include <string.h>

#include "bus/state.h"
#include "fuzz/fuzz.h"

#define STEPS_MAX 2000
#define OWN 3
#define OWN_INSTANCE 0x1111111111111111u

static usec_t virtual_now;
usec_t __wrap_bus_now(void);
usec_t __wrap_bus_now(void) { return virtual_now; }

struct world {
    struct bus bus;
    bool up[BUS_NODES];
    uint32_t up_count;
    uint64_t batches;
    uint64_t born; /* of the seal taken last */
};

/* ---- what the owner sees ---- */

static void on_batch(void *ctx, uint32_t node, const uint8_t *data, size_t len)
{
    struct world *w = ctx;
    uint8_t *copy = malloc(len + 1);
    MUST(copy && node && node < BUS_NODES && node != w->bus.node && w->up[node]);
    memcpy(copy, data, len); /* all of it can be read */
    free(copy);
    w->batches++;
}

static void on_node(void *ctx, uint32_t node, bool up, const struct bus_node *info)
{
    struct world *w = ctx;
    MUST(node && node < BUS_NODES && info->node == node && w->up[node] != up);
    MUST(memchr(info->address, 0, sizeof(info->address)) && beat_is_address(info->address, strlen(info->address)));
    MUST(info->threads >= 1 && info->threads <= BEAT_THREADS_MAX);
    w->up[node] = up;
    w->up_count = up ? w->up_count + 1 : w->up_count - 1;
}

static void on_ready(void *ctx, uint32_t own, bool up)
{
    struct world *w = ctx;
    (void)own;
    MUST(up || !w->up_count);
}

static void on_seal(void *ctx, const struct bus_seal *seal)
{
    struct world *w = ctx;
    MUST(seal->born_us && memcmp(seal, &w->bus.seal, sizeof(*seal)) == 0);
    MUST(!w->born || seal->born_us <= w->born);
    w->born = seal->born_us;
}

static void on_say(void *ctx, const char *event, const char *sentence) { (void)ctx, (void)event, (void)sentence; }

/* ---- steps ---- */

static void hear_beat(struct world *w, const uint8_t *data, size_t len)
{
    struct beat in;
    uint64_t foreign = w->bus.count.foreign_in;
    struct bus_seal seal;
    bool is_beat = beat_parse(&in, data, len) == 0 || beat_seal_parse(&seal, data, len) == 0;
    bus_hear_beat(&w->bus, data, len);
    MUST(w->bus.count.foreign_in == foreign + !is_beat);
}

static void hear_batch(struct world *w, const uint8_t *data, size_t len)
{
    uint64_t foreign = w->bus.count.foreign_in, batches = w->batches;
    bus_hear_batch(&w->bus, data, len);
    MUST(w->bus.count.foreign_in + w->batches == foreign + batches + 1);
    MUST(w->bus.count.batches_in == w->batches);
}

/* One that begins well, so that most inputs get past the header. */
static void hear_good_beat(struct world *w, const uint8_t *data, size_t len)
{
    uint8_t out[BEAT_MAX];
    struct beat b = {.instance = 1 + take_u8(&data, &len) % 4, .node.threads = 1 + take_u8(&data, &len) % BEAT_THREADS_MAX};
    b.node.node = 1 + take_u8(&data, &len) % 8;
    uint8_t flags = take_u8(&data, &len);
    b.leaving = flags & 1;
    b.node.draining = flags & 2;
    b.sent_us = (uint64_t)virtual_now;
    size_t at = beat_write(out, &b);
    size_t address = len < sizeof(out) - at ? len : sizeof(out) - at;
    memcpy(out + at, data, address);
    hear_beat(w, out, at + address);
}

static void hear_good_seal(struct world *w, const uint8_t *data, size_t len)
{
    uint8_t out[BEAT_SEAL_BYTES], born = take_u8(&data, &len);
    beat_seal_write(out, &(struct bus_seal){.born_us = born / 8, .key = {born % 8}});
    hear_beat(w, out, sizeof(out));
}

static void hear_good_batch(struct world *w, const uint8_t *data, size_t len)
{
    uint8_t out[BATCH_HEADER_BYTES + 256];
    struct batch_header h = {
        .to = OWN, .from = 1 + take_u8(&data, &len) % 8, .threads = 1, .instance = 1 + take_u8(&data, &len) % 4};
    h.epoch = take_u8(&data, &len) % 4;
    batch_header_write(out, &h);
    size_t rest = len < 256 ? len : 256;
    memcpy(out + BATCH_HEADER_BYTES, data, rest);
    hear_batch(w, out, BATCH_HEADER_BYTES + rest);
}

static void step(struct world *w, uint8_t what, const uint8_t *data, size_t len)
{
    switch (what % 8) {
    case 0: hear_beat(w, data, len); break;
    case 1: hear_batch(w, data, len); break;
    case 2: hear_good_beat(w, data, len); break;
    case 3: hear_good_batch(w, data, len); break;
    case 4: virtual_now += (what / 8) * 100 * MS; break;
    case 5: bus_find_silent(&w->bus); break;
    case 6: bus_become(&w->bus, what / 8 % 2); break;
    case 7: hear_good_seal(w, data, len); break;
    }
    MUST(w->bus.peers.up_count == w->up_count);
    MUST(!w->up[OWN] && (w->bus.ready || !w->up_count));
}

static void check_lists(struct world *w)
{
    struct bus_node best, others[BUS_OTHERS_MAX];
    size_t count = bus_others(&w->bus, others, BUS_OTHERS_MAX);
    bool any = bus_lightest(&w->bus, &best);
    MUST(any == (count > 0) && (!any || best.node == others[0].node));
    for (size_t i = 0; i < count; i++)
        MUST(w->up[others[i].node] && *others[i].address && !others[i].draining);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct world *w = calloc(1, sizeof(*w));
    MUST(w);
    virtual_now = 1000 * SEC;
    w->bus.calls = (struct bus_calls){on_batch, on_node, on_ready, on_seal, on_say};
    w->bus.ctx = w;
    w->bus.instance = OWN_INSTANCE;
    w->bus.node = OWN;
    w->bus.own.threads = 1;
    pthread_mutex_init(&w->bus.order, NULL);
    pthread_mutex_init(&w->bus.lock, NULL);
    pthread_cond_init(&w->bus.kick, NULL);
    bus_become(&w->bus, true);
    for (int i = 0; len && i < STEPS_MAX; i++) {
        uint8_t what = take_u8(&data, &len);
        size_t want = (size_t)take_u8(&data, &len) << 8;
        want |= take_u8(&data, &len);
        size_t n = want < len ? want : len;
        step(w, what, data, n);
        data += n;
        len -= n;
    }
    check_lists(w);
    virtual_now += 2 * SEC;
    bus_find_silent(&w->bus);
    MUST(!w->up_count);
    pthread_mutex_destroy(&w->bus.order);
    pthread_mutex_destroy(&w->bus.lock);
    pthread_cond_destroy(&w->bus.kick);
    free(w);
    return 0;
}
