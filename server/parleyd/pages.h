/* SPDX-License-Identifier: MIT */
/* pages.h - the built page, held in memory: what a path is answered with. Nothing outside the folder can be asked for, because only
 * what was found at the start is there. */
#ifndef PARLEY_SERVER_PAGES_H
#define PARLEY_SERVER_PAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "net/http.h"

#define PAGES_FILES_MAX 1000
#define PAGES_BYTES_MAX (64 * 1024 * 1024)

struct pages;

/* Reads the whole folder. NULL and a sentence when it cannot be read, or is too large to be a page. */
struct pages *pages_new(const char *dir, char *why, size_t why_cap);
void pages_del(struct pages *p);
size_t pages_count(const struct pages *p);

/* Fills `response` (its data is borrowed from `p`). `/` gives index.html, `/m/...` the meeting page; true when there is something. */
bool pages_answer(const struct pages *p, const struct http_request *request, struct http_response *response);

#endif
