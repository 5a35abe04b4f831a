/* SPDX-License-Identifier: MIT */
/* page_config.h - where a page finds this relay: as addresses, and as the /config.json that web/config.js reads. */
#ifndef PARLEY_SERVER_PAGE_CONFIG_H
#define PARLEY_SERVER_PAGE_CONFIG_H

#include "base/pkt.h"
#include "net/http.h"

struct worker;

#define ADDRESS_MAX 320
struct page_addresses {
    char wt_origin[ADDRESS_MAX], ws_origin[ADDRESS_MAX]; /* "https://127.0.0.1:4443", "ws://localhost:8080" */
};

/* From the name by which the page was asked for, unless --public-address says better. WebTransport is always over TLS: a page that came
 * from http://localhost is sent to 127.0.0.1, port --port. */
void page_addresses(struct page_addresses *a, const struct worker *w, const struct http_request *request);
/* Gives a packet, or NULL when memory is short. */
struct pkt *page_config(const struct page_addresses *a, const struct worker *w);

#endif
