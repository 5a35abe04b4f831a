/* SPDX-License-Identifier: MIT */
#include "process.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "net/loop.h"

#define ARGUMENTS_MAX 32
#define LOG_SHOWN 4000 /* bytes from the end of the log of a relay that failed */

/* ---- the log ---- */

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text = NULL;
    size_t cap = 0;
    if (f && getdelim(&text, &cap, 0, f) < 0)
        *text = 0;
    if (f)
        fclose(f);
    return text ? text : strdup("");
}

bool process_said(const struct process *p, const char *text)
{
    char *log = read_file(p->log);
    bool said = strstr(log, text) != NULL;
    free(log);
    return said;
}

static unsigned number_in_log(const struct process *p, const char *before)
{
    char *log = read_file(p->log);
    const char *at = strstr(log, before);
    unsigned n = at ? (unsigned)strtoul(at + strlen(before), NULL, 10) : 0;
    free(log);
    return n;
}

static void show_log(const struct process *p)
{
    char *log = read_file(p->log);
    size_t len = strlen(log);
    print_error("the relay's log ends:\n%s\n", log + (len > LOG_SHOWN ? len - LOG_SHOWN : 0));
    free(log);
}

static void end_log(const struct process *p, bool strict)
{
    bool bad = process_said(p, "Sanitizer") || process_said(p, "runtime error:");
    if (bad)
        show_log(p);
    unlink(p->log);
    CHECK(!bad || !strict);
}

/* ---- life ---- */

static void become_relay(const struct process *p, char **argv, process_prepare *prepare)
{
    int fd = open(p->log, O_WRONLY | O_APPEND);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that failed leaves nothing behind */
    dup2(fd, 1);
    dup2(fd, 2);
    close_range(3, ~0u, 0);
    setenv("ASAN_OPTIONS", "quarantine_size_mb=8:thread_local_quarantine_size_kb=64", 1);
    if (prepare)
        prepare();
    execv(argv[0], argv);
    _exit(127);
}

static bool is_serving(const struct process *p) { return process_said(p, "Open http") || process_said(p, "Parley relays on port"); }

static void await_serving(struct process *p)
{
    for (usec_t end = loop_now() + PROCESS_PATIENCE; !is_serving(p) && loop_now() < end && process_alive(p);)
        usleep(2000);
    if (!is_serving(p)) {
        show_log(p);
        fail_msg("the relay does not start");
    }
    p->port = (uint16_t)number_in_log(p, " port=");
    p->plain_port = (uint16_t)number_in_log(p, " plain_port=");
}

void process_start(struct process *p, uint16_t port, uint16_t plain_port, const char *const *arguments, process_prepare *prepare)
{
    char port_text[32], plain_text[32];
    char *argv[ARGUMENTS_MAX] = {PARLEY_BINARY_DIR "/server/parleyd", port_text, plain_text, "--threads=1", "--pages=/nonexistent"};
    int argc = 5;
    for (; arguments && *arguments; arguments++)
        argv[argc++] = (char *)(uintptr_t)*arguments;
    snprintf(port_text, sizeof(port_text), "--port=%u", port);
    snprintf(plain_text, sizeof(plain_text), "--plain-port=%u", plain_port);
    *p = (struct process){.log = "/tmp/parleyd-faults-XXXXXX"};
    close(mkstemp(p->log));
    p->pid = fork();
    CHECK(p->pid >= 0);
    if (!p->pid)
        become_relay(p, argv, prepare);
    await_serving(p);
}

uint16_t process_free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_EQ(0, bind(fd, (struct sockaddr *)&a, sizeof(a)));
    CHECK_EQ(0, getsockname(fd, (struct sockaddr *)&a, &len));
    close(fd);
    return ntohs(a.sin_port);
}

void process_signal(const struct process *p, int signum) { CHECK_EQ(0, kill(p->pid, signum)); }

void process_kill(struct process *p)
{
    if (!p->pid)
        return;
    kill(p->pid, SIGKILL);
    waitpid(p->pid, NULL, 0);
    p->pid = 0;
    end_log(p, false);
}

int process_stop(struct process *p)
{
    int status = 0;
    pid_t gone = 0;
    process_signal(p, SIGTERM);
    for (usec_t end = loop_now() + PROCESS_PATIENCE; !gone && loop_now() < end; usleep(2000))
        gone = waitpid(p->pid, &status, WNOHANG);
    if (!gone) {
        print_error("the relay does not stop\n");
        show_log(p);
        process_kill(p);
        return -1;
    }
    p->pid = 0;
    if (status) {
        print_error("the relay ended by signal %d with code %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0, WEXITSTATUS(status));
        show_log(p);
    }
    end_log(p, true);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool process_alive(const struct process *p)
{
    siginfo_t ended = {0};
    return p->pid && waitid(P_PID, (id_t)p->pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && !ended.si_pid;
}

/* ---- /proc ---- */

static char *proc_file(const struct process *p, const char *name)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)p->pid, name);
    return read_file(path);
}

static size_t status_bytes(const struct process *p, const char *name)
{
    char *text = proc_file(p, "status");
    const char *at = strstr(text, name);
    size_t kib = at ? strtoul(at + strlen(name), NULL, 10) : 0;
    free(text);
    return kib * 1024;
}

size_t process_memory(const struct process *p) { return status_bytes(p, "VmRSS:"); }

size_t process_memory_peak(const struct process *p) { return status_bytes(p, "VmHWM:"); }

usec_t process_cpu(const struct process *p)
{
    unsigned long user = 0, system = 0;
    char *text = proc_file(p, "stat"), *after_name = strrchr(text, ')');
    if (after_name)
        sscanf(after_name, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    free(text);
    return (usec_t)(user + system) * SEC / sysconf(_SC_CLK_TCK);
}

size_t process_descriptors(const struct process *p)
{
    char path[64];
    size_t count = 0;
    snprintf(path, sizeof(path), "/proc/%d/fd", (int)p->pid);
    DIR *d = opendir(path);
    while (d && readdir(d))
        count++;
    if (d)
        closedir(d);
    return count > 2 ? count - 2 : 0; /* . and .. */
}

/* ---- /metrics ---- */

static size_t ask(uint16_t port, const char *request, char *out, size_t cap)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = 2};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    size_t len = 0;
    if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && send(fd, request, strlen(request), MSG_NOSIGNAL) > 0)
        for (ssize_t n; len + 1 < cap && (n = recv(fd, out + len, cap - 1 - len, 0)) > 0;)
            len += (size_t)n;
    out[len] = 0;
    close(fd);
    return len;
}

double process_metric(const struct process *p, const char *name)
{
    static char text[128 * 1024];
    char line[128];
    ask(p->plain_port, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", text, sizeof(text));
    snprintf(line, sizeof(line), "\n%s ", name);
    const char *at = strstr(text, line);
    return at ? strtod(at + strlen(line), NULL) : -1;
}
