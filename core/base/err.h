/* SPDX-License-Identifier: MIT */
/* err.h - the one list of error codes.
 *
 * Functions return 0 (or a count) or a negative ERR_*. Below ERR_FATAL the session it concerns ends; above it
 * the input is dropped and counted. */
#ifndef PARLEY_BASE_ERR_H
#define PARLEY_BASE_ERR_H

enum {
    ERR_LATE = -1,     /* came after its turn was over */
    ERR_FULL = -2,     /* a bounded container holds its limit */
    ERR_AGAIN = -3,    /* not now; call again when told */
    ERR_SPACE = -4,    /* the caller's buffer is too small */
    ERR_PARSE = -5,    /* bytes that do not follow the format */
    ERR_AUTH = -6,     /* authentication tag does not match: wrong key, or altered bytes */
    ERR_REPLAY = -7,   /* sealed object seen before, or too old to tell */
    ERR_NO_KEY = -8,   /* sealed with a key we do not have */
    ERR_STATE = -9,    /* right message, wrong moment */
    ERR_LIMIT = -10,   /* over a named limit */
    ERR_UNKNOWN = -11, /* names something that does not exist */
    ERR_NOMEM = -12,
    ERR_UNSUPPORTED = -13,

    ERR_FATAL = -100,
    ERR_VERSION = -101,  /* other major version of the protocol */
    ERR_PROTOCOL = -102, /* the peer broke a rule that leaves the session without meaning */
    ERR_IO = -103,       /* the transport failed */
};

/* A short English name for logs, e.g. "late"; never NULL. */
const char *err_name(int err);

#endif
