/* SPDX-License-Identifier: MIT */
/* What the media path costs per object, natively: reading and writing headers, sealing and opening 1200 bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <sodium/core.h>

#include "base/bytes.h"
#include "crypto/keys.h"
#include "crypto/sframe.h"
#include "wire/control.h"
#include "wire/feedback.h"
#include "wire/media_info.h"
#include "wire/object.h"

#define PAYLOAD 1200
#define ROUND_NS 200000000

static uint8_t framed[2048], sealed[2048], opened[2048], report[2048];
static size_t object_at, object_len, report_len, sealed_len;
static struct object_header header = {
    .sender = 7, .track = 2, .spatial = 1, .temporal = 2, .seq = 100000, .captured_us = 3600 * SEC, .depends = 1};
static struct sframe_key key;
static const struct sframe_text metadata = {framed, OBJECT_AAD_BYTES};
static struct sealer sealer;
static struct keyring keyring;
static volatile int sink;

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

/* The best of five rounds: other work on the machine only makes it slower. */
static double measure(void (*run)(void))
{
    double best = 1e18;
    for (int round = 0; round < 5; round++) {
        long count = 0;
        double start = now_ns(), spent;
        do {
            for (int i = 0; i < 64; i++)
                run();
            count += 64;
            spent = now_ns() - start;
        } while (spent < ROUND_NS);
        best = spent / (double)count < best ? spent / (double)count : best;
    }
    return best;
}

/* What is measured must also work. */
static void check(const char *what)
{
    if (sink < 0) {
        printf("%s: error %d\n", what, sink);
        exit(1);
    }
}

static void show(const char *what, void (*run)(void))
{
    double ns = measure(run);
    check(what);
    printf("%-52s %8.0f ns\n", what, ns);
}

static void show_rate(const char *what, void (*run)(void))
{
    double ns = measure(run);
    check(what);
    printf("%-52s %8.0f ns %8.0f MB/s\n", what, ns, PAYLOAD / ns * 1e3);
}

static void write_object(void) { sink = object_write_framed(framed, sizeof framed, WIRE_VIDEO, &header, PAYLOAD); }

static void parse_object(void)
{
    struct object o;
    sink = object_parse(&o, framed + object_at, object_len);
}

static void make_aad(void) { object_aad(opened, &header); }

static void parse_media_info(void)
{
    struct media_info m;
    static const uint8_t data[] = {8, 8, 3, 0x10, 0x80, 0x0a, 0x18, 0xd0, 5};
    sink = media_info_parse(&m, data, sizeof data);
}

static void parse_feedback(void)
{
    struct feedback f;
    sink = feedback_parse(&f, report + 1, report_len - 1);
}

static void seal(void) { sink = sframe_seal(&key, 77777, metadata, sealed, sizeof sealed, (struct sframe_text){opened, PAYLOAD}); }

static void open(void) { sink = sframe_open(&key, metadata, opened, sizeof opened, (struct sframe_text){sealed, sealed_len}); }

/* As the engine does it: counter, window and key look-up included. */
static void seal_and_open_as_members(void)
{
    int n = sealer_seal(&sealer, metadata, sealed, sizeof sealed, (struct sframe_text){opened, PAYLOAD});
    sink = keyring_open(&keyring, metadata, opened, sizeof opened, (struct sframe_text){sealed, (size_t)n});
}

static void set_up_object(void)
{
    int at = object_write_framed(framed, sizeof framed, WIRE_VIDEO, &header, PAYLOAD);
    struct reader r = reader_of(framed + 1, sizeof framed - 1);
    object_len = (size_t)read_varint(&r);
    object_at = (size_t)(r.at - framed);
    printf("%-52s %8d bytes\n", "object: kind, lengths and header of a video object", at);
}

static void set_up_feedback(void)
{
    struct feedback f = {.clock_us = 1, .count = 20};
    for (uint32_t i = 0; i < 20; i++)
        f.track[i] = (struct track_report){i + 1, 2, 1, 100000, 0, 3600000000, 123456789, 100000};
    report_len = (size_t)feedback_write(report, sizeof report, &f, NULL);
}

static void bench_wire(void)
{
    set_up_object();
    show("object: write header", write_object);
    show("object: parse header", parse_object);
    show("object: authenticated bytes", make_aad);
    show("media info: parse", parse_media_info);
    set_up_feedback();
    show("feedback: scan and parse, 20 tracks", parse_feedback);
}

static void bench_suite(const char *name, enum sframe_suite suite)
{
    char what[64];
    sframe_key_init(&key, suite, 0, (const uint8_t *)"base", 4);
    seal();
    sealed_len = (size_t)sink;
    snprintf(what, sizeof what, "%s: seal 1200 bytes", name);
    show_rate(what, seal);
    snprintf(what, sizeof what, "%s: open 1200 bytes", name);
    show_rate(what, open);
}

static void bench_crypto(void)
{
    static const struct group_secret secret = {(const uint8_t *)"secret", 6};
    static const uint8_t salt[KEYS_SALT_BYTES] = {1};
    bench_suite("ChaCha20-Poly1305", SFRAME_CHACHA20_POLY1305_SHA256);
    sealer_init(&sealer, secret, salt, 0);
    keyring_init(&keyring);
    keyring_add(&keyring, secret, salt, 0);
    show("ChaCha20-Poly1305: sealer to keyring, 1200 bytes", seal_and_open_as_members);
    bench_suite("AES-128-GCM, for interop", SFRAME_AES_128_GCM_SHA256_128);
    bench_suite("AES-128-CTR-HMAC, for interop", SFRAME_AES_128_CTR_HMAC_SHA256_80);
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    bench_wire();
    bench_crypto();
    return 0;
}
