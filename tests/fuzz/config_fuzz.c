/* SPDX-License-Identifier: MIT */
/* What an operator writes: arguments, one a line. Mistakes get a sentence; what is accepted is within its bounds. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "parleyd/config.h"
#include "wire/wire.h"

#define ARGS 40

/* What makes the parser print instead: --help, --usage, --version, abbreviated, and short options. */
static bool asks_for_text(const char *arg)
{
    static const char *const words[] = {"--help", "--usage", "--version", "--?"};
    if (arg[0] == '-' && arg[1] != '-')
        return true;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strlen(arg) > 2 && !strncmp(arg, words[i], strcspn(arg, "=")))
            return true;
    return false;
}

static int split(char *text, char **argv)
{
    static char program[] = "parleyd";
    int argc = 1;
    argv[0] = program;
    for (char *arg = strtok(text, "\n"); arg && argc < ARGS; arg = strtok(NULL, "\n"))
        if (!asks_for_text(arg))
            argv[argc++] = arg;
    argv[argc] = NULL;
    return argc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct config c;
    char *text = malloc(len + 1), *argv[ARGS + 1], why[256] = "";
    memcpy(text, data, len);
    text[len] = 0;
    int argc = split(text, argv);
    int err = config_read(&c, argc, argv, why, sizeof why);
    MUST(err <= 0 && (err == 0 || why[0]) && strlen(why) < sizeof why);
    if (!err) {
        MUST(c.port <= 65535 && c.plain_port <= 65535);
        MUST(c.relay.object_bytes <= WIRE_OBJECT_MAX && c.relay.tracks <= WIRE_TRACKS_MAX);
        MUST(memchr(c.origins, 0, sizeof c.origins) && memchr(c.log, 0, sizeof c.log));
    }
    free(text);
    return 0;
}
