/* SPDX-License-Identifier: MIT */
/* person.h - somebody in a simulated meeting: the engine, an encoder and a microphone that make up frames, and eyes and ears that measure.
 *
 * Frames carry their number and the number of the frame that they refer to (three temporal layers: 0 2 1 2), so that whoever is shown
 * a frame can tell whether a real decoder could have decoded it. */
#ifndef PARLEY_SIM_PERSON_H
#define PARLEY_SIM_PERSON_H

#include "path.h"

#include "recv/playout.h"
#include "session/client.h"

#define PERSON_MARK "PLAINTEXT-MEDIA:" /* begins each made-up frame and fills it */
#define PERSON_FRAMES 8192
#define PERSON_SECONDS 200
#define PERSON_GAPS 512
#define PERSON_MEMBERS 64
#define PERSON_MIC 1
#define PERSON_CAMERA 2
#define PERSON_LAYERS 2 /* of a camera with simulcast */

struct person_config {
    const char *secret; /* NULL: everybody's */
    bool camera, mic;
    bool simulcast; /* two layers, 320 and 640 px wide, of 180 and 700 kbit/s, as the page's; else one of 640 px */
    bool udp_blocked;
    usec_t clock_offset; /* of the person's clock */
    usec_t encoding; /* time from a picture's capture until it is encoded */
    struct path up, down;
    uint32_t max_bps; /* of the camera; 0: 1.5 Mbit/s */
};

struct sim;

struct gap {
    usec_t at, length;
};
/* What one person sees and hears of one other. */
struct eye {
    uint32_t frames, keys, undecodable;
    uint32_t spatial, switches; /* the layer shown last, and how often it changed */
    usec_t switched; /* when it did so last */
    uint8_t *decoded; /* by frame number */
    usec_t first, shown, delay; /* delay: from capture to being shown, of the newest */
    struct gap gap[PERSON_GAPS];
    uint32_t gaps;
    uint32_t bytes[PERSON_SECONDS];
    uint32_t delay_ms[2000]; /* how many frames had this delay from capture to being shown */
};
struct ear {
    struct playout *playout;
    uint32_t packets;
    usec_t first, told, transit; /* transit: the smallest from capture to here */
    uint32_t concealed_ms[PERSON_SECONDS]; /* total at the end of that second */
    uint32_t delay_us, held_us;
};
struct encoder {
    bool wanted, key_wanted;
    uint32_t target_bps, frames, last[3], phase, sent, refused;
};
struct person {
    struct sim *sim;
    size_t index;
    struct person_config config;
    struct client *client;
    struct path up, down;
    uint64_t run_key;
    struct encoder camera[PERSON_LAYERS];
    uint32_t frames; /* numbers of all layers' frames */
    uint32_t mic_seq;
    usec_t joined_at, left_at;
    enum link_state state;
    uint32_t member, joins, resumed, keys_wrong, keys_good, chats, gone, dials;
    char chat[256];
    uint32_t people[PERSON_MEMBERS]; /* member id % PERSON_MEMBERS -> index + 1 */
    uint32_t member_of[8];
    struct want want[16];
    size_t wants;
    struct eye eye[8];
    struct ear ear[8];
};

struct person *person_new(struct sim *s, size_t index, const struct person_config *config, usec_t now);
void person_del(struct person *p);
/* After any call on the client: passes on what it wants. */
void person_drain(struct person *p, usec_t now);
/* The person's own clock. */
usec_t person_clock(const struct person *p, usec_t now);

/* ---- what was seen and heard of `of` in [from, to) ---- */
/* Sum of the gaps in the picture beyond 200 ms. */
usec_t person_frozen(const struct person *p, const struct person *of, usec_t from, usec_t to);
uint32_t person_bps(const struct person *p, const struct person *of, usec_t from, usec_t to);
uint32_t person_concealed_ms(const struct person *p, const struct person *of, usec_t from, usec_t to);
/* How much later the picture is seen than the sound of its moment is heard, now. */
usec_t person_lips(const struct person *p, const struct person *of);
/* Delay from capture to picture that `permille` of the frames stay within. */
uint32_t person_delay_ms(const struct person *p, const struct person *of, uint32_t permille);

#endif
