/* SPDX-License-Identifier: MIT */
#include "descriptors.h"

#include <sys/resource.h>

#define OWN_DESCRIPTORS 256 /* listeners, loops, log, files being read */

struct descriptors descriptors_prepare(const struct config *c)
{
    struct rlimit limit;
    uint64_t wanted = (uint64_t)c->net.connections + c->net.http_connections + OWN_DESCRIPTORS;
    if (getrlimit(RLIMIT_NOFILE, &limit))
        return (struct descriptors){wanted, wanted};
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return (struct descriptors){limit.rlim_cur, wanted};
}
