/* SPDX-License-Identifier: MIT */
/* watch.h - `parley watch`: joins a meeting and measures what the others send. */
#ifndef PARLEY_CLI_WATCH_H
#define PARLEY_CLI_WATCH_H

/* Gives the exit status. */
int watch_main(int argc, char **argv);

#endif
