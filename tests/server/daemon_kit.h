/* SPDX-License-Identifier: MIT */
/* daemon_kit.h - a parleyd in this process on the loopback interface, and guests: whole client engines on real transports, and
 * strangers that send what they like. */
#ifndef PARLEY_TESTS_DAEMON_KIT_H
#define PARLEY_TESTS_DAEMON_KIT_H

#include "net/client.h"
#include "parley.pb-c.h"
#include "parleyd/daemon.h"
#include "session/client.h"

#define GUESTS_MAX 8
#define HOST_PATIENCE (10 * SEC)

struct guest {
    struct host *host;
    struct client *client;
    struct net_conn *conn;
    enum net_transport transport;
    uint32_t link; /* the one we dialled */
    struct loop_timer tick;
    usec_t next_mic, next_frame; /* 0: does not send */
    uint32_t frames;
    size_t frame_bytes;
    bool key_wanted;
    int joined, members, gone, away, audio, video, chats, notices, left, closed;
    uint32_t id;
    enum link_state state;
    char code[32];
    uint32_t seen_member, seen_track; /* the latest camera announced */
};

/* Sends bytes as they are; notes what came back. */
struct stranger {
    struct net_conn *conn;
    int opened, closed, messages, control;
    size_t bytes;
    uint32_t code;
    char text[256];
    uint8_t last[4096];
    size_t last_len;
};

struct host {
    struct net_loop *loop;
    struct daemon daemon;
    FILE *log;
    char *log_text;
    size_t log_len;
    int done;
    struct loop_hook hook;
    struct host *other; /* where guests go when the engine names another relay; NULL: they stay */
    struct guest guest[GUESTS_MAX];
    size_t guests;
};

/* Starts with these further arguments, NULL at the end; port 0, plain port 0 and a page of the kit's own are given. */
void host_start(struct host *h, const char *const *arguments);
/* Stops the daemon and checks that it goes. */
void host_stop(struct host *h);
void host_run_for(struct host *h, usec_t us);
/* Until *what >= least; fails the test after HOST_PATIENCE. */
void host_until(struct host *h, const int *what, int least);
/* A page to serve; made once. */
const char *host_page(void);
/* Whether this build can dial the transport. */
bool host_can(struct host *h, enum net_transport t);
/* Of all threads: the first as it is now, others as they were within half a second. */
struct relay_stats host_stats(struct host *h);
/* What was logged so far; the caller frees it. */
char *host_log(const struct host *h);
uint16_t host_port(const struct host *h);
uint16_t host_plain_port(const struct host *h);

/* Begins to join. */
struct guest *guest_add(struct host *h, enum net_transport t, const char *meeting);
struct guest *guest_join(struct host *h, enum net_transport t, const char *meeting);
/* The same on one of several threads: comes anew until it is there. */
struct guest *guest_join_on(struct host *h, uint32_t thread, enum net_transport t, const char *meeting);
/* It says goodbye, and its place is free for another. The latest guest alone. */
void guest_send_away(struct guest *g);
/* Begins to send 20 ms of sound, and 30 pictures a second, on tracks 1 and 2. */
void guest_speak(struct guest *g);
void guest_film(struct guest *g);
void guest_watch(struct guest *g, const struct guest *other);

void stranger_dial(struct host *h, struct stranger *s, enum net_transport t, const char *host_name, const char *origin);
int stranger_send(struct stranger *s, enum net_channel channel, const void *data, size_t len);
void stranger_say(struct stranger *s, const Parley__V1__Control *m);
/* Asks to join the meeting "m" as Eve. */
void stranger_hello(struct stranger *s, uint32_t major);

/* A WebSocket of the plain port whose other end says Hello, asks for track 2 of `films`, and never reads. Gives the socket. */
int host_deaf_member(struct host *h, const char *meeting, const struct guest *films);

/* One HTTP request over the plain port; gives the whole answer. */
size_t host_http(struct host *h, const char *request, char *out, size_t cap);

#endif
