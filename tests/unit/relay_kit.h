/* SPDX-License-Identifier: MIT */
/* relay_kit.h - plays the shell and the clients of a relay in unit tests: bytes in, and a record of all that came out. */
#ifndef PARLEY_TESTS_RELAY_KIT_H
#define PARLEY_TESTS_RELAY_KIT_H

#include "parley.pb-c.h"
#include "relay/relay.h"
#include "wire/control.h"
#include "wire/framer.h"
#include "wire/object.h"

#define KIT_SESSIONS 64
#define KIT_OBJECTS 512
#define KIT_BODIES 32

struct kit_object {
    struct object_header header;
    uint64_t run;
    uint8_t first; /* of the payload */
};

struct kit_forwarding {
    uint32_t spatial, temporal;
    bool paused;
    uint32_t replayed;
};

struct kit_member {
    uint32_t id, role, tracks;
    bool away;
    char name[WIRE_NAME_MAX + 1];
};

/* What one session received. */
struct kit_inbox {
    bool open, websocket, stalled, mute; /* stalled: reads nothing; mute: answers no Ping */
    uint32_t member;
    uint8_t resume[WIRE_RESUME_BYTES];
    bool resumed, partial;
    uint32_t role;
    struct framer control;
    uint32_t bodies[KIT_BODIES]; /* number of Control messages by body */
    uint32_t roster_size, gone, away, last_gone; /* roster_size: members named in Welcome and in Roster messages */
    struct kit_member roster[KIT_SESSIONS]; /* of all others, as it is now */
    uint32_t others;
    char last_name[WIRE_NAME_MAX + 1];
    uint32_t last_role;
    uint32_t audio, audio_datagrams, video, feedbacks;
    uint64_t relay_out_bytes;
    struct kit_object object[KIT_OBJECTS]; /* video, in order */
    struct kit_object last_audio;
    uint32_t runs_begun, runs_reset;
    uint64_t last_run;
    uint64_t run_open; /* reset or not begun: any object of it is a mistake of the relay's */
    char refused[WIRE_CODE_MAX + 1], closed[WIRE_CODE_MAX + 1];
    uint32_t retry_ms;
    char refused_to[64]; /* the relay named */
    char drain_relay[WIRE_ADDRESS_MAX + 1];
    uint32_t chat_member;
    bool wanted[WIRE_TRACKS_MAX + 1][WIRE_LAYERS_MAX];
    uint32_t max_bps[WIRE_TRACKS_MAX + 1][WIRE_LAYERS_MAX];
    uint32_t paddings;
    struct kit_forwarding forwarding; /* the last */
    uint32_t key_spatial;
    uint32_t report_newest, report_missing, report_objects; /* of the last track in the last Feedback */
};

struct kit {
    struct relay *r;
    usec_t now;
    struct kit_inbox *in; /* by sid */
    struct arena arena;
};

struct kit kit_new(const struct relay_limits *limits);
/* One of several: `seed` differs for each. */
struct kit kit_new_seeded(const struct relay_limits *limits, uint8_t seed);
/* What session `sid` knows of another member, or NULL. */
const struct kit_member *kit_member(const struct kit *k, uint64_t sid, uint32_t id);
void kit_del(struct kit *k);
/* Moves the clock, calling relay_tick() whenever it is due, and takes everything. */
void kit_run(struct kit *k, usec_t duration);
/* Polls and takes all there is now. */
void kit_drain(struct kit *k);

void kit_open(struct kit *k, uint64_t sid, enum relay_transport t);
void kit_close(struct kit *k, uint64_t sid);
void kit_control(struct kit *k, uint64_t sid, const Parley__V1__Control *m);
/* Opens, says Hello, drains; gives the member id. */
uint32_t kit_join(struct kit *k, uint64_t sid, enum relay_transport t, const char *meeting);
uint32_t kit_rejoin(struct kit *k, uint64_t sid, enum relay_transport t, const char *meeting, const uint8_t *resume);
void kit_hello(struct kit *k, uint64_t sid, const char *meeting, uint32_t major, const uint8_t *resume);
void kit_publish(struct kit *k, uint64_t sid, uint32_t track, uint32_t kind, uint32_t layers);
/* The track goes on without sending. */
void kit_mute(struct kit *k, uint64_t sid, uint32_t track, uint32_t kind);
void kit_subscribe(struct kit *k, uint64_t sid, uint32_t member, uint32_t track, uint32_t width_px);
void kit_ask_key(struct kit *k, uint64_t sid, uint32_t member, uint32_t track);

/* Gives the number of bytes of [kind][length][object]. */
size_t kit_object(uint8_t *out, size_t cap, uint8_t kind, const struct object_header *h, size_t payload, uint8_t fill);
void kit_voice(struct kit *k, uint64_t sid, uint32_t track, uint32_t seq, uint32_t level);
/* At level 90. */
void kit_audio(struct kit *k, uint64_t sid, uint32_t track, uint32_t seq);
/* Sends on `run` (WebTransport) or as a message. `first`: the first object of the run. */
void kit_video(struct kit *k, uint64_t sid, uint64_t run, bool first, const struct object_header *h, size_t payload);

#endif
