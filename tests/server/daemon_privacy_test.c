/* SPDX-License-Identifier: MIT */
/* Everything that the relay is given and gives in a call over real sockets is recorded at its only door, relay.h (the linker puts us
 * between: see CMakeLists.txt). Sounds, pictures, chat and the secret never occur in it. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "daemon_kit.h"

/* ---- the tape ---- */

static struct {
    uint8_t *data;
    size_t len, cap;
} in, out;

#define RECORD(tape, bytes, count)                                                                                                 \
    do {                                                                                                                           \
        if ((tape).len + (count) > (tape).cap) {                                                                                   \
            (tape).cap = 2 * (tape).cap + (count);                                                                                 \
            (tape).data = realloc((tape).data, (tape).cap);                                                                        \
        }                                                                                                                          \
        if (count)                                                                                                                 \
            memcpy((tape).data + (tape).len, bytes, count);                                                                        \
        (tape).len += (count);                                                                                                     \
    } while (0)

void __real_relay_on_control(struct relay *r, uint64_t sid, const uint8_t *data, size_t len, usec_t now);
void __wrap_relay_on_control(struct relay *r, uint64_t sid, const uint8_t *data, size_t len, usec_t now);
void __wrap_relay_on_control(struct relay *r, uint64_t sid, const uint8_t *data, size_t len, usec_t now)
{
    RECORD(in, data, len);
    __real_relay_on_control(r, sid, data, len, now);
}

void __real_relay_on_datagram(struct relay *r, uint64_t sid, const uint8_t *data, size_t len, usec_t now);
void __wrap_relay_on_datagram(struct relay *r, uint64_t sid, const uint8_t *data, size_t len, usec_t now);
void __wrap_relay_on_datagram(struct relay *r, uint64_t sid, const uint8_t *data, size_t len, usec_t now)
{
    RECORD(in, data, len);
    __real_relay_on_datagram(r, sid, data, len, now);
}

void __real_relay_on_message(struct relay *r, uint64_t sid, const uint8_t *data, size_t len, usec_t now);
void __wrap_relay_on_message(struct relay *r, uint64_t sid, const uint8_t *data, size_t len, usec_t now);
void __wrap_relay_on_message(struct relay *r, uint64_t sid, const uint8_t *data, size_t len, usec_t now)
{
    RECORD(in, data, len);
    __real_relay_on_message(r, sid, data, len, now);
}

typedef enum relay_run_end run_end_t;
void __real_relay_on_run(struct relay *r, uint64_t sid, uint64_t run, const uint8_t *data, size_t len, run_end_t end, usec_t now);
void __wrap_relay_on_run(struct relay *r, uint64_t sid, uint64_t run, const uint8_t *data, size_t len, run_end_t end, usec_t now);
void __wrap_relay_on_run(struct relay *r, uint64_t sid, uint64_t run, const uint8_t *data, size_t len, run_end_t end, usec_t now)
{
    RECORD(in, data, len);
    __real_relay_on_run(r, sid, run, data, len, end, now);
}

int __real_relay_take(struct relay *r, uint64_t sid, struct relay_out *o, usec_t now);
int __wrap_relay_take(struct relay *r, uint64_t sid, struct relay_out *o, usec_t now);
int __wrap_relay_take(struct relay *r, uint64_t sid, struct relay_out *o, usec_t now)
{
    int any = __real_relay_take(r, sid, o, now);
    if (any && o->pkt)
        RECORD(out, o->pkt->data + o->offset, o->len);
    return any;
}

static bool recorded(const void *what, size_t len)
{
    return memmem(in.data, in.len, what, len) || memmem(out.data, out.len, what, len);
}

/* ---- the call ---- */

#define SOUND "SOUND-IN-CLEAR-7" /* 16 bytes, again and again */
#define PICTURE "PICTURE-CLEAR-13"
#define CHAT "Nobody but you shall read this sentence."

static struct host h;

static void fill(uint8_t *data, size_t len, const char *with)
{
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)with[i % 16];
}

static void send_both(struct guest *g, bool key)
{
    uint8_t sound[64], picture[5000];
    fill(sound, sizeof(sound), SOUND);
    fill(picture, sizeof(picture), PICTURE);
    usec_t now = loop_now();
    struct media m = {.track = 1,
                      .codec = CODEC_OPUS,
                      .duration_us = 20000,
                      .level = 80,
                      .captured_us = now,
                      .data = sound,
                      .len = sizeof(sound)};
    client_send(g->client, &m, now);
    m = (struct media){.track = 2,
                       .codec = CODEC_VP9,
                       .key = key,
                       .width_px = 640,
                       .height_px = 360,
                       .captured_us = now,
                       .data = picture,
                       .len = sizeof(picture)};
    client_send(g->client, &m, now);
}

static void talk(struct guest *a, struct guest *b)
{
    guest_speak(a);
    guest_film(a);
    a->next_mic = a->next_frame = 0; /* we send ourselves */
    guest_watch(b, a);
    host_run_for(&h, 100 * MS);
    CHECK_EQ(0, client_chat(a->client, CHAT, strlen(CHAT), loop_now()));
    for (int i = 0; i < 40; i++) {
        send_both(a, i % 10 == 0);
        host_run_for(&h, 20 * MS);
    }
    host_until(&h, &b->audio, 10);
    host_until(&h, &b->video, 10);
    host_until(&h, &b->chats, 1);
}

static void nothing_that_is_said_reaches_the_relay_over(enum net_transport a, enum net_transport b)
{
    uint8_t secret[32] = {1, 2, 3}; /* as the kit's guests have it */
    in.len = out.len = 0;
    host_start(&h, NULL);
    struct guest *ann = guest_join(&h, a, "meeting-1"), *bob = guest_join(&h, b, "meeting-1");
    talk(ann, bob);
    talk(bob, ann);
    host_stop(&h);
    CHECK_BETWEEN(2 * 20 * 5000, 100000000, in.len); /* it was recorded: all of it, */
    CHECK_BETWEEN(2 * 10 * 5000, 100000000, out.len);
    CHECK(recorded("meeting-1", 9)); /* and what the relay must know occurs */
    CHECK(recorded("guest", 5));
    CHECK(!recorded(SOUND, 6));
    CHECK(!recorded(PICTURE, 6));
    CHECK(!recorded("IN-CLEAR", 8) && !recorded("-CLEAR-1", 8));
    CHECK(!recorded(CHAT, 6));
    CHECK(!recorded("sentence", 8));
    CHECK(!recorded(secret, sizeof(secret)));
}

static void nothing_that_is_said_reaches_the_relay(void)
{
    nothing_that_is_said_reaches_the_relay_over(NET_WEBTRANSPORT, NET_WEBSOCKET);
    free(in.data);
    free(out.data);
}

int main(void)
{
    static const struct check_test tests[] = {T(nothing_that_is_said_reaches_the_relay)};
    return CHECK_RUN(tests);
}
