/* SPDX-License-Identifier: MIT */
/* client_exports.c - core/session/client.h for JS. */
#include "base/err.h"
#include "module/export.h"
#include "session/client.h"

typedef struct client C;

EXPORT(C *, client_new, const struct client_config *config, double now) { return client_new(config, usec_from_js(now)); }
EXPORT(void, client_del, C *c) { client_del(c); }

EXPORT(void, client_on_open, C *c, uint32_t link, enum transport t, size_t datagram_bytes, double now)
{
    client_on_open(c, link, t, datagram_bytes, usec_from_js(now));
}
EXPORT(void, client_on_closed, C *c, uint32_t link, double now) { client_on_closed(c, link, usec_from_js(now)); }
EXPORT(void, client_on_control, C *c, uint32_t link, const uint8_t *data, size_t len, double now)
{
    client_on_control(c, link, data, len, usec_from_js(now));
}
EXPORT(void, client_on_datagram, C *c, uint32_t link, const uint8_t *data, size_t len, double now)
{
    client_on_datagram(c, link, data, len, usec_from_js(now));
}
EXPORT(void, client_on_run, C *c, uint32_t link, double run, const uint8_t *data, size_t len, enum run_end end, double now)
{
    client_on_run(c, link, (uint64_t)run, data, len, end, usec_from_js(now));
}
EXPORT(void, client_on_message, C *c, uint32_t link, const uint8_t *data, size_t len, double now)
{
    client_on_message(c, link, data, len, usec_from_js(now));
}
EXPORT(void, client_reconnect, C *c, double now) { client_reconnect(c, usec_from_js(now)); }
EXPORT(void, client_leave, C *c, double now) { client_leave(c, usec_from_js(now)); }

EXPORT(int, client_publish, C *c, const struct track_spec *spec, double now) { return client_publish(c, spec, usec_from_js(now)); }
EXPORT(int, client_unpublish, C *c, uint32_t track, double now) { return client_unpublish(c, track, usec_from_js(now)); }
EXPORT(int, client_set_name, C *c, const char *name, double now) { return client_set_name(c, name, usec_from_js(now)); }
EXPORT(int, client_send, C *c, const struct media *m, double now) { return client_send(c, m, usec_from_js(now)); }

EXPORT(int, client_subscribe, C *c, const struct want *wants, size_t count, double now)
{
    return client_subscribe(c, wants, count, usec_from_js(now));
}
EXPORT(void, client_need_key_frame, C *c, uint32_t member, uint32_t track, double now)
{
    client_need_key_frame(c, member, track, usec_from_js(now));
}
EXPORT(void, client_on_playout, C *c, uint32_t member, uint32_t track, uint32_t delay_us, double now)
{
    client_on_playout(c, member, track, delay_us, usec_from_js(now));
}
EXPORT(int, client_chat, C *c, const char *text, size_t len, double now) { return client_chat(c, text, len, usec_from_js(now)); }

EXPORT(void, client_tick, C *c, double now) { client_tick(c, usec_from_js(now)); }
EXPORT(double, client_deadline, const C *c) { return usec_to_js(client_deadline(c)); }

/* The event, valid until the next call, or NULL. */
EXPORT(const struct client_event *, client_poll, C *c, double now)
{
    static struct client_event e;
    return client_poll(c, &e, usec_from_js(now)) ? &e : NULL;
}

EXPORT(void, client_stats, const C *c, struct client_stats *s, double now) { client_stats(c, s, usec_from_js(now)); }
EXPORT(int, client_track_stats, const C *c, uint32_t member, uint32_t track, struct track_stats *s)
{
    return client_track_stats(c, member, track, s);
}
EXPORT(const char *, err_name, int err) { return err_name(err); }
