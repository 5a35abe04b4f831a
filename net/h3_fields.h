/* SPDX-License-Identifier: MIT */
/* h3_fields.h - what stands in the header sections of a WebTransport session's request and answer (RFC 9114, sections 4.1 and 4.3;
 * draft-ietf-webtrans-http3-02, section 3). */
#ifndef PARLEY_NET_H3_FIELDS_H
#define PARLEY_NET_H3_FIELDS_H

#include "net/h3.h"

#define H3_HEADERS_MAX 2064 /* of a frame that is written: more than any request of ours needs */

struct h3_section {
    struct h3_request request;
    int status; /* 0: none */
    bool bad;   /* a value is too long for its place or holds a NUL, or all are too long together */
};

/* A HEADERS frame: its length, or ERR_SPACE. */
int h3_request_write(const struct h3_request *r, uint8_t *out, size_t cap);
int h3_answer_write(int status, uint8_t *out, size_t cap);
/* ERR_PARSE: this is no QPACK. */
int h3_section_read(struct h3_section *s, const uint8_t *data, size_t len, size_t header_bytes);

#endif
