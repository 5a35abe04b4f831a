/* SPDX-License-Identifier: MIT */
#include "chat.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "wire/control.h"
#include "wire/utf8.h"

void chat_init(struct chat *c, uint64_t seed) { *c = (struct chat){.rng = {seed}}; }

static void forget(struct chat_waiting *w)
{
    free(w->text);
    *w = (struct chat_waiting){0};
}

void chat_reset(struct chat *c)
{
    for (size_t i = 0; i < CHAT_WAITING; i++)
        forget(&c->waiting[i]);
}

static struct chat_waiting *free_place(struct chat *c, usec_t now)
{
    for (size_t i = 0; i < CHAT_WAITING; i++) {
        struct chat_waiting *w = &c->waiting[i];
        if (w->text && now - w->written >= CHAT_PATIENCE)
            forget(w);
        if (!w->text)
            return w;
    }
    return NULL;
}

int chat_write(struct chat *c, const char *text, size_t len, usec_t now)
{
    if (len == 0 || len > WIRE_CHAT_MAX || !utf8_text((const uint8_t *)text, len, true))
        return ERR_LIMIT;
    struct chat_waiting *w = free_place(c, now);
    if (!w)
        return ERR_FULL;
    w->text = malloc(len + 1);
    if (!w->text)
        return ERR_NOMEM;
    memcpy(w->text, text, len);
    w->text[len] = 0;
    w->len = len;
    w->id = rng_next(&c->rng);
    w->counter = UINT64_MAX;
    w->written = now;
    return (int)(w - c->waiting);
}

int chat_seal(struct chat *c, int place, struct sealer *sealer, uint32_t member, uint8_t *out, size_t cap, usec_t now)
{
    uint8_t metadata[KEYS_CHAT_METADATA_BYTES];
    struct chat_waiting *w = &c->waiting[place];
    if (!w->text || now - w->written >= CHAT_PATIENCE)
        return 0;
    Parley__V1__ChatText m = PARLEY__V1__CHAT_TEXT__INIT;
    m.text = w->text;
    m.id = w->id;
    uint8_t plain[WIRE_CHAT_MAX + 32];
    int len = chat_text_write(plain, sizeof plain, &m);
    if (len < 0)
        return len;
    w->counter = sealer->counter;
    keys_chat_metadata(metadata, member);
    return sealer_seal(sealer, (struct sframe_text){metadata, sizeof metadata}, out, cap, (struct sframe_text){plain, (size_t)len});
}

void chat_confirmed(struct chat *c, const uint8_t *sealed, size_t len)
{
    struct sframe_header h;
    if (sframe_header_read(&h, sealed, len) < 0)
        return;
    for (size_t i = 0; i < CHAT_WAITING; i++)
        if (c->waiting[i].text && c->waiting[i].counter == h.counter)
            forget(&c->waiting[i]);
}

bool chat_is_new(struct chat *c, const uint8_t salt[WIRE_SALT_BYTES], uint64_t id)
{
    uint64_t mark;
    memcpy(&mark, salt, sizeof mark);
    mark = rng_next(&(struct rng){mark}) ^ id;
    for (size_t i = 0; i < CHAT_SEEN; i++)
        if (c->seen[i] == mark)
            return false;
    c->seen[c->next_seen++ % CHAT_SEEN] = mark;
    return true;
}
