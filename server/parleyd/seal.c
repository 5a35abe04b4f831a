/* SPDX-License-Identifier: MIT */
#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"

/* One line: when it was born, and the key in hexadecimal. */
#define HEX_BYTES (2 * BUS_SEAL_BYTES + 1)
#define LINE_MAX_BYTES 128

static int explain(const char *file, char *why, size_t why_cap)
{
    snprintf(why, why_cap, "Cannot keep the secret of seats in %s: %s.", file, strerror(errno));
    return ERR_IO;
}

static bool write_line(int fd, const struct bus_seal *seal)
{
    char line[LINE_MAX_BYTES], hex[HEX_BYTES];
    sodium_bin2hex(hex, sizeof(hex), seal->key, BUS_SEAL_BYTES);
    int len = snprintf(line, sizeof(line), "%" PRIu64 " %s\n", seal->born_us, hex);
    bool ok = write(fd, line, (size_t)len) == len && fsync(fd) == 0;
    sodium_memzero(hex, sizeof(hex));
    sodium_memzero(line, sizeof(line));
    return ok;
}

/* A file that only its owner can read, put in place whole. */
static int save(const char *file, const struct bus_seal *seal, char *why, size_t why_cap)
{
    char temporary[SEAL_FILE_MAX + 4];
    if (!*file)
        return 0;
    snprintf(temporary, sizeof(temporary), "%s.new", file);
    unlink(temporary); /* one that others left may be theirs to read */
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write_line(fd, seal);
    ok = (fd < 0 || close(fd) == 0) && ok;
    if (ok && rename(temporary, file) == 0)
        return 0;
    explain(file, why, why_cap);
    unlink(temporary);
    return ERR_IO;
}

static int parse(struct bus_seal *seal, const char *line)
{
    char *at;
    const char *end;
    size_t len = 0;
    errno = 0;
    seal->born_us = strtoull(line, &at, 10);
    if (errno || !seal->born_us || *at != ' ')
        return ERR_PARSE;
    int err = sodium_hex2bin(seal->key, sizeof(seal->key), at + 1, HEX_BYTES - 1, NULL, &len, &end);
    return err || len != BUS_SEAL_BYTES || strcmp(end, "\n") != 0 ? ERR_PARSE : 0;
}

/* 1: there is no file yet. */
static int load(struct seal *s, char *why, size_t why_cap)
{
    char line[LINE_MAX_BYTES];
    FILE *f = fopen(s->file, "re");
    if (!f && errno == ENOENT)
        return 1;
    if (!f)
        return explain(s->file, why, why_cap);
    size_t len = fread(line, 1, sizeof(line) - 1, f);
    fclose(f);
    line[len] = 0;
    int err = parse(&s->now, line);
    sodium_memzero(line, sizeof(line));
    if (err)
        snprintf(why, why_cap, "%s holds no secret of seats: remove it, and parleyd makes a new one.", s->file);
    return err;
}

static void make(struct seal *s)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    s->now.born_us = (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
    randombytes_buf(s->now.key, sizeof(s->now.key));
}

int seal_init(struct seal *s, const char *file, char *why, size_t why_cap)
{
    *s = (struct seal){.now.born_us = 0};
    pthread_mutex_init(&s->lock, NULL);
    snprintf(s->file, sizeof(s->file), "%s", file);
    if (sodium_init() < 0) {
        snprintf(why, why_cap, "The system gives no random numbers.");
        return ERR_IO;
    }
    int err = *file ? load(s, why, why_cap) : 1;
    if (err <= 0)
        return err;
    make(s);
    return save(s->file, &s->now, why, why_cap);
}

void seal_end(struct seal *s)
{
    sodium_memzero(&s->now, sizeof(s->now));
    pthread_mutex_destroy(&s->lock);
}

int seal_take(struct seal *s, const struct bus_seal *elder, char *why, size_t why_cap)
{
    pthread_mutex_lock(&s->lock);
    s->now = *elder;
    pthread_mutex_unlock(&s->lock);
    return save(s->file, elder, why, why_cap);
}

struct bus_seal seal_now(struct seal *s)
{
    pthread_mutex_lock(&s->lock);
    struct bus_seal now = s->now;
    pthread_mutex_unlock(&s->lock);
    return now;
}
