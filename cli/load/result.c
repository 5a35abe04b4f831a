/* SPDX-License-Identifier: MIT */
#include "result.h"

#include <jansson.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

static double ms(uint64_t us) { return (double)us / 1000; }

static double per(double part, double whole) { return whole > 0 ? part / whole : 0; }

static double loss_percent(uint64_t lost, uint64_t came) { return per(100.0 * (double)lost, (double)(lost + came)); }

/* What follows from the two meters. */
struct rates {
    double seconds, objects_s, mbit_s, packets_s, sent_s;
    double relay_cores, relay_user, relay_system, switches_s, memory_kb, session_kb, self_user, self_system, self_cores;
    double user_us_object, system_us_object, ns_byte, per_core_packets, per_core_mbit, per_core_people;
};

/* Connections that broke take their numbers along. */
static double grown(uint64_t from, uint64_t to) { return to > from ? (double)(to - from) : 0; }

static struct rates rates_of(const struct crowd *c)
{
    const struct crowd_meter *a = &c->begin, *b = &c->end;
    const struct world *w = &c->world;
    struct rates r = {.seconds = (double)(b->at - a->at) / 1e6};
    double objects = (double)(w->ear.audio_objects + w->ear.video_objects), bytes = grown(a->wire_bytes, b->wire_bytes);
    double user = b->relay.user_s - a->relay.user_s, system = b->relay.system_s - a->relay.system_s;
    r.objects_s = per(objects, r.seconds);
    r.sent_s = per((double)w->objects_out, r.seconds);
    r.mbit_s = per(bytes * 8 / 1e6, r.seconds);
    r.packets_s = per(grown(a->packets, b->packets), r.seconds);
    r.relay_user = per(user, r.seconds);
    r.relay_system = per(system, r.seconds);
    r.relay_cores = r.relay_user + r.relay_system;
    r.self_user = per(b->self.user_s - a->self.user_s, r.seconds);
    r.self_system = per(b->self.system_s - a->self.system_s, r.seconds);
    r.self_cores = r.self_user + r.self_system;
    r.switches_s = per((double)(b->relay.switches - a->relay.switches), r.seconds);
    r.memory_kb = b->relay.resident_kb;
    r.session_kb = per(b->relay.resident_kb - c->relay_empty_kb, c->live_at_begin);
    r.user_us_object = per(user * 1e6, objects);
    r.system_us_object = per(system * 1e6, objects);
    r.ns_byte = per((user + system) * 1e9, bytes);
    r.per_core_packets = per(r.packets_s, r.relay_cores);
    r.per_core_mbit = per(r.mbit_s, r.relay_cores);
    r.per_core_people = per(c->live_at_begin, r.relay_cores);
    return r;
}

/* ---- while it runs ---- */

static const char *phase_name(enum crowd_phase p)
{
    static const char *const names[] = {"joining", "settling", "measuring", "leaving"};
    return names[p];
}

static uint64_t worst(const struct world *w, uint32_t per_million)
{
    uint64_t voice = hist_at(&w->voice_delay, per_million), picture = hist_at(&w->picture_delay, per_million);
    return voice > picture ? voice : picture;
}

void result_live(const struct crowd *c, usec_t now)
{
    const struct world *w = &c->world;
    double at = (double)(now - c->started_at) / 1e6;
    unsigned long long objects = w->ear.audio_objects + w->ear.video_objects, lost = w->ear.audio_lost + w->ear.video_lost;
    if (c->options->json)
        printf("{\"event\":\"progress\",\"at_s\":%.1f,\"phase\":\"%s\",\"live\":%u,\"people\":%u,\"objects\":%llu,\"lost\":%llu,"
               "\"freezes\":%llu,\"p99_ms\":%.3f}\n",
               at, phase_name(c->phase), w->live, c->count, objects, lost, (unsigned long long)w->ear.freezes,
               ms(worst(w, 990000)));
    else if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%5.0f s  %-9s %u of %u in, %llu objects, %llu lost, %llu freezes, p99 %.1f ms\033[K", at,
                phase_name(c->phase), w->live, c->count, objects, lost, (unsigned long long)w->ear.freezes, ms(worst(w, 990000)));
    fflush(stdout);
}

/* ---- at the end: JSON ---- */

static void put_real(json_t *to, const char *name, double value) { json_object_set_new(to, name, json_real(value)); }

static void put_count(json_t *to, const char *name, uint64_t value)
{
    json_object_set_new(to, name, json_integer((json_int_t)value));
}

static json_t *put_object(json_t *to, const char *name)
{
    json_t *o = json_object();
    json_object_set_new(to, name, o);
    return o; /* borrowed */
}

static void put_hist(json_t *to, const char *name, const struct hist *h)
{
    json_t *o = put_object(to, name);
    put_count(o, "count", h->count);
    put_real(o, "p50_ms", ms(hist_at(h, 500000)));
    put_real(o, "p99_ms", ms(hist_at(h, 990000)));
    put_real(o, "p999_ms", ms(hist_at(h, 999000)));
    put_real(o, "max_ms", ms(h->max));
}

static void put_people(json_t *to, const struct crowd *c)
{
    const struct world *w = &c->world;
    json_t *o = put_object(to, "people");
    put_count(o, "count", c->count);
    put_count(o, "live_at_begin", c->live_at_begin);
    put_count(o, "silent", c->silent);
    put_count(o, "rooms", w->shape->rooms);
    put_count(o, "joins", w->joins);
    put_count(o, "failed", w->failed);
    put_count(o, "lost", w->lost);
    put_count(o, "refused", w->refused);
    json_object_set_new(o, "complaint", json_string(w->complaint));
    put_hist(o, "join", &w->join);
    put_hist(o, "first_object", &w->first);
}

static void put_voice(json_t *to, const struct world *w)
{
    json_t *o = put_object(to, "voice");
    put_count(o, "objects", w->ear.audio_objects);
    put_count(o, "due", w->voices_due);
    put_count(o, "lost", w->ear.audio_lost);
    put_real(o, "loss_percent", loss_percent(w->ear.audio_lost, w->ear.audio_objects));
    put_hist(o, "delay", &w->voice_delay);
}

static void put_picture(json_t *to, const struct world *w)
{
    json_t *o = put_object(to, "picture");
    put_count(o, "objects", w->ear.video_objects);
    put_count(o, "lost", w->ear.video_lost);
    put_real(o, "loss_percent", loss_percent(w->ear.video_lost, w->ear.video_objects));
    put_count(o, "undecodable", w->ear.undecodable);
    put_count(o, "freezes", w->ear.freezes);
    put_real(o, "frozen_ms", ms((uint64_t)w->ear.frozen_us));
    put_real(o, "frozen_max_ms", ms((uint64_t)w->ear.frozen_max_us));
    put_hist(o, "delay", &w->picture_delay);
}

static void put_media(json_t *to, const struct world *w)
{
    json_t *o = put_object(to, "media");
    put_voice(o, w);
    put_picture(o, w);
    put_count(o, "reordered", w->ear.reordered);
    put_count(o, "key_frames_asked", w->key_asks);
    put_count(o, "paused", w->paused);
    put_count(o, "strangers", w->strangers);
    put_count(o, "kept", w->kept);
    put_count(o, "malformed", w->malformed);
}

static void put_rates(json_t *to, const struct rates *r)
{
    json_t *o = put_object(to, "rates");
    put_real(o, "seconds", r->seconds);
    put_real(o, "objects_in_s", r->sent_s);
    put_real(o, "objects_out_s", r->objects_s);
    put_real(o, "mbit_s", r->mbit_s);
    put_real(o, "packets_s", r->packets_s);
}

static void put_relay(json_t *to, const struct rates *r)
{
    json_t *o = put_object(to, "relay");
    put_real(o, "user_cores", r->relay_user);
    put_real(o, "system_cores", r->relay_system);
    put_real(o, "memory_kb", r->memory_kb);
    put_real(o, "session_kb", r->session_kb);
    put_real(o, "switches_s", r->switches_s);
    put_real(o, "user_us_object", r->user_us_object);
    put_real(o, "system_us_object", r->system_us_object);
    put_real(o, "ns_byte", r->ns_byte);
    put_real(o, "packets_s_core", r->per_core_packets);
    put_real(o, "mbit_s_core", r->per_core_mbit);
    put_real(o, "people_core", r->per_core_people);
}

static void put_generator(json_t *to, const struct crowd *c, const struct rates *r)
{
    json_t *o = put_object(to, "generator");
    put_real(o, "user_cores", r->self_user);
    put_real(o, "system_cores", r->self_system);
    put_count(o, "unsent", c->world.unsent);
    put_hist(o, "lag", &c->world.lag);
}

static void print_json(const struct crowd *c, const struct rates *r)
{
    json_t *out = json_object();
    json_object_set_new(out, "event", json_string("result"));
    json_object_set_new(out, "shape", json_string(c->world.shape->name));
    put_people(out, c);
    put_media(out, &c->world);
    put_rates(out, r);
    if (c->options->relay_pids)
        put_relay(out, r);
    put_generator(out, c, r);
    json_dumpf(out, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(out);
}

/* ---- at the end: a table ---- */

static void print_hist(const char *name, const struct hist *h)
{
    if (h->count)
        printf("  %-22s p50 %.2f  p99 %.2f  p99.9 %.2f  max %.2f ms\n", name, ms(hist_at(h, 500000)), ms(hist_at(h, 990000)),
               ms(hist_at(h, 999000)), ms(h->max));
}

static void print_people(const struct crowd *c)
{
    const struct world *w = &c->world;
    printf("%s: %u people in %u rooms, %u in at the begin, %llu failed, %llu lost, %u watchers that nothing reached\n",
           w->shape->name, c->count, w->shape->rooms, c->live_at_begin, (unsigned long long)w->failed, (unsigned long long)w->lost,
           c->silent);
    if (*w->complaint)
        printf("  the last that failed:  %s\n", w->complaint);
    print_hist("join", &w->join);
    print_hist("first object", &w->first);
}

static void print_media(const struct crowd *c, const struct rates *r)
{
    const struct ear_tally *e = &c->world.ear;
    printf("  %-22s %.0f objects/s in, %.0f out, %.1f Mbit/s, %.0f packets/s, in %.1f s\n", "through the relay", r->sent_s,
           r->objects_s, r->mbit_s, r->packets_s, r->seconds);
    print_hist("delay of sound", &c->world.voice_delay);
    print_hist("delay of pictures", &c->world.picture_delay);
    if (c->world.voices_due)
        printf("  %-22s %.1f %% of what everybody should hear of everybody\n", "sound that came",
               per(100.0 * (double)e->audio_objects, (double)c->world.voices_due));
    printf("  %-22s sound %.4f %%, pictures %.4f %%; %llu in another order, %llu undecodable\n", "lost",
           loss_percent(e->audio_lost, e->audio_objects), loss_percent(e->video_lost, e->video_objects),
           (unsigned long long)e->reordered, (unsigned long long)e->undecodable);
    printf("  %-22s %llu, %.1f s in all, longest %.1f ms; %llu pauses by the relay\n", "freezes", (unsigned long long)e->freezes,
           ms((uint64_t)e->frozen_us) / 1000, ms((uint64_t)e->frozen_max_us), (unsigned long long)c->world.paused);
}

static void print_relay(const struct rates *r)
{
    printf("  %-22s %.3f of a core (user %.3f, system %.3f), %.0f MB, %.1f kB a session, %.0f switches/s\n", "relay",
           r->relay_cores, r->relay_user, r->relay_system, r->memory_kb / 1000, r->session_kb, r->switches_s);
    printf("  %-22s %.2f us user + %.2f us system an object, %.2f ns a byte\n", "", r->user_us_object, r->system_us_object,
           r->ns_byte);
    printf("  %-22s %.0f packets/s, %.0f Mbit/s, %.0f people\n", "a core would carry", r->per_core_packets, r->per_core_mbit,
           r->per_core_people);
}

static void print_self(const struct crowd *c, const struct rates *r)
{
    printf(
        "  %-22s %.3f of a core (user %.3f, system %.3f), %.2f us an object, p99 %.2f ms late, %llu objects not sent for lack of room\n",
        "this generator", r->self_cores, r->self_user, r->self_system, per(r->self_cores * 1e6, r->objects_s),
        ms(hist_at(&c->world.lag, 990000)), (unsigned long long)c->world.unsent);
    if (r->self_cores > 0.9)
        printf("  The generator had no time left: the delays are its own as much as the relay's.\n");
}

void result_print(const struct crowd *c)
{
    struct rates r = rates_of(c);
    if (c->options->json) {
        print_json(c, &r);
        return;
    }
    if (isatty(STDERR_FILENO))
        fputc('\n', stderr);
    print_people(c);
    print_media(c, &r);
    if (c->options->relay_pids)
        print_relay(&r);
    print_self(c, &r);
}

/* ---- bounds ---- */

static int above(double value, double bound, const char *what, const char *unit)
{
    if (bound < 0 || value <= bound)
        return 0;
    fprintf(stderr, "parley load: %s is %g%s, above the bound of %g%s.\n", what, value, unit, bound, unit);
    return 1;
}

static double joined_percent(const struct crowd *c) { return per(100.0 * c->live_at_begin, c->count); }

int result_judge(const struct crowd *c)
{
    const struct load_bounds *b = &c->options->bounds;
    const struct world *w = &c->world;
    if (!w->joins) {
        fprintf(stderr, "parley load: nobody could join (%s).\n", *w->complaint ? w->complaint : "no answer");
        return EX_UNAVAILABLE;
    }
    int passed = above(ms(hist_at(&w->voice_delay, 990000)), b->max_p99_ms, "the 99th percentile of the sound's delay", " ms");
    passed |= above(ms(hist_at(&w->picture_delay, 990000)), b->max_p99_ms, "the 99th percentile of the pictures' delay", " ms");
    passed |= above(loss_percent(w->ear.audio_lost, w->ear.audio_objects), b->max_loss_percent, "the loss of sound", " %");
    passed |= above(loss_percent(w->ear.video_lost, w->ear.video_objects), b->max_loss_percent, "the loss of pictures", " %");
    passed |= above((double)w->ear.freezes, b->max_freezes, "the number of freezes", "");
    passed |= above(ms(hist_at(&w->join, 990000)), b->max_join_p99_ms, "the 99th percentile of the time to join", " ms");
    passed |= above((double)w->lost, b->max_lost_sessions, "the number of lost connections", "");
    passed |= above(c->silent, b->max_silent, "the number of watchers that nothing reached", "");
    if (b->min_joined_percent >= 0 && joined_percent(c) < b->min_joined_percent) {
        fprintf(stderr, "parley load: only %.1f %% had joined (%s), below the bound of %g %%.\n", joined_percent(c), w->complaint,
                b->min_joined_percent);
        passed = 1;
    }
    return passed;
}
