/* SPDX-License-Identifier: MIT */
/* metrics.h - counters of relay and network as Prometheus reads them. */
#ifndef PARLEY_SERVER_METRICS_H
#define PARLEY_SERVER_METRICS_H

#include "base/pkt.h"

struct worker;

/* Those of all threads: of `w` as they are now, of the others as last published. Gives a packet, or NULL when memory is short. */
struct pkt *metrics_text(struct worker *w);

#endif
