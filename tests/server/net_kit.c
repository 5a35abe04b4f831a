/* SPDX-License-Identifier: MIT */
#include "net_kit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "net/addr.h"
#include "net/openssl.h"

#define MESSAGE_MAX (2 * 1024 * 1024)

/* ---- certificate ---- */

static void write_pem(BIO *bio, char *out, size_t cap)
{
    int len = BIO_read(bio, out, (int)cap - 1);
    CHECK(len > 0);
    out[len] = 0;
    BIO_free(bio);
}

void kit_certificate(struct kit *k)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    X509 *cert = X509_new();
    X509_set_version(cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 13L * 86400 - 7200);
    X509_set_pubkey(cert, key);
    X509_NAME *name = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0);
    X509_set_issuer_name(cert, name);
    X509_EXTENSION *alt = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");
    X509_add_ext(cert, alt, -1);
    X509_EXTENSION_free(alt);
    CHECK(X509_sign(cert, key, EVP_sha256()) > 0);
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, cert);
    write_pem(bio, k->cert, sizeof k->cert);
    bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    write_pem(bio, k->key, sizeof k->key);
    X509_free(cert);
    EVP_PKEY_free(key);
    CHECK_EQ(0, tls_cert_hash(k->cert, k->hash));
}

/* ---- what the connections tell ---- */

static struct kit_peer *new_peer(struct kit *k, struct kit_peer *list, size_t *count, struct net_conn *conn)
{
    CHECK(*count < KIT_PEERS);
    struct kit_peer *p = &list[(*count)++];
    free(p->message);
    *p = (struct kit_peer){.kit = k, .conn = conn};
    return p;
}

static struct kit_peer *of(struct net_conn *conn) { return net_user(conn); }

static void on_accepted(void *ctx, struct net_conn *conn)
{
    struct kit *k = ctx;
    struct kit_peer *p = new_peer(k, k->peer, &k->peers, conn);
    p->echo = k->echo;
    p->opened = 1;
    net_set_user(conn, p);
}

static void on_opened(void *ctx, struct net_conn *conn)
{
    struct kit_peer *p = ctx;
    net_set_user(conn, p);
    p->opened++;
}

static size_t append(uint8_t *to, size_t have, size_t cap, const uint8_t *data, size_t len)
{
    if (len && have < cap)
        memcpy(to + have, data, len < cap - have ? len : cap - have);
    return have + len;
}

static void on_control(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len)
{
    struct kit_peer *p = of(conn);
    (void)ctx;
    p->control_len = append(p->control, p->control_len, sizeof p->control, data, len);
    if (p->echo)
        kit_send(conn, NET_CONTROL, data, len);
}

static void on_datagram(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len)
{
    struct kit_peer *p = of(conn);
    (void)ctx;
    p->datagrams++;
    p->datagram_bytes += len;
    p->datagram_len = append(p->datagram, 0, sizeof p->datagram, data, len);
    if (p->echo)
        kit_send(conn, NET_DATAGRAM, data, len);
}

static void on_run(void *ctx, struct net_conn *conn, uint64_t run, const uint8_t *data, size_t len, enum net_end end)
{
    struct kit_peer *p = of(conn);
    (void)ctx;
    p->run = run;
    p->run_len = append(p->run_data, p->run_len, sizeof p->run_data, data, len);
    p->run_ends += end == NET_END;
    p->run_resets += end == NET_RESET;
}

static void on_message(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len)
{
    struct kit_peer *p = of(conn);
    (void)ctx;
    if (!p->message)
        p->message = malloc(MESSAGE_MAX);
    p->messages++;
    p->message_bytes += len;
    p->message_len = append(p->message, 0, MESSAGE_MAX, data, len);
    if (p->echo)
        kit_send(conn, NET_CONTROL, data, len);
}

static void on_writable(void *ctx, struct net_conn *conn)
{
    (void)ctx;
    of(conn)->writable++;
}

static void on_run_stopped(void *ctx, struct net_conn *conn, uint64_t run)
{
    (void)ctx;
    of(conn)->runs_stopped++;
    of(conn)->run = run;
}

static void note_closed(struct kit_peer *p, uint32_t code, const char *text)
{
    p->closed++;
    p->conn = NULL;
    p->code = code;
    snprintf(p->text, sizeof p->text, "%s", text);
}

static void on_client_closed(void *ctx, struct net_conn *conn, uint32_t code, const char *text)
{
    (void)conn;
    note_closed(ctx, code, text);
}

static void on_server_closed(void *ctx, struct net_conn *conn, uint32_t code, const char *text)
{
    (void)ctx;
    note_closed(of(conn), code, text);
}

static const struct net_handler server_side = {on_accepted, on_control,  on_datagram,    on_run,
                                               on_message,  on_writable, on_run_stopped, on_server_closed};
static const struct net_handler client_side = {on_opened,  on_control,  on_datagram,    on_run,
                                               on_message, on_writable, on_run_stopped, on_client_closed};

static void on_http(void *ctx, struct http_exchange *x, const struct http_request *r)
{
    struct kit *k = ctx;
    k->http_requests++;
    if (k->on_http)
        k->on_http(k, x, r);
    else
        http_respond(x, &(struct http_response){.status = 200, .data = "hello", .data_len = 5});
}

/* ---- life ---- */

static struct net_server *listen_one(struct kit *k, struct net_listen *what, uint32_t thread)
{
    char why[256] = "";
    what->thread = thread;
    struct net_server *s = net_listen(k->loop, what, &server_side, on_http, k, why, sizeof why);
    if (!s)
        print_error("%s\n", why);
    CHECK(s != NULL);
    return s;
}

void kit_start_threads(struct kit *k, const struct net_listen *what, uint32_t threads)
{
    struct net_listen plain = {.plain = true}, listen = what ? *what : plain;
    char why[256] = "";
    k->loop = loop_new();
    kit_certificate(k);
    listen.cert_pem = k->cert;
    listen.key_pem = k->key;
    if (threads > 1) {
        listen.group = k->group = net_group_new(&listen, threads, why, sizeof why);
        if (!k->group)
            print_error("%s\n", why);
        CHECK(k->group != NULL);
    }
    k->server = listen_one(k, &listen, 0);
    for (uint32_t i = 1; i < threads; i++)
        k->more[i] = listen_one(k, &listen, i);
}

void kit_start(struct kit *k, const struct net_listen *what) { kit_start_threads(k, what, 1); }

static void on_done(void *ctx)
{
    struct kit *k = ctx;
    k->done++;
}

static void stop_servers(struct kit *k)
{
    int servers = 1;
    net_server_close(k->server, 0, "", on_done, k);
    for (uint32_t i = 1; i < NET_THREADS_MAX; i++)
        if (k->more[i]) {
            net_server_close(k->more[i], 0, "", on_done, k);
            servers++;
        }
    kit_until_int(k, &k->done, servers);
    net_group_del(k->group);
}

static void free_messages(struct kit *k)
{
    for (size_t i = 0; i < KIT_PEERS; i++) {
        free(k->client[i].message);
        free(k->peer[i].message);
    }
}

void kit_stop_connections(struct kit *k)
{
    for (size_t i = 0; i < k->clients; i++)
        if (k->client[i].conn)
            net_close(k->client[i].conn, 0, "");
    for (size_t i = 0; i < k->clients; i++)
        kit_until_int(k, &k->client[i].closed, 1);
}

void kit_stop(struct kit *k)
{
    kit_stop_connections(k);
    if (k->server)
        stop_servers(k);
    for (size_t i = 0; i < k->peers; i++)
        CHECK_EQ(1, k->peer[i].closed);
    loop_del(k->loop);
    free_messages(k);
}

struct kit_peer *kit_dial_to(struct kit *k, const struct net_dial *what)
{
    struct kit_peer *p = new_peer(k, k->client, &k->clients, NULL);
    p->conn = net_dial(k->loop, what, &client_side, p);
    CHECK(p->conn != NULL);
    return p;
}

struct kit_peer *kit_dial(struct kit *k, enum net_transport transport)
{
    char url[64];
    snprintf(url, sizeof url, "%s://127.0.0.1:%u%s", transport == NET_WEBSOCKET ? "wss" : "https", net_server_port(k->server),
             transport == NET_WEBSOCKET ? "/ws" : "/wt");
    struct net_dial dial = {.url = url, .transport = transport, .verify = NET_VERIFY_HASH};
    memcpy(dial.hash, k->hash, sizeof dial.hash);
    return kit_dial_to(k, &dial);
}

void kit_until_int(struct kit *k, const int *what, int least)
{
    usec_t end = loop_now() + KIT_PATIENCE;
    while (*what < least && loop_now() < end)
        loop_step(k->loop, 100 * MS);
    CHECK(*what >= least);
}

void kit_until_size(struct kit *k, const size_t *what, size_t least)
{
    usec_t end = loop_now() + KIT_PATIENCE;
    while (*what < least && loop_now() < end)
        loop_step(k->loop, 100 * MS);
    CHECK(*what >= least);
}

void kit_run_for(struct kit *k, usec_t us)
{
    usec_t end = loop_now() + us;
    for (usec_t now; (now = loop_now()) < end;)
        loop_step(k->loop, end - now);
}

int kit_send(struct net_conn *conn, enum net_channel channel, const void *data, size_t len)
{
    return net_send(conn, &(struct net_send){.channel = channel, .pkt = pkt_copy(data, len), .len = len});
}

size_t kit_tcp(struct kit *k, uint16_t port, const char *text, const char *stop, char *out, size_t cap)
{
    union addr a;
    size_t len = 0;
    addr_parse(&a, "127.0.0.1", port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_EQ(0, connect(fd, &a.sa, addr_len(&a)));
    CHECK_EQ(strlen(text), send(fd, text, strlen(text), 0));
    out[0] = 0;
    for (usec_t end = loop_now() + KIT_PATIENCE; loop_now() < end && (!stop || !strstr(out, stop));) {
        loop_step(k->loop, 5 * MS);
        ssize_t n = recv(fd, out + len, cap - 1 - len, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN))
            break;
        len += n > 0 ? (size_t)n : 0;
        out[len] = 0;
    }
    close(fd);
    return len;
}
