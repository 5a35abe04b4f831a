/* SPDX-License-Identifier: MIT */
/* Batches of other relays on their way to the threads of relay 3, and its own on their way out. The input is a list of steps: what
 * happens (one byte), a length (two bytes) and the bytes. A batch may hold anything; what reaches a thread is of a shard of another
 * relay and not empty. What one relay sends comes out of the mailbag as one batch, and the other reads it as it was. */
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "bus/beat.h"
#include "bus/mailbag.h"
#include "fuzz/fuzz.h"
#include "parleyd/exchange.h"

#define STEPS_MAX 200
#define OWN 3
#define OTHER 5
#define THREADS 2

struct world {
    struct exchange *own, *other;
    struct mailbag bag;
    uint32_t news, frames; /* what port_receive() gave since it was looked at */
    const uint8_t *sent;   /* what OTHER sent last, by its thread 1 */
    size_t sent_len;
    uint32_t arrived; /* threads that got it, whole */
};

/* ---- what the threads get ---- */

static void on_frame(void *ctx, uint32_t from, const uint8_t *data, size_t len)
{
    struct world *w = ctx;
    MUST(from == EXCHANGE_EVERYBODY || (shard_node(from) && shard_node(from) < EXCHANGE_NODES_MAX && shard_node(from) != OWN));
    w->frames += data != NULL;
    w->news += data == NULL;
    if (!data) {
        MUST(len <= PORT_DOWN);
        return;
    }
    uint8_t *copy = malloc(len);
    MUST(copy && len && from != EXCHANGE_EVERYBODY);
    memcpy(copy, data, len); /* all of it can be read */
    w->arrived += w->sent && len == w->sent_len && !memcmp(copy, w->sent, len) && from == shard_of(OTHER, 1);
    free(copy);
}

static void receive(struct world *w)
{
    w->news = w->frames = w->arrived = 0;
    for (uint32_t t = 0; t < THREADS; t++)
        port_receive(exchange_port(w->own, t), on_frame, w);
}

/* ---- what OTHER sends ---- */

static int publish(void *ctx, uint32_t node, const void *data, size_t len)
{
    struct world *w = ctx;
    uint8_t header[BATCH_HEADER_BYTES];
    MUST(node == OWN);
    batch_header_write(header, &(struct batch_header){.from = OTHER, .to = node, .threads = THREADS, .instance = 1});
    return mailbag_put(&w->bag, node, header, sizeof(header), data, len);
}

static void send_whole(struct world *w, uint8_t what, const uint8_t *data, size_t len)
{
    const uint32_t to[THREADS] = {shard_of(OWN, 0), shard_of(OWN, 1)};
    uint32_t count = 1 + what % THREADS;
    struct batch_header h;
    struct mail m;
    if (!len)
        return;
    struct port *p = exchange_port(w->other, 1);
    MUST(port_spread(p, to, count, data, len, what & 4) == 0);
    port_flush(p);
    MUST(mailbag_take(&w->bag, &m) && m.to == OWN);
    MUST(batch_header_parse(&h, m.data, m.len) == 0 && h.from == OTHER && h.to == OWN && h.epoch == 0);
    MUST(exchange_on_batch(w->own, m.data + BATCH_HEADER_BYTES, m.len - BATCH_HEADER_BYTES) == 0);
    w->sent = data;
    w->sent_len = len;
    receive(w);
    MUST(w->frames == count && w->arrived == count);
    w->sent = NULL;
}

/* ---- steps ---- */

static void take_batch(struct world *w, const uint8_t *data, size_t len)
{
    struct exchange_bus_stats before, after;
    exchange_bus_stats(w->own, &before);
    int err = exchange_on_batch(w->own, data, len);
    exchange_bus_stats(w->own, &after);
    MUST(err == 0 || err == ERR_PARSE);
    MUST(after.batches_in == before.batches_in + 1 && after.malformed == before.malformed + (err != 0));
    MUST(after.gaps <= before.gaps + 1);
    receive(w);
    MUST(w->news == THREADS * (after.gaps - before.gaps));
}

/* One that begins well. */
static void take_good_batch(struct world *w, uint8_t what, const uint8_t *data, size_t len)
{
    uint8_t batch[9 + 512];
    struct writer out = writer_of(batch, sizeof(batch));
    write_u8(&out, 1);
    write_u32(&out, shard_of(1 + what % 4, what / 4 % 4));
    write_u32(&out, 1 + what / 16 % 4);
    write_bytes(&out, data, len < 512 ? len : 512);
    take_batch(w, batch, (size_t)writer_done(&out));
}

static void tell(struct world *w, uint8_t what, uint8_t node)
{
    uint32_t threads = what / 5 % 20, told = threads < EXCHANGE_THREADS_MAX ? threads : EXCHANGE_THREADS_MAX;
    exchange_tell(w->own, OTHER + 1 + node, threads, what & 1);
    receive(w);
    MUST(w->news == THREADS * told && !w->frames);
}

static void step(struct world *w, uint8_t what, const uint8_t *data, size_t len)
{
    switch (what % 5) {
    case 0: take_batch(w, data, len); break;
    case 1: take_good_batch(w, what / 5, data, len); break;
    case 2: take_good_batch(w, take_u8(&data, &len), data, len); break;
    case 3: send_whole(w, what / 5, data, len); break;
    case 4: tell(w, what, take_u8(&data, &len)); break;
    }
}

/* Made once, for rings are large; numbers begin anew with each input. */
static struct world *begin(void)
{
    static struct world w;
    if (!w.own) {
        w = (struct world){.own = exchange_new(THREADS), .other = exchange_new(THREADS)};
        MUST(w.own && w.other && mailbag_init(&w.bag) == 0);
        exchange_set_bus(w.own, &(struct exchange_bus){0});
        exchange_set_bus(w.other, &(struct exchange_bus){.publish = publish, .ctx = &w});
        exchange_set_node(w.own, OWN);
        exchange_set_node(w.other, OTHER);
    }
    for (uint32_t node = 1; node < EXCHANGE_NODES_MAX; node++)
        exchange_forget(w.own, node);
    return &w;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct world *w = begin();
    for (int i = 0; len && i < STEPS_MAX; i++) {
        uint8_t what = take_u8(&data, &len);
        size_t want = (size_t)take_u8(&data, &len) << 8;
        want |= take_u8(&data, &len);
        size_t n = want < len ? want : len;
        step(w, what, data, n);
        data += n;
        len -= n;
    }
    return 0;
}
