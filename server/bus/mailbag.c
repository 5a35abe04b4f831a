/* SPDX-License-Identifier: MIT */
#include "mailbag.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define HEADER_BYTES 8

int mailbag_init(struct mailbag *m)
{
    *m = (struct mailbag){.fill = malloc(MAILBAG_BYTES), .drain = malloc(MAILBAG_BYTES)};
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->filled, NULL);
    return m->fill && m->drain ? 0 : ERR_NOMEM;
}

void mailbag_free(struct mailbag *m)
{
    free(m->fill);
    free(m->drain);
    pthread_cond_destroy(&m->filled);
    pthread_mutex_destroy(&m->lock);
}

static void append(struct mailbag *m, const void *data, size_t len)
{
    if (len)
        memcpy(m->fill + m->fill_len, data, len);
    m->fill_len += len;
}

static void put(struct mailbag *m, uint32_t to, const void *head, size_t head_len, const void *data, size_t len)
{
    uint32_t header[2] = {to, (uint32_t)(head_len + len)};
    append(m, header, HEADER_BYTES);
    append(m, head, head_len);
    append(m, data, len);
}

int mailbag_put(struct mailbag *m, uint32_t to, const void *head, size_t head_len, const void *data, size_t len)
{
    pthread_mutex_lock(&m->lock);
    bool was_empty = !m->fill_len, fits = !m->closed && HEADER_BYTES + head_len + len <= MAILBAG_BYTES - m->fill_len;
    if (fits)
        put(m, to, head, head_len, data, len);
    pthread_mutex_unlock(&m->lock);
    if (fits && was_empty)
        pthread_cond_signal(&m->filled);
    return fits ? 0 : ERR_FULL;
}

/* False when there is nothing and never will be. */
static bool swap(struct mailbag *m)
{
    pthread_mutex_lock(&m->lock);
    while (!m->fill_len && !m->closed)
        pthread_cond_wait(&m->filled, &m->lock);
    uint8_t *full = m->fill;
    m->fill = m->drain;
    m->drain = full;
    m->drain_len = m->fill_len;
    m->fill_len = 0;
    pthread_mutex_unlock(&m->lock);
    m->drain_at = 0;
    return m->drain_len > 0;
}

bool mailbag_take(struct mailbag *m, struct mail *out)
{
    if (m->drain_at == m->drain_len && !swap(m))
        return false;
    uint32_t header[2];
    memcpy(header, m->drain + m->drain_at, HEADER_BYTES);
    *out = (struct mail){.to = header[0], .data = m->drain + m->drain_at + HEADER_BYTES, .len = header[1]};
    m->drain_at += HEADER_BYTES + out->len;
    return true;
}

void mailbag_close(struct mailbag *m)
{
    pthread_mutex_lock(&m->lock);
    m->closed = true;
    pthread_mutex_unlock(&m->lock);
    pthread_cond_signal(&m->filled);
}
