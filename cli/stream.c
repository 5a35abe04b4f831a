/* SPDX-License-Identifier: MIT */
#include "stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/err.h"
#include "codec/opus_codec.h"
#include "picture.h"
#include "session.h"
#include "sound.h"

#define MIC 1
#define CAMERA 2
#define SOUND_US (20 * MS)
#define SOUND_BPS 32000
#define BEHIND_MAX (200 * MS) /* later than this: what was due meanwhile is left out */
#define START_BPS 300000

struct stream {
    struct session session;
    struct picture_source *pictures;
    struct sound_source *sounds;
    struct vpx_enc *video;
    struct opus_enc *audio;
    struct loop_timer picture_timer, sound_timer;
    usec_t next_picture, next_sound;
    bool wanted, key_wanted, silent;
    uint32_t target_bps;
    uint32_t scale_wanted, fps_wanted; /* what the engine asks for; 0: as published */
    uint32_t scale;                    /* of the encoder */
    double share_due;                  /* of a picture: those that a lower frame rate leaves out */
    uint64_t pictures_sent, sounds_sent, refused, encoder_dropped, key_frames;
};

/* ---- pictures ---- */

static uint32_t even(uint32_t v) { return v & ~1u; }

static uint32_t bounded_bps(const struct stream *s)
{
    uint32_t most = s->session.options.bps;
    return most && s->target_bps > most ? most : s->target_bps;
}

/* An encoder for the current size; a new one when the size changes. */
static bool prepare_encoder(struct stream *s)
{
    const struct options *o = &s->session.options;
    uint32_t scale = s->scale_wanted ? s->scale_wanted : 1;
    if (s->video && scale == s->scale)
        return true;
    vpx_enc_del(s->video);
    s->scale = scale;
    s->key_wanted = true;
    s->video = vpx_enc_new(&(struct vpx_enc_config){.kind = o->codec,
                                                    .width_px = even(o->width_px / scale),
                                                    .height_px = even(o->height_px / scale),
                                                    .fps = o->fps,
                                                    .bps = bounded_bps(s),
                                                    .temporal = o->temporal,
                                                    .speed = o->codec == VPX_KIND_VP9 ? 8 : 10});
    return s->video != NULL;
}

static void send_picture(struct stream *s, const struct vpx_packet *p, usec_t captured)
{
    const struct vpx_picture *size = vpx_enc_picture(s->video);
    struct media m = {.track = CAMERA,
                      .codec = s->session.options.codec == VPX_KIND_VP9 ? CODEC_VP9 : CODEC_VP8,
                      .temporal = p->temporal,
                      .key = p->key,
                      .width_px = size->width_px,
                      .height_px = size->height_px,
                      .captured_us = captured,
                      .data = p->data,
                      .len = p->len};
    int err = client_send(s->session.client, &m, loop_now());
    s->refused += err != 0;
    s->pictures_sent += err == 0;
    s->key_frames += err == 0 && p->key;
}

/* Leaves pictures out evenly where the engine asks for fewer than the source gives. */
static bool is_turn(struct stream *s)
{
    uint32_t fps = s->session.options.fps;
    s->share_due += s->fps_wanted && s->fps_wanted < fps ? (double)s->fps_wanted / fps : 1;
    if (s->share_due < 1)
        return false;
    s->share_due -= 1;
    return true;
}

static void take_picture(struct stream *s, usec_t now)
{
    struct vpx_packet packet;
    if (!s->wanted || !s->session.joined || !is_turn(s) || !prepare_encoder(s))
        return;
    if (picture_next(s->pictures, vpx_enc_picture(s->video), now, session_unix_us(now) / 1000) <= 0)
        return;
    int got = vpx_enc_encode(s->video, now, s->key_wanted, &packet);
    s->encoder_dropped += got == 0;
    if (got <= 0)
        return;
    s->key_wanted = s->key_wanted && !packet.key;
    send_picture(s, &packet, now);
}

/* The next time of a steady beat after `now`; beats missed for long are left out. */
static usec_t next_beat(usec_t at, usec_t interval, usec_t now)
{
    at += interval;
    return now - at > BEHIND_MAX ? now : at;
}

static void on_picture(void *ctx, usec_t now)
{
    struct stream *s = ctx;
    take_picture(s, now);
    s->next_picture = next_beat(s->next_picture, SEC / s->session.options.fps, now);
    loop_timer_set(s->session.loop, &s->picture_timer, s->next_picture);
}

/* ---- sound ---- */

/* Sound that ends at `end` was made in the 20 ms before. */
static void take_sound(struct stream *s, usec_t end)
{
    float pcm[OPUS_FRAME];
    struct opus_packet packet;
    usec_t captured = end - SOUND_US;
    sound_next(s->sounds, pcm, OPUS_FRAME, session_unix_us(captured));
    if (!s->session.joined || opus_enc_encode(s->audio, pcm, &packet) || packet.len == 0)
        return;
    bool more_silence = packet.dtx && s->silent; /* the first packet of a silence tells of it */
    s->silent = packet.dtx;
    if (more_silence)
        return;
    struct media m = {.track = MIC,
                      .codec = CODEC_OPUS,
                      .duration_us = SOUND_US,
                      .level = packet.level,
                      .captured_us = captured,
                      .data = packet.data,
                      .len = packet.len};
    s->sounds_sent += client_send(s->session.client, &m, loop_now()) == 0;
}

static void on_sound(void *ctx, usec_t now)
{
    struct stream *s = ctx;
    take_sound(s, s->next_sound);
    s->next_sound = next_beat(s->next_sound, SOUND_US, now);
    loop_timer_set(s->session.loop, &s->sound_timer, s->next_sound);
}

/* ---- the engine ---- */

static void on_event(struct session *session, const struct client_event *e, usec_t now)
{
    struct stream *s = session->command;
    (void)now;
    if (e->type != CLIENT_ENCODER || e->track != CAMERA)
        return;
    s->wanted = e->wanted;
    s->key_wanted |= e->key_wanted;
    if (e->target_bps)
        s->target_bps = e->target_bps;
    s->scale_wanted = e->scale;
    s->fps_wanted = e->fps;
    if (s->video)
        vpx_enc_set_bitrate(s->video, bounded_bps(s));
}

static void on_second(struct session *session, usec_t now)
{
    struct stream *s = session->command;
    struct client_stats c;
    client_stats(session->client, &c, now);
    json_t *line = json_pack("{s:I, s:I, s:I, s:i, s:i, s:i, s:b, s:i, s:i}", "pictures", (json_int_t)s->pictures_sent, "sounds",
                             (json_int_t)s->sounds_sent, "refused", (json_int_t)s->refused, "send_bps", c.send_bps, "target_bps",
                             c.send_target_bps, "rtt_us", c.rtt_us, "wanted", s->wanted, "scale", s->scale, "fps", s->fps_wanted,
                             "encoder_bps", bounded_bps(s));
    session_say(session, "sending", line, NULL);
}

static int publish(struct stream *s)
{
    const struct options *o = &s->session.options;
    int err = 0;
    if (s->sounds)
        err = client_publish(s->session.client, &(struct track_spec){.id = MIC, .kind = TRACK_MIC}, loop_now());
    struct track_spec camera = {.id = CAMERA, .kind = TRACK_CAMERA, .layers = 1};
    camera.layer[0] = (struct layer_spec){
        .width_px = o->width_px, .height_px = o->height_px, .fps = o->fps, .max_bps = o->bps, .temporal = o->temporal};
    return err || !s->pictures ? err : client_publish(s->session.client, &camera, loop_now());
}

/* ---- sources ---- */

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "parley: %s: %s\n", what, why);
    return EX_NOINPUT;
}

static int open_pictures(struct stream *s)
{
    const struct options *o = &s->session.options;
    const char *why = NULL;
    if (strcmp(o->source, "none") == 0)
        return 0;
    if (strcmp(o->source, "card") == 0 || strcmp(o->source, "testcard") == 0)
        s->pictures = picture_card(o->tint, &why);
    else if (strncmp(o->source, "/dev/", 5) == 0)
        s->pictures = picture_camera(o->source, o->width_px, o->height_px, o->fps, &why);
    else
        s->pictures = picture_file(o->source, &why);
    return s->pictures ? 0 : complain(o->source, why);
}

static int open_sounds(struct stream *s)
{
    const char *audio = s->session.options.audio, *why = NULL;
    if (strcmp(audio, "none") == 0)
        return 0;
    bool beeps = strcmp(audio, "beeps") == 0 || strcmp(audio, "tone") == 0;
    s->sounds = beeps ? sound_beeps(&why) : sound_file(audio, &why);
    if (!s->sounds)
        return complain(audio, why);
    s->audio = opus_enc_new(&(struct opus_enc_config){
        .bps = SOUND_BPS, .channels = 1, .complexity = 5, .loss_percent = 10, .fec = true, .dtx = !beeps});
    return s->audio ? 0 : EX_SOFTWARE;
}

static void start_timers(struct stream *s)
{
    usec_t now = loop_now();
    s->picture_timer = (struct loop_timer){.fire = on_picture, .ctx = s};
    s->sound_timer = (struct loop_timer){.fire = on_sound, .ctx = s};
    s->next_picture = now;
    s->next_sound = now + SOUND_US;
    if (s->pictures)
        loop_timer_set(s->session.loop, &s->picture_timer, s->next_picture);
    if (s->sounds)
        loop_timer_set(s->session.loop, &s->sound_timer, s->next_sound);
}

static void summarise(struct stream *s)
{
    char line[200];
    snprintf(line, sizeof line,
             "sent %llu pictures (%llu key frames, %llu refused, %llu left out by the encoder) and %llu sound packets",
             (unsigned long long)s->pictures_sent, (unsigned long long)s->key_frames, (unsigned long long)s->refused,
             (unsigned long long)s->encoder_dropped, (unsigned long long)s->sounds_sent);
    json_t *all = json_pack("{s:I, s:I, s:I, s:I, s:I}", "pictures", (json_int_t)s->pictures_sent, "key_frames",
                            (json_int_t)s->key_frames, "refused", (json_int_t)s->refused, "encoder_dropped",
                            (json_int_t)s->encoder_dropped, "sounds", (json_int_t)s->sounds_sent);
    session_say(&s->session, "summary", all, line);
}

static int run(struct stream *s)
{
    int status = open_pictures(s);
    if (!status)
        status = open_sounds(s);
    if (!status)
        status = session_open(&s->session);
    if (!status && publish(s))
        status = EX_SOFTWARE;
    if (status)
        return status;
    start_timers(s);
    status = session_run(&s->session);
    summarise(s);
    loop_timer_stop(s->session.loop, &s->picture_timer);
    loop_timer_stop(s->session.loop, &s->sound_timer);
    return status;
}

int stream_main(int argc, char **argv)
{
    struct stream *s = calloc(1, sizeof *s);
    if (!s)
        return EX_OSERR;
    options_stream(&s->session.options, argc, argv);
    s->session.command = s;
    s->session.on_event = on_event;
    s->session.on_second = on_second;
    s->target_bps = START_BPS;
    s->scale = 1;
    int status = run(s);
    session_close(&s->session);
    picture_del(s->pictures);
    sound_del(s->sounds);
    vpx_enc_del(s->video);
    opus_enc_del(s->audio);
    free(s);
    return status;
}
