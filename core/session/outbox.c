/* SPDX-License-Identifier: MIT */
#include "outbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define FIRST_EVENTS 16
#define FIRST_BYTES 4096

void outbox_init(struct outbox *o) { *o = (struct outbox){0}; }

void outbox_reset(struct outbox *o)
{
    free(o->entry);
    free(o->arena);
    outbox_init(o);
}

size_t outbox_count(const struct outbox *o) { return o->count; }

static int grow_arena(struct outbox *o, size_t need)
{
    size_t size = o->size ? o->size : FIRST_BYTES;
    while (size < need)
        size *= 2;
    if (size > OUTBOX_BYTES_MAX)
        return ERR_FULL;
    uint8_t *bigger = realloc(o->arena, size);
    if (!bigger)
        return ERR_NOMEM;
    o->arena = bigger;
    o->size = size;
    return 0;
}

uint8_t *outbox_room(struct outbox *o, size_t len)
{
    if (!o->count)
        o->used = 0;
    if (!o->used)
        o->used = 1;
    if (o->used + len > o->size && grow_arena(o, o->used + len) != 0) {
        o->dropped++;
        return NULL;
    }
    return o->arena + o->used;
}

static int grow_queue(struct outbox *o)
{
    if (o->cap >= OUTBOX_EVENTS_MAX)
        return ERR_FULL;
    size_t cap = o->cap ? o->cap * 2 : FIRST_EVENTS;
    struct outbox_entry *bigger = malloc(cap * sizeof *bigger);
    if (!bigger)
        return ERR_NOMEM;
    for (size_t i = 0; i < o->count; i++)
        bigger[i] = o->entry[(o->first + i) % o->cap];
    free(o->entry);
    o->entry = bigger;
    o->first = 0;
    o->cap = cap;
    return 0;
}

static bool carries_media(const struct client_event *e) { return e->type == CLIENT_AUDIO || e->type == CLIENT_VIDEO; }

static size_t put_string(struct outbox *o, const char *s)
{
    size_t len = s ? strlen(s) + 1 : 0;
    uint8_t *room = len ? outbox_room(o, len) : NULL;
    if (!room)
        return 0;
    size_t at = o->used;
    memcpy(room, s, len);
    o->used += len;
    return at;
}

int outbox_push(struct outbox *o, const struct client_event *e, const uint8_t *room, size_t offset)
{
    int err = o->count == o->cap ? grow_queue(o) : 0;
    if (err) {
        o->dropped++;
        return err;
    }
    struct outbox_entry *entry = &o->entry[(o->first + o->count) % o->cap];
    *entry = (struct outbox_entry){.event = *e};
    o->count++;
    if (room) {
        entry->data_at = o->used + offset;
        o->used += offset + (carries_media(e) ? e->media.len : e->len);
    }
    entry->code_at = put_string(o, e->code);
    entry->text_at = put_string(o, e->text);
    return 0;
}

int outbox_push_copy(struct outbox *o, const struct client_event *e, const void *data, size_t len)
{
    uint8_t *room = outbox_room(o, len);
    if (!room)
        return ERR_FULL;
    memcpy(room, data, len);
    struct client_event with = *e;
    with.len = len;
    return outbox_push(o, &with, room, 0);
}

int outbox_pop(struct outbox *o, struct client_event *e)
{
    if (!o->count)
        return 0;
    const struct outbox_entry *entry = &o->entry[o->first];
    *e = entry->event;
    const uint8_t *data = entry->data_at ? o->arena + entry->data_at : NULL;
    if (carries_media(e))
        e->media.data = data;
    else
        e->data = data;
    e->code = entry->code_at ? (const char *)o->arena + entry->code_at : "";
    e->text = entry->text_at ? (const char *)o->arena + entry->text_at : "";
    o->first = (o->first + 1) % o->cap;
    o->count--;
    return 1;
}
