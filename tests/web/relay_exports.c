/* SPDX-License-Identifier: MIT */
/* relay_exports.c - the relay as a module, for tests only: two pages' engines talk through the real one, in one node process. */
#include "module/export.h"
#include "module/layout.h"
#include "relay.h"

typedef struct relay R;

EXPORT(R *, relay_new, double now)
{
    static const uint8_t seed[32] = {1};
    struct relay_limits limits = relay_limits_default();
    return relay_new(&limits, seed, usec_from_js(now));
}
EXPORT(int, relay_on_open, R *r, uint32_t sid, enum relay_transport t, size_t datagram_bytes, double now)
{
    return relay_on_open(r, sid, t, datagram_bytes, usec_from_js(now));
}
EXPORT(void, relay_on_closed, R *r, uint32_t sid, double now) { relay_on_closed(r, sid, usec_from_js(now)); }
EXPORT(void, relay_on_control, R *r, uint32_t sid, const uint8_t *data, size_t len, double now)
{
    relay_on_control(r, sid, data, len, usec_from_js(now));
}
EXPORT(void, relay_on_datagram, R *r, uint32_t sid, const uint8_t *data, size_t len, double now)
{
    relay_on_datagram(r, sid, data, len, usec_from_js(now));
}
EXPORT(void, relay_on_run, R *r, uint32_t sid, double run, const uint8_t *data, size_t len, enum relay_run_end end, double now)
{
    relay_on_run(r, sid, (uint64_t)run, data, len, end, usec_from_js(now));
}
EXPORT(void, relay_on_message, R *r, uint32_t sid, const uint8_t *data, size_t len, double now)
{
    relay_on_message(r, sid, data, len, usec_from_js(now));
}
EXPORT(void, relay_tick, R *r, double now) { relay_tick(r, usec_from_js(now)); }
EXPORT(double, relay_deadline, const R *r) { return usec_to_js(relay_deadline(r)); }

/* Only RELAY_CLOSE matters here: sessions are asked in turn whether they have something. */
EXPORT(const struct relay_event *, relay_poll, R *r, double now)
{
    static struct relay_event e;
    return relay_poll(r, &e, usec_from_js(now)) ? &e : NULL;
}

struct taken {
    uint32_t channel, run;
    const uint8_t *data;
    size_t len;
    bool run_begin, run_reset;
};
/* The next thing to send, valid until the next call, or NULL. */
EXPORT(const struct taken *, relay_take, R *r, uint32_t sid, double now)
{
    static struct relay_out out;
    static struct taken taken;
    pkt_unref(out.pkt);
    out.pkt = NULL;
    if (!relay_take(r, sid, &out, usec_from_js(now)))
        return NULL;
    taken = (struct taken){.channel = out.channel,
                           .run = (uint32_t)out.run,
                           .run_begin = out.run_begin,
                           .run_reset = out.run_reset,
                           .data = out.pkt ? out.pkt->data + out.offset : NULL,
                           .len = out.pkt ? out.len : 0};
    return &taken;
}

const struct layout_entry layout_table[] = {
    STRUCT(relay_event),
    FIELD(relay_event, type),
    FIELD(relay_event, sid),
    FIELD(relay_event, code),
    FIELD(relay_event, text),
    STRUCT(taken),
    FIELD(taken, channel),
    FIELD(taken, run),
    FIELD(taken, data),
    FIELD(taken, len),
    FIELD(taken, run_begin),
    FIELD(taken, run_reset),
    CONSTANT(RELAY_WEBTRANSPORT),
    CONSTANT(RELAY_WEBSOCKET),
    CONSTANT(RELAY_CLOSE),
    CONSTANT(RELAY_CONTROL),
    CONSTANT(RELAY_DATAGRAM),
    CONSTANT(RELAY_RUN),
    LAYOUT_END,
};
