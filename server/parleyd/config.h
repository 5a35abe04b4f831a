/* SPDX-License-Identifier: MIT */
/* config.h - what the operator decides: flags, or environment (PARLEY_ and the flag's name in capitals); flags win.
 * One table in config.c describes every option: parsing, bounds, --help and the environment follow from it. */
#ifndef PARLEY_SERVER_CONFIG_H
#define PARLEY_SERVER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/server.h"
#include "relay/relay.h"

#define CONFIG_TEXT_MAX 1024

struct config {
    char address[64]; /* "": every interface */
    uint32_t port;
    uint32_t plain_port;
    bool plain;
    char pages[CONFIG_TEXT_MAX];
    char cert[CONFIG_TEXT_MAX], key[CONFIG_TEXT_MAX]; /* "": own certificate */
    char seal_file[CONFIG_TEXT_MAX];                  /* "": `seal` in cert_dir, or in memory */
    char cert_dir[CONFIG_TEXT_MAX];                   /* own certificates are kept here over a restart; "": in memory */
    char host[CONFIG_TEXT_MAX];                       /* names and addresses in the own certificate, comma-separated */
    char public_address[256];                         /* host:port by which the world reaches us; "": as each request says */
    char origins[CONFIG_TEXT_MAX];                    /* further pages that may use this relay, comma-separated; "*": all */
    char metrics[8];                                  /* who may read /metrics: all, local, off */
    char log[8];                                      /* text or json */
    char nats[CONFIG_TEXT_MAX];                       /* servers, comma-separated; "": this relay alone */
    char nats_ca[CONFIG_TEXT_MAX], nats_cert[CONFIG_TEXT_MAX], nats_key[CONFIG_TEXT_MAX];
    char nats_user[256], nats_password_file[CONFIG_TEXT_MAX], nats_token_file[CONFIG_TEXT_MAX], nats_nkey_file[CONFIG_TEXT_MAX],
        nats_creds[CONFIG_TEXT_MAX];
    uint32_t drain_ms;
    uint32_t max_memory_mib; /* 0: three quarters of what there is */
    uint32_t threads;
    bool no_udp;
    struct relay_limits relay;
    struct net_limits net;
};

/* Reads environment and arguments. 0: go on; 1: all is said (--help, --version), leave with success; ERR_PARSE: a sentence in `why`. */
int config_read(struct config *c, int argc, char **argv, char *why, size_t why_cap);

#endif
