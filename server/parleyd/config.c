/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "cores.h"
#include "version.h"
#include "wire/wire.h"

enum type { TYPE_HEAD, TYPE_NUMBER, TYPE_TEXT, TYPE_PORT_OR_OFF, TYPE_CHOICE, TYPE_SWITCH };

struct spec {
    const char *name, *arg, *help;
    enum type type;
    size_t offset, cap; /* in struct config; TYPE_TEXT and TYPE_CHOICE: bytes there */
    uint32_t min, max;
    const char *choices; /* "a|b|c" */
};

#define AT(field) offsetof(struct config, field)
#define TEXT(name, arg, field, help) {name, arg, help, TYPE_TEXT, AT(field), sizeof(((struct config *)0)->field), 0, 0, NULL}
#define CHOICE(name, field, choices, help)                                                                                         \
    {name, choices, help, TYPE_CHOICE, AT(field), sizeof(((struct config *)0)->field), 0, 0, choices}
#define NUMBER(name, arg, field, min, max, help) {name, arg, help, TYPE_NUMBER, AT(field), 0, min, max, NULL}
#define HEAD(text) {NULL, NULL, text, TYPE_HEAD, 0, 0, 0, 0, NULL}

static const struct spec specs[] = {
    HEAD("Where to listen:"),
    TEXT("address", "ADDRESS", address, "numeric address; without it every interface, IPv6 and IPv4"),
    NUMBER("port", "NUMBER", port, 0, 65535, "of UDP (WebTransport) and TCP (HTTPS, WebSocket); 0: any that is free"),
    {"plain-port", "NUMBER|off", "of HTTP without TLS, for this machine only; 0: any that is free", TYPE_PORT_OR_OFF,
     AT(plain_port), 0, 0, 65535, NULL},
    TEXT("public-address", "HOST:PORT", public_address,
         "how the world reaches this relay, where it is not as the browser's address bar says"),
    {"no-udp", NULL, "WebSocket only", TYPE_SWITCH, AT(no_udp), 0, 0, 0, NULL},
    HEAD("Page:"),
    TEXT("pages", "DIR", pages, "folder of the built page"),
    TEXT("origin", "LIST", origins,
         "pages of other hosts that may use this relay, like https://meet.example,https://b.example; *: all"),
    HEAD("Certificate:"),
    TEXT("cert", "FILE", cert, "PEM chain of an authority's certificate; without it parleyd makes its own, valid 13 days"),
    TEXT("key", "FILE", key, "PEM key that belongs to --cert"),
    TEXT("host", "LIST", host, "names and addresses in the own certificate"),
    TEXT("cert-dir", "DIR", cert_dir, "keep the own certificates here, so that open pages survive a restart"),
    HEAD("Running:"),
    TEXT("seal-file", "FILE", seal_file,
         "keep the secret of seats here, so that people have their places again after a restart; without it in --cert-dir"),
    NUMBER("threads", "N", threads, 1, NET_THREADS_MAX, "that share the work, one per core"),
    CHOICE("log", log, "text|json", "form of the log on standard error"),
    CHOICE("metrics", metrics, "all|local|off", "who may read /metrics"),
    NUMBER("drain-ms", "MS", drain_ms, 0, 600000, "on SIGTERM: time for clients to leave"),
    HEAD("Many relays:"),
    TEXT("nats", "LIST", nats,
         "NATS servers that join relays into one system, like nats://a:4222,tls://b:4222; no password inside"),
    TEXT("nats-ca", "FILE", nats_ca, "PEM of the authority that vouches for the NATS servers; without it the system's"),
    TEXT("nats-cert", "FILE", nats_cert, "PEM certificate that this relay shows to NATS"),
    TEXT("nats-key", "FILE", nats_key, "PEM key that belongs to --nats-cert"),
    TEXT("nats-user", "NAME", nats_user, "user of NATS, with --nats-password-file"),
    TEXT("nats-password-file", "FILE", nats_password_file, "its first line is the password of --nats-user"),
    TEXT("nats-token-file", "FILE", nats_token_file, "its first line is a token"),
    TEXT("nats-nkey-file", "FILE", nats_nkey_file, "its first line is the seed of an NKey"),
    TEXT("nats-creds", "FILE", nats_creds, "credentials: a user's JWT and seed"),
    HEAD("Limits of the relay:"),
    NUMBER("max-memory", "MIB", max_memory_mib, 0, 1u << 24,
           "resident memory above which newcomers are refused; 0: three quarters of what the machine or its container has"),
    NUMBER("max-sessions", "N", relay.sessions, 1, 1000000, "connections in meetings"),
    NUMBER("max-rooms", "N", relay.rooms, 1, 1000000, "meetings at once"),
    NUMBER("max-members", "N", relay.members, 2, 100000, "members of one meeting"),
    NUMBER("max-tracks", "N", relay.tracks, 1, WIRE_TRACKS_MAX, "tracks of one member"),
    NUMBER("max-wants", "N", relay.wants, 1, WIRE_WANTS_MAX, "tiles that one member may ask for"),
    NUMBER("max-request-bytes", "BYTES", relay.request_bytes, 8192, WIRE_REQUEST_MAX, "one control message of a client"),
    NUMBER("max-object-bytes", "BYTES", relay.object_bytes, 4096, WIRE_OBJECT_MAX, "one picture or sound"),
    NUMBER("max-runs", "N", relay.runs, 4, 128, "streams that one client may have open"),
    NUMBER("queue-age-ms", "MS", relay.queue_age_ms, 50, 10000, "oldest picture that waits for a slow receiver"),
    NUMBER("queue-bytes", "BYTES", relay.queue_bytes, 65536, 1u << 30, "pictures that wait for a slow receiver"),
    NUMBER("audio-age-ms", "MS", relay.audio_age_ms, 20, 5000, "oldest sound that waits for a slow receiver"),
    NUMBER("session-bps", "BITS", relay.session_bps, 64000, 2000000000, "what one client may send, a second"),
    NUMBER("session-objects", "N", relay.session_objects, 10, 100000, "pictures and sounds that one client may send, a second"),
    NUMBER("session-requests", "N", relay.session_requests, 5, 10000, "control messages of one client, a second"),
    NUMBER("session-talk-bytes", "BYTES", relay.session_talk_bytes, 1024, 1u << 24,
           "chat and news of one client that go to everybody, a second"),
    NUMBER("max-cpu", "PERCENT", relay.max_cpu, 10, 100,
           "of a core, for each thread, over which newcomers are refused and layers, pictures and voices are cut; 100: never"),
    NUMBER("max-mbps", "MBIT", relay.max_mbps, 0, 1000000, "out to all members, a second, likewise; 0: no bound"),
    NUMBER("speakers", "N", relay.speakers, 1, VOICES_MAX, "loudest microphones of a meeting that everybody hears"),
    NUMBER("voice-packets", "N", relay.voice_packets, 1000, 100000000,
           "packets of sound to all listeners of one meeting, a second; what comes meanwhile shares one"),
    NUMBER("cache-bytes", "BYTES", relay.cache_bytes, 4096, 1u << 24, "kept of a picture's layer since its last key frame"),
    NUMBER("cache-objects", "N", relay.cache_objects, 0, 1000, "and objects of it; 0: nothing is kept"),
    NUMBER("cache-age-ms", "MS", relay.cache_age_ms, 100, 60000, "and time since that key frame"),
    NUMBER("cache-total-bytes", "BYTES", relay.cache_total_bytes, 4096, 1u << 31, "kept of all layers"),
    NUMBER("cache-burst-ms", "MS", relay.cache_burst_ms, 0, 10000, "time within which a newcomer's path must carry what is kept"),
    NUMBER("key-frame-ms", "MS", relay.key_frame_ms, 0, 10000, "between two requests for a key frame of one track"),
    NUMBER("hold-ms", "MS", relay.hold_ms, 0, 60000, "how long the seat of a lost connection is kept"),
    NUMBER("hello-ms", "MS", relay.hello_ms, 100, 60000, "time for a new connection to say Hello"),
    NUMBER("silence-ms", "MS", relay.silence_ms, 3000, 600000, "silence after which a connection counts as gone"),
    HEAD("Limits of the network side:"),
    NUMBER("max-connections", "N", net.connections, 1, 1000000, "open at once, all transports"),
    NUMBER("max-connections-per-address", "N", net.connections_per_ip, 1, 1000000, "of one IPv4 address or IPv6 /64"),
    NUMBER("max-openings-per-address", "N", net.openings_per_ip, 1, 1000000,
           "connections that one address may open a second, ten times that at once"),
    NUMBER("max-http", "N", net.http_connections, 1, 1000000, "TCP connections that are not a WebSocket"),
    NUMBER("max-http-per-address", "N", net.http_per_ip, 1, 1000000, "of one IPv4 address or IPv6 /64"),
    NUMBER("max-handshakes", "N", net.handshakes, 1, 1000000, "QUIC handshakes in progress"),
    NUMBER("max-handshakes-per-address", "N", net.handshakes_per_ip, 1, 1000000, "of one IPv4 address or IPv6 /64"),
    NUMBER("retry-above", "N", net.retry_above, 0, 1000000, "handshakes above which clients must prove their address"),
    NUMBER("handshake-ms", "MS", net.handshake_ms, 500, 60000, "from the first byte to an open session"),
    NUMBER("idle-ms", "MS", net.idle_ms, 3000, 600000, "silence that ends a connection"),
    NUMBER("keep-alive-ms", "MS", net.keep_alive_ms, 1000, 300000, "silence before a sign of life is asked for"),
};

#define KEY_FIRST 0x1000 /* argp keys: no short options */

static int explain(char *why, size_t cap, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why, cap, format, args);
    va_end(args);
    return ERR_PARSE;
}

/* ---- one value ---- */

static int set_number(struct config *c, const struct spec *s, const char *text, char *why, size_t cap)
{
    char *end;
    errno = 0;
    unsigned long n = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end || errno)
        return explain(why, cap, "--%s must be a whole number, not \"%s\".", s->name, text);
    if (n < s->min || n > s->max)
        return explain(why, cap, "--%s must be between %u and %u, not %s.", s->name, s->min, s->max, text);
    uint32_t value = (uint32_t)n;
    memcpy((char *)c + s->offset, &value, sizeof(value));
    return 0;
}

static int set_text(struct config *c, const struct spec *s, const char *text, char *why, size_t cap)
{
    if (strlen(text) >= s->cap)
        return explain(why, cap, "--%s is too long.", s->name);
    memcpy((char *)c + s->offset, text, strlen(text) + 1);
    return 0;
}

static int set_choice(struct config *c, const struct spec *s, const char *text, char *why, size_t cap)
{
    size_t len = strlen(text);
    for (const char *at = s->choices; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
        if (len && strncmp(at, text, len) == 0 && (at[len] == '|' || !at[len]))
            return set_text(c, s, text, why, cap);
    return explain(why, cap, "--%s must be one of %s, not \"%s\".", s->name, s->choices, text);
}

static int set_port_or_off(struct config *c, const struct spec *s, const char *text, char *why, size_t cap)
{
    c->plain = strcmp(text, "off") != 0;
    return c->plain ? set_number(c, s, text, why, cap) : 0;
}

static int set_switch(struct config *c, const struct spec *s, const char *text, char *why, size_t cap)
{
    if (text && strcmp(text, "1") != 0 && strcmp(text, "0") != 0)
        return explain(why, cap, "--%s in the environment must be 0 or 1, not \"%s\".", s->name, text);
    *(bool *)((char *)c + s->offset) = !text || *text == '1';
    return 0;
}

static int set(struct config *c, const struct spec *s, const char *text, char *why, size_t cap)
{
    switch (s->type) {
    case TYPE_NUMBER: return set_number(c, s, text, why, cap);
    case TYPE_TEXT: return set_text(c, s, text, why, cap);
    case TYPE_CHOICE: return set_choice(c, s, text, why, cap);
    case TYPE_PORT_OR_OFF: return set_port_or_off(c, s, text, why, cap);
    case TYPE_SWITCH: return set_switch(c, s, text, why, cap);
    case TYPE_HEAD: break;
    }
    return ERR_PARSE;
}

/* ---- defaults ---- */

static const char *default_pages(void) { return access("build/page/index.html", R_OK) == 0 ? "build/page" : PARLEY_PAGES_DIR; }

static void set_defaults(struct config *c)
{
    *c = (struct config){
        .port = 4443,
        .plain_port = 8080,
        .plain = true,
        .host = "localhost,127.0.0.1,::1",
        .metrics = "all",
        .log = "text",
        .drain_ms = 3000,
        .threads = cores_usable() < NET_THREADS_MAX ? cores_usable() : NET_THREADS_MAX,
        .relay = relay_limits_default(),
        .net = net_limits_default(),
    };
    snprintf(c->pages, sizeof(c->pages), "%s", default_pages());
}

static void print_default(char *out, size_t cap, const struct config *c, const struct spec *s)
{
    const char *at = (const char *)c + s->offset;
    uint32_t number;
    memcpy(&number, at, sizeof(number));
    if (s->type == TYPE_NUMBER || s->type == TYPE_PORT_OR_OFF)
        snprintf(out, cap, "%s [%u]", s->help, number);
    else if (s->type != TYPE_SWITCH && *at)
        snprintf(out, cap, "%s [%s]", s->help, at);
    else
        snprintf(out, cap, "%s", s->help);
}

/* ---- environment ---- */

static void env_name(const struct spec *s, char out[64])
{
    snprintf(out, 64, "PARLEY_%s", s->name);
    for (char *at = out; *at; at++)
        *at = *at == '-' ? '_' : (char)toupper((unsigned char)*at);
}

static int read_environment(struct config *c, char *why, size_t cap)
{
    for (size_t i = 0; i < COUNT_OF(specs); i++) {
        char name[64], reason[256];
        if (specs[i].type == TYPE_HEAD)
            continue;
        env_name(&specs[i], name);
        const char *value = getenv(name);
        if (value && *value && set(c, &specs[i], value, reason, sizeof(reason)) != 0)
            return explain(why, cap, "%s: %s", name, reason);
    }
    return 0;
}

/* ---- arguments ---- */

struct parsing {
    struct config *c;
    char *why;
    size_t why_cap;
    int err;
    bool version, help;
};

enum { KEY_VERSION = 'V', KEY_HELP = 'h' };

static error_t on_option(int key, char *arg, struct argp_state *state)
{
    struct parsing *p = state->input;
    if (key == KEY_VERSION)
        p->version = true;
    else if (key == KEY_HELP)
        p->help = true;
    else if (key == ARGP_KEY_ARG)
        p->err = explain(p->why, p->why_cap, "\"%s\" is not an option; see parleyd --help.", arg);
    else if (key >= KEY_FIRST && key < KEY_FIRST + (int)COUNT_OF(specs))
        p->err = set(p->c, &specs[key - KEY_FIRST], arg, p->why, p->why_cap);
    else
        return ARGP_ERR_UNKNOWN;
    return p->err || p->version || p->help ? EINVAL : 0;
}

#define OPTIONS_MAX (COUNT_OF(specs) + 4)

struct help {
    struct argp_option option[OPTIONS_MAX];
    char doc[OPTIONS_MAX][256];
};

static void add_option(struct help *h, size_t i, const struct config *c)
{
    const struct spec *s = &specs[i];
    struct argp_option *o = &h->option[i];
    if (s->type == TYPE_HEAD) {
        *o = (struct argp_option){.doc = s->help};
        return;
    }
    print_default(h->doc[i], sizeof(h->doc[i]), c, s);
    *o = (struct argp_option){.name = s->name, .key = KEY_FIRST + (int)i, .arg = s->arg, .doc = h->doc[i]};
}

static void fill_options(struct help *h, const struct config *defaults)
{
    size_t n = COUNT_OF(specs);
    *h = (struct help){0};
    for (size_t i = 0; i < n; i++)
        add_option(h, i, defaults);
    h->option[n++] = (struct argp_option){.doc = "Other:"};
    h->option[n++] = (struct argp_option){.name = "help", .key = KEY_HELP, .doc = "this list"};
    h->option[n++] = (struct argp_option){.name = "version", .key = KEY_VERSION, .doc = "versions of Parley and of every library"};
}

static const char doc[] =
    "The relay of Parley: serves the meeting page and forwards media that it cannot open."
    "\vEvery option can also stand in the environment: --plain-port is PARLEY_PLAIN_PORT. Flags win.\n"
    "Signals: SIGTERM and SIGINT drain (clients are told, then parleyd leaves), SIGHUP reads --cert and --key again.";

static bool is_option(const char *argument)
{
    size_t len = strcspn(argument, "=");
    for (size_t i = 0; i < COUNT_OF(specs); i++)
        if (specs[i].name && strncmp(specs[i].name, argument, len) == 0) /* argp takes beginnings too */
            return true;
    return false;
}

/* argp does not say what it stumbled on. */
static int explain_arguments(const struct parsing *p, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (argv[i][0] == '-' && (argv[i][1] != '-' || !is_option(argv[i] + 2)))
            return explain(p->why, p->why_cap, "\"%s\" is not an option; see parleyd --help.", argv[i]);
    return explain(p->why, p->why_cap, "An option lacks its value, or has one too many; see parleyd --help.");
}

static int parse_arguments(struct parsing *p, int argc, char **argv)
{
    static struct help h;
    struct config defaults;
    set_defaults(&defaults);
    fill_options(&h, &defaults);
    struct argp argp = {.options = h.option, .parser = on_option, .doc = doc};
    int err = argp_parse(&argp, argc, argv, ARGP_SILENT, NULL, p);
    if (p->help)
        argp_help(&argp, stdout, ARGP_HELP_LONG | ARGP_HELP_USAGE | ARGP_HELP_PRE_DOC | ARGP_HELP_POST_DOC, argv[0]);
    if (p->version)
        version_print(stdout);
    if (p->help || p->version)
        return 1;
    if (err && !p->err)
        return explain_arguments(p, argc, argv);
    return p->err;
}

/* ---- what belongs together ---- */

static int validate_nats(const struct config *c, char *why, size_t cap)
{
    static const char *const fields[] = {"nats-ca",         "nats-cert",      "nats-key",  "nats-user", "nats-password-file",
                                         "nats-token-file", "nats-nkey-file", "nats-creds"};
    const char *const values[] = {c->nats_ca,         c->nats_cert,      c->nats_key,  c->nats_user, c->nats_password_file,
                                  c->nats_token_file, c->nats_nkey_file, c->nats_creds};
    for (size_t i = 0; !*c->nats && i < COUNT_OF(fields); i++)
        if (*values[i])
            return explain(why, cap, "--%s says how to reach NATS, but --nats does not say where.", fields[i]);
    return 0;
}

static int validate(struct config *c, char *why, size_t cap)
{
    if (!*c->cert != !*c->key)
        return explain(why, cap, "--cert and --key belong together: give both or none.");
    if (c->plain && c->plain_port && c->plain_port == c->port)
        return explain(why, cap, "--port and --plain-port must differ.");
    if (strchr(c->public_address, '/'))
        return explain(why, cap, "--public-address wants HOST:PORT, without a scheme or a path.");
    if (c->net.keep_alive_ms >= c->net.idle_ms)
        return explain(why, cap, "--keep-alive-ms must be less than --idle-ms.");
    if (c->net.message_bytes < c->relay.object_bytes + 64)
        c->net.message_bytes = c->relay.object_bytes + 64;
    return validate_nats(c, why, cap);
}

int config_read(struct config *c, int argc, char **argv, char *why, size_t why_cap)
{
    set_defaults(c);
    struct parsing p = {.c = c, .why = why, .why_cap = why_cap};
    int err = read_environment(c, why, why_cap);
    if (!err)
        err = parse_arguments(&p, argc, argv);
    return err ? err : validate(c, why, why_cap);
}
