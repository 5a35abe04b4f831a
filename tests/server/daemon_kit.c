/* SPDX-License-Identifier: MIT */
#include "daemon_kit.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "wire/control.h"

/* ---- the daemon ---- */

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    CHECK(f);
    fputs(text, f);
    fclose(f);
}

const char *host_page(void)
{
    static char dir[256];
    char path[300];
    snprintf(dir, sizeof(dir), "%s/tests/page", PARLEY_BINARY_DIR);
    mkdir(dir, 0755);
    static const char *const folders[] = {"m", "assets"};
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, folders[i]);
        mkdir(path, 0755);
    }
    static const struct {
        const char *name, *text;
    } files[] = {{"index.html", "<p>home"},
                 {"m/index.html", "<p>meeting"},
                 {"assets/a-0123456789.js", "plain"},
                 {"assets/a-0123456789.js.br", "packed"}};
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, files[i].name);
        write_file(path, files[i].text);
    }
    return dir;
}

static void on_done(void *ctx) { ((struct host *)ctx)->done++; }

static void read_config(struct config *c, const char *const *arguments)
{
    char pages[300], why[256];
    snprintf(pages, sizeof(pages), "--pages=%s", host_page());
    char *argv[32] = {"parleyd", "--port=0", "--plain-port=0", "--threads=1", pages};
    int argc = 5;
    for (; arguments && *arguments; arguments++)
        argv[argc++] = (char *)(uintptr_t)*arguments;
    if (config_read(c, argc, argv, why, sizeof(why)) != 0)
        fail_msg("%s", why);
}

static void drain(struct guest *g);

static void on_hook(void *ctx)
{
    struct host *h = ctx;
    for (size_t i = 0; i < h->guests; i++)
        if (h->guest[i].client)
            drain(&h->guest[i]);
}

void host_start(struct host *h, const char *const *arguments)
{
    struct config c;
    char why[256];
    memset(h, 0, sizeof(*h));
    read_config(&c, arguments);
    h->loop = loop_new();
    h->log = open_memstream(&h->log_text, &h->log_len);
    if (daemon_start(&h->daemon, &c, h->loop, h->log, why, sizeof(why)) != 0)
        fail_msg("%s", why);
    h->daemon.done = on_done;
    h->daemon.done_ctx = h;
    h->hook = (struct loop_hook){.run = on_hook, .ctx = h};
    loop_hook_add(h->loop, LOOP_WORK, &h->hook);
}

void host_stop(struct host *h)
{
    if (h->daemon.state == DAEMON_SERVING)
        daemon_stop(&h->daemon);
    if (h->daemon.state == DAEMON_DRAINING)
        daemon_stop(&h->daemon);
    host_until(h, &h->done, 1);
    host_run_for(h, 20 * MS);
    CHECK_EQ(0, h->daemon.sessions);
    for (size_t i = 0; i < h->guests; i++) {
        struct guest *g = &h->guest[i];
        loop_timer_stop(h->loop, &g->tick);
        if (g->conn)
            net_close(g->conn, 0, "");
        client_del(g->client);
        g->client = NULL;
    }
    host_run_for(h, 50 * MS);
    loop_hook_remove(h->loop, LOOP_WORK, &h->hook);
    daemon_del(&h->daemon);
    fclose(h->log);
    free(h->log_text);
    loop_del(h->loop);
}

void host_run_for(struct host *h, usec_t us)
{
    for (usec_t end = loop_now() + us; loop_now() < end;)
        loop_step(h->loop, usec_min(5 * MS, end - loop_now()));
}

void host_until(struct host *h, const int *what, int least)
{
    for (usec_t end = loop_now() + HOST_PATIENCE; *what < least && loop_now() < end;)
        loop_step(h->loop, 5 * MS);
    if (*what < least) {
        char *log = host_log(h);
        print_error("%s", log);
        free(log);
    }
    CHECK_BETWEEN(least, INT32_MAX, *what);
}

char *host_log(const struct host *h)
{
    flockfile(h->log); /* other threads may be writing */
    fflush(h->log);
    char *text = strdup(h->log_text);
    funlockfile(h->log);
    return text;
}

struct relay_stats host_stats(struct host *h)
{
    struct counters c;
    daemon_count(&h->daemon.worker[0], &c);
    return c.relay;
}

uint16_t host_port(const struct host *h) { return net_server_port(h->daemon.worker[0].server); }

uint16_t host_plain_port(const struct host *h) { return net_server_plain_port(h->daemon.worker[0].server); }

/* ---- guests ---- */

static void dial_url(const struct host *h, enum net_transport t, const char *host_name, char url[128])
{
    unsigned port = host_port(h);
    snprintf(url, 128, t == NET_WEBSOCKET ? "wss://%s:%u/ws" : "https://%s:%u/wt", host_name, port);
}

/* From the loop of `from`. */
static struct net_conn *dial_other(struct host *from, struct host *h, enum net_transport t, const char *host_name,
                                   const char *origin, const struct net_handler *handler, void *ctx)
{
    char url[128];
    dial_url(h, t, host_name, url);
    struct net_dial what = {.url = url, .transport = t, .verify = NET_VERIFY_HASH, .origin = origin};
    memcpy(what.hash, h->daemon.certs.now.hash, sizeof(what.hash));
    return net_dial(from->loop, &what, handler, ctx);
}

static struct net_conn *dial(struct host *h, enum net_transport t, const char *host_name, const char *origin,
                             const struct net_handler *handler, void *ctx)
{
    return dial_other(h, h, t, host_name, origin, handler, ctx);
}

static void on_opened(void *ctx, struct net_conn *conn)
{
    struct guest *g = ctx;
    if (!g->client)
        return;
    enum transport t = g->transport == NET_WEBSOCKET ? TRANSPORT_WEBSOCKET : TRANSPORT_WEBTRANSPORT;
    client_on_open(g->client, g->link, t, net_datagram_max(conn), loop_now());
}

static void on_control(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len)
{
    struct guest *g = ctx;
    if (g->client && conn == g->conn)
        client_on_control(g->client, g->link, data, len, loop_now());
}

static void on_datagram(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len)
{
    struct guest *g = ctx;
    if (g->client && conn == g->conn)
        client_on_datagram(g->client, g->link, data, len, loop_now());
}

static void on_run(void *ctx, struct net_conn *conn, uint64_t run, const uint8_t *data, size_t len, enum net_end end)
{
    static const enum run_end ends[] = {[NET_MORE] = RUN_MORE, [NET_END] = RUN_END, [NET_RESET] = RUN_RESET};
    struct guest *g = ctx;
    if (g->client && conn == g->conn)
        client_on_run(g->client, g->link, run, data, len, ends[end], loop_now());
}

static void on_message(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len)
{
    struct guest *g = ctx;
    if (g->client && conn == g->conn)
        client_on_message(g->client, g->link, data, len, loop_now());
}

static void on_closed(void *ctx, struct net_conn *conn, uint32_t code, const char *text)
{
    (void)code, (void)text;
    struct guest *g = ctx;
    if (conn != g->conn)
        return;
    g->conn = NULL;
    g->closed++;
    if (g->client)
        client_on_closed(g->client, g->link, loop_now());
}

static void on_nothing(void *ctx, struct net_conn *conn) { (void)ctx, (void)conn; }
static void on_stopped(void *ctx, struct net_conn *conn, uint64_t run) { (void)ctx, (void)conn, (void)run; }

static const struct net_handler guest_handler = {.opened = on_opened,
                                                 .control = on_control,
                                                 .datagram = on_datagram,
                                                 .run = on_run,
                                                 .message = on_message,
                                                 .writable = on_nothing,
                                                 .run_stopped = on_stopped,
                                                 .closed = on_closed};

static void send_out(struct guest *g, const struct client_event *e)
{
    static const enum net_end ends[] = {[RUN_MORE] = NET_MORE, [RUN_END] = NET_END, [RUN_RESET] = NET_RESET};
    if (!g->conn || e->link != g->link)
        return;
    struct net_send s = {.channel = e->type == CLIENT_SEND_CONTROL    ? NET_CONTROL
                                    : e->type == CLIENT_SEND_DATAGRAM ? NET_DATAGRAM
                                                                      : NET_RUN,
                         .pkt = e->len ? pkt_copy(e->data, e->len) : NULL,
                         .len = e->len,
                         .run = e->run,
                         .run_begin = e->run_begin,
                         .run_end = ends[e->run_end],
                         .priority = e->priority};
    net_send(g->conn, &s);
}

/* A guest has one connection: it leaves the old relay before it goes to another. */
static void on_dial(struct guest *g, uint32_t link, const char *relay)
{
    struct host *to = relay && *relay && g->host->other ? g->host->other : g->host;
    if (to != g->host && g->conn) {
        net_close(g->conn, 0, "moved");
        g->conn = NULL;
    }
    if (g->conn || !to->daemon.worker[0].server)
        return;
    g->link = link + (g->transport == NET_WEBSOCKET);
    g->conn = dial_other(g->host, to, g->transport, "127.0.0.1", NULL, &guest_handler, g);
}

static void on_track(struct guest *g, const struct client_event *e)
{
    if (e->track_info->kind != TRACK_CAMERA)
        return;
    g->seen_member = e->info->id;
    g->seen_track = e->track_info->id;
}

static void on_event(struct guest *g, const struct client_event *e)
{
    switch (e->type) {
    case CLIENT_DIAL: on_dial(g, e->link, e->text); break;
    case CLIENT_HANGUP:
        if (e->link == g->link && g->conn)
            net_close(g->conn, 0, "bye");
        break;
    case CLIENT_SEND_CONTROL:
    case CLIENT_SEND_DATAGRAM:
    case CLIENT_SEND_RUN: send_out(g, e); break;
    case CLIENT_LINK:
        g->state = e->state;
        if (e->code)
            snprintf(g->code, sizeof(g->code), "%s", e->code);
        break;
    case CLIENT_JOINED:
        g->joined++;
        g->id = e->member;
        break;
    case CLIENT_MEMBER:
        g->members++;
        g->away += e->info->away;
        break;
    case CLIENT_GONE: g->gone++; break;
    case CLIENT_TRACK: on_track(g, e); break;
    case CLIENT_CHAT: g->chats++; break;
    case CLIENT_NOTICE: g->notices++; break;
    case CLIENT_LEFT: g->left++; break;
    case CLIENT_AUDIO: g->audio++; break;
    case CLIENT_VIDEO: g->video++; break;
    case CLIENT_ENCODER: g->key_wanted |= e->key_wanted; break;
    default: break;
    }
}

static void on_tick(void *ctx, usec_t now);

/* A sound of 60 bytes, a picture of 3000; T0, T2, T1, T2. */
static void produce(struct guest *g, usec_t now)
{
    static const uint8_t bytes[200000] = {7}, temporal[] = {0, 2, 1, 2};
    if (g->next_mic && now >= g->next_mic) {
        g->next_mic += 20 * MS;
        struct media m = {
            .track = 1, .codec = CODEC_OPUS, .duration_us = 20000, .level = 80, .captured_us = now, .data = bytes, .len = 60};
        client_send(g->client, &m, now);
    }
    if (g->next_frame && now >= g->next_frame) {
        g->next_frame += 33 * MS;
        bool key = g->key_wanted || !g->frames;
        g->frames = key ? 0 : g->frames;
        g->key_wanted = false;
        struct media m = {.track = 2,
                          .codec = CODEC_VP9,
                          .key = key,
                          .temporal = temporal[g->frames++ % 4],
                          .width_px = 640,
                          .height_px = 360,
                          .captured_us = now,
                          .data = bytes,
                          .len = g->frame_bytes};
        client_send(g->client, &m, now);
    }
}

static void drain(struct guest *g)
{
    struct client_event e;
    usec_t now = loop_now();
    produce(g, now);
    while (client_poll(g->client, &e, now))
        on_event(g, &e);
    usec_t at = client_deadline(g->client);
    if (g->next_mic)
        at = usec_min(at, g->next_mic);
    if (g->next_frame)
        at = usec_min(at, g->next_frame);
    g->tick.fire = on_tick;
    g->tick.ctx = g;
    loop_timer_set(g->host->loop, &g->tick, usec_max(at, now + 100));
}

static void on_tick(void *ctx, usec_t now)
{
    struct guest *g = ctx;
    client_tick(g->client, now);
}

struct guest *guest_add(struct host *h, enum net_transport t, const char *meeting)
{
    static uint8_t added;
    CHECK(h->guests < GUESTS_MAX);
    struct guest *g = &h->guest[h->guests];
    struct client_config c = {
        .meeting = meeting, .name = "guest", .secret = {1, 2, 3}, .secret_len = 32, .seed = h->guests + 1, .decodes = ~0u};
    c.salt[0] = ++added;
    *g = (struct guest){.host = h, .transport = t, .client = client_new(&c, loop_now())};
    CHECK(g->client);
    h->guests++;
    return g;
}

struct guest *guest_join(struct host *h, enum net_transport t, const char *meeting)
{
    struct guest *g = guest_add(h, t, meeting);
    host_until(h, &g->joined, 1);
    return g;
}

void guest_send_away(struct guest *g)
{
    struct host *h = g->host;
    CHECK(g == &h->guest[h->guests - 1]);
    client_leave(g->client, loop_now());
    host_until(h, &g->left, 1);
    host_until(h, &g->closed, 1);
    loop_timer_stop(h->loop, &g->tick);
    client_del(g->client);
    *g = (struct guest){0};
    h->guests--;
}

/* Session numbers say it: that of the last member let in, as the log tells. */
static uint32_t thread_of_last(const struct host *h)
{
    char *log = host_log(h), *last = NULL;
    for (char *at = log; (at = strstr(at, " joined sid=")); at++)
        last = at;
    uint32_t sid = last ? (uint32_t)strtoul(last + strlen(" joined sid="), NULL, 10) : 0;
    free(log);
    return sid % h->daemon.threads;
}

struct guest *guest_join_on(struct host *h, uint32_t thread, enum net_transport t, const char *meeting)
{
    for (int tries = 0; tries < 100; tries++) {
        struct guest *g = guest_join(h, t, meeting);
        if (thread_of_last(h) == thread)
            return g;
        guest_send_away(g);
    }
    fail_msg("no connection came to thread %u", thread);
    return NULL;
}

void guest_speak(struct guest *g)
{
    struct track_spec mic = {.id = 1, .kind = TRACK_MIC};
    CHECK_EQ(0, client_publish(g->client, &mic, loop_now()));
    g->next_mic = loop_now();
}

void guest_film(struct guest *g)
{
    struct track_spec camera = {.id = 2, .kind = TRACK_CAMERA, .layers = 1};
    camera.layer[0] = (struct layer_spec){.width_px = 640, .height_px = 360, .fps = 30, .max_bps = 1000000, .temporal = 3};
    CHECK_EQ(0, client_publish(g->client, &camera, loop_now()));
    g->next_frame = loop_now();
    g->frame_bytes = g->frame_bytes ? g->frame_bytes : 3000;
}

void guest_watch(struct guest *g, const struct guest *other)
{
    struct want w = {.member = other->id, .track = 2, .width_px = 640};
    CHECK_EQ(0, client_subscribe(g->client, &w, 1, loop_now()));
}

/* ---- strangers ---- */

static void stranger_opened(void *ctx, struct net_conn *conn)
{
    (void)conn;
    ((struct stranger *)ctx)->opened++;
}

static void stranger_note(struct stranger *s, const uint8_t *data, size_t len)
{
    s->bytes += len;
    s->last_len = len < sizeof(s->last) ? len : sizeof(s->last);
    memcpy(s->last, data, s->last_len);
}

static void stranger_control(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len)
{
    (void)conn;
    ((struct stranger *)ctx)->control++;
    stranger_note(ctx, data, len);
}

static void stranger_message(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len)
{
    (void)conn;
    ((struct stranger *)ctx)->messages++;
    stranger_note(ctx, data, len);
}

static void stranger_run(void *ctx, struct net_conn *conn, uint64_t run, const uint8_t *data, size_t len, enum net_end end)
{
    (void)conn, (void)run, (void)end;
    stranger_note(ctx, data, len);
}

static void stranger_closed(void *ctx, struct net_conn *conn, uint32_t code, const char *text)
{
    (void)conn;
    struct stranger *s = ctx;
    s->conn = NULL;
    s->closed++;
    s->code = code;
    snprintf(s->text, sizeof(s->text), "%s", text ? text : "");
}

static const struct net_handler stranger_handler = {.opened = stranger_opened,
                                                    .control = stranger_control,
                                                    .datagram = stranger_message,
                                                    .run = stranger_run,
                                                    .message = stranger_message,
                                                    .writable = on_nothing,
                                                    .run_stopped = on_stopped,
                                                    .closed = stranger_closed};

void stranger_dial(struct host *h, struct stranger *s, enum net_transport t, const char *host_name, const char *origin)
{
    *s = (struct stranger){0};
    s->conn = dial(h, t, host_name, origin, &stranger_handler, s);
    CHECK(s->conn);
}

int stranger_send(struct stranger *s, enum net_channel channel, const void *data, size_t len)
{
    struct net_send what = {.channel = channel, .pkt = pkt_copy(data, len), .len = len, .run = 1, .run_begin = channel == NET_RUN};
    return s->conn ? net_send(s->conn, &what) : -1;
}

void stranger_say(struct stranger *s, const Parley__V1__Control *m)
{
    uint8_t bytes[1024];
    bool ws = net_transport_of(s->conn) == NET_WEBSOCKET;
    int len = control_write(bytes, sizeof(bytes), m, ws ? CONTROL_MESSAGE : CONTROL_STREAM);
    CHECK(len > 0);
    stranger_send(s, NET_CONTROL, bytes, (size_t)len);
}

void stranger_hello(struct stranger *s, uint32_t major)
{
    uint8_t salt[WIRE_SALT_BYTES] = {66};
    Parley__V1__Hello hello = PARLEY__V1__HELLO__INIT;
    hello.major = major;
    hello.meeting = "m";
    hello.name = "Eve";
    hello.salt = (ProtobufCBinaryData){.data = salt, .len = sizeof(salt)};
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_HELLO;
    m.hello = &hello;
    stranger_say(s, &m);
}

bool host_can(struct host *h, enum net_transport t)
{
    struct stranger s = {0};
    s.conn = dial(h, t, "127.0.0.1", NULL, &stranger_handler, &s);
    if (!s.conn)
        return false;
    host_until(h, &s.opened, 1);
    net_close(s.conn, 0, "");
    host_until(h, &s.closed, 1);
    return true;
}

/* ---- TCP by hand ---- */

static int connect_plain(struct host *h, int receive_bytes)
{
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons(host_plain_port(h)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_bytes)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes));
    CHECK_EQ(0, connect(fd, (struct sockaddr *)&a, sizeof(a)));
    return fd;
}

/* One masked binary frame; the mask is zero, which leaves the bytes as they are. */
static void send_frame(int fd, const Parley__V1__Control *m)
{
    uint8_t frame[512] = {0x82};
    int len = control_write(frame + 8, sizeof(frame) - 8, m, CONTROL_MESSAGE);
    CHECK(len > 0);
    frame[1] = 0x80 | 126;
    frame[2] = (uint8_t)(len >> 8);
    frame[3] = (uint8_t)len;
    CHECK_EQ(len + 8, send(fd, frame, (size_t)len + 8, 0));
}

int host_deaf_member(struct host *h, const char *meeting, const struct guest *films)
{
    int fd = connect_plain(h, 4096);
    static const char upgrade[] = "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
    CHECK_EQ(sizeof(upgrade) - 1, send(fd, upgrade, sizeof(upgrade) - 1, 0));
    host_run_for(h, 200 * MS);
    uint8_t salt[WIRE_SALT_BYTES] = {99};
    Parley__V1__Hello hello = PARLEY__V1__HELLO__INIT;
    hello.major = WIRE_MAJOR;
    hello.meeting = (char *)(uintptr_t)meeting;
    hello.name = "deaf";
    hello.salt = (ProtobufCBinaryData){.data = salt, .len = sizeof(salt)};
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_HELLO;
    m.hello = &hello;
    send_frame(fd, &m);
    Parley__V1__Want w = PARLEY__V1__WANT__INIT, *list = &w;
    w.member = films->id;
    w.track = 2;
    w.width_px = 640;
    Parley__V1__Subscribe s = PARLEY__V1__SUBSCRIBE__INIT;
    s.wants = &list;
    s.n_wants = 1;
    m.body_case = PARLEY__V1__CONTROL__BODY_SUBSCRIBE;
    m.subscribe = &s;
    send_frame(fd, &m);
    return fd;
}

size_t host_http(struct host *h, const char *request, char *out, size_t cap)
{
    int fd = connect_plain(h, 0);
    CHECK_EQ(strlen(request), send(fd, request, strlen(request), 0));
    size_t len = 0;
    ssize_t n = -1;
    for (usec_t end = loop_now() + HOST_PATIENCE; n != 0 && loop_now() < end && len + 1 < cap;) {
        loop_step(h->loop, 2 * MS);
        n = recv(fd, out + len, cap - 1 - len, MSG_DONTWAIT);
        len += n > 0 ? (size_t)n : 0;
    }
    out[len] = 0;
    close(fd);
    return len;
}
