/* SPDX-License-Identifier: MIT */
#include "bus_kit.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

extern char **environ;

usec_t kit_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (usec_t)t.tv_sec * SEC + t.tv_nsec / 1000;
}

void kit_sleep(usec_t us) { nanosleep(&(struct timespec){.tv_sec = us / SEC, .tv_nsec = us % SEC * 1000}, NULL); }

/* ---- files ---- */

const char *nats_path(const struct nats *n, const char *name)
{
    static char path[4][160];
    static unsigned next;
    char *out = path[next++ % 4];
    snprintf(out, sizeof(path[0]), "%s/%s", n->dir, name);
    return out;
}

void nats_write(const struct nats *n, const char *name, const char *text)
{
    FILE *f = fopen(nats_path(n, name), "w");
    CHECK(f);
    fputs(text, f);
    fclose(f);
}

void nats_shell(const struct nats *n, const char *command)
{
    char line[4096];
    snprintf(line, sizeof(line), "cd %s && (%s) >shell.txt 2>&1 || { cat shell.txt >&2; exit 1; }", n->dir, command);
    CHECK_EQ(0, system(line));
}

/* ---- servers ---- */

static int to_port(unsigned port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
        return fd;
    close(fd);
    return -1;
}

static unsigned free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_EQ(0, bind(fd, (struct sockaddr *)&a, sizeof(a)));
    CHECK_EQ(0, getsockname(fd, (struct sockaddr *)&a, &len));
    close(fd);
    return ntohs(a.sin_port);
}

static struct nats *running;

static void end_running(void)
{
    if (running)
        nats_end(running);
}

void nats_init(struct nats *n, size_t count)
{
    static bool registered;
    if (!registered)
        atexit(end_running);
    registered = true;
    end_running(); /* of a test that failed */
    running = n;
    *n = (struct nats){.count = count};
    snprintf(n->dir, sizeof(n->dir), "/tmp/parley-nats-XXXXXX");
    CHECK(mkdtemp(n->dir));
    for (size_t i = 0; i < count; i++) {
        n->port[i] = free_port();
        n->route[i] = free_port();
        size_t at = strlen(n->urls);
        snprintf(n->urls + at, sizeof(n->urls) - at, "%snats://127.0.0.1:%u", i ? "," : "", n->port[i]);
    }
}

static void write_routes(const struct nats *n, size_t which, FILE *f)
{
    fprintf(f, "cluster { name: parley, listen: 127.0.0.1:%u, routes: [", n->route[which]);
    for (size_t i = 0; i < n->count; i++)
        fprintf(f, "%snats://127.0.0.1:%u", i ? ", " : "", n->route[i]);
    fprintf(f, "] }\n");
}

static void write_config(const struct nats *n, size_t which, const char *extra, bool jetstream)
{
    char name[32];
    snprintf(name, sizeof(name), "%zu.conf", which);
    FILE *f = fopen(nats_path(n, name), "w");
    CHECK(f);
    fprintf(f, "server_name: n%zu\nlisten: 127.0.0.1:%u\n", which, n->port[which]);
    if (jetstream)
        fprintf(f, "jetstream { store_dir: \"%s/store%zu\", max_mem: 64M, max_file: 64M }\n", n->dir, which);
    if (n->count > 1)
        write_routes(n, which, f);
    for (const char *at = extra ? extra : ""; *at; at++) /* %s: the folder */
        at[0] == '%' && at[1] == 's' ? (void)(fputs(n->dir, f), at++) : (void)fputc(*at, f);
    fputc('\n', f);
    fclose(f);
}

void nats_again(struct nats *n, size_t which)
{
    char config[32], log[160];
    snprintf(config, sizeof(config), "%zu.conf", which);
    snprintf(log, sizeof(log), "%s/%zu.log", n->dir, which);
    char *argv[] = {"nats-server", "-c", (char *)(uintptr_t)nats_path(n, config), NULL};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 2, log, O_CREAT | O_APPEND | O_WRONLY, 0600);
    CHECK_EQ(0, posix_spawnp(&n->pid[which], "nats-server", &actions, NULL, argv, environ));
    posix_spawn_file_actions_destroy(&actions);
    for (usec_t end = kit_now() + BUS_PATIENCE;;) {
        int fd = to_port(n->port[which]);
        if (fd >= 0) {
            close(fd);
            return;
        }
        CHECK(kit_now() < end);
        kit_sleep(10 * MS);
    }
}

void nats_start(struct nats *n, const char *extra, bool jetstream)
{
    for (size_t i = 0; i < n->count; i++) {
        write_config(n, i, extra, jetstream);
        nats_again(n, i);
    }
}

void nats_kill(struct nats *n, size_t which, int number)
{
    CHECK(n->pid[which] > 0);
    kill(n->pid[which], number);
    if (number != SIGKILL && number != SIGTERM)
        return;
    waitpid(n->pid[which], NULL, 0);
    n->pid[which] = 0;
}

void nats_end(struct nats *n)
{
    running = NULL;
    for (size_t i = 0; i < n->count; i++)
        if (n->pid[i] > 0)
            nats_kill(n, i, SIGKILL);
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", n->dir);
    CHECK(strncmp(n->dir, "/tmp/parley-nats-", 17) == 0 && system(command) == 0);
}

/* The protocol by hand: what a stranger with access could send. */
void nats_say(const struct nats *n, size_t which, const char *subject, const void *data, size_t len)
{
    char head[256], answer[4096];
    int fd = to_port(n->port[which]);
    CHECK(fd >= 0);
    int head_len = snprintf(head, sizeof(head), "CONNECT {\"verbose\":false}\r\nPUB %s %zu\r\n", subject, len);
    CHECK_EQ(head_len, send(fd, head, (size_t)head_len, MSG_NOSIGNAL));
    CHECK_EQ(len, send(fd, data, len, MSG_NOSIGNAL));
    CHECK_EQ(8, send(fd, "\r\nPING\r\n", 8, MSG_NOSIGNAL));
    size_t got = 0;
    while (got < sizeof(answer) - 1) {
        ssize_t more = recv(fd, answer + got, sizeof(answer) - 1 - got, 0);
        CHECK(more > 0);
        answer[got += (size_t)more] = 0;
        if (strstr(answer, "PONG\r\n"))
            break;
    }
    close(fd);
}

/* ---- buses ---- */

static void on_batch(void *ctx, uint32_t node, const uint8_t *data, size_t len)
{
    struct ear *e = ctx;
    uint32_t number = 0;
    if (len >= 4)
        memcpy(&number, data, 4);
    pthread_mutex_lock(&e->lock);
    e->disorder += !e->up[node] || number <= e->last;
    e->last = number;
    e->batches++;
    pthread_mutex_unlock(&e->lock);
}

static void on_node(void *ctx, uint32_t node, bool up, const struct bus_node *info)
{
    struct ear *e = ctx;
    pthread_mutex_lock(&e->lock);
    e->disorder += e->up[node] == up;
    e->up[node] = up;
    e->ups += up;
    e->downs += !up;
    e->changed[node] = kit_now();
    e->info[node] = *info;
    pthread_mutex_unlock(&e->lock);
}

static void on_ready(void *ctx, uint32_t own, bool up)
{
    struct ear *e = ctx;
    pthread_mutex_lock(&e->lock);
    e->ready = up;
    e->own = own;
    e->readies += up;
    e->losses += !up;
    pthread_mutex_unlock(&e->lock);
}

static void on_seal(void *ctx, const struct bus_seal *seal)
{
    struct ear *e = ctx;
    e->seal_born = seal->born_us;
}

static void on_say(void *ctx, const char *event, const char *sentence)
{
    struct ear *e = ctx;
    pthread_mutex_lock(&e->lock);
    size_t at = strlen(e->text);
    snprintf(e->text + at, sizeof(e->text) - at, "%s: %s\n", event, sentence);
    pthread_mutex_unlock(&e->lock);
}

static const struct bus_calls calls = {on_batch, on_node, on_ready, on_seal, on_say};

void ear_start(struct ear *e, const struct nats *n, const struct bus_config *c)
{
    char why[256];
    struct bus_config config = c ? *c : (struct bus_config){0};
    if (!config.urls)
        config.urls = n->urls;
    if (e->bus) /* of a test that failed */
        bus_del(e->bus);
    *e = (struct ear){0};
    pthread_mutex_init(&e->lock, NULL);
    e->bus = bus_new(&config, &calls, e, why, sizeof(why));
    if (!e->bus)
        fail_msg("%s", why);
}

void ear_stop(struct ear *e)
{
    bus_del(e->bus);
    e->bus = NULL;
    pthread_mutex_destroy(&e->lock);
}

static bool is_ready(struct ear *e, uint32_t number, const char *text)
{
    (void)number, (void)text;
    return e->ready;
}

static bool sees(struct ear *e, uint32_t node, const char *text)
{
    (void)text;
    return e->up[node];
}

static bool misses(struct ear *e, uint32_t node, const char *text)
{
    (void)text;
    return !e->up[node];
}

static bool was_said(struct ear *e, uint32_t number, const char *text)
{
    (void)number;
    return strstr(e->text, text) != NULL;
}

static bool has_batches(struct ear *e, uint32_t number, const char *text)
{
    (void)text;
    return e->batches >= (int)number;
}

static void until(struct ear *e, bool (*holds)(struct ear *, uint32_t, const char *), uint32_t number, const char *text)
{
    bool done = false;
    for (usec_t end = kit_now() + BUS_PATIENCE; !done && kit_now() < end;) {
        pthread_mutex_lock(&e->lock);
        done = holds(e, number, text);
        pthread_mutex_unlock(&e->lock);
        if (!done)
            kit_sleep(2 * MS);
    }
    if (!done)
        fail_msg("waited in vain; said: %s", e->text);
}

void ear_until_ready(struct ear *e) { until(e, is_ready, 0, NULL); }
void ear_until_sees(struct ear *e, uint32_t node, bool up) { until(e, up ? sees : misses, node, NULL); }
void ear_until_said(struct ear *e, const char *text) { until(e, was_said, 0, text); }
void ear_until_batches(struct ear *e, int count) { until(e, has_batches, (uint32_t)count, NULL); }

int ear_send(struct ear *e, uint32_t node, uint32_t first, int count, size_t bytes)
{
    static uint8_t data[1 << 21];
    int taken = 0;
    for (int i = 0; i < count; i++) {
        uint32_t number = first + (uint32_t)i;
        memcpy(data, &number, 4);
        taken += bus_publish(e->bus, node, data, bytes) == 0;
    }
    return taken;
}
