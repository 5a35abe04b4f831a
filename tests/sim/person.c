/* SPDX-License-Identifier: MIT */
#include "person.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "sim.h"

#define FRAME_EVERY (33333)
#define AUDIO_EVERY (20 * MS)
#define AUDIO_BYTES 80 /* 32 kbit/s */
#define PULL_EVERY (10 * MS)
#define FREEZE (200 * MS)
#define FPS 30
#define FRAME_LEAST 160
#define FRAME_MOST 200000
#define KEY_LEAST 5000
#define TRACK_ID_MIC 1
#define TRACK_ID_CAMERA 2

usec_t person_clock(const struct person *p, usec_t now) { return now + p->config.clock_offset; }

/* ---- what is made up ---- */

struct frame_head {
    char mark[16];
    uint32_t frame, needs; /* needs 0: a key frame */
    uint32_t temporal;
};

static void fill(uint8_t *data, size_t len, const struct frame_head *head)
{
    static const char mark[] = PERSON_MARK;
    memcpy(data, head, sizeof *head);
    for (size_t i = sizeof *head; i < len; i++)
        data[i] = (uint8_t)mark[i % (sizeof mark - 1)];
}

static void speak(void *ctx, usec_t now)
{
    struct person *p = ctx;
    if (p->sim->over)
        return;
    uint8_t data[AUDIO_BYTES];
    fill(data, sizeof data, &(struct frame_head){.mark = PERSON_MARK, .frame = ++p->mic_seq});
    client_send(p->client,
                &(struct media){.track = TRACK_ID_MIC,
                                .codec = CODEC_OPUS,
                                .duration_us = 20000,
                                .level = 90,
                                .captured_us = person_clock(p, now),
                                .data = data,
                                .len = sizeof data},
                person_clock(p, now));
    person_drain(p, now);
    sim_at(&p->sim->queue, now + AUDIO_EVERY, speak, p);
}

/* Key frames are large, upper temporal layers small, as real encoders make them; the mean is the target. */
static size_t frame_bytes(struct person *p, uint32_t spatial, bool key, uint32_t temporal)
{
    static const double share[3] = {1.7, 1.1, 0.6};
    double mean = (double)p->camera[spatial].target_bps / 8 / FPS;
    double bytes = mean * (key ? 6 : share[temporal]) * (0.8 + 0.4 * rng_unit(&p->up.rng));
    double least = key ? KEY_LEAST : FRAME_LEAST;
    return (size_t)(bytes < least ? least : bytes > FRAME_MOST ? FRAME_MOST : bytes);
}

/* The number of the frame that one of this temporal layer refers to. */
static uint32_t reference(const struct encoder *e, uint32_t temporal)
{
    uint32_t newest = e->last[0];
    for (uint32_t t = 1; t < temporal; t++)
        if (e->last[t] > newest)
            newest = e->last[t];
    return newest;
}

static void encode(struct person *p, uint32_t spatial, usec_t now)
{
    static const uint32_t pattern[4] = {0, 2, 1, 2};
    static uint8_t data[FRAME_MOST];
    struct encoder *e = &p->camera[spatial];
    bool key = e->key_wanted || e->frames == 0;
    e->phase = key ? 0 : (e->phase + 1) % 4;
    uint32_t temporal = pattern[e->phase];
    struct frame_head head = {
        .mark = PERSON_MARK, .frame = ++p->frames, .needs = key ? 0 : reference(e, temporal), .temporal = temporal};
    if (key)
        memset(e->last, 0, sizeof e->last);
    e->last[temporal] = head.frame;
    e->key_wanted = false;
    e->frames++;
    size_t len = frame_bytes(p, spatial, key, temporal);
    fill(data, len, &head);
    int err = client_send(p->client,
                          &(struct media){.track = TRACK_ID_CAMERA,
                                          .codec = CODEC_VP9,
                                          .spatial = spatial,
                                          .temporal = temporal,
                                          .key = key,
                                          .width_px = 640,
                                          .height_px = 360,
                                          .captured_us = person_clock(p, now - p->config.encoding),
                                          .data = data,
                                          .len = len},
                          person_clock(p, now));
    e->sent++;
    e->refused += err != 0;
}

static void film(void *ctx, usec_t now)
{
    struct person *p = ctx;
    if (p->sim->over)
        return;
    for (uint32_t i = 0; i < PERSON_LAYERS; i++)
        if (p->camera[i].wanted)
            encode(p, i, now);
    person_drain(p, now);
    sim_at(&p->sim->queue, now + FRAME_EVERY, film, p);
}

/* ---- ears ---- */

static int tone(void *ctx, const uint8_t *data, size_t len, float *out, int room)
{
    (void)ctx;
    (void)data;
    (void)len;
    int n = room < 960 ? room : 960;
    for (int i = 0; i < n; i++)
        out[i] = (float)(i % 240) / 240 - 0.5f;
    return n;
}

static int conceal(void *ctx, float *out, int samples) { return tone(ctx, NULL, 0, out, samples) < 0 ? -1 : samples; }

/* Opus tells of the packet before in each packet when it is told of losses. */
static int fec(void *ctx, const uint8_t *data, size_t len, float *out, int samples)
{
    (void)data;
    (void)len;
    return conceal(ctx, out, samples);
}

static void hear(struct person *p, struct ear *ear, uint32_t member, usec_t now)
{
    float block[PLAYOUT_BLOCK];
    struct playout_stats s;
    if (!ear->playout)
        return;
    playout_pull(ear->playout, block, person_clock(p, now));
    playout_stats(ear->playout, &s);
    if (now / SEC < PERSON_SECONDS)
        ear->concealed_ms[now / SEC] = (uint32_t)s.concealed_ms;
    ear->delay_us = s.delay_us;
    if (now - ear->told < 100 * MS)
        return;
    ear->told = now;
    client_on_playout(p->client, member, TRACK_ID_MIC, s.own_us, person_clock(p, now));
}

static void listen(void *ctx, usec_t now)
{
    struct person *p = ctx;
    if (p->sim->over)
        return;
    for (size_t i = 0; i < COUNT_OF(p->ear); i++)
        hear(p, &p->ear[i], p->member_of[i], now);
    sim_at(&p->sim->queue, now + PULL_EVERY, listen, p);
}

/* True time, whatever anybody's clock says. */
static usec_t captured_at(const struct person *p, uint32_t from, const struct client_event *e)
{
    return e->media.captured_us - p->sim->person[from - 1]->config.clock_offset;
}

static void on_sound(struct person *p, const struct client_event *e)
{
    uint32_t from = p->people[e->member % PERSON_MEMBERS];
    struct ear *ear = from ? &p->ear[from - 1] : NULL;
    if (!ear || !ear->playout)
        return;
    ear->held_us = e->hold_us;
    playout_hold(ear->playout, e->hold_us);
}

static void on_audio(struct person *p, const struct client_event *e, usec_t now)
{
    static const struct playout_decoder decoder = {.decode = tone, .decode_fec = fec, .conceal = conceal};
    uint32_t from = p->people[e->member % PERSON_MEMBERS];
    if (!from)
        return;
    struct ear *ear = &p->ear[from - 1];
    if (!ear->playout) {
        ear->playout = playout_new(&decoder, 1);
        ear->first = now;
        ear->transit = NEVER;
    }
    ear->packets++;
    ear->transit = usec_min(ear->transit, now - captured_at(p, from, e));
    playout_put(ear->playout, e->seq, e->media.captured_us, e->media.duration_us, e->media.data, e->media.len,
                person_clock(p, now));
}

/* ---- eyes ---- */

static void note_gap(struct eye *eye, usec_t from, usec_t to)
{
    if (to - from <= FREEZE + FRAME_EVERY || eye->gaps == PERSON_GAPS)
        return;
    if (getenv("SIM_GAPS"))
        fprintf(stderr, "  gap of %lld ms at %lld ms\n", (long long)((to - from) / MS), (long long)(from / MS));
    eye->gap[eye->gaps++] = (struct gap){.at = from, .length = to - from - FRAME_EVERY};
}

static void note_delay(struct eye *eye, usec_t delay)
{
    size_t ms = delay < 0 ? 0 : (size_t)(delay / MS);
    eye->delay_ms[ms < COUNT_OF(eye->delay_ms) ? ms : COUNT_OF(eye->delay_ms) - 1]++;
}

static void note_layer(struct eye *eye, uint32_t spatial, usec_t shown)
{
    if (eye->frames > 1 && spatial == eye->spatial)
        return;
    eye->switches += eye->frames > 1;
    eye->switched = shown;
    eye->spatial = spatial;
}

static bool can_decode(const struct eye *eye, const struct frame_head *head)
{
    return head->needs == 0 || (head->needs < PERSON_FRAMES && eye->decoded[head->needs]);
}

static void on_video(struct person *p, const struct client_event *e, usec_t now)
{
    uint32_t from = p->people[e->member % PERSON_MEMBERS];
    struct frame_head head;
    if (!from || e->media.len < sizeof head)
        return;
    struct eye *eye = &p->eye[from - 1];
    memcpy(&head, e->media.data, sizeof head);
    if (!eye->decoded)
        eye->decoded = calloc(1, PERSON_FRAMES);
    if (!can_decode(eye, &head)) {
        eye->undecodable++;
        client_need_key_frame(p->client, e->member, e->track, person_clock(p, now));
        return;
    }
    usec_t shown = usec_max(now, e->due - p->config.clock_offset);
    if (head.frame < PERSON_FRAMES)
        eye->decoded[head.frame] = 1;
    if (e->hidden)
        return;
    if (eye->frames++ == 0)
        eye->first = shown;
    else
        note_gap(eye, eye->shown, shown);
    eye->keys += head.needs == 0;
    note_layer(eye, e->spatial, shown);
    eye->shown = shown;
    eye->delay = shown - captured_at(p, from, e);
    note_delay(eye, eye->delay);
    if (now / SEC < PERSON_SECONDS)
        eye->bytes[now / SEC] += (uint32_t)e->media.len;
}

/* ---- the engine's wishes ---- */

static struct conn *conn_of(struct person *p, uint32_t link)
{
    for (struct conn *c = p->sim->conns; c; c = c->next)
        if (c->person == p && c->link == link)
            return c;
    return NULL;
}

static void dial(struct person *p, const struct client_event *e, usec_t now)
{
    p->dials++;
    conn_dial(p->sim, p, e->link, TRANSPORT_WEBTRANSPORT, now);
    if (!e->upgrade)
        conn_dial(p->sim, p, e->link + 1, TRANSPORT_WEBSOCKET, now);
}

static void want(struct person *p, const struct client_event *e, usec_t now)
{
    if (e->track_info->kind != TRACK_CAMERA || p->wants == COUNT_OF(p->want))
        return;
    for (size_t i = 0; i < p->wants; i++)
        if (p->want[i].member == e->member)
            return;
    p->want[p->wants++] = (struct want){.member = e->member, .track = TRACK_ID_CAMERA, .width_px = 640};
    client_subscribe(p->client, p->want, p->wants, person_clock(p, now));
}

static void on_gone(struct person *p, uint32_t member)
{
    p->gone++;
    for (size_t i = 0; i < p->wants; i++)
        if (p->want[i].member == member)
            p->want[i--] = p->want[--p->wants];
    p->people[member % PERSON_MEMBERS] = 0;
}

/* Names are the people's numbers. */
static void on_member(struct person *p, const struct member_info *info)
{
    uint32_t index = (uint32_t)strtoul(info->name, NULL, 10);
    p->people[info->id % PERSON_MEMBERS] = index + 1;
    p->member_of[index] = info->id;
}

static void on_encoder(struct person *p, const struct client_event *e)
{
    if (e->track != TRACK_ID_CAMERA || e->spatial >= PERSON_LAYERS)
        return;
    struct encoder *camera = &p->camera[e->spatial];
    camera->wanted = e->wanted;
    camera->target_bps = e->target_bps;
    camera->key_wanted |= e->key_wanted;
}

static void on_joined(struct person *p, const struct client_event *e, usec_t now)
{
    p->joins++;
    p->resumed += e->resumed;
    p->member = e->member;
    if (p->joins == 1)
        p->joined_at = now;
}

static void on_link(struct person *p, const struct client_event *e, usec_t now)
{
    p->state = e->state;
    if (getenv("SIM_TRACE"))
        fprintf(stderr, "%lld ms  %zu: state %d %s %s\n", (long long)(now / MS), p->index, (int)e->state, e->code, e->text);
}

static void on_chat(struct person *p, const struct client_event *e)
{
    p->chats++;
    memcpy(p->chat, e->data, e->len < sizeof p->chat - 1 ? e->len : sizeof p->chat - 1);
}

static void on_send(struct person *p, const struct client_event *e, usec_t now)
{
    struct conn *c = conn_of(p, e->link);
    if (c && c->open_at_client)
        conn_send_to_relay(c, e, now);
}

static void obey(struct person *p, const struct client_event *e, usec_t now)
{
    struct conn *c;
    switch (e->type) {
    case CLIENT_DIAL: dial(p, e, now); break;
    case CLIENT_HANGUP:
        if ((c = conn_of(p, e->link)))
            conn_hang_up(c, now);
        break;
    case CLIENT_SEND_CONTROL:
    case CLIENT_SEND_DATAGRAM:
    case CLIENT_SEND_RUN: on_send(p, e, now); break;
    case CLIENT_LINK: on_link(p, e, now); break;
    case CLIENT_JOINED: on_joined(p, e, now); break;
    case CLIENT_MEMBER: on_member(p, e->info); break;
    case CLIENT_GONE: on_gone(p, e->member); break;
    case CLIENT_TRACK: want(p, e, now); break;
    case CLIENT_CHAT: on_chat(p, e); break;
    case CLIENT_KEYS:
        p->keys_good += e->ok;
        p->keys_wrong += !e->ok;
        break;
    case CLIENT_LEFT: p->left_at = now; break;
    case CLIENT_AUDIO: on_audio(p, e, now); break;
    case CLIENT_VIDEO: on_video(p, e, now); break;
    case CLIENT_ENCODER: on_encoder(p, e); break;
    case CLIENT_SOUND: on_sound(p, e); break;
    default: break;
    }
}

void person_drain(struct person *p, usec_t now)
{
    struct client_event e;
    while (client_poll(p->client, &e, person_clock(p, now)))
        obey(p, &e, now);
}

/* ---- coming and going ---- */

static void configure(struct client_config *c, const struct person *p, char *name)
{
    const char *secret = p->config.secret ? p->config.secret : "the secret that all of them share";
    *c = (struct client_config){
        .meeting = "standup", .name = name, .program = "sim", .seed = p->index + 1, .decodes = 1u << CODEC_VP9};
    c->secret_len = strlen(secret);
    memcpy(c->secret, secret, c->secret_len);
    memset(c->salt, (int)p->index + 1, sizeof c->salt);
}

static void publish(struct person *p, usec_t now)
{
    static const struct layer_spec small = {.width_px = 320, .height_px = 180, .fps = FPS, .max_bps = 180000, .temporal = 3};
    uint32_t most = p->config.max_bps ? p->config.max_bps : p->config.simulcast ? 700000 : 1500000;
    struct layer_spec large = {.width_px = 640, .height_px = 360, .fps = FPS, .max_bps = most, .temporal = 3};
    struct track_spec camera = {.id = TRACK_ID_CAMERA, .kind = TRACK_CAMERA, .layers = 1, .layer = {large}};
    if (p->config.simulcast) {
        large.spatial = 1;
        camera.layers = 2;
        camera.layer[0] = small;
        camera.layer[1] = large;
    }
    if (p->config.mic)
        client_publish(p->client, &(struct track_spec){.id = TRACK_ID_MIC, .kind = TRACK_MIC}, now);
    if (p->config.camera)
        client_publish(p->client, &camera, now);
}

struct person *person_new(struct sim *s, size_t index, const struct person_config *config, usec_t now)
{
    struct person *p = calloc(1, sizeof *p);
    char name[16];
    struct client_config c;
    *p = (struct person){
        .sim = s, .index = index, .config = *config, .up = config->up, .down = config->down, .left_at = NEVER, .joined_at = NEVER};
    p->up.rng.state = rng_next(&s->rng);
    p->down.rng.state = rng_next(&s->rng);
    snprintf(name, sizeof name, "%zu", index);
    configure(&c, p, name);
    p->client = client_new(&c, person_clock(p, now));
    publish(p, person_clock(p, now));
    sim_at(&s->queue, now + 3 * MS, speak, p);
    sim_at(&s->queue, now + 7 * MS, film, p);
    sim_at(&s->queue, now + 5 * MS, listen, p);
    return p;
}

void person_del(struct person *p)
{
    client_del(p->client);
    for (size_t i = 0; i < COUNT_OF(p->eye); i++) {
        free(p->eye[i].decoded);
        playout_del(p->ear[i].playout);
    }
    free(p);
}

/* ---- measures ---- */

usec_t person_frozen(const struct person *p, const struct person *of, usec_t from, usec_t to)
{
    const struct eye *eye = &p->eye[of->index];
    usec_t sum = 0;
    for (uint32_t i = 0; i < eye->gaps; i++)
        if (eye->gap[i].at >= from && eye->gap[i].at < to)
            sum += eye->gap[i].length;
    if (eye->shown < to - FREEZE && eye->shown >= from)
        sum += to - eye->shown;
    return sum;
}

uint32_t person_bps(const struct person *p, const struct person *of, usec_t from, usec_t to)
{
    uint64_t sum = 0;
    for (usec_t s = from / SEC; s < to / SEC; s++)
        sum += p->eye[of->index].bytes[s];
    return (uint32_t)(sum * 8 * (uint64_t)SEC / (uint64_t)(to - from));
}

uint32_t person_concealed_ms(const struct person *p, const struct person *of, usec_t from, usec_t to)
{
    const uint32_t *at = p->ear[of->index].concealed_ms;
    return at[to / SEC - 1] - (from >= SEC ? at[from / SEC - 1] : 0);
}

usec_t person_lips(const struct person *p, const struct person *of)
{
    const struct ear *ear = &p->ear[of->index];
    return p->eye[of->index].delay - (ear->transit + ear->delay_us);
}

uint32_t person_delay_ms(const struct person *p, const struct person *of, uint32_t permille)
{
    const struct eye *eye = &p->eye[of->index];
    uint64_t seen = 0;
    for (uint32_t ms = 0; ms < COUNT_OF(eye->delay_ms); ms++) {
        seen += eye->delay_ms[ms];
        if (seen * 1000 >= (uint64_t)eye->frames * permille)
            return ms;
    }
    return COUNT_OF(eye->delay_ms);
}
