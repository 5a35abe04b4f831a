/* SPDX-License-Identifier: MIT */
#include "base/err.h"

const char *err_name(int err)
{
    switch (err) {
    case 0: return "ok";
    case ERR_LATE: return "late";
    case ERR_FULL: return "full";
    case ERR_AGAIN: return "again";
    case ERR_SPACE: return "space";
    case ERR_PARSE: return "parse";
    case ERR_AUTH: return "auth";
    case ERR_REPLAY: return "replay";
    case ERR_NO_KEY: return "no-key";
    case ERR_STATE: return "state";
    case ERR_LIMIT: return "limit";
    case ERR_UNKNOWN: return "unknown";
    case ERR_NOMEM: return "no-memory";
    case ERR_UNSUPPORTED: return "unsupported";
    case ERR_FATAL: return "fatal";
    case ERR_VERSION: return "version";
    case ERR_PROTOCOL: return "protocol";
    case ERR_IO: return "io";
    default: return "error";
    }
}
