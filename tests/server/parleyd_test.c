/* SPDX-License-Identifier: MIT */
/* The program itself: arguments, one sentence when it cannot start, signals. */
#include "check.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon_kit.h"
#include "parleyd/cert.h"
#include "parleyd/seal.h"

extern char **environ;

struct program {
    pid_t pid;
    int out; /* both streams */
    char text[65536];
    size_t len;
};

static void start(struct program *p, const char *const *arguments)
{
    char *argv[24] = {PARLEY_BINARY_DIR "/server/parleyd"};
    int argc = 1, ends[2];
    for (; arguments && *arguments; arguments++)
        argv[argc++] = (char *)(uintptr_t)*arguments;
    CHECK_EQ(0, pipe(ends));
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
    *p = (struct program){.out = ends[0]};
    CHECK_EQ(0, posix_spawn(&p->pid, argv[0], &actions, NULL, argv, environ));
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
}

/* Reads until `what` occurs (true) or the program ends (false). */
static bool until(struct program *p, const char *what)
{
    while (!what || !strstr(p->text, what)) {
        struct pollfd f = {.fd = p->out, .events = POLLIN};
        if (poll(&f, 1, 10000) <= 0)
            return false;
        ssize_t n = read(p->out, p->text + p->len, sizeof(p->text) - 1 - p->len);
        if (n <= 0)
            return false;
        p->len += (size_t)n;
    }
    return true;
}

static int ended(struct program *p)
{
    int status = -1;
    until(p, NULL);
    waitpid(p->pid, &status, 0);
    close(p->out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static unsigned number_after(const struct program *p, const char *what)
{
    const char *at = strstr(p->text, what);
    CHECK(at);
    return (unsigned)strtoul(at + strlen(what), NULL, 10);
}

static void refuses_with_one_sentence(void)
{
    static const struct {
        const char *argument, *sentence;
    } row[] = {
        {"--port=x", "parleyd: --port must be a whole number, not \"x\".\n"},
        {"--port=70000", "parleyd: --port must be between 0 and 65535, not 70000.\n"},
        {"--log=xml", "parleyd: --log must be one of text|json, not \"xml\".\n"},
        {"--cert=/tmp/x", "parleyd: --cert and --key belong together: give both or none.\n"},
        {"--colour=red", "parleyd: \"--colour=red\" is not an option; see parleyd --help.\n"},
        {"--port", "parleyd: An option lacks its value, or has one too many; see parleyd --help.\n"},
        {"meeting", "parleyd: \"meeting\" is not an option; see parleyd --help.\n"},
        {"--address=nowhere", "parleyd: "},
        {"--nats-user=relay", "parleyd: --nats-user says how to reach NATS, but --nats does not say where.\n"},
    };
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        struct program p;
        start(&p, (const char *[]){row[i].argument, NULL});
        CHECK_EQ(1, ended(&p));
        CHECK(strstr(p.text, row[i].sentence) == p.text);
    }
}

static void takes_options_from_the_environment(void)
{
    struct program p;
    setenv("PARLEY_MAX_MEMBERS", "1", 1);
    start(&p, NULL);
    unsetenv("PARLEY_MAX_MEMBERS");
    CHECK_EQ(1, ended(&p));
    CHECK_STR("parleyd: PARLEY_MAX_MEMBERS: --max-members must be between 2 and 100000, not 1.\n", p.text);
}

static void tells_options_and_versions(void)
{
    struct program p;
    start(&p, (const char *[]){"--help", NULL});
    CHECK_EQ(0, ended(&p));
    CHECK(strstr(p.text, "--max-members=N"));
    start(&p, (const char *[]){"--version", NULL});
    CHECK_EQ(0, ended(&p));
    static const char *const names[] = {"parleyd ", "ngtcp2 ", "nghttp3 ", "OpenSSL ", "libwebsockets ", "libsodium ", "nats.c "};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        CHECK(strstr(p.text, names[i]));
}

static void a_taken_port_is_one_sentence(void)
{
    struct program first, second;
    char port[32];
    start(&first, (const char *[]){"--port=0", "--plain-port=0", "--pages=/nonexistent", NULL});
    CHECK(until(&first, "Parley relays on port"));
    snprintf(port, sizeof(port), "--port=%u", number_after(&first, " port="));
    start(&second, (const char *[]){port, "--plain-port=off", NULL});
    CHECK_EQ(1, ended(&second));
    CHECK(strstr(second.text, "Address already in use"));
    CHECK(!strchr(second.text, '\n')[1]);
    kill(first.pid, SIGTERM);
    CHECK_EQ(0, ended(&first));
}

static void leaves_on_sigterm_and_logs_json(void)
{
    struct program p;
    char page[300];
    snprintf(page, sizeof(page), "--pages=%s", host_page());
    start(&p, (const char *[]){"--port=0", "--plain-port=0", "--log=json", page, NULL});
    CHECK(until(&p, "\"plain_port\":"));
    CHECK(until(&p, "Open http://localhost:"));
    CHECK(strstr(p.text, "\"event\":\"started\""));
    kill(p.pid, SIGTERM);
    CHECK_EQ(0, ended(&p));
    CHECK(strstr(p.text, "\"event\":\"draining\""));
    CHECK(strstr(p.text, "\"event\":\"stopped\""));
}

static void put(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    CHECK(f);
    fputs(text, f);
    fclose(f);
}

static void reads_the_certificate_again_on_sighup(void)
{
    struct cert c;
    char why[256], cert[] = "/tmp/parley-cert-XXXXXX", key[] = "/tmp/parley-key-XXXXXX", cert_arg[64], key_arg[64];
    CHECK(close(mkstemp(cert)) == 0 && close(mkstemp(key)) == 0);
    CHECK_EQ(0, cert_make(&c, "localhost", time(NULL), why, sizeof(why)));
    put(cert, c.cert_pem);
    put(key, c.key_pem);
    snprintf(cert_arg, sizeof(cert_arg), "--cert=%s", cert);
    snprintf(key_arg, sizeof(key_arg), "--key=%s", key);
    struct program p;
    start(&p,
          (const char *[]){"--port=0", "--plain-port=0", "--pages=/nonexistent", cert_arg, key_arg, "--cert-dir=/nowhere", NULL});
    CHECK(until(&p, "Parley relays on port"));
    CHECK(strstr(p.text, "seal_failed") && strstr(p.text, "/nowhere/seal")); /* not asked for: no reason to stop */
    kill(p.pid, SIGHUP);
    CHECK(until(&p, "certificate own=0"));
    put(cert, "nonsense");
    kill(p.pid, SIGHUP);
    CHECK(until(&p, "certificate_failed"));
    kill(p.pid, SIGTERM);
    CHECK_EQ(0, ended(&p));
    unlink(cert);
    unlink(key);
}

/* Whatever lies where the key is to be written. */
static void a_kept_key_is_its_owners_alone(void)
{
    struct certs s;
    struct stat file;
    char why[256] = "", dir[] = "/tmp/parley-certs-XXXXXX", path[64];
    CHECK(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/now.pem.new", dir);
    put(path, "left behind");
    CHECK_EQ(0, chmod(path, 0666));
    CHECK_EQ(0, certs_init(&s, "localhost", dir, time(NULL), why, sizeof(why)));
    static const char *const names[] = {"now", "next"};
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof(path), "%s/%s.pem", dir, names[i]);
        CHECK_EQ(0, stat(path, &file));
        CHECK_EQ(0600, file.st_mode & 0777);
        CHECK_EQ(0, unlink(path));
    }
    CHECK_EQ(0, rmdir(dir));
}

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static void the_seal_survives_a_restart(void)
{
    struct seal a, b;
    struct stat file;
    char why[256] = "", path[64];
    const struct bus_seal elder = {.born_us = 5, .key = {7}};
    snprintf(path, sizeof(path), "/tmp/parley-seal-%d", (int)getpid());
    CHECK_EQ(0, seal_init(&a, path, why, sizeof(why)));
    CHECK_EQ(0, stat(path, &file));
    CHECK_EQ(0600, file.st_mode & 0777);
    CHECK_EQ(0, seal_init(&b, path, why, sizeof(why)));
    CHECK_MEM(a.now.key, b.now.key, BUS_SEAL_BYTES);
    CHECK(a.now.born_us == b.now.born_us && a.now.born_us > 1000000000ull * 1000000);
    CHECK_EQ(0, seal_take(&a, &elder, why, sizeof(why)));
    CHECK_EQ(0, seal_init(&b, path, why, sizeof(why)));
    CHECK_EQ(5, b.now.born_us);
    CHECK_MEM(elder.key, b.now.key, BUS_SEAL_BYTES);
    static const char *const damaged[] = {"", "5", ("0 " ZEROS "\n"), ("5 " ZEROS "0\n"), "5 0123\n", ("x " ZEROS)};
    for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
        put(path, damaged[i]);
        CHECK_EQ(ERR_PARSE, seal_init(&b, path, why, sizeof(why)));
        CHECK(strstr(why, path) && strstr(why, "remove it"));
    }
    CHECK_EQ(0, unlink(path));
    CHECK_EQ(ERR_IO, seal_init(&b, "/nowhere/seal", why, sizeof(why)));
    CHECK(strstr(why, "/nowhere/seal"));
    CHECK_EQ(0, seal_init(&b, "", why, sizeof(why)));
    CHECK_EQ(0, seal_take(&b, &elder, why, sizeof(why)));
    seal_end(&b);
}

static void own_certificates_survive_a_restart(void)
{
    struct certs a, b;
    char why[256] = "", dir[] = "/tmp/parley-certs-XXXXXX", path[64];
    CHECK(mkdtemp(dir));
    time_t now = time(NULL);
    CHECK_EQ(0, certs_init(&a, "localhost", dir, now, why, sizeof(why)));
    CHECK_EQ(0, certs_init(&b, "localhost", dir, now + 3600, why, sizeof(why)));
    CHECK_MEM(a.now.hash, b.now.hash, CERT_HASH_BYTES);
    CHECK_MEM(a.next.hash, b.next.hash, CERT_HASH_BYTES);
    CHECK_EQ(0, certs_init(&b, "localhost", dir, now + CERT_TURN_S + 60, why, sizeof(why))); /* while it was down, the turn came */
    CHECK_MEM(a.next.hash, b.now.hash, CERT_HASH_BYTES);
    CHECK_EQ(0, certs_init(&b, "localhost", dir, now + 30 * 86400, why, sizeof(why))); /* too long ago: both are new */
    CHECK(memcmp(a.next.hash, b.now.hash, CERT_HASH_BYTES) != 0);
    static const char *const names[] = {"now", "next"};
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof(path), "%s/%s.pem", dir, names[i]);
        CHECK_EQ(0, unlink(path));
    }
    CHECK_EQ(0, rmdir(dir));
}

int main(void)
{
    static const struct check_test tests[] = {
        T(refuses_with_one_sentence),    T(takes_options_from_the_environment), T(tells_options_and_versions),
        T(a_taken_port_is_one_sentence), T(leaves_on_sigterm_and_logs_json),    T(reads_the_certificate_again_on_sighup),
        T(the_seal_survives_a_restart),  T(own_certificates_survive_a_restart), T(a_kept_key_is_its_owners_alone),
    };
    return CHECK_RUN(tests);
}
