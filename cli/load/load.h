/* SPDX-License-Identifier: MIT */
/* load.h - `parley load`: thousands of synthetic participants against a relay. */
#ifndef PARLEY_LOAD_LOAD_H
#define PARLEY_LOAD_LOAD_H

/* Gives the exit status. */
int load_main(int argc, char **argv);

#endif
