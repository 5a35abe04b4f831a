/* SPDX-License-Identifier: MIT */
#include "net/qpack.h"

#include <nghttp3/nghttp3.h>
#include <string.h>

#include "base/err.h"

#define FIELDS_MAX 16

static int copy_out(uint8_t *out, size_t cap, const nghttp3_buf *prefix, const nghttp3_buf *section)
{
    size_t a = nghttp3_buf_len(prefix), b = nghttp3_buf_len(section);
    if (a + b > cap)
        return ERR_SPACE;
    memcpy(out, prefix->pos, a);
    memcpy(out + a, section->pos, b);
    return (int)(a + b);
}

int qpack_encode(const struct qpack_field *fields, size_t count, uint8_t *out, size_t cap)
{
    const nghttp3_mem *mem = nghttp3_mem_default();
    nghttp3_qpack_encoder *encoder;
    nghttp3_buf prefix, section, instructions;
    nghttp3_nv nv[FIELDS_MAX];
    if (count > FIELDS_MAX || nghttp3_qpack_encoder_new(&encoder, 0, mem))
        return ERR_SPACE;
    for (size_t i = 0; i < count; i++)
        nv[i] = (nghttp3_nv){.name = (const uint8_t *)fields[i].name,
                             .value = (const uint8_t *)fields[i].value,
                             .namelen = strlen(fields[i].name),
                             .valuelen = strlen(fields[i].value)};
    nghttp3_buf_init(&prefix);
    nghttp3_buf_init(&section);
    nghttp3_buf_init(&instructions);
    int err = nghttp3_qpack_encoder_encode(encoder, &prefix, &section, &instructions, 0, nv, count);
    int len = err ? ERR_SPACE : copy_out(out, cap, &prefix, &section);
    nghttp3_buf_free(&prefix, mem);
    nghttp3_buf_free(&section, mem);
    nghttp3_buf_free(&instructions, mem);
    nghttp3_qpack_encoder_del(encoder);
    return len;
}

struct decoding {
    nghttp3_qpack_decoder *decoder;
    nghttp3_qpack_stream_context *section;
    size_t bytes_left;
    void (*field)(void *ctx, const char *name, const char *value, size_t value_len);
    void *ctx;
};

static int emit(struct decoding *d, nghttp3_qpack_nv *nv)
{
    nghttp3_vec name = nghttp3_rcbuf_get_buf(nv->name), value = nghttp3_rcbuf_get_buf(nv->value);
    int err = name.len + value.len > d->bytes_left ? ERR_LIMIT : 0;
    if (!err) {
        d->bytes_left -= name.len + value.len;
        d->field(d->ctx, (const char *)name.base, (const char *)value.base, value.len);
    }
    nghttp3_rcbuf_decref(nv->name);
    nghttp3_rcbuf_decref(nv->value);
    return err;
}

static int decode_all(struct decoding *d, const uint8_t *data, size_t len)
{
    for (;;) {
        nghttp3_qpack_nv nv;
        uint8_t flags = 0;
        nghttp3_ssize n = nghttp3_qpack_decoder_read_request(d->decoder, d->section, &nv, &flags, data, len, 1);
        if (n < 0)
            return ERR_PARSE;
        data += n;
        len -= (size_t)n;
        if ((flags & NGHTTP3_QPACK_DECODE_FLAG_EMIT) && emit(d, &nv))
            return ERR_LIMIT;
        if (flags & NGHTTP3_QPACK_DECODE_FLAG_FINAL)
            return 0;
        if ((flags & NGHTTP3_QPACK_DECODE_FLAG_BLOCKED) || (n == 0 && !(flags & NGHTTP3_QPACK_DECODE_FLAG_EMIT)))
            return ERR_PARSE; /* refers to a table that we do not offer, or ends early */
    }
}

int qpack_decode(const uint8_t *data, size_t len, size_t most_bytes,
                 void (*field)(void *ctx, const char *name, const char *value, size_t value_len), void *ctx)
{
    const nghttp3_mem *mem = nghttp3_mem_default();
    struct decoding d = {.bytes_left = most_bytes, .field = field, .ctx = ctx};
    if (nghttp3_qpack_decoder_new(&d.decoder, 0, 0, mem))
        return ERR_NOMEM;
    int err = ERR_NOMEM;
    if (nghttp3_qpack_stream_context_new(&d.section, 0, mem) == 0) {
        err = decode_all(&d, data, len);
        nghttp3_qpack_stream_context_del(d.section);
    }
    nghttp3_qpack_decoder_del(d.decoder);
    return err;
}
