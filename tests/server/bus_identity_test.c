/* SPDX-License-Identifier: MIT */
/* How a relay proves who it is to NATS: TLS, password, token, NKey, credentials; and what it says when that fails. */
#include "check.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "bus/nkey.h"
#include "bus_kit.h"

static struct nats nats;
static struct ear a, b;

static const char password[] = "a-pass-word-that-nobody-sees";

static void both_see_each_other(const struct bus_config *c)
{
    ear_start(&a, &nats, c);
    ear_start(&b, &nats, c);
    ear_until_ready(&a);
    ear_until_ready(&b);
    ear_until_sees(&a, b.own, true);
    ear_until_sees(&b, a.own, true);
    CHECK_EQ(1, ear_send(&a, b.own, 1, 1, 100));
    ear_until_batches(&b, 1);
    ear_stop(&a);
    ear_stop(&b);
}

static void is_refused(const struct bus_config *c, const char *sentence)
{
    ear_start(&a, &nats, c);
    ear_until_said(&a, sentence);
    CHECK(!a.ready);
    CHECK(!strstr(a.text, password));
    ear_stop(&a);
}

/* ---- password, token, nkey ---- */

static void user_and_password(void)
{
    char extra[256];
    nats_init(&nats, 1);
    snprintf(extra, sizeof(extra), "authorization { user: relay, password: \"%s\" }", password);
    nats_start(&nats, extra, true);
    nats_write(&nats, "password", "a-pass-word-that-nobody-sees\n");
    nats_write(&nats, "wrong", "a-pass-word-that-nobody-sees-but-wrong\n");
    both_see_each_other(&(struct bus_config){.user = "relay", .password_file = nats_path(&nats, "password")});
    is_refused(&(struct bus_config){.user = "relay", .password_file = nats_path(&nats, "wrong")},
               "NATS refuses what this relay shows");
    nats_end(&nats);
}

static void a_right_password_later_heals(void)
{
    nats_init(&nats, 1);
    nats_start(&nats, "authorization { user: relay, password: other }", true);
    nats_write(&nats, "password", password);
    ear_start(&a, &nats, &(struct bus_config){.user = "relay", .password_file = nats_path(&nats, "password")});
    ear_until_said(&a, "NATS refuses");
    kit_sleep(SEC); /* it must not give up after a few refusals */
    nats_kill(&nats, 0, 9);
    char extra[256];
    snprintf(extra, sizeof(extra), "authorization { user: relay, password: \"%s\" }", password);
    nats_start(&nats, extra, true);
    ear_until_ready(&a);
    ear_stop(&a);
    nats_end(&nats);
}

static void token(void)
{
    char extra[256];
    nats_init(&nats, 1);
    snprintf(extra, sizeof(extra), "authorization { token: \"%s\" }", password);
    nats_start(&nats, extra, true);
    nats_write(&nats, "token", password);
    both_see_each_other(&(struct bus_config){.token_file = nats_path(&nats, "token")});
    is_refused(&(struct bus_config){0}, "NATS refuses what this relay shows");
    nats_end(&nats);
}

static void nkey(void)
{
    char extra[256], seed[NKEY_SEED_CHARS + 1], public_key[NKEY_PUBLIC_CHARS + 1];
    uint8_t secret[32] = {7};
    nkey_seed(NKEY_USER, secret, seed);
    nkey_public(NKEY_USER, secret, public_key);
    nats_init(&nats, 1);
    snprintf(extra, sizeof(extra), "authorization { users: [ { nkey: %s } ] }", public_key);
    nats_start(&nats, extra, true);
    nats_write(&nats, "seed", seed);
    both_see_each_other(&(struct bus_config){.nkey_file = nats_path(&nats, "seed")});
    nats_end(&nats);
}

/* ---- credentials: a chain of signed claims, made here ---- */

struct keys {
    uint8_t secret[32];
    char public_key[NKEY_PUBLIC_CHARS + 1];
};

static struct keys keys_of(enum nkey_kind kind, uint8_t first)
{
    struct keys k = {.secret = {first, 42}};
    nkey_public(kind, k.secret, k.public_key);
    return k;
}

static size_t base64url(char *out, size_t cap, const void *data, size_t len)
{
    sodium_bin2base64(out, cap, data, len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return strlen(out);
}

static void sign_claims(char *out, size_t cap, const struct keys *issuer, const struct keys *subject, const char *claims)
{
    static const char head[] = "{\"typ\":\"JWT\",\"alg\":\"ed25519-nkey\"}";
    char body[2048];
    uint8_t public_key[32], pair[64], signature[64];
    int len =
        snprintf(body, sizeof(body),
                 "{\"jti\":\"x\",\"iat\":1700000000,\"iss\":\"%s\",\"name\":\"t\",\"sub\":\"%s\",\"nats\":{%s,\"version\":2}}",
                 issuer->public_key, subject->public_key, claims);
    size_t at = base64url(out, cap, head, strlen(head));
    out[at++] = '.';
    at += base64url(out + at, cap - at, body, (size_t)len);
    crypto_sign_seed_keypair(public_key, pair, issuer->secret);
    crypto_sign_detached(signature, NULL, (const uint8_t *)out, at, pair);
    out[at++] = '.';
    base64url(out + at, cap - at, signature, sizeof(signature));
}

#define LIMITS "\"subs\":-1,\"data\":-1,\"payload\":-1,\"imports\":-1,\"exports\":-1,\"wildcards\":true,\"conn\":-1,\"leaf\":-1"
#define STORAGE ",\"mem_storage\":-1,\"disk_storage\":-1,\"streams\":-1,\"consumer\":-1"

static void write_creds(const struct keys *account, const struct keys *user)
{
    char jwt[4096], text[8192], seed[NKEY_SEED_CHARS + 1];
    sign_claims(jwt, sizeof(jwt), account, user, "\"type\":\"user\",\"pub\":{},\"sub\":{},\"subs\":-1,\"data\":-1,\"payload\":-1");
    nkey_seed(NKEY_USER, user->secret, seed);
    snprintf(
        text, sizeof(text),
        "-----BEGIN NATS USER JWT-----\n%s\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n%s\n------END USER "
        "NKEY SEED------\n",
        jwt, seed);
    nats_write(&nats, "relay.creds", text);
}

static void credentials(void)
{
    struct keys op = keys_of(NKEY_OPERATOR, 1), system_account = keys_of(NKEY_ACCOUNT, 2), account = keys_of(NKEY_ACCOUNT, 3),
                user = keys_of(NKEY_USER, 4);
    char operator_jwt[4096], system_jwt[4096], account_jwt[4096];
    static char extra[16384];
    sign_claims(operator_jwt, sizeof(operator_jwt), &op, &op, "\"type\":\"operator\"");
    sign_claims(system_jwt, sizeof(system_jwt), &op, &system_account, "\"type\":\"account\",\"limits\":{" LIMITS "}");
    sign_claims(account_jwt, sizeof(account_jwt), &op, &account, "\"type\":\"account\",\"limits\":{" LIMITS STORAGE "}");
    nats_init(&nats, 1);
    snprintf(extra, sizeof(extra), "operator: %s\nsystem_account: %s\nresolver: MEMORY\nresolver_preload: { %s: %s, %s: %s }\n",
             operator_jwt, system_account.public_key, system_account.public_key, system_jwt, account.public_key, account_jwt);
    nats_start(&nats, extra, true);
    write_creds(&account, &user);
    both_see_each_other(&(struct bus_config){.creds_file = nats_path(&nats, "relay.creds")});
    nats_end(&nats);
}

/* ---- TLS ---- */

static void make_certificates(void)
{
    nats_shell(
        &nats,
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem && "
        "for who in server relay; do openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=$who -keyout $who.key "
        "-out $who.csr && printf 'subjectAltName=IP:127.0.0.1' > $who.ext && openssl x509 -req -in $who.csr -CA ca.pem -CAkey ca.key "
        "-CAcreateserial -days 2 -extfile $who.ext -out $who.pem; done && "
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=other -keyout other.key -out other.pem");
}

static void tls_with_certificates_of_both_sides(void)
{
    char urls[64];
    nats_init(&nats, 1);
    make_certificates();
    nats_start(
        &nats,
        "tls { cert_file: \"%s/server.pem\", key_file: \"%s/server.key\", ca_file: \"%s/ca.pem\", verify: true, timeout: 5 }",
        true);
    snprintf(urls, sizeof(urls), "tls://127.0.0.1:%u", nats.port[0]);
    char ca[160], cert[160], key[160];
    snprintf(ca, sizeof(ca), "%s/ca.pem", nats.dir);
    snprintf(cert, sizeof(cert), "%s/relay.pem", nats.dir);
    snprintf(key, sizeof(key), "%s/relay.key", nats.dir);
    both_see_each_other(&(struct bus_config){.urls = urls, .ca = ca, .cert = cert, .key = key});
    is_refused(&(struct bus_config){.urls = urls, .ca = nats_path(&nats, "other.pem"), .cert = cert, .key = key},
               "TLS with NATS fails");
    is_refused(&(struct bus_config){.urls = urls, .cert = cert, .key = key},
               "TLS with NATS fails"); /* the system knows no such authority */
    ear_start(&a, &nats, &(struct bus_config){.urls = urls, .ca = ca}); /* no certificate: the server hangs up */
    ear_until_said(&a, "trying again");
    CHECK(!a.ready);
    ear_stop(&a);
    nats_end(&nats);
}

/* ---- without JetStream, and what the operator got wrong ---- */

static void says_what_to_do_where_jetstream_is_off(void)
{
    nats_init(&nats, 1);
    nats_start(&nats, NULL, false);
    ear_start(&a, &nats, NULL);
    ear_until_said(&a, "start nats-server with \"jetstream {}\"");
    CHECK(!a.ready);
    ear_stop(&a);
    nats_end(&nats);
}

static void nothing_there_is_one_sentence(void)
{
    nats_init(&nats, 1);
    ear_start(&a, &nats, NULL);
    ear_until_said(&a, "No server of --nats answers; trying again.");
    kit_sleep(SEC);
    CHECK(!strchr(strchr(a.text, '\n') + 1, '\n')); /* said once */
    nats_start(&nats, NULL, true);
    ear_until_ready(&a);
    ear_stop(&a);
    nats_end(&nats);
}

static void refuses_what_contradicts_itself(void)
{
    static const struct {
        struct bus_config c;
        const char *sentence;
    } row[] = {
        {{.urls = "127.0.0.1:4222"}, "--nats wants nats://HOST:PORT"},
        {{.urls = "nats://u:secret@h:4222"}, "must not hold a password"},
        {{.urls = ","}, "--nats names no server"},
        {{.urls = "nats://h:1", .user = "u"}, "belong together"},
        {{.urls = "nats://h:1", .cert = "/dev/null"}, "--nats-cert and --nats-key belong together"},
        {{.urls = "nats://h:1", .token_file = "/dev/null", .creds_file = "/dev/null"}, "Give one of"},
        {{.urls = "nats://h:1", .token_file = "/nonexistent/t"}, "--nats-token-file: cannot read /nonexistent/t: No such file"},
        {{.urls = "nats://h:1", .token_file = "/dev/null"}, "the first line of /dev/null is empty"},
        {{.urls = "nats://h:1", .ca = "/dev/null"}, "--nats-ca: "},
        {{.urls = "nats://h:1", .nkey_file = "/etc/passwd"}, "is not the seed of a user"},
        {{.urls = "nats://h:1", .address = "two words"}, "--public-address wants HOST:PORT"},
    };
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        char why[256];
        CHECK(!bus_new(&row[i].c, &(struct bus_calls){0}, NULL, why, sizeof(why)));
        if (!strstr(why, row[i].sentence))
            fail_msg("%s", why);
        CHECK(!strstr(why, "secret"));
    }
}

int main(void)
{
    static const struct check_test tests[] = {
        T(user_and_password),
        T(a_right_password_later_heals),
        T(token),
        T(nkey),
        T(credentials),
        T(tls_with_certificates_of_both_sides),
        T(says_what_to_do_where_jetstream_is_off),
        T(nothing_there_is_one_sentence),
        T(refuses_what_contradicts_itself),
    };
    return sodium_init() < 0 || CHECK_RUN(tests);
}
