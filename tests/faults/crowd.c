/* SPDX-License-Identifier: MIT */
#include "crowd.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

#define SOUND_EVERY (20 * MS)
#define PICTURE_EVERY (33 * MS)
#define PICTURE_MAX 200000
#define WEBSOCKET_AFTER (250 * MS)
#define MIC 1
#define CAMERA 2

static void drain(struct person *p);

/* Its engine has something to tell: asked before the loop sleeps. */
static void touch(struct person *p)
{
    if (p->dirty)
        return;
    p->dirty = true;
    p->dirty_next = p->crowd->dirty;
    p->crowd->dirty = p;
}

static void on_hook(void *ctx)
{
    struct crowd *c = ctx;
    for (struct person *p; (p = c->dirty);) {
        c->dirty = p->dirty_next;
        p->dirty = false;
        drain(p);
    }
}

/* ---- what the transports say ---- */

static void on_opened(void *ctx, struct net_conn *conn)
{
    struct person_link *l = ctx;
    enum transport t = l->transport == NET_WEBSOCKET ? TRANSPORT_WEBSOCKET : TRANSPORT_WEBTRANSPORT;
    client_on_open(l->person->client, l->number, t, net_datagram_max(conn), loop_now());
    touch(l->person);
}

static void on_control(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len)
{
    struct person_link *l = ctx;
    (void)conn;
    client_on_control(l->person->client, l->number, data, len, loop_now());
    touch(l->person);
}

static void on_datagram(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len)
{
    struct person_link *l = ctx;
    (void)conn;
    client_on_datagram(l->person->client, l->number, data, len, loop_now());
    touch(l->person);
}

static void on_run(void *ctx, struct net_conn *conn, uint64_t run, const uint8_t *data, size_t len, enum net_end end)
{
    struct person_link *l = ctx;
    (void)conn;
    client_on_run(l->person->client, l->number, run, data, len, (enum run_end)end, loop_now());
    touch(l->person);
}

static void on_message(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len)
{
    struct person_link *l = ctx;
    (void)conn;
    client_on_message(l->person->client, l->number, data, len, loop_now());
    touch(l->person);
}

static void on_closed(void *ctx, struct net_conn *conn, uint32_t code, const char *text)
{
    struct person_link *l = ctx;
    (void)conn, (void)code, (void)text;
    l->conn = NULL;
    l->used = false;
    l->person->closed++;
    if (l->person->client)
        client_on_closed(l->person->client, l->number, loop_now());
    touch(l->person);
}

static const struct net_handler handler = {
    .opened = on_opened,
    .control = on_control,
    .datagram = on_datagram,
    .run = on_run,
    .message = on_message,
    .closed = on_closed,
};

/* ---- dialing ---- */

static void dial_now(void *ctx, usec_t now)
{
    struct person_link *l = ctx;
    char url[128];
    bool ws = l->transport == NET_WEBSOCKET;
    snprintf(url, sizeof(url), ws ? "wss://%s/ws" : "https://%s/wt", l->relay);
    struct net_dial what = {.url = url, .transport = l->transport, .verify = NET_VERIFY_NONE};
    l->conn = net_dial(l->person->crowd->loop, &what, &handler, l);
    if (l->conn)
        return;
    l->used = false;
    client_on_closed(l->person->client, l->number, now);
    touch(l->person);
}

static struct person_link *free_link(struct person *p)
{
    for (size_t i = 0; i < CROWD_LINKS; i++)
        if (!p->link[i].used)
            return &p->link[i];
    return NULL;
}

/* A transport that is not to be tried counts as one that could not be opened. */
static void dial(struct person *p, uint32_t number, const char *relay, enum net_transport t, usec_t wait)
{
    struct person_link *l = !p->spec.transport || p->spec.transport == t ? free_link(p) : NULL;
    if (!l) {
        client_on_closed(p->client, number, loop_now());
        return;
    }
    *l = (struct person_link){.person = p, .number = number, .transport = t, .used = true, .later = {.fire = dial_now, .ctx = l}};
    snprintf(l->relay, sizeof(l->relay), "%s", relay);
    loop_timer_set(p->crowd->loop, &l->later, loop_now() + wait);
}

static void on_dial(struct person *p, const struct client_event *e)
{
    char relay[64];
    uint32_t number = e->link;
    bool upgrade = e->upgrade;
    if (e->text && *e->text)
        snprintf(relay, sizeof(relay), "%.*s", (int)strcspn(e->text, "/"), e->text);
    else
        snprintf(relay, sizeof(relay), "127.0.0.1:%u", p->relay->port);
    dial(p, number, relay, NET_WEBTRANSPORT, 0);
    if (!upgrade)
        dial(p, number + 1, relay, NET_WEBSOCKET, p->spec.transport ? 0 : WEBSOCKET_AFTER);
}

static struct person_link *link_numbered(struct person *p, uint32_t number)
{
    for (size_t i = 0; i < CROWD_LINKS; i++)
        if (p->link[i].used && p->link[i].number == number)
            return &p->link[i];
    return NULL;
}

static void on_hangup(struct person *p, uint32_t number)
{
    struct person_link *l = link_numbered(p, number);
    if (!l)
        return;
    loop_timer_stop(p->crowd->loop, &l->later);
    if (l->conn)
        net_close(l->conn, 0, "");
    else
        l->used = false;
}

static void send(struct person *p, const struct client_event *e, enum net_channel channel)
{
    struct person_link *l = link_numbered(p, e->link);
    if (!l || !l->conn)
        return;
    net_send(l->conn, &(struct net_send){.channel = channel,
                                         .pkt = e->len ? pkt_copy(e->data, e->len) : NULL,
                                         .len = e->len,
                                         .run = e->run,
                                         .run_begin = e->run_begin,
                                         .run_end = (enum net_end)e->run_end,
                                         .priority = e->priority});
}

/* ---- what the engine tells ---- */

static void watch(struct person *p, const struct client_event *e)
{
    struct want want[CROWD_SPEAKERS];
    if (!p->spec.watches || e->track_info->kind != TRACK_CAMERA || p->watching == CROWD_SPEAKERS)
        return;
    for (size_t i = 0; i < p->watching; i++)
        if (p->watched[i] == e->info->id)
            return;
    p->watched[p->watching++] = e->info->id;
    for (size_t i = 0; i < p->watching; i++)
        want[i] = (struct want){.member = p->watched[i], .track = CAMERA, .width_px = 640};
    client_subscribe(p->client, want, p->watching, loop_now());
}

static void forget(struct person *p, uint32_t member)
{
    p->gone++;
    for (size_t i = 0; i < p->watching; i++)
        if (p->watched[i] == member)
            p->watched[i] = p->watched[--p->watching];
}

/* Whatever came is from speaker data[0]; `last` is when one came before. */
static void note(struct person *p, const struct media *m, usec_t last[CROWD_SPEAKERS], usec_t longest[CROWD_SPEAKERS],
                 struct samples *delay)
{
    usec_t now = loop_now();
    size_t speaker = m->len ? m->data[0] : CROWD_SPEAKERS;
    if (speaker >= CROWD_SPEAKERS)
        return;
    if (last[speaker])
        longest[speaker] = usec_max(longest[speaker], now - last[speaker]);
    last[speaker] = now;
    if (!p->unheeded && p->crowd->measured_from && m->captured_us >= p->crowd->measured_from)
        samples_add(delay, now - m->captured_us);
}

static void on_state(struct person *p, const struct client_event *e)
{
    p->drops += p->state == LINK_LIVE && (e->state == LINK_RETRYING || e->state == LINK_DIALING);
    p->state = e->state;
    if (e->code)
        snprintf(p->code, sizeof(p->code), "%s", e->code);
}

static void on_joined(struct person *p, const struct client_event *e)
{
    p->joins++;
    p->resumes += e->resumed;
    p->id = e->member;
    if (!p->joined_at)
        p->joined_at = loop_now();
}

static void on_event(struct person *p, const struct client_event *e)
{
    switch (e->type) {
    case CLIENT_DIAL: on_dial(p, e); break;
    case CLIENT_HANGUP: on_hangup(p, e->link); break;
    case CLIENT_SEND_CONTROL: send(p, e, NET_CONTROL); break;
    case CLIENT_SEND_DATAGRAM: send(p, e, NET_DATAGRAM); break;
    case CLIENT_SEND_RUN: send(p, e, NET_RUN); break;
    case CLIENT_LINK: on_state(p, e); break;
    case CLIENT_JOINED: on_joined(p, e); break;
    case CLIENT_MEMBER:
        p->members++;
        p->away += e->info->away;
        break;
    case CLIENT_GONE: forget(p, e->member); break;
    case CLIENT_TRACK: watch(p, e); break;
    case CLIENT_AUDIO:
        p->sounds++;
        note(p, &e->media, p->heard_at, p->silence, &p->crowd->sound_delay);
        break;
    case CLIENT_VIDEO:
        p->frames++;
        note(p, &e->media, p->seen_at, p->frozen, &p->crowd->picture_delay);
        break;
    case CLIENT_ENCODER: p->key_wanted |= e->key_wanted; break;
    default: break;
    }
}

/* ---- sending ---- */

static void speak(struct person *p, usec_t now)
{
    uint8_t bytes[60] = {(uint8_t)p->speaker};
    struct media m = {.track = MIC,
                      .codec = CODEC_OPUS,
                      .duration_us = SOUND_EVERY,
                      .level = 80,
                      .captured_us = now,
                      .data = bytes,
                      .len = sizeof(bytes)};
    client_send(p->client, &m, now);
}

/* T0, T2, T1, T2. */
static void film(struct person *p, usec_t now)
{
    static uint8_t bytes[PICTURE_MAX];
    static const uint8_t temporal[] = {0, 2, 1, 2};
    bool key = p->key_wanted || !p->pictures;
    p->pictures = key ? 0 : p->pictures;
    p->key_wanted = false;
    bytes[0] = (uint8_t)p->speaker;
    struct media m = {.track = CAMERA,
                      .codec = CODEC_VP9,
                      .key = key,
                      .temporal = temporal[p->pictures++ % 4],
                      .width_px = 640,
                      .height_px = 360,
                      .captured_us = now,
                      .data = bytes,
                      .len = p->spec.frame_bytes};
    client_send(p->client, &m, now);
}

/* A sender that was kept from running does not catch up: what a microphone heard meanwhile is lost. */
static usec_t next_turn(usec_t last, usec_t every, usec_t now) { return usec_max(last + every, now - every); }

static void produce(struct person *p, usec_t now)
{
    if (now >= p->next_sound) {
        p->next_sound = next_turn(p->next_sound, SOUND_EVERY, now);
        speak(p, now);
    }
    if (now >= p->next_picture) {
        p->next_picture = next_turn(p->next_picture, PICTURE_EVERY, now);
        film(p, now);
    }
}

static void drain(struct person *p)
{
    struct client_event e;
    if (!p->client)
        return;
    usec_t now = loop_now();
    produce(p, now);
    while (client_poll(p->client, &e, now))
        on_event(p, &e);
    usec_t at = usec_min(client_deadline(p->client), usec_min(p->next_sound, p->next_picture));
    loop_timer_set(p->crowd->loop, &p->tick, at == NEVER ? NEVER : usec_max(at, now + 100));
}

static void on_tick(void *ctx, usec_t now)
{
    struct person *p = ctx;
    client_tick(p->client, now);
    touch(p);
}

/* ---- people ---- */

static void publish(struct person *p)
{
    usec_t now = loop_now();
    struct track_spec mic = {.id = MIC, .kind = TRACK_MIC}, camera = {.id = CAMERA, .kind = TRACK_CAMERA, .layers = 1};
    camera.layer[0] = (struct layer_spec){.width_px = 640, .height_px = 360, .fps = 30, .max_bps = 2500000, .temporal = 3};
    if (p->spec.speaks)
        CHECK_EQ(0, client_publish(p->client, &mic, now));
    if (p->spec.frame_bytes)
        CHECK_EQ(0, client_publish(p->client, &camera, now));
    p->next_sound = p->spec.speaks ? now : NEVER;
    p->next_picture = p->spec.frame_bytes ? now : NEVER;
}

static struct client *new_client(struct crowd *c, const struct person_spec *spec)
{
    struct client_config config = {
        .meeting = spec->meeting, .name = "guest", .secret = {1, 2, 3}, .secret_len = 32, .seed = ++c->seed, .decodes = ~0u};
    pid_t pid = getpid();
    memcpy(config.salt, &c->seed, sizeof(c->seed));
    memcpy(config.salt + 4, &pid, sizeof(pid));
    return client_new(&config, loop_now());
}

struct person *crowd_join(struct crowd *c, const struct person_spec *spec)
{
    struct person *p = calloc(1, sizeof(*p));
    CHECK(p);
    *p = (struct person){.crowd = c, .spec = *spec, .client = new_client(c, spec), .speaker = -1, .asked_at = loop_now()};
    p->relay = spec->relay ? spec->relay : c->relay;
    CHECK(p->client);
    p->tick = (struct loop_timer){.fire = on_tick, .ctx = p};
    if (spec->speaks || spec->frame_bytes) {
        CHECK(c->speakers < CROWD_SPEAKERS);
        c->speaker[c->speakers] = p;
        p->speaker = c->speakers++;
    }
    publish(p);
    *c->last = p;
    c->last = &p->next;
    c->count++;
    touch(p);
    return p;
}

void crowd_stall(struct person *p)
{
    p->unheeded = true;
    for (size_t i = 0; i < CROWD_LINKS; i++)
        if (p->link[i].conn)
            net_pause(p->link[i].conn, true);
}

void crowd_lose(struct crowd *c, struct person *p)
{
    loop_timer_stop(c->loop, &p->tick);
    for (size_t i = 0; i < CROWD_LINKS; i++)
        if (p->link[i].used) {
            loop_timer_stop(c->loop, &p->link[i].later);
            if (p->link[i].conn)
                net_close(p->link[i].conn, 0, "");
        }
    client_del(p->client);
    p->client = NULL;
    p->unheeded = true;
}

size_t crowd_joined(const struct crowd *c)
{
    size_t count = 0;
    for (const struct person *p = c->people; p; p = p->next)
        count += p->client && p->state == LINK_LIVE;
    return count;
}

int crowd_resumed(const struct crowd *c)
{
    int count = 0;
    for (const struct person *p = c->people; p; p = p->next)
        count += p->resumes;
    return count;
}

int crowd_gone(const struct crowd *c)
{
    int count = 0;
    for (const struct person *p = c->people; p; p = p->next)
        count += p->gone;
    return count;
}

static size_t crowd_present(const struct crowd *c)
{
    size_t count = 0;
    for (const struct person *p = c->people; p; p = p->next)
        count += p->client != NULL;
    return count;
}

/* ---- time ---- */

void crowd_run_for(struct crowd *c, usec_t us)
{
    for (usec_t end = loop_now() + us, now; (now = loop_now()) < end;)
        loop_step(c->loop, usec_min(20 * MS, end - now));
}

bool crowd_until(struct crowd *c, bool (*check)(struct crowd *c), usec_t patience)
{
    usec_t end = loop_now() + patience;
    while (!check(c) && loop_now() < end)
        loop_step(c->loop, 2 * MS);
    return check(c);
}

static bool all_joined(struct crowd *c) { return crowd_joined(c) == crowd_present(c); }

usec_t crowd_until_joined(struct crowd *c, usec_t patience)
{
    usec_t begin = loop_now();
    if (!crowd_until(c, all_joined, patience))
        print_error("%zu of %zu have joined\n", crowd_joined(c), crowd_present(c));
    CHECK_EQ(crowd_present(c), crowd_joined(c));
    return loop_now() - begin;
}

void crowd_start(struct crowd *c, const struct process *relay)
{
    *c = (struct crowd){.loop = loop_new(), .relay = relay};
    CHECK(c->loop);
    c->last = &c->people;
    c->hook = (struct loop_hook){.run = on_hook, .ctx = c};
    loop_hook_add(c->loop, LOOP_WORK, &c->hook);
}

void crowd_stop(struct crowd *c)
{
    for (struct person *p = c->people; p; p = p->next)
        if (p->client)
            crowd_lose(c, p);
    crowd_run_for(c, 200 * MS);
    loop_hook_remove(c->loop, LOOP_WORK, &c->hook);
    for (usec_t end = loop_now() + 3 * SEC; loop_now() < end;) {
        size_t open = 0;
        for (struct person *p = c->people; p; p = p->next)
            for (size_t i = 0; i < CROWD_LINKS; i++)
                open += p->link[i].conn != NULL;
        if (!open)
            break;
        loop_step(c->loop, 5 * MS);
    }
    loop_del(c->loop);
    for (struct person *p; (p = c->people);) {
        c->people = p->next;
        free(p);
    }
    samples_free(&c->sound_delay);
    samples_free(&c->picture_delay);
}

/* ---- what is noticed ---- */

void crowd_measure(struct crowd *c)
{
    c->measured_from = loop_now();
    samples_clear(&c->sound_delay);
    samples_clear(&c->picture_delay);
    for (struct person *p = c->people; p; p = p->next) {
        for (size_t i = 0; i < CROWD_SPEAKERS; i++) {
            p->silence[i] = p->frozen[i] = 0;
            p->heard_at[i] = p->heard_at[i] ? c->measured_from : 0;
            p->seen_at[i] = p->seen_at[i] ? c->measured_from : 0;
        }
    }
}

/* The longest gap, one that has not ended yet included. */
static usec_t gap_of(usec_t longest, usec_t last, usec_t now) { return last ? usec_max(longest, now - last) : 0; }

static usec_t longest_of(const usec_t longest[CROWD_SPEAKERS], const usec_t last[CROWD_SPEAKERS], usec_t now)
{
    usec_t most = 0;
    for (size_t i = 0; i < CROWD_SPEAKERS; i++)
        most = usec_max(most, gap_of(longest[i], last[i], now));
    return most;
}

usec_t crowd_silence(struct crowd *c, const struct process *hearers, const struct process *speakers, double share)
{
    struct samples gaps = {0};
    usec_t now = loop_now();
    for (struct person *p = c->people; p; p = p->next)
        for (int i = 0; i < c->speakers; i++)
            if (!p->unheeded && p->relay == hearers && c->speaker[i] != p && c->speaker[i]->spec.speaks &&
                c->speaker[i]->relay == speakers)
                samples_add(&gaps, p->heard_at[i] ? gap_of(p->silence[i], p->heard_at[i], now) : now - c->measured_from);
    usec_t gap = samples_at(&gaps, share);
    samples_free(&gaps);
    return gap;
}

struct noticed crowd_noticed(struct crowd *c)
{
    struct samples silence = {0}, frozen = {0}, *sound = &c->sound_delay, *picture = &c->picture_delay;
    usec_t now = loop_now();
    for (struct person *p = c->people; p; p = p->next)
        if (!p->unheeded) {
            samples_add(&silence, longest_of(p->silence, p->heard_at, now));
            if (p->spec.watches)
                samples_add(&frozen, longest_of(p->frozen, p->seen_at, now));
        }
    struct noticed n = {.sounds = sound->count, .pictures = picture->count};
    n.sound_p50 = samples_at(sound, 0.5), n.sound_p99 = samples_at(sound, 0.99), n.sound_max = samples_at(sound, 1);
    n.picture_p50 = samples_at(picture, 0.5), n.picture_p99 = samples_at(picture, 0.99), n.picture_max = samples_at(picture, 1);
    n.silence_p50 = samples_at(&silence, 0.5), n.silence_p99 = samples_at(&silence, 0.99), n.silence_max = samples_at(&silence, 1);
    n.frozen_p50 = samples_at(&frozen, 0.5), n.frozen_p99 = samples_at(&frozen, 0.99), n.frozen_max = samples_at(&frozen, 1);
    samples_free(&silence);
    samples_free(&frozen);
    return n;
}

static double ms(usec_t us) { return (double)us / 1000; }

void crowd_tell(const char *what, const struct noticed *n)
{
    print_message("%-34s sound p50 %.1f p99 %.1f max %.1f ms (%zu), picture p50 %.1f p99 %.1f max %.1f ms (%zu), silence p50 %.0f "
                  "p99 %.0f max %.0f ms, frozen p50 %.0f p99 %.0f max %.0f ms\n",
                  what, ms(n->sound_p50), ms(n->sound_p99), ms(n->sound_max), n->sounds, ms(n->picture_p50), ms(n->picture_p99),
                  ms(n->picture_max), n->pictures, ms(n->silence_p50), ms(n->silence_p99), ms(n->silence_max), ms(n->frozen_p50),
                  ms(n->frozen_p99), ms(n->frozen_max));
}
