/* SPDX-License-Identifier: MIT */
/* version.h - versions of Parley and of every library that it runs with. */
#ifndef PARLEY_SERVER_VERSION_H
#define PARLEY_SERVER_VERSION_H

#include <stdio.h>

void version_print(FILE *out);

#endif
