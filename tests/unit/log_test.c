/* SPDX-License-Identifier: MIT */
#include "parleyd/log.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

/* What came out of the pipe, all there is now. */
static size_t drain(int fd, char *out, size_t cap)
{
    size_t len = 0;
    ssize_t n;
    while (len + 1 < cap && (n = read(fd, out + len, cap - 1 - len)) > 0)
        len += (size_t)n;
    out[len] = 0;
    return len;
}

/* Whoever reads the log stops: lines are dropped, and told of when there is room again. Should it wait, the test hangs. */
static void who_does_not_read_the_log_stops_nobody(void)
{
    static char text[1 << 20];
    for (int json = 0; json < 2; json++) {
        int fd[2];
        uint64_t dropped = 0;
        CHECK_EQ(0, pipe(fd));
        CHECK_EQ(0, fcntl(fd[0], F_SETFL, O_NONBLOCK));
        FILE *out = fdopen(fd[1], "w");
        setvbuf(out, NULL, _IONBF, 0);
        struct log log = {.out = out, .json = json, .dropped = &dropped};
        log_event(&log, "first", "n=%d", 1);
        CHECK(drain(fd[0], text, sizeof(text)) && strstr(text, "first") && strstr(text, json ? "\"n\":1" : "n=1"));
        for (int i = 0; i < 5000; i++)
            log_event(&log, "again", "n=%d text=\"%s\"", i, "a sentence of some length");
        CHECK_BETWEEN(100, 4900, dropped);
        uint64_t missing = dropped;
        drain(fd[0], text, sizeof(text));
        CHECK(!strstr(text, "log_dropped"));
        log_event(&log, "last", "n=%d", 2);
        drain(fd[0], text, sizeof(text));
        char told[64];
        snprintf(told, sizeof(told), json ? "\"lines\":%llu" : "lines=%llu", (unsigned long long)missing);
        CHECK(strstr(text, "log_dropped") && strstr(text, told) && strstr(text, "last"));
        CHECK_EQ(0, dropped);
        fclose(out);
        close(fd[0]);
    }
}

static void a_file_takes_everything(void)
{
    uint64_t dropped = 0;
    FILE *out = tmpfile();
    struct log log = {.out = out, .dropped = &dropped};
    for (int i = 0; i < 3000; i++)
        log_say(&log, "said", "a \"quoted\" sentence");
    CHECK_EQ(0, dropped);
    CHECK(ftell(out) > 3000 * 40);
    fclose(out);
}

int main(void)
{
    static const struct check_test tests[] = {T(who_does_not_read_the_log_stops_nobody), T(a_file_takes_everything)};
    return CHECK_RUN(tests);
}
