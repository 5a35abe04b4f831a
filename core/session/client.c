/* SPDX-License-Identifier: MIT */
/* A router: it owns the parts, gives each input to the part it concerns, and gathers their outputs. Decisions are theirs. */
#include "client.h"

#include <stdlib.h>
#include <string.h>

#include <sodium/utils.h>

#include "base/bytes.h"
#include "base/err.h"
#include "chat.h"
#include "early.h"
#include "identity.h"
#include "intake.h"
#include "link.h"
#include "outbox.h"
#include "peer.h"
#include "publish.h"
#include "reporter.h"
#include "roster.h"
#include "say.h"
#include "wire/control.h"
#include "wire/object.h"

_Static_assert(INTAKES_MAX >= LINK_CARRIERS_MAX, "each carrier has an intake");

#define REPORT_BYTES 48 /* most that one TrackReport takes */

struct client {
    struct identity me;
    struct link link;
    struct roster roster;
    struct peers peers;
    struct publish publish;
    struct chat chat;
    struct health health;
    struct intakes intakes;
    struct reporter reporter;
    struct early early;
    struct arena arena;
    struct outbox wire, news; /* for the transport, and states; for the people and their ears */

    uint32_t member; /* my id */
    size_t datagram_bytes;
    struct want want[CLIENT_WANTS_MAX];
    size_t wants;
    bool left;
    usec_t now; /* of the last poll or tick */
};

/* ---- beginning and end ---- */

static void settle(struct client *c);

struct client *client_new(const struct client_config *config, usec_t now)
{
    struct client *c = calloc(1, sizeof *c);
    if (!c || identity_set(&c->me, config) != 0) {
        free(c);
        return NULL;
    }
    struct group_secret secret = {c->me.secret, c->me.secret_len};
    roster_init(&c->roster);
    outbox_init(&c->wire);
    outbox_init(&c->news);
    arena_init_growing(&c->arena, CONTROL_ARENA_MAX);
    peers_init(&c->peers, secret, &c->roster, &c->news, &c->health);
    publish_init(&c->publish, secret, c->me.salt, &c->wire, &c->health, now);
    chat_init(&c->chat, config->seed ^ 0x63686174);
    reporter_init(&c->reporter);
    link_init(&c->link, config->seed, now);
    settle(c);
    return c;
}

void client_del(struct client *c)
{
    if (!c)
        return;
    intake_close_all(&c->intakes);
    early_clear(&c->early);
    peers_reset(&c->peers);
    roster_reset(&c->roster);
    publish_wipe(&c->publish);
    chat_reset(&c->chat);
    outbox_reset(&c->wire);
    outbox_reset(&c->news);
    arena_free(&c->arena);
    sodium_memzero(c, sizeof *c);
    free(c);
}

/* ---- what the link decided ---- */

static struct mouth mouth_on(struct client *c, uint32_t link)
{
    return (struct mouth){.carrier = link_open(&c->link, link), .out = &c->wire};
}

static struct mouth mouth_of(struct client *c) { return (struct mouth){.carrier = link_live(&c->link), .out = &c->wire}; }

static void greet(struct client *c, uint32_t link)
{
    say_hello(mouth_on(c, link), &c->me, c->link.has_resume ? c->link.resume : NULL);
}

static void show_state(struct client *c, enum link_state state)
{
    struct client_event e = {.type = CLIENT_LINK,
                             .state = state,
                             .code = c->link.code,
                             .text = c->link.text,
                             .retry_at = state == LINK_RETRYING ? c->link.deadline : NEVER};
    if (!link_live(&c->link))
        publish_on_lost(&c->publish);
    outbox_push(&c->wire, &e, NULL, 0);
}

static void leave_now(struct client *c)
{
    publish_on_lost(&c->publish);
    outbox_reset(&c->news);
    peers_reset(&c->peers);
    roster_reset(&c->roster);
    c->left = true;
    outbox_push(&c->wire, &(struct client_event){.type = CLIENT_LEFT}, NULL, 0);
}

static void act(struct client *c, const struct link_effect *e)
{
    struct client_event event = {.link = e->link, .upgrade = e->upgrade};
    switch (e->type) {
    case LINK_DO_DIAL:
        event.type = CLIENT_DIAL;
        event.text = link_relay(&c->link, e->link);
        outbox_push(&c->wire, &event, NULL, 0);
        break;
    case LINK_DO_HANGUP:
        event.type = CLIENT_HANGUP;
        outbox_push(&c->wire, &event, NULL, 0);
        intake_close(&c->intakes, e->link);
        break;
    case LINK_DO_HELLO: greet(c, e->link); break;
    case LINK_DO_GOODBYE: say_goodbye(mouth_on(c, e->link)); break;
    case LINK_DO_PING: say_ping(mouth_on(c, e->link), e->token); break;
    case LINK_DO_SHOW: show_state(c, e->state); break;
    case LINK_DO_CARRY: break; /* on_welcome() goes on */
    case LINK_DO_LEFT: leave_now(c); break;
    }
}

/* Passes on what the link decided; follows every input. */
static void settle(struct client *c)
{
    struct link_effect e;
    while (link_next(&c->link, &e))
        act(c, &e);
}

/* ---- connection ---- */

void client_on_open(struct client *c, uint32_t link, enum transport t, size_t datagram_bytes, usec_t now)
{
    link_on_open(&c->link, link, t, datagram_bytes, now);
    if (link_open(&c->link, link))
        intake_open(&c->intakes, link);
    settle(c);
}

void client_on_closed(struct client *c, uint32_t link, usec_t now)
{
    intake_close(&c->intakes, link);
    link_on_closed(&c->link, link, now);
    settle(c);
}

void client_reconnect(struct client *c, usec_t now)
{
    link_reconnect(&c->link, now);
    settle(c);
}

void client_leave(struct client *c, usec_t now)
{
    link_leave(&c->link, now);
    settle(c);
}

/* ---- control ---- */

static void gone(void *ctx, uint32_t id) { peers_on_gone(&((struct client *)ctx)->peers, id); }

static struct roster_goner goner(struct client *c) { return (struct roster_goner){gone, c}; }

static void put_members(struct client *c, const Parley__V1__Roster *r)
{
    for (size_t i = 0; r && i < r->n_put; i++) {
        const Parley__V1__Member *m = r->put[i];
        if (m->id == c->member)
            continue;
        int err = roster_put(&c->roster, m);
        c->health.malformed += err < 0;
        if (err == 1)
            peers_on_gone(&c->peers, m->id);
        peers_on_put(&c->peers, m->id);
    }
}

static void on_roster(struct client *c, const Parley__V1__Roster *r)
{
    put_members(c, r);
    for (size_t i = 0; i < r->n_gone; i++) {
        peers_on_gone(&c->peers, r->gone[i]);
        roster_gone(&c->roster, r->gone[i]);
    }
}

/* Everything that the relay has to know of me, again after every Welcome. */
static void introduce(struct client *c, usec_t now)
{
    struct mouth m = mouth_of(c);
    for (uint32_t id = 1; id <= WIRE_TRACKS_MAX; id++)
        if (publish_track(&c->publish, id))
            say_publish(m, publish_track(&c->publish, id));
    if (c->wants)
        say_subscribe(m, c->want, c->wants);
    uint8_t sealed[CHAT_SEALED_MAX];
    for (int i = 0; i < CHAT_WAITING; i++) {
        int len = chat_seal(&c->chat, i, &c->publish.sealer, c->member, sealed, sizeof sealed, now);
        if (len > 0)
            say_chat(m, sealed, (size_t)len);
    }
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static void take_carrier(struct client *c, const Parley__V1__Welcome *w, usec_t now)
{
    const struct carrier *live = link_live(&c->link);
    const Parley__V1__Limits *limits = w->limits;
    size_t datagram = limits && limits->datagram_bytes ? limits->datagram_bytes : WIRE_DATAGRAM_MAX;
    size_t object = limits && limits->object_bytes ? limits->object_bytes : WIRE_OBJECT_MAX;
    bool stream = live->transport == TRANSPORT_WEBTRANSPORT;
    c->datagram_bytes = least(stream ? least(live->datagram_bytes, datagram) : WIRE_DATAGRAM_MAX, WIRE_DATAGRAM_MAX);
    publish_on_carry(&c->publish, c->member, live->link, live->transport, c->datagram_bytes, least(object, WIRE_OBJECT_MAX), now);
    peers_on_carry(&c->peers);
    reporter_on_carry(&c->reporter);
}

static void note_relays(struct client *c, const Parley__V1__Welcome *w)
{
    relays_clear(&c->link.relays);
    for (size_t i = 0; i < w->n_relays; i++)
        relays_add(&c->link.relays, w->relays[i]->address);
}

/* What came before the Welcome. */
static void take_early(struct client *c, uint32_t link, usec_t now)
{
    struct early_piece p;
    const uint8_t *data;
    while (early_next(&c->early, link, &p, &data)) {
        if (p.is_run)
            client_on_run(c, link, p.run, data, p.len, p.end, now);
        else
            client_on_datagram(c, link, data, p.len, now);
    }
}

static void on_welcome(struct client *c, uint32_t link, const Parley__V1__Welcome *w, usec_t now)
{
    const uint8_t *resume = w->resume.len == WIRE_RESUME_BYTES ? w->resume.data : NULL;
    if (!link_on_welcome(&c->link, link, resume, now))
        return;
    note_relays(c, w);
    settle(c);
    c->member = w->member;
    take_carrier(c, w, now);
    outbox_push(&c->wire, &(struct client_event){.type = CLIENT_JOINED, .member = w->member, .resumed = w->resumed}, NULL, 0);
    roster_sync_begin(&c->roster);
    put_members(c, w->roster);
    struct roster_goner g = goner(c);
    roster_sync_end(&c->roster, w->partial, &g, now);
    introduce(c, now);
    take_early(c, link, now);
}

static void on_chat(struct client *c, const Parley__V1__Chat *chat)
{
    if (chat->member == c->member) {
        chat_confirmed(&c->chat, chat->sealed.data, chat->sealed.len);
        return;
    }
    const struct roster_member *from = roster_find(&c->roster, chat->member);
    uint8_t plain[CHAT_SEALED_MAX];
    struct sframe_text sealed = {chat->sealed.data, chat->sealed.len};
    uint32_t member = chat->member;
    usec_t at = (usec_t)chat->sent_us;
    int len = from ? peers_open_chat(&c->peers, member, sealed, plain, sizeof plain) : ERR_UNKNOWN, err;
    const Parley__V1__ChatText *text = len < 0 ? NULL : chat_text_parse(&c->arena, plain, (size_t)len, &err);
    if (!text || !chat_is_new(&c->chat, from->salt, text->id))
        return;
    outbox_push_copy(&c->news, &(struct client_event){.type = CLIENT_CHAT, .member = member, .at = at}, text->text,
                     strlen(text->text));
}

static void notice(struct client *c, const char *code, const char *text)
{
    outbox_push(&c->news, &(struct client_event){.type = CLIENT_NOTICE, .code = code, .text = text}, NULL, 0);
}

static void on_session_message(struct client *c, uint32_t link, const Parley__V1__Control *m, usec_t now)
{
    switch (m->body_case) {
    case PARLEY__V1__CONTROL__BODY_ROSTER: on_roster(c, m->roster); break;
    case PARLEY__V1__CONTROL__BODY_KEY_FRAME:
        publish_on_key_request(&c->publish, m->key_frame->track, m->key_frame->spatial, now);
        break;
    case PARLEY__V1__CONTROL__BODY_DEMAND: publish_on_demand(&c->publish, m->demand, now); break;
    case PARLEY__V1__CONTROL__BODY_FORWARDING: peers_on_forwarding(&c->peers, m->forwarding); break;
    case PARLEY__V1__CONTROL__BODY_CHAT: on_chat(c, m->chat); break;
    case PARLEY__V1__CONTROL__BODY_PING: say_pong(mouth_on(c, link), m->ping->token, now); break;
    case PARLEY__V1__CONTROL__BODY_PONG:
        link_on_pong(&c->link, link, m->pong->token, now);
        if (c->link.rtt_us)
            publish_on_round_trip(&c->publish, c->link.rtt_us, now);
        break;
    case PARLEY__V1__CONTROL__BODY_NOTICE: notice(c, m->notice->code, m->notice->text); break;
    case PARLEY__V1__CONTROL__BODY_DRAIN:
        link_on_drain(&c->link, link, m->drain->retry_ms, m->drain->relay, now);
        notice(c, "draining", "The relay is about to restart; the call goes on after a moment.");
        break;
    default: c->health.malformed += m->body_case != PARLEY__V1__CONTROL__BODY__NOT_SET; break;
    }
}

static bool carries_session(const struct client *c, uint32_t link)
{
    const struct carrier *live = link_live(&c->link);
    return live && live->link == link;
}

static bool waits_for_welcome(const struct client *c, uint32_t link)
{
    const struct carrier *carrier = link_open(&c->link, link);
    return carrier && carrier->state == CARRIER_ASKED;
}

static void on_control(struct client *c, uint32_t link, const uint8_t *data, size_t len, usec_t now)
{
    int err = 0;
    const Parley__V1__Control *m = control_parse(&c->arena, data, len, WIRE_CONTROL_MAX, &err);
    if (!m) {
        c->health.malformed++;
        return;
    }
    if (m->body_case == PARLEY__V1__CONTROL__BODY_WELCOME)
        on_welcome(c, link, m->welcome, now);
    else if (m->body_case == PARLEY__V1__CONTROL__BODY_REFUSED)
        link_on_refused(&c->link, link, m->refused->code, m->refused->text, m->refused->retry_ms, m->refused->relay, now);
    else if (carries_session(c, link))
        on_session_message(c, link, m, now);
}

void client_on_control(struct client *c, uint32_t link, const uint8_t *data, size_t len, usec_t now)
{
    struct intake *in = intake_of(&c->intakes, link);
    struct framed msg;
    int got = 0;
    if (!in)
        return;
    link_on_heard(&c->link, link, now);
    framer_feed(&in->control, data, len);
    while (in->link == link && (got = framer_next(&in->control, &msg)) > 0)
        on_control(c, link, msg.data, msg.len, now);
    if (in->link == link && got < 0)
        link_on_broken(&c->link, link, "The relay sent what cannot be read.", now);
    settle(c);
}

/* ---- media ---- */

static void on_object(struct client *c, enum wire_kind kind, const uint8_t *data, size_t len, usec_t now)
{
    meter_add(&c->health.in, len, now);
    peers_on_object(&c->peers, kind, data, len, now);
    reporter_note(&c->reporter, now);
}

/* One or more of: varint length, object. */
static void on_objects(struct client *c, enum wire_kind kind, const uint8_t *data, size_t len, usec_t now)
{
    struct reader r = reader_of(data, len);
    while (reader_left(&r)) {
        size_t one;
        const uint8_t *object = object_next(&r, &one);
        if (!object) {
            c->health.malformed++;
            return;
        }
        on_object(c, kind, object, one, now);
    }
}

static void on_feedback(struct client *c, const uint8_t *data, size_t len, usec_t now)
{
    struct feedback f;
    if (feedback_parse(&f, data, len) != 0) {
        c->health.malformed++;
        return;
    }
    usec_t rtt = reporter_on_feedback(&c->reporter, &f, now);
    if (rtt) {
        link_on_rtt(&c->link, rtt);
        publish_on_round_trip(&c->publish, rtt, now);
    }
    publish_on_feedback(&c->publish, &f, now);
}

/* A datagram, or a WebSocket message that is not Control. */
static void on_packet(struct client *c, const uint8_t *data, size_t len, usec_t now)
{
    switch (len ? data[0] : 0) {
    case WIRE_AUDIO: on_objects(c, WIRE_AUDIO, data + 1, len - 1, now); break;
    case WIRE_VIDEO: on_objects(c, WIRE_VIDEO, data + 1, len - 1, now); break;
    case WIRE_FEEDBACK: on_feedback(c, data + 1, len - 1, now); break;
    case WIRE_PADDING: break;
    default: c->health.malformed++; break;
    }
}

void client_on_datagram(struct client *c, uint32_t link, const uint8_t *data, size_t len, usec_t now)
{
    if (waits_for_welcome(c, link))
        early_keep(&c->early, link, &(struct early_piece){0}, data, len);
    if (!carries_session(c, link))
        return;
    link_on_heard(&c->link, link, now);
    on_packet(c, data, len, now);
}

void client_on_message(struct client *c, uint32_t link, const uint8_t *data, size_t len, usec_t now)
{
    if (!intake_of(&c->intakes, link))
        return;
    link_on_heard(&c->link, link, now);
    if (len && data[0] == WIRE_CONTROL)
        on_control(c, link, data + 1, len - 1, now);
    else if (carries_session(c, link))
        on_packet(c, data, len, now);
    settle(c);
}

static void read_run(struct client *c, struct intake *in, uint64_t run, struct framer *f, const uint8_t *data, size_t len,
                     usec_t now)
{
    struct framed msg;
    size_t held = framer_memory(f);
    int got;
    framer_feed(f, data, len);
    while ((got = framer_next(f, &msg)) > 0)
        if (framer_kind(f) == WIRE_VIDEO)
            on_object(c, WIRE_VIDEO, msg.data, msg.len, now);
    if (got < 0 || (framer_kind(f) && framer_kind(f) != WIRE_VIDEO))
        c->health.malformed++;
    if (!intake_settle(in, run, held))
        c->health.malformed++;
}

void client_on_run(struct client *c, uint32_t link, uint64_t run, const uint8_t *data, size_t len, enum run_end end, usec_t now)
{
    struct intake *in = intake_of(&c->intakes, link);
    if (in && waits_for_welcome(c, link))
        early_keep(&c->early, link, &(struct early_piece){.is_run = true, .run = run, .end = end}, data, len);
    if (!in || !carries_session(c, link))
        return;
    link_on_heard(&c->link, link, now);
    struct framer *f = len ? intake_run(in, run) : NULL;
    if (f)
        read_run(c, in, run, f, data, len, now);
    if (end != RUN_MORE)
        intake_run_ended(in, run);
}

/* ---- my tracks ---- */

int client_publish(struct client *c, const struct track_spec *spec, usec_t now)
{
    int err = publish_put(&c->publish, spec, now);
    if (!err)
        say_publish(mouth_of(c), spec);
    return err;
}

int client_unpublish(struct client *c, uint32_t track, usec_t now)
{
    int err = publish_remove(&c->publish, track, now);
    if (!err)
        say_unpublish(mouth_of(c), track);
    return err;
}

int client_set_name(struct client *c, const char *name, usec_t now)
{
    (void)now;
    int err = identity_rename(&c->me, name);
    if (!err)
        say_name(mouth_of(c), c->me.name);
    return err;
}

int client_send(struct client *c, const struct media *m, usec_t now) { return publish_send(&c->publish, m, now); }

/* ---- the others ---- */

int client_subscribe(struct client *c, const struct want *wants, size_t count, usec_t now)
{
    (void)now;
    if (count > CLIENT_WANTS_MAX)
        return ERR_LIMIT;
    if (count)
        memcpy(c->want, wants, count * sizeof *wants);
    c->wants = count;
    say_subscribe(mouth_of(c), c->want, c->wants);
    return 0;
}

void client_need_key_frame(struct client *c, uint32_t member, uint32_t track, usec_t now)
{
    peers_need_key(&c->peers, member, track, now);
}

void client_on_playout(struct client *c, uint32_t member, uint32_t track, uint32_t delay_us, usec_t now)
{
    peers_on_playout(&c->peers, member, track, delay_us, now);
}

int client_chat(struct client *c, const char *text, size_t len, usec_t now)
{
    uint8_t sealed[CHAT_SEALED_MAX];
    if (!link_live(&c->link))
        return ERR_STATE;
    int place = chat_write(&c->chat, text, len, now);
    int size = place < 0 ? place : chat_seal(&c->chat, place, &c->publish.sealer, c->member, sealed, sizeof sealed, now);
    if (size < 0)
        return size;
    say_chat(mouth_of(c), sealed, (size_t)size);
    return 0;
}

/* ---- time ---- */

static void ask_for_key_frames(struct client *c, usec_t now)
{
    struct key_request r;
    while (link_live(&c->link) && peers_next_key_request(&c->peers, &r, now))
        say_key_frame(mouth_of(c), &r);
}

static void send_feedback(struct client *c, usec_t now)
{
    struct feedback f;
    size_t max = c->datagram_bytes / REPORT_BYTES;
    reporter_begin(&c->reporter, &f, now);
    peers_report(&c->peers, &f, max < FEEDBACK_TRACKS_MAX ? max : FEEDBACK_TRACKS_MAX);
    uint8_t *room = outbox_room(&c->wire, c->datagram_bytes);
    int len = room ? feedback_write(room, c->datagram_bytes, &f, NULL) : 0;
    if (len <= 0)
        return;
    struct client_event e = {.type = CLIENT_SEND_DATAGRAM, .link = link_live(&c->link)->link, .priority = 0, .len = (size_t)len};
    outbox_push(&c->wire, &e, room, 0);
}

void client_tick(struct client *c, usec_t now)
{
    c->now = now;
    link_tick(&c->link, now);
    settle(c);
    publish_tick(&c->publish, now);
    if (link_live(&c->link)) { /* else nobody could tell of those who are missed */
        struct roster_goner g = goner(c);
        roster_tick(&c->roster, &g, now);
    }
    ask_for_key_frames(c, now);
    if (now >= c->reporter.at && link_live(&c->link))
        send_feedback(c, now);
}

usec_t client_deadline(const struct client *c)
{
    usec_t at = usec_min(link_deadline(&c->link), publish_deadline(&c->publish));
    if (!link_live(&c->link))
        return usec_min(at, c->peers.video_due);
    return usec_min(usec_min(at, c->roster.due), usec_min(peers_deadline(&c->peers), c->reporter.at));
}

/* ---- output ---- */

int client_poll(struct client *c, struct client_event *e, usec_t now)
{
    c->now = now;
    if (outbox_pop(&c->wire, e))
        return 1;
    if (c->left)
        return 0;
    return roster_next(&c->roster, e) || outbox_pop(&c->news, e) || peers_next_video(&c->peers, e, now) ||
           publish_next_encoder(&c->publish, e, now);
}

/* ---- numbers ---- */

void client_stats(const struct client *c, struct client_stats *s, usec_t now)
{
    const struct health *h = &c->health;
    const struct carrier *live = link_live(&c->link);
    *s = (struct client_stats){
        .rtt_us = c->link.rtt_us,
        .send_target_bps = rate_target_bps(&c->publish.rate),
        .send_bps = meter_bps(&h->out, now),
        .receive_bps = meter_bps(&h->in, now),
        .objects_in = h->objects_in,
        .objects_out = h->objects_out,
        .dropped_out = h->dropped_out + pacer_dropped(&c->publish.pacer),
        .lost_in = h->lost_in,
        .auth_failed = h->auth_failed,
        .replayed = h->replayed,
        .malformed = h->malformed,
        .reconnects = c->link.reconnects,
        .transport = live ? (uint32_t)live->transport : 0,
    };
}

int client_track_stats(const struct client *c, uint32_t member, uint32_t track, struct track_stats *s)
{
    usec_t now = c->now;
    return member == 0 || member == c->member ? publish_stats(&c->publish, track, s, now)
                                              : peers_stats(&c->peers, member, track, s, now);
}
