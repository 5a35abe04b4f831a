/* SPDX-License-Identifier: MIT */
/* web.h - what parleyd answers over HTTP: the page, /config.json, /healthz, /readyz, /metrics. */
#ifndef PARLEY_SERVER_WEB_H
#define PARLEY_SERVER_WEB_H

#include "net/http.h"

/* For net_listen(); `ctx` is the worker. */
void web_handle(void *ctx, struct http_exchange *exchange, const struct http_request *request);

#endif
