/* SPDX-License-Identifier: MIT */
/* stream.h - `parley stream`: joins a meeting and sends pictures and sound. */
#ifndef PARLEY_CLI_STREAM_H
#define PARLEY_CLI_STREAM_H

/* Gives the exit status. */
int stream_main(int argc, char **argv);

#endif
