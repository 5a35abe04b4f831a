/* SPDX-License-Identifier: MIT */
/* h3.h - HTTP/3 as far as WebTransport needs it, without I/O: settings, one extended CONNECT, streams and datagrams of its session,
 * capsules. Bytes of streams go in, events and bytes to send come out through `struct h3_calls`. Nothing that comes in is trusted:
 * what breaks a rule ends the connection with a code (`fail`), what is unknown is skipped, what is too much is refused.
 *
 *   server: SETTINGS out, CONNECT in, `request` decides, 200 out
 *   client: SETTINGS in, then CONNECT out, `answered` with the status */
#ifndef PARLEY_NET_H3_H
#define PARLEY_NET_H3_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/h3_wire.h"

struct h3;
struct h3_stream; /* one stream of the peer's, or the CONNECT stream */

struct h3_request {
    char method[16], protocol[32], scheme[16], authority[272], path[512], origin[256];
};

#define H3_CLOSE_TEXT_MAX 1024

struct h3_calls {
    /* To the transport. `id` of a new unidirectional stream, or ERR_AGAIN. */
    int (*open_uni)(void *ctx, uint64_t *id);
    void (*write)(void *ctx, uint64_t id, const uint8_t *data, size_t len, bool fin);
    /* Neither read nor write this stream any more. */
    void (*abort_stream)(void *ctx, uint64_t id, uint64_t code);
    /* Close the connection. Nothing more is called but by the transport's own acts. */
    void (*fail)(void *ctx, uint64_t code, const char *why);

    /* Server: the HTTP status to answer a request for a session with. */
    int (*request)(void *ctx, const struct h3_request *request);
    /* Client: the answer came, 0 when the stream ended without one. Server: 200 was sent, the session is open. */
    void (*answered)(void *ctx, int status);
    /* Bytes of the session's streams. */
    void (*uni)(void *ctx, uint64_t id, const uint8_t *data, size_t len, bool fin);
    void (*uni_reset)(void *ctx, uint64_t id, uint64_t code);
    void (*bidi_opened)(void *ctx, uint64_t id);
    void (*bidi)(void *ctx, uint64_t id, const uint8_t *data, size_t len, bool fin);
    void (*datagram)(void *ctx, const uint8_t *data, size_t len);
    /* The peer closed the session (capsule, end or reset of the CONNECT stream). */
    void (*session_closed)(void *ctx, uint32_t code, const char *text);
    void (*drained)(void *ctx);
};

struct h3_config {
    bool server;
    size_t header_bytes, frame_bytes, early_bytes;
    uint32_t early_streams;
    struct h3_request request; /* client: what to ask for */
};

struct h3 *h3_new(const struct h3_config *config, const struct h3_calls *calls, void *ctx);
void h3_del(struct h3 *h);

/* Streams can be opened now: sends SETTINGS. */
void h3_start(struct h3 *h);
/* Client: the bidirectional stream for CONNECT was opened; the request leaves as soon as the peer's SETTINGS allow. */
void h3_connect(struct h3 *h, uint64_t id);

/* A stream of the peer's: NULL when memory is short. */
struct h3_stream *h3_stream_opened(struct h3 *h, uint64_t id);
/* The CONNECT stream of a client. */
struct h3_stream *h3_connect_stream(struct h3 *h);
void h3_stream_data(struct h3 *h, struct h3_stream *s, const uint8_t *data, size_t len, bool fin);
void h3_stream_reset(struct h3 *h, struct h3_stream *s, uint64_t code);
/* The transport forgets it. */
void h3_stream_closed(struct h3 *h, struct h3_stream *s);
void h3_datagram_in(struct h3 *h, const uint8_t *data, size_t len);

/* The session is open. */
bool h3_live(const struct h3 *h);
uint64_t h3_session(const struct h3 *h);
/* What stands before the payload of a stream of ours, or of a datagram. Its length. */
#define H3_PREFIX_MAX 16
size_t h3_uni_prefix(const struct h3 *h, uint8_t out[H3_PREFIX_MAX]);
size_t h3_bidi_prefix(const struct h3 *h, uint8_t out[H3_PREFIX_MAX]);
size_t h3_datagram_prefix(const struct h3 *h, uint8_t out[H3_PREFIX_MAX]);
/* Closes the session: capsule and end of the CONNECT stream. */
void h3_close(struct h3 *h, uint32_t code, const char *text);

#endif
