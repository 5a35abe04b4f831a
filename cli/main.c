/* SPDX-License-Identifier: MIT */
/* parley - the headless participant: finds the command and hands over. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/units.h"
#include "load/load.h"
#include "stream.h"
#include "watch.h"

static const struct command {
    const char *name, *what;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"stream", "joins a meeting and sends pictures and sound", stream_main},
    {"watch", "joins a meeting and measures what the others send", watch_main},
    {"load", "sends thousands of synthetic participants to a relay (RELAY in place of LINK)", load_main},
};

static int usage(FILE *to, int status)
{
    fputs("Usage: parley COMMAND LINK [OPTION...]\n\n", to);
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].what);
    fputs("\nLINK is https://HOST[:PORT]/m/MEETING#SECRET, in quotes. `parley COMMAND --help` tells the options.\n", to);
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return usage(stderr, EX_USAGE);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
        return usage(stdout, 0);
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "parley: there is no command \"%s\"\n", argv[1]);
    return usage(stderr, EX_USAGE);
}
