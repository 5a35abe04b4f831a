/* SPDX-License-Identifier: MIT */
/* The parts of the bus without I/O: what it says, who is there, keys. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "bus/beat.h"
#include "bus/mailbag.h"
#include "bus/nkey.h"
#include "bus/peers.h"

static struct peers peers;

static struct beat beat_of(uint32_t node, uint64_t instance)
{
    return (struct beat){.instance = instance, .node = {.node = node, .threads = 1, .address = "a:1"}};
}

static enum peer_change hear(uint32_t node, uint64_t instance, usec_t now)
{
    struct beat b = beat_of(node, instance);
    return peers_on_beat(&peers, &b, true, now);
}

static enum peer_change get(uint32_t node, uint64_t instance, uint32_t epoch, usec_t now)
{
    return peers_on_batch(&peers, &(struct batch_header){.from = node, .to = 1, .threads = 2, .instance = instance, .epoch = epoch},
                          now);
}

static void a_beat_survives_the_wire(void)
{
    uint8_t data[BEAT_MAX];
    struct beat in, out = {.instance = 0x1122334455667788,
                           .sent_us = 99,
                           .leaving = true,
                           .node = {.node = 1023,
                                    .address = "[::1]:4443",
                                    .threads = 16,
                                    .sessions = 7,
                                    .rooms = 2,
                                    .cpu_percent = 300,
                                    .draining = true}};
    size_t len = beat_write(data, &out);
    CHECK_EQ(0, beat_parse(&in, data, len));
    CHECK_EQ(out.instance, in.instance);
    CHECK_EQ(99, in.sent_us);
    CHECK(in.leaving && in.node.draining);
    CHECK_EQ(1023, in.node.node);
    CHECK_EQ(16, in.node.threads);
    CHECK_EQ(255, in.node.cpu_percent);
    CHECK_STR("[::1]:4443", in.node.address);
    for (size_t cut = 0; cut < len - 10; cut++) /* the address may be shorter, nothing else */
        CHECK_EQ(ERR_PARSE, beat_parse(&in, data, cut));
}

static void a_seal_survives_the_wire(void)
{
    uint8_t data[BEAT_SEAL_BYTES + 1] = {0};
    struct bus_seal in, out = {.born_us = 1ull << 50, .key = {1, [31] = 2}};
    struct beat beat;
    beat_seal_write(data, &out);
    CHECK_EQ(0, beat_seal_parse(&in, data, BEAT_SEAL_BYTES));
    CHECK(in.born_us == out.born_us && memcmp(in.key, out.key, BUS_SEAL_BYTES) == 0);
    CHECK_EQ(ERR_PARSE, beat_seal_parse(&in, data, BEAT_SEAL_BYTES + 1));
    for (size_t cut = 0; cut < BEAT_SEAL_BYTES; cut++)
        CHECK_EQ(ERR_PARSE, beat_seal_parse(&in, data, cut));
    CHECK_EQ(ERR_PARSE, beat_parse(&beat, data, BEAT_SEAL_BYTES));
}

static void the_elder_seal_is_taken(void)
{
    const struct bus_seal none = {0}, first = {1, {9}}, twin = {1, {8}}, second = {2, {1}};
    CHECK(beat_seal_is_elder(&first, &second) && !beat_seal_is_elder(&second, &first));
    CHECK(beat_seal_is_elder(&twin, &first) && !beat_seal_is_elder(&first, &twin));
    CHECK(beat_seal_is_elder(&second, &none) && !beat_seal_is_elder(&none, &second));
    CHECK(!beat_seal_is_elder(&first, &first) && !beat_seal_is_elder(&none, &none));
}

static void an_address_is_a_host_and_a_port(void)
{
    static const char *const wrong[] = {"a b:1", "a\n:1", "<b>:1", "a\"b:1", "x?y", "a@b:1"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        CHECK(!beat_is_address(wrong[i], strlen(wrong[i])));
    CHECK(!beat_is_address("a\0b", 3));
    CHECK(beat_is_address("", 0) && beat_is_address("meet-2.example:443", 18) && beat_is_address("a:1/certhash/a-_", 16));
}

static void numbers_out_of_range_are_no_batch(void)
{
    uint8_t data[BATCH_HEADER_BYTES];
    struct batch_header h;
    static const struct {
        uint32_t from, to, threads;
        int err;
    } row[] = {{1, 2, 1, 0},         {0, 2, 1, ERR_PARSE}, {1, 0, 1, ERR_PARSE}, {1024, 1, 1, ERR_PARSE}, {1, 1024, 1, ERR_PARSE},
               {1, 2, 0, ERR_PARSE}, {1, 2, 17, ERR_PARSE}};
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        batch_header_write(data, &(struct batch_header){.from = row[i].from, .to = row[i].to, .threads = row[i].threads});
        CHECK_EQ(row[i].err, batch_header_parse(&h, data, sizeof(data)));
    }
}

static void silence_takes_a_relay_down(void)
{
    peers = (struct peers){0};
    CHECK_EQ(PEER_ROSE, hear(5, 1, 0));
    CHECK_EQ(PEER_SAME, hear(5, 1, 300 * MS));
    CHECK_EQ(0, peers_silent(&peers, 1799 * MS));
    CHECK_EQ(5, peers_silent(&peers, 1800 * MS));
    CHECK_EQ(0, peers_silent(&peers, 1800 * MS));
    CHECK_EQ(PEER_ROSE, hear(5, 1, 2 * SEC));
    CHECK_EQ(1, peers.up_count);
}

static void a_restart_is_down_and_up(void)
{
    peers = (struct peers){0};
    hear(5, 1, 0);
    CHECK_EQ(PEER_RESTARTED, hear(5, 2, MS));
    CHECK_EQ(1, peers.up_count);
    struct beat bye = beat_of(5, 1); /* of the first one, late */
    bye.leaving = true;
    CHECK_EQ(PEER_SAME, peers_on_beat(&peers, &bye, true, 2 * MS));
    bye.instance = 2;
    CHECK_EQ(PEER_FELL, peers_on_beat(&peers, &bye, true, 2 * MS));
    CHECK_EQ(0, peers.up_count);
    CHECK_EQ(PEER_ROSE, hear(5, 3, 3 * MS));
}

static void a_batch_is_a_sign_of_life_too(void)
{
    peers = (struct peers){0};
    CHECK_EQ(PEER_ROSE, get(5, 1, 0, 0));
    CHECK_EQ(PEER_SAME, hear(5, 1, MS));
    CHECK_EQ(PEER_SAME, get(5, 1, 0, MS));
    CHECK_EQ(PEER_FOREIGN, get(5, 2, 0, MS)); /* the one that beats is another */
    CHECK_EQ(PEER_RESTARTED, get(5, 2, 0, MS + PEER_SILENCE));
}

static void who_took_us_for_dead_begins_anew_here_too(void)
{
    peers = (struct peers){0};
    hear(5, 1, 0);
    CHECK_EQ(PEER_SAME, get(5, 1, 0, MS));
    CHECK_EQ(PEER_RESTARTED, get(5, 1, 1, 2 * MS));
    CHECK_EQ(PEER_SAME, get(5, 1, 1, 3 * MS));
    CHECK_EQ(0, peers.peer[5].epoch);
    CHECK_EQ(5, peers_silent(&peers, 3 * SEC)); /* and we tell it likewise */
    CHECK_EQ(1, peers.peer[5].epoch);
}

static void without_a_number_others_are_only_remembered(void)
{
    peers = (struct peers){0};
    struct beat b = beat_of(5, 1);
    CHECK_EQ(PEER_SAME, peers_on_beat(&peers, &b, false, 0));
    CHECK(peers_uses(&peers, 5, SEC));
    CHECK(!peers_uses(&peers, 5, 4 * SEC));
    CHECK(!peers_lightest(&peers));
    CHECK_EQ(PEER_ROSE, peers_on_beat(&peers, &b, true, SEC));
    CHECK_EQ(5, peers_lightest(&peers)->node);
    CHECK_EQ(5, peers_drop(&peers));
    CHECK_EQ(0, peers_drop(&peers));
}

static void others_are_named_lightest_first(void)
{
    static const struct {
        uint32_t sessions, cpu;
        bool draining;
    } row[] = {{50, 10, false}, {10, 90, false}, {5, 10, false}, {0, 0, true}, {7, 10, false}};
    const struct bus_node *out[3];
    peers = (struct peers){0};
    CHECK_EQ(0, peers_others(&peers, out, 3));
    for (uint32_t i = 0; i < COUNT_OF(row); i++) {
        struct beat b = beat_of(i + 1, i + 1);
        b.node.sessions = row[i].sessions;
        b.node.cpu_percent = row[i].cpu;
        b.node.draining = row[i].draining;
        peers_on_beat(&peers, &b, true, 0);
    }
    CHECK_EQ(3, peers_others(&peers, out, 3));
    CHECK_EQ(3, out[0]->node);
    CHECK_EQ(5, out[1]->node);
    CHECK_EQ(1, out[2]->node);
    CHECK_EQ(1, peers_others(&peers, out, 1));
    CHECK_EQ(3, out[0]->node);
}

static void a_host_is_remembered_when_its_relay_is_gone(void)
{
    struct beat b = beat_of(7, 1);
    peers = (struct peers){0};
    snprintf(b.node.address, sizeof(b.node.address), "Meet.example:4443/certhash/x");
    peers_on_beat(&peers, &b, true, 0);
    CHECK(peers_has_host(&peers, "meet.example", 12));
    CHECK(!peers_has_host(&peers, "meet.example", 4));
    CHECK(!peers_has_host(&peers, "", 0));
    CHECK_EQ(7, peers_silent(&peers, PEER_SILENCE));
    CHECK(peers_has_host(&peers, "meet.example", 12)); /* its page is still open, and comes here */
    snprintf(b.node.address, sizeof(b.node.address), "[2001:db8::1]:1");
    b.instance = 2;
    peers_on_beat(&peers, &b, true, 9 * SEC);
    CHECK(!peers_has_host(&peers, "meet.example", 12));
    CHECK(peers_has_host(&peers, "[2001:db8::1]", 13));
}

static void the_mailbag_is_bounded_and_in_order(void)
{
    struct mailbag m;
    struct mail out;
    static uint8_t big[MAILBAG_BYTES / 2];
    CHECK_EQ(0, mailbag_init(&m));
    CHECK_EQ(0, mailbag_put(&m, 1, "ab", 2, "cd", 2));
    CHECK_EQ(0, mailbag_put(&m, 2, "", 0, big, sizeof(big)));
    CHECK_EQ(ERR_FULL, mailbag_put(&m, 3, "", 0, big, sizeof(big)));
    CHECK(mailbag_take(&m, &out) && out.to == 1 && out.len == 4 && memcmp(out.data, "abcd", 4) == 0);
    CHECK_EQ(0, mailbag_put(&m, 3, "", 0, big, sizeof(big)));
    CHECK(mailbag_take(&m, &out) && out.to == 2 && out.len == sizeof(big));
    mailbag_close(&m);
    CHECK_EQ(ERR_FULL, mailbag_put(&m, 4, "", 0, "x", 1));
    CHECK(mailbag_take(&m, &out) && out.to == 3);
    CHECK(!mailbag_take(&m, &out));
    mailbag_free(&m);
}

static void finds_the_public_half_of_a_seed(void)
{
    char seed[NKEY_SEED_CHARS + 1], public_key[NKEY_PUBLIC_CHARS + 1], again[NKEY_PUBLIC_CHARS + 1];
    uint8_t secret[32] = {1, 2, 3};
    nkey_seed(NKEY_USER, secret, seed);
    nkey_public(NKEY_USER, secret, public_key);
    CHECK(strncmp(seed, "SU", 2) == 0 && strlen(seed) == NKEY_SEED_CHARS);
    CHECK(public_key[0] == 'U' && strlen(public_key) == NKEY_PUBLIC_CHARS);
    CHECK_EQ(0, nkey_public_of(seed, again));
    CHECK_STR(public_key, again);
    seed[20] = seed[20] == 'A' ? 'B' : 'A'; /* the checksum sees it */
    CHECK_EQ(ERR_PARSE, nkey_public_of(seed, again));
    nkey_seed(NKEY_ACCOUNT, secret, seed);
    CHECK_EQ(ERR_PARSE, nkey_public_of(seed, again));
    CHECK_EQ(ERR_PARSE, nkey_public_of("", again));
}

int main(void)
{
    static const struct check_test tests[] = {
        T(a_beat_survives_the_wire),
        T(a_seal_survives_the_wire),
        T(the_elder_seal_is_taken),
        T(an_address_is_a_host_and_a_port),
        T(numbers_out_of_range_are_no_batch),
        T(silence_takes_a_relay_down),
        T(a_restart_is_down_and_up),
        T(a_batch_is_a_sign_of_life_too),
        T(who_took_us_for_dead_begins_anew_here_too),
        T(without_a_number_others_are_only_remembered),
        T(others_are_named_lightest_first),
        T(a_host_is_remembered_when_its_relay_is_gone),
        T(the_mailbag_is_bounded_and_in_order),
        T(finds_the_public_half_of_a_seed),
    };
    return CHECK_RUN(tests);
}
