/* SPDX-License-Identifier: MIT */
#include "identity.h"

#include <string.h>

#include "base/err.h"
#include "wire/utf8.h"

static int copy_text(char *out, size_t cap, const char *s)
{
    size_t len = s ? strlen(s) : 0;
    if (len >= cap || !utf8_text((const uint8_t *)s, len, false))
        return ERR_LIMIT;
    if (len)
        memcpy(out, s, len);
    out[len] = 0;
    return 0;
}

int identity_set(struct identity *id, const struct client_config *config)
{
    *id = (struct identity){.secret_len = config->secret_len, .decodes = config->decodes};
    if (config->secret_len == 0 || config->secret_len > CLIENT_SECRET_MAX)
        return ERR_LIMIT;
    memcpy(id->secret, config->secret, config->secret_len);
    memcpy(id->salt, config->salt, sizeof id->salt);
    if (copy_text(id->meeting, sizeof id->meeting, config->meeting) || copy_text(id->name, sizeof id->name, config->name))
        return ERR_LIMIT;
    if (copy_text(id->token, sizeof id->token, config->token) || copy_text(id->program, sizeof id->program, config->program))
        return ERR_LIMIT;
    return 0;
}

int identity_rename(struct identity *id, const char *name) { return copy_text(id->name, sizeof id->name, name); }
