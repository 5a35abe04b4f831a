/* SPDX-License-Identifier: MIT */
#include "lease.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BUCKET "parley"
#define COPIES 3
#define COPIES_PATIENCE (10 * SEC) /* a cluster that starts has fewer servers than it will have */

void lease_init(struct lease *l, uint64_t instance) { *l = (struct lease){.instance = instance}; }

int lease_text_begin(const struct lease *l, char *out, size_t cap)
{
    return snprintf(out, cap, "{\"instance\":\"%016" PRIx64 "\"", l->instance);
}

/* ---- the bucket ---- */

void lease_unbind(struct lease *l)
{
    kvStore_Destroy(l->kv);
    jsCtx_Destroy(l->js);
    l->kv = NULL;
    l->js = NULL;
}

void lease_bind(struct lease *l, natsConnection *nc, usec_t now)
{
    jsOptions o;
    lease_unbind(l);
    jsOptions_Init(&o);
    o.Wait = LEASE_WAIT_MS;
    l->three_until = now + COPIES_PATIENCE;
    if (natsConnection_JetStream(&l->js, nc, &o) != NATS_OK)
        l->js = NULL;
}

static natsStatus make_bucket(struct lease *l, int copies)
{
    kvConfig c;
    kvConfig_Init(&c);
    c.Bucket = BUCKET;
    c.Description = "Relays of Parley that are alive";
    c.History = 1;
    c.MaxValueSize = LEASE_TEXT_MAX;
    c.TTL = LEASE_TTL_MS * 1000000LL;
    c.StorageType = js_MemoryStorage;
    c.Replicas = copies;
    return js_CreateKeyValue(&l->kv, l->js, &c);
}

static bool lacks_servers(void)
{
    const char *last = nats_GetLastError(NULL);
    return last &&
           (strstr(last, "10005") || strstr(last, "10023") || strstr(last, "no suitable peers") || strstr(last, "insufficient"));
}

static bool stands_alone(void)
{
    const char *last = nats_GetLastError(NULL);
    return last && (strstr(last, "10074") || strstr(last, "non-clustered"));
}

static void explain(struct lease *l, natsStatus s)
{
    const char *last = nats_GetLastError(NULL);
    bool disabled =
        s == NATS_NO_RESPONDERS || (last && (strstr(last, "not enabled") || strstr(last, "10039") || strstr(last, "10076")));
    if (disabled)
        snprintf(l->why, sizeof(l->why),
                 "NATS answers, but without JetStream: start nats-server with \"jetstream {}\" and allow it to "
                 "this account. Until then this relay works alone.");
    else
        snprintf(l->why, sizeof(l->why), "JetStream does not answer (%s); trying again.", last ? last : natsStatus_GetText(s));
}

static bool has_bucket(struct lease *l, usec_t now)
{
    if (l->kv)
        return true;
    if (!l->js)
        return false;
    natsStatus s = js_KeyValue(&l->kv, l->js, BUCKET);
    if (s == NATS_NOT_FOUND)
        s = make_bucket(l, COPIES);
    if (s != NATS_OK && (stands_alone() || (lacks_servers() && now >= l->three_until)))
        s = make_bucket(l, 1);
    if (s != NATS_OK) {
        explain(l, s);
        l->kv = NULL;
    }
    return s == NATS_OK;
}

/* ---- the key ---- */

static void key_of(uint32_t node, char out[32]) { snprintf(out, 32, "node.%" PRIu32, node); }

static bool is_ours(const struct lease *l, kvEntry *e)
{
    char begin[64];
    int len = lease_text_begin(l, begin, sizeof(begin));
    return kvEntry_ValueLen(e) >= len && memcmp(kvEntry_Value(e), begin, (size_t)len) == 0;
}

/* Why writing failed: the key says who holds it. */
static enum lease_answer look(struct lease *l, const char *key)
{
    kvEntry *e = NULL;
    natsStatus s = kvStore_Get(&e, l->kv, key);
    if (s == NATS_NOT_FOUND) {
        l->revision = 0;
        return LEASE_FREE;
    }
    if (s != NATS_OK) {
        explain(l, s);
        kvStore_Destroy(l->kv); /* a server that started anew has no bucket */
        l->kv = NULL;
        return LEASE_UNKNOWN;
    }
    bool ours = is_ours(l, e);
    l->revision = ours ? kvEntry_Revision(e) : 0;
    kvEntry_Destroy(e);
    return ours ? LEASE_OURS : LEASE_TAKEN;
}

enum lease_answer lease_ask(struct lease *l, const char *text, usec_t now)
{
    char key[32];
    int len = (int)strlen(text);
    if (!has_bucket(l, now))
        return LEASE_UNKNOWN;
    key_of(l->node, key);
    natsStatus s = l->revision ? kvStore_Update(&l->revision, l->kv, key, text, len, l->revision)
                               : kvStore_Create(&l->revision, l->kv, key, text, len);
    return s == NATS_OK ? LEASE_OURS : look(l, key);
}

void lease_give_back(struct lease *l)
{
    char key[32];
    key_of(l->node, key);
    if (l->kv && l->revision)
        kvStore_Delete(l->kv, key);
    l->revision = 0;
}
