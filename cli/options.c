/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_CERT_HASH = 256, KEY_INSECURE, KEY_JSON, KEY_TOKEN, KEY_AUDIO, KEY_FPS, KEY_CODEC, KEY_TINT, KEY_TEMPORAL, KEY_WIDTH };

static uint32_t number(struct argp_state *state, const char *text, unsigned long low, unsigned long high, const char *what)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    if (*text == '-' || end == text || *end || n < low || n > high)
        argp_error(state, "%s is %lu to %lu, not \"%s\"", what, low, high, text);
    return (uint32_t)n;
}

/* ---- common ---- */

static const struct argp_option common_options[] = {
    {"name", 'n', "NAME", 0, "Display name", 10},
    {"transport", 't', "auto|wt|ws", 0, "WebTransport, WebSocket, or whichever is there first (auto)", 10},
    {"duration", 'd', "SECONDS", 0, "Leave after this long; otherwise when interrupted", 10},
    {"token", KEY_TOKEN, "JWT", 0, "Sign in with this token", 10},
    {"cert-hash", KEY_CERT_HASH, "HASH", 0, "SHA-256 of the relay's certificate, in hex or base64", 11},
    {"insecure", KEY_INSECURE, 0, 0, "Believe any certificate: for tests", 11},
    {"json", KEY_JSON, 0, 0, "Print one JSON object a line", 11},
    {0},
};

static enum call_transport transport_named(struct argp_state *state, const char *name)
{
    if (strcmp(name, "auto") == 0)
        return CALL_AUTO;
    if (strcmp(name, "wt") == 0)
        return CALL_WEBTRANSPORT;
    if (strcmp(name, "ws") != 0)
        argp_error(state, "the transport is auto, wt or ws, not \"%s\"", name);
    return CALL_WEBSOCKET;
}

static error_t parse_common(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    char *end;
    switch (key) {
    case 'n': o->name = arg; break;
    case 't': o->transport = transport_named(state, arg); break;
    case 'd':
        o->duration_s = strtod(arg, &end);
        if (*end || o->duration_s < 0 || o->duration_s > 1e9)
            argp_error(state, "the duration is a number of seconds, not \"%s\"", arg);
        break;
    case KEY_TOKEN: o->token = arg; break;
    case KEY_CERT_HASH: o->cert_hash = arg; break;
    case KEY_INSECURE: o->insecure = true; break;
    case KEY_JSON: o->json = true; break;
    case ARGP_KEY_ARG:
        if (o->link)
            argp_error(state, "one link is enough");
        o->link = arg;
        break;
    case ARGP_KEY_END:
        if (!o->link)
            argp_error(state, "which meeting? Give its link: https://HOST[:PORT]/m/MEETING#SECRET");
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp common_argp = {.options = common_options, .parser = parse_common};
static const struct argp_child children[] = {{&common_argp, 0, NULL, 0}, {0}};

/* ---- stream ---- */

static const struct argp_option stream_options[] = {
    {"source", 's', "card|none|FILE|/dev/video0", 0, "Pictures: the test card (default), a file or a camera", 1},
    {"audio", KEY_AUDIO, "beeps|none|FILE", 0, "Sound: a beep each second (default) or a file", 1},
    {"size", 'S', "WIDTHxHEIGHT", 0, "Of the pictures: 640x360", 2},
    {"fps", KEY_FPS, "N", 0, "Pictures a second: 30", 2},
    {"codec", KEY_CODEC, "vp9|vp8", 0, "VP9", 2},
    {"bitrate", 'b', "BPS", 0, "At most this many bits a second for the pictures", 2},
    {"temporal", KEY_TEMPORAL, "N", 0, "Temporal layers: 3", 2},
    {"tint", KEY_TINT, "0..7", 0, "Colour of the test card", 2},
    {0},
};

static void parse_size(struct options *o, struct argp_state *state, const char *text)
{
    char *end;
    unsigned long width = strtoul(text, &end, 10), height = *end == 'x' ? strtoul(end + 1, &end, 10) : 0;
    if (*end || width < 16 || height < 16 || width > VPX_WIDTH_MAX || height > VPX_HEIGHT_MAX)
        argp_error(state, "the size is WIDTHxHEIGHT, 16x16 to %ux%u, not \"%s\"", VPX_WIDTH_MAX, VPX_HEIGHT_MAX, text);
    o->width_px = (uint32_t)width & ~1u;
    o->height_px = (uint32_t)height & ~1u;
}

static error_t parse_stream(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = o; break;
    case 's': o->source = arg; break;
    case KEY_AUDIO: o->audio = arg; break;
    case 'S': parse_size(o, state, arg); break;
    case KEY_FPS: o->fps = number(state, arg, 1, 120, "the frame rate"); break;
    case KEY_CODEC:
        if (strcmp(arg, "vp8") != 0 && strcmp(arg, "vp9") != 0)
            argp_error(state, "the codec is vp9 or vp8, not \"%s\"", arg);
        o->codec = strcmp(arg, "vp8") == 0 ? VPX_KIND_VP8 : VPX_KIND_VP9;
        break;
    case 'b': o->bps = number(state, arg, 10000, 100000000, "the bitrate"); break;
    case KEY_TEMPORAL: o->temporal = number(state, arg, 1, 3, "the number of temporal layers"); break;
    case KEY_TINT: o->tint = number(state, arg, 0, 7, "the tint"); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static void parse(const struct argp *argp, struct options *o, int argc, char **argv)
{
    argp_err_exit_status = 64;
    argp_parse(argp, argc, argv, 0, NULL, o);
}

void options_stream(struct options *o, int argc, char **argv)
{
    static const struct argp argp = {
        stream_options, parse_stream, "LINK", "Joins a meeting and sends pictures and sound.", children, 0, 0};
    *o = (struct options){.name = "parley stream",
                          .source = "card",
                          .audio = "beeps",
                          .width_px = 640,
                          .height_px = 360,
                          .fps = 30,
                          .codec = VPX_KIND_VP9,
                          .temporal = 3};
    parse(&argp, o, argc, argv);
}

/* ---- watch ---- */

static const struct argp_option watch_options[] = {
    {"width", KEY_WIDTH, "PX", 0, "How wide the pictures are wanted: 1280", 1},
    {0},
};

static error_t parse_watch(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = o; break;
    case KEY_WIDTH: o->want_px = number(state, arg, 1, 16384, "the width"); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

void options_watch(struct options *o, int argc, char **argv)
{
    static const struct argp argp = {
        watch_options,
        parse_watch,
        "LINK",
        "Joins a meeting, decodes what the others send and measures it.\v"
        "Test cards are read: the delay is from capture to the moment a picture is due, right where both ends share a clock.",
        children,
        0,
        0};
    *o = (struct options){.name = "parley watch", .want_px = 1280};
    parse(&argp, o, argc, argv);
}
