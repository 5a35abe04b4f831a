/* SPDX-License-Identifier: MIT */
/* client.h - a whole participant without I/O: joining, roster, tracks, keys, sending, receiving, timers.
 *
 * The contract: give one input (client_on_*, client_send_*, client_publish ..., client_tick), then drain client_poll() until it
 * returns 0, then sleep until client_deadline(). The same engine runs in the browser's worker, in the headless client, in the
 * load generator and in simulations. It reads no clock: every time is `now` on one clock of the shell's, in microseconds, which
 * is also the clock of `captured_us`. Randomness comes from `seed` (timers) and `salt` (keys). One thread at a time.
 *
 * The engine frames for both transports, so a shell only moves bytes:
 *   WebTransport: CLIENT_SEND_CONTROL to the bidirectional stream, _DATAGRAM to a datagram, _RUN to the unidirectional stream
 *                 that `run` names; inputs likewise, in pieces of any size.
 *   WebSocket:    every output is one binary message; client_on_message() takes one whole message. */
#ifndef PARLEY_SESSION_CLIENT_H
#define PARLEY_SESSION_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/units.h"
#include "wire/wire.h"

struct client;

enum transport { TRANSPORT_WEBTRANSPORT = 1, TRANSPORT_WEBSOCKET = 2 };
enum track_kind { TRACK_MIC = 1, TRACK_CAMERA = 2, TRACK_SCREEN = 3, TRACK_SCREEN_AUDIO = 4 }; /* as proto Kind */
enum codec { CODEC_OPUS = 1, CODEC_VP8 = 2, CODEC_VP9 = 3, CODEC_AV1 = 4 };                    /* as proto Codec */

#define CLIENT_SECRET_MAX 64
#define CLIENT_WANTS_MAX 200 /* of one client_subscribe() */
#define CLIENT_TOKEN_MAX 4096
#define CLIENT_PROGRAM_MAX 64

/* Everything is copied. */
struct client_config {
    const char *meeting, *name, *token, *program; /* UTF-8; NULL is "" */
    uint8_t secret[CLIENT_SECRET_MAX];             /* the group secret from the link's fragment */
    size_t secret_len;                             /* 0: an unencrypted meeting is not offered; client_new() refuses */
    uint8_t salt[WIRE_SALT_BYTES];                 /* fresh random bytes for every client_new() */
    uint64_t seed;
    uint64_t decodes; /* bit i: codec i can be decoded */
};

/* Gives a client that wants to dial, or NULL when memory is short or the configuration is out of bounds: a text too long or not plain UTF-8. */
struct client *client_new(const struct client_config *config, usec_t now);
/* Wipes keys and frees. */
void client_del(struct client *c);

/* ---- the connection ---- */

/* A transport is open; `datagram_bytes` is the largest datagram payload it takes (0 for WebSocket). If another one is open (the page
 * races two), the first to be welcomed wins; the engine asks to hang up the other. `link` is the shell's number for it, from
 * CLIENT_DIAL or its own. */
void client_on_open(struct client *c, uint32_t link, enum transport t, size_t datagram_bytes, usec_t now);
/* The transport closed or could not be opened. The engine dials again, with back-off, unless it was told to leave or was refused for good. */
void client_on_closed(struct client *c, uint32_t link, usec_t now);
void client_on_control(struct client *c, uint32_t link, const uint8_t *data, size_t len, usec_t now);
void client_on_datagram(struct client *c, uint32_t link, const uint8_t *data, size_t len, usec_t now);
enum run_end { RUN_MORE = 0, RUN_END = 1, RUN_RESET = 2 };
/* Bytes of a unidirectional stream; `run` is the shell's number for it, unique for the link. */
void client_on_run(struct client *c, uint32_t link, uint64_t run, const uint8_t *data, size_t len, enum run_end end, usec_t now);
void client_on_message(struct client *c, uint32_t link, const uint8_t *data, size_t len, usec_t now);
/* The device slept, changed networks, or the user pressed "retry": dial now. */
void client_reconnect(struct client *c, usec_t now);
/* Says goodbye; CLIENT_LEFT follows within a second. */
void client_leave(struct client *c, usec_t now);

/* ---- my tracks ---- */

struct layer_spec {
    uint32_t spatial, width_px, height_px, fps, max_bps, temporal;
};
struct track_spec {
    uint32_t id; /* 1..WIRE_TRACKS_MAX, the shell's choice */
    enum track_kind kind;
    bool muted;
    uint32_t layers;
    struct layer_spec layer[WIRE_LAYERS_MAX];
};
/* Announces a track, or a change of one. Survives reconnects until client_unpublish(). */
int client_publish(struct client *c, const struct track_spec *spec, usec_t now);
int client_unpublish(struct client *c, uint32_t track, usec_t now);
int client_set_name(struct client *c, const char *name, usec_t now);

struct media {
    uint32_t track;
    enum codec codec;
    uint32_t spatial, temporal; /* video */
    bool key; /* video */
    uint32_t width_px, height_px, rotation; /* video, key frames */
    uint32_t duration_us; /* audio */
    uint32_t level; /* audio: 0 silence .. 127 full scale */
    usec_t captured_us;
    const uint8_t *data; /* the codec's bytes */
    size_t len;
};
/* Seals and sends one frame or audio packet; copies. ERR_STATE before joining (dropped), ERR_LIMIT when too large, ERR_UNKNOWN track.
 * A video frame whose references were dropped is dropped too (ERR_LATE) and a key frame is asked for by CLIENT_ENCODER. */
int client_send(struct client *c, const struct media *m, usec_t now);

/* ---- the others ---- */

struct want {
    uint32_t member, track;
    uint32_t width_px; /* 0: not at all */
    uint32_t priority;
};
/* Replaces what is wanted to be seen; kept across reconnects. Microphones come without asking. */
int client_subscribe(struct client *c, const struct want *wants, size_t count, usec_t now);
/* The shell could not decode a frame it was given: asks the publisher for a key frame (rate-limited). */
void client_need_key_frame(struct client *c, uint32_t member, uint32_t track, usec_t now);
/* How long after capture + smallest transit the sound of this track is heard, less what CLIENT_SOUND holds it (playout_stats.own_us), about
 * ten times a second. The member's picture is held to match it, or the sound by CLIENT_SOUND when the picture is the later one. */
void client_on_playout(struct client *c, uint32_t member, uint32_t track, uint32_t delay_us, usec_t now);
int client_chat(struct client *c, const char *text, size_t len, usec_t now);

/* ---- time and output ---- */

void client_tick(struct client *c, usec_t now);
/* When to call client_tick(); NEVER when only input can change anything. */
usec_t client_deadline(const struct client *c);

enum client_event_type {
    /* for the transport */
    CLIENT_DIAL = 1, /* open connections: WebTransport at once, WebSocket 250 ms later; `link` is to be used for the first,
                            link + 1 for the second. `upgrade`: a WebSocket carries the call; open WebTransport only.
                            `text`: to which relay (proto/README.md has its form), or "" for the shell's own address */
    CLIENT_HANGUP, /* close `link` */
    CLIENT_SEND_CONTROL, /* `data`, on `link` */
    CLIENT_SEND_DATAGRAM,
    CLIENT_SEND_RUN, /* `data` on stream `run` of `link`; run_begin: open it first; run_end: RUN_END finish, RUN_RESET reset it
                        (WebSocket: never set, one message) ; `priority`: 0 first */
    /* for the people */
    CLIENT_LINK, /* `state` changed; `code` and `text` say why when refused or retrying; `retry_at` */
    CLIENT_JOINED, /* `member` is my id, `resumed`; who stayed over a lost session is not told of again, resumed or not */
    CLIENT_MEMBER, /* `info`: somebody came or changed */
    CLIENT_GONE, /* `member` left */
    CLIENT_TRACK, /* `info`, `track_info`: a track began or changed */
    CLIENT_TRACK_GONE, /* `member`, `track` */
    CLIENT_CHAT, /* `member`, `data` is the UTF-8 text, `at` when sent (relay's clock), not my own echoes */
    CLIENT_KEYS, /* `member`'s sealed media can (`ok`) or cannot be opened: other secret */
    CLIENT_NOTICE, /* `code`, `text` */
    CLIENT_LEFT, /* the last event */
    /* for the media */
    CLIENT_AUDIO, /* opened packet for the playout of `member`: `media`, `seq` */
    CLIENT_VIDEO, /* opened frame, in order and decodable, to be decoded now and shown at `due` */
    CLIENT_ENCODER, /* what to encode on `track`, `spatial`: `wanted`, `target_bps`, `key_wanted`; sent on change. Pictures
                       also: encode at most `fps` frames a second (leave frames out before the encoder), at width and height / `scale` */
    CLIENT_SOUND, /* play `track` of `member` by `hold_us` later than by itself: for playout_hold(); sent on change */
};

enum link_state { LINK_IDLE, LINK_DIALING, LINK_JOINING, LINK_LIVE, LINK_RETRYING, LINK_REFUSED, LINK_LEAVING, LINK_LEFT };

struct member_info {
    uint32_t id;
    uint32_t role; /* as proto Role */
    bool away;
    char name[WIRE_NAME_MAX + 1];
};

/* Pointers are borrowed from the client and valid until the next call on it. Only the fields named above are set. */
struct client_event {
    enum client_event_type type;
    uint32_t link;
    uint64_t run;
    bool run_begin;
    enum run_end run_end;
    uint32_t priority;
    const uint8_t *data;
    size_t len;

    enum link_state state;
    const char *code, *text;
    usec_t retry_at;

    uint32_t member, track, spatial;
    bool resumed, ok;
    const struct member_info *info;
    const struct track_spec *track_info;

    uint32_t seq;
    struct media media;
    usec_t due, at;
    bool hidden; /* to be decoded, not shown */
    bool upgrade;

    bool wanted, key_wanted;
    uint32_t target_bps, fps, scale;
    uint32_t hold_us;
};
/* The next output: 1 and fills `e`, or 0 when there is none. */
int client_poll(struct client *c, struct client_event *e, usec_t now);

/* ---- numbers for people ---- */

struct client_stats {
    uint32_t rtt_us, send_target_bps, send_bps, receive_bps;
    uint32_t objects_in, objects_out, dropped_out, lost_in, auth_failed, replayed, malformed;
    uint32_t reconnects;
    uint32_t transport; /* enum transport, 0 while none */
};
void client_stats(const struct client *c, struct client_stats *s, usec_t now);

struct track_stats {
    uint32_t bps, fps_x10, lost, late, dropped, freezes, key_frames, requests;
    uint32_t jitter_us, target_us, transit_us; /* spread of transit, playout target, smallest transit + target */
    uint32_t frozen_ms; /* sum of gaps in the picture over 200 ms beyond the frame interval */
    uint32_t width_px, height_px;
};
/* ERR_UNKNOWN when there is no such track. Member 0 is myself. */
int client_track_stats(const struct client *c, uint32_t member, uint32_t track, struct track_stats *s);

#endif
