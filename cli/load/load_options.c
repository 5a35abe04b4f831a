/* SPDX-License-Identifier: MIT */
#include "load_options.h"

#include <argp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOC                                                                                                                            \
    "Sends synthetic meetings through a relay and measures what arrives, without decoding or encryption.\v"                            \
    "RELAY is http(s)://HOST[:PORT]; with several, people are dealt out to them in turn. The delay is from a publisher's socket to a " \
    "watcher's, both in this program; the time begins to count when all have joined.\n"                                                \
    "Exit status: 0, 1 when a bound was passed, 64 for a mistake in the options, 69 when nobody could join.\n\nPresets:\n"

enum {
    KEY_FIRST = 256,
    KEY_PRESET,
    KEY_SCALE,
    KEY_ROOMS,
    KEY_PUBLISHERS,
    KEY_WATCHERS,
    KEY_BOTH,
    KEY_TILES,
    KEY_TILE_PX,
    KEY_RAMP,
    KEY_DURATION,
    KEY_SETTLE,
    KEY_AUDIO_MS,
    KEY_AUDIO_BYTES,
    KEY_SPEAKERS,
    KEY_TURN_MS,
    KEY_FPS,
    KEY_LAYERS,
    KEY_TEMPORAL,
    KEY_KEY_MS,
    KEY_KEY_WEIGHT,
    KEY_TRANSPORT,
    KEY_CHURN,
    KEY_STALLED,
    KEY_SLOW,
    KEY_SLOW_BPS,
    KEY_RELAY_PID,
    KEY_PER_SOCKET,
    KEY_ACK_EVERY,
    KEY_MEETING,
    KEY_SEED,
    KEY_CERT_HASH,
    KEY_INSECURE,
    KEY_JSON,
    KEY_MAX_P99,
    KEY_MAX_LOSS,
    KEY_MIN_JOINED,
    KEY_MAX_FREEZES,
    KEY_MAX_JOIN,
    KEY_MAX_LOST,
    KEY_MAX_SILENT,
};

static const struct argp_option options[] = {
    {0, 0, 0, 0, "People:", 1},
    {"preset", KEY_PRESET, "NAME", 0, "Begin with this shape; other options change it", 1},
    {"scale", KEY_SCALE, "FACTOR", 0, "So many times the preset's people", 1},
    {"rooms", KEY_ROOMS, "N", 0, "Meetings", 1},
    {"publishers", KEY_PUBLISHERS, "N", 0, "In each, who send and see nothing", 1},
    {"watchers", KEY_WATCHERS, "N", 0, "who only watch", 1},
    {"both", KEY_BOTH, "N", 0, "who do both", 1},
    {"tiles", KEY_TILES, "N", 0, "Pictures that each one sees", 1},
    {"tile-px", KEY_TILE_PX, "PX", 0, "and their width", 1},
    {"ramp", KEY_RAMP, "N", 0, "Joins a second", 1},
    {"churn", KEY_CHURN, "N", 0, "People that leave and come back, a second", 1},
    {"stalled", KEY_STALLED, "PERCENT", 0, "of the watchers stop reading once something has come", 1},
    {"slow", KEY_SLOW, "PERCENT", 0, "of the watchers read only", 1},
    {"slow-bps", KEY_SLOW_BPS, "BPS", 0, "this many bits a second (200000)", 1},
    {0, 0, 0, 0, "Media:", 2},
    {"audio-ms", KEY_AUDIO_MS, "MS", 0, "Sound in a packet; 0: no sound", 2},
    {"audio-bytes", KEY_AUDIO_BYTES, "N", 0, "Bytes of one", 2},
    {"speakers", KEY_SPEAKERS, "N", 0, "Who speak at once, in turn; 0: all", 2},
    {"turn-ms", KEY_TURN_MS, "MS", 0, "How long one speaks", 2},
    {"fps", KEY_FPS, "N", 0, "Pictures a second; 0: none", 2},
    {"layers", KEY_LAYERS, "WxH:BPS,...", 0, "Simulcast layers, smallest first", 2},
    {"temporal", KEY_TEMPORAL, "N", 0, "Layers in time", 2},
    {"key-ms", KEY_KEY_MS, "MS", 0, "A key frame this often; 0: when asked for", 2},
    {"key-weight", KEY_KEY_WEIGHT, "N", 0, "Its size, in other frames", 2},
    {0, 0, 0, 0, "The run:", 3},
    {"duration", KEY_DURATION, "SECONDS", 0, "Measure this long (10)", 3},
    {"settle", KEY_SETTLE, "SECONDS", 0, "after waiting this long for all to calm down (2)", 3},
    {"transport", KEY_TRANSPORT, "wt|ws|mixed", 0, "WebTransport (default), WebSocket, or one after the other", 3},
    {"relay-pid", KEY_RELAY_PID, "PID", 0, "Read CPU and memory of this process too; may be given several times", 3},
    {"per-socket", KEY_PER_SOCKET, "N", 0, "WebTransport connections that share a UDP socket (16)", 3},
    {"ack-every", KEY_ACK_EVERY, "N", 0, "Packets for one acknowledgement (10, as Chromium)", 3},
    {"meeting", KEY_MEETING, "NAME", 0, "Begins the names of the meetings; by default a random one", 3},
    {"seed", KEY_SEED, "N", 0, "Of what is left to chance", 3},
    {"cert-hash", KEY_CERT_HASH, "HASH", 0, "SHA-256 of the relay's certificate, in hex or base64", 3},
    {"insecure", KEY_INSECURE, 0, 0, "Believe any certificate", 3},
    {"json", KEY_JSON, 0, 0, "One JSON object a second, and one at the end", 3},
    {0, 0, 0, 0, "Bounds for the exit status:", 4},
    {"max-p99-ms", KEY_MAX_P99, "MS", 0, "99th percentile of the delay, of sound and of pictures", 4},
    {"max-loss", KEY_MAX_LOSS, "PERCENT", 0, "Objects that did not come, of sound and of pictures", 4},
    {"min-joined", KEY_MIN_JOINED, "PERCENT", 0, "People that are in when the measurement begins", 4},
    {"max-freezes", KEY_MAX_FREEZES, "N", 0, "Gaps in a picture of more than 200 ms", 4},
    {"max-join-ms", KEY_MAX_JOIN, "MS", 0, "99th percentile of the time to join", 4},
    {"max-silent", KEY_MAX_SILENT, "N", 0, "Watchers that nothing reaches", 4},
    {"max-lost-sessions", KEY_MAX_LOST, "N", 0, "Connections that broke", 4},
    {0},
};

static double real(struct argp_state *state, const char *text, double low, double high, const char *what)
{
    char *end;
    double n = strtod(text, &end);
    if (end == text || *end || !(n >= low && n <= high))
        argp_error(state, "%s is %g to %g, not \"%s\"", what, low, high, text);
    return n;
}

static uint32_t whole(struct argp_state *state, const char *text, uint32_t low, uint32_t high, const char *what)
{
    double n = real(state, text, low, high, what);
    if (n != (double)(uint32_t)n)
        argp_error(state, "%s is a whole number, not \"%s\"", what, text);
    return (uint32_t)n;
}

/* A number and the sign behind it, which is stepped over; false when it is missing or too large. */
static bool take_number(const char **at, char sign, uint32_t most, uint32_t *out)
{
    char *end;
    unsigned long n = strtoul(*at, &end, 10);
    if (end == *at || **at == '-' || n > most || (sign ? *end != sign : *end && *end != ','))
        return false;
    *out = (uint32_t)n;
    *at = sign ? end + 1 : end;
    return true;
}

static bool take_layer(const char **at, struct shape_layer *l)
{
    return take_number(at, 'x', 16384, &l->width_px) && take_number(at, ':', 16384, &l->height_px) &&
           take_number(at, 0, 1000000000, &l->bps) && l->bps >= 8000;
}

/* "320x180:150000,1280x720:1500000" */
static void read_layers(struct argp_state *state, struct shape_video *v, const char *text)
{
    const char *at = text;
    v->layers = 0;
    do {
        at += *at == ',' && v->layers;
        if (v->layers == SHAPE_LAYERS_MAX || !take_layer(&at, &v->layer[v->layers])) {
            argp_error(state, "layers are WIDTHxHEIGHT:BPS, 1 to 3 of them, not \"%s\"", text);
            return;
        }
        v->layers++;
    } while (*at);
}

static void read_preset(struct argp_state *state, struct load_options *o, const char *name)
{
    const struct shape *s = shape_preset(name);
    if (!s)
        argp_error(state, "there is no preset \"%s\"; --help tells them", name);
    else
        o->shape = *s;
}

static enum load_transport transport_named(struct argp_state *state, const char *name)
{
    static const char *const names[] = {"wt", "ws", "mixed"};
    for (unsigned i = 0; i < 3; i++)
        if (strcmp(name, names[i]) == 0)
            return (enum load_transport)i;
    argp_error(state, "the transport is wt, ws or mixed, not \"%s\"", name);
    return LOAD_WEBTRANSPORT;
}

static void add_relay(struct argp_state *state, struct load_options *o, const char *url)
{
    if (o->relays == LOAD_RELAYS_MAX)
        argp_error(state, "at most %d relays", LOAD_RELAYS_MAX);
    o->relay[o->relays++] = url;
}

static void add_pid(struct argp_state *state, struct load_options *o, const char *text)
{
    int pid = (int)whole(state, text, 1, 1u << 30, "the relay's process");
    if (o->relay_pids == LOAD_RELAYS_MAX)
        argp_error(state, "at most %d processes", LOAD_RELAYS_MAX);
    o->relay_pid[o->relay_pids++] = pid;
}

static error_t read_people(int key, char *arg, struct argp_state *state)
{
    struct load_options *o = state->input;
    struct shape *s = &o->shape;
    switch (key) {
    case KEY_PRESET: break; /* read first, see read_presets() */
    case KEY_SCALE: o->scale = real(state, arg, 0.0001, 1000, "the scale"); break;
    case KEY_ROOMS: s->rooms = whole(state, arg, 1, 100000, "the number of rooms"); break;
    case KEY_PUBLISHERS: s->publishers = whole(state, arg, 0, 100000, "the number of publishers"); break;
    case KEY_WATCHERS: s->watchers = whole(state, arg, 0, 100000, "the number of watchers"); break;
    case KEY_BOTH: s->both = whole(state, arg, 0, 100000, "the number of people"); break;
    case KEY_TILES: s->tiles = whole(state, arg, 0, 1024, "the number of tiles"); break;
    case KEY_TILE_PX: s->tile_px = whole(state, arg, 1, 16384, "the width of a tile"); break;
    case KEY_RAMP: s->ramp = whole(state, arg, 1, 100000, "the ramp"); break;
    case KEY_CHURN: o->churn = real(state, arg, 0, 100000, "the churn"); break;
    case KEY_STALLED: o->stalled_percent = real(state, arg, 0, 100, "the share"); break;
    case KEY_SLOW: o->slow_percent = real(state, arg, 0, 100, "the share"); break;
    case KEY_SLOW_BPS: o->slow_bps = whole(state, arg, 8000, 1u << 30, "the rate"); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static error_t read_media(int key, char *arg, struct argp_state *state)
{
    struct shape_audio *a = &((struct load_options *)state->input)->shape.audio;
    struct shape_video *v = &((struct load_options *)state->input)->shape.video;
    switch (key) {
    case KEY_AUDIO_MS: a->interval_ms = whole(state, arg, 0, 120, "the sound in a packet"); break;
    case KEY_AUDIO_BYTES: a->bytes = whole(state, arg, 1, 1000, "the size of a packet"); break;
    case KEY_SPEAKERS: a->speakers = whole(state, arg, 0, 100000, "the number of speakers"); break;
    case KEY_TURN_MS: a->turn_ms = whole(state, arg, 100, 1u << 30, "the turn"); break;
    case KEY_FPS: v->fps = whole(state, arg, 0, 240, "the frame rate"); break;
    case KEY_LAYERS: read_layers(state, v, arg); break;
    case KEY_TEMPORAL: v->temporal = whole(state, arg, 1, 3, "the number of layers in time"); break;
    case KEY_KEY_MS: v->key_ms = whole(state, arg, 0, 3600000, "the time between key frames"); break;
    case KEY_KEY_WEIGHT: v->key_weight = whole(state, arg, 1, 100, "the weight of a key frame"); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static error_t read_bounds(int key, char *arg, struct argp_state *state)
{
    struct load_bounds *b = &((struct load_options *)state->input)->bounds;
    switch (key) {
    case KEY_MAX_P99: b->max_p99_ms = real(state, arg, 0, 1e6, "the bound"); break;
    case KEY_MAX_LOSS: b->max_loss_percent = real(state, arg, 0, 100, "the bound"); break;
    case KEY_MIN_JOINED: b->min_joined_percent = real(state, arg, 0, 100, "the bound"); break;
    case KEY_MAX_FREEZES: b->max_freezes = real(state, arg, 0, 1e9, "the bound"); break;
    case KEY_MAX_JOIN: b->max_join_p99_ms = real(state, arg, 0, 1e6, "the bound"); break;
    case KEY_MAX_SILENT: b->max_silent = real(state, arg, 0, 1e9, "the bound"); break;
    case KEY_MAX_LOST: b->max_lost_sessions = real(state, arg, 0, 1e9, "the bound"); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static error_t read_run(int key, char *arg, struct argp_state *state)
{
    struct load_options *o = state->input;
    switch (key) {
    case KEY_DURATION: o->duration_s = real(state, arg, 0.1, 1e6, "the duration"); break;
    case KEY_SETTLE: o->settle_s = real(state, arg, 0, 1e4, "the wait"); break;
    case KEY_TRANSPORT: o->transport = transport_named(state, arg); break;
    case KEY_RELAY_PID: add_pid(state, o, arg); break;
    case KEY_PER_SOCKET: o->per_socket = whole(state, arg, 1, 1000, "the number of connections"); break;
    case KEY_ACK_EVERY: o->ack_every = whole(state, arg, 1, 1000, "the number of packets"); break;
    case KEY_MEETING: o->meeting = arg; break;
    case KEY_SEED: o->seed = whole(state, arg, 0, UINT32_MAX, "the seed"); break;
    case KEY_CERT_HASH: o->cert_hash = arg; break;
    case KEY_INSECURE: o->insecure = true; break;
    case KEY_JSON: o->json = true; break;
    case ARGP_KEY_ARG: add_relay(state, o, arg); break;
    case ARGP_KEY_END:
        if (!o->relays)
            argp_error(state, "which relay? Give its address: https://HOST[:PORT]");
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static error_t read_option(int key, char *arg, struct argp_state *state)
{
    static error_t (*const groups[])(int, char *, struct argp_state *) = {read_people, read_media, read_bounds, read_run};
    error_t err = ARGP_ERR_UNKNOWN;
    for (size_t i = 0; err == ARGP_ERR_UNKNOWN && i < sizeof groups / sizeof groups[0]; i++)
        err = groups[i](key, arg, state);
    return err;
}

/* The preset comes before what changes it, wherever it stands. */
static error_t read_presets(int key, char *arg, struct argp_state *state)
{
    if (key == KEY_PRESET)
        read_preset(state, state->input, arg);
    return 0;
}

static const char *doc(void)
{
    static char text[4096];
    size_t at = (size_t)snprintf(text, sizeof text, "%s", DOC);
    const struct shape *s;
    for (size_t i = 0; (s = shape_at(i)) && at < sizeof text; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "  %s: %s\n", s->name, s->what);
    return text;
}

static struct shape plain_shape(void)
{
    return (struct shape){.name = "own",
                          .rooms = 1,
                          .tiles = 9,
                          .tile_px = 320,
                          .ramp = 100,
                          .scales = SCALE_PUBLISHERS | SCALE_WATCHERS | SCALE_BOTH,
                          .audio = {.interval_ms = 20, .bytes = 80, .turn_ms = 4000},
                          .video = {.fps = 30, .key_weight = 8, .temporal = 1, .layers = 1, .layer = {{640, 360, 600000}}}};
}

static void check(const struct load_options *o)
{
    const char *why = NULL;
    if (!shape_people(&o->shape))
        why = "nobody to join: give --preset, or --publishers, --watchers, --both";
    else if (!o->shape.audio.interval_ms && !o->shape.video.fps)
        why = "nothing to send: neither sound nor pictures";
    else if (o->stalled_percent + o->slow_percent > 100)
        why = "--stalled and --slow are shares of the same watchers: at most 100 together";
    if (!why)
        return;
    fprintf(stderr, "parley load: %s\n", why);
    exit(64);
}

void load_options_read(struct load_options *o, int argc, char **argv)
{
    struct argp first = {options, read_presets, "RELAY...", doc(), 0, 0, 0},
                argp = {options, read_option, "RELAY...", doc(), 0, 0, 0};
    *o = (struct load_options){.shape = plain_shape(),
                               .duration_s = 10,
                               .settle_s = 2,
                               .scale = 1,
                               .slow_bps = 200000,
                               .per_socket = 16,
                               .ack_every = 10,
                               .seed = 1,
                               .bounds = {-1, -1, -1, -1, -1, -1, -1}};
    argp_err_exit_status = 64;
    argp_parse(&first, argc, argv, 0, NULL, o);
    argp_parse(&argp, argc, argv, 0, NULL, o);
    shape_scale(&o->shape, o->scale);
    check(o);
}
