/* SPDX-License-Identifier: MIT */
/* result.h - the numbers of a load, as a line while it runs, as a table or as JSON at the end, and against the bounds. */
#ifndef PARLEY_LOAD_RESULT_H
#define PARLEY_LOAD_RESULT_H

#include "crowd.h"

/* A second of the run: a line to the terminal, or JSON. */
void result_live(const struct crowd *c, usec_t now);
/* The whole: a table, or JSON. */
void result_print(const struct crowd *c);
/* The exit status; prints a sentence for each bound that was passed. */
int result_judge(const struct crowd *c);

#endif
