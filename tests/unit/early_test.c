/* SPDX-License-Identifier: MIT */
#include "session/early.h"

#include <string.h>

#include "check.h"
#include "wire/control.h"

static void gives_back_in_order_and_forgets(void)
{
    struct early e = {0};
    struct early_piece p;
    const uint8_t *data;
    early_keep(&e, 3, &(struct early_piece){0}, (const uint8_t *)"one", 3);
    early_keep(&e, 3, &(struct early_piece){.is_run = true, .run = 7, .end = RUN_END}, (const uint8_t *)"two!", 4);
    CHECK_EQ(1, early_next(&e, 3, &p, &data));
    CHECK(!p.is_run && p.len == 3);
    CHECK_MEM("one", data, 3);
    CHECK_EQ(1, early_next(&e, 3, &p, &data));
    CHECK(p.is_run && p.run == 7 && p.end == RUN_END && p.len == 4);
    CHECK_MEM("two!", data, 4);
    CHECK_EQ(0, early_next(&e, 3, &p, &data));
    CHECK_EQ(0, early_next(&e, 3, &p, &data));
}

static void is_bounded_and_of_one_carrier(void)
{
    static uint8_t large[EARLY_BYTES];
    struct early e = {0};
    struct early_piece p;
    const uint8_t *data;
    for (int i = 0; i < 2 * EARLY_PIECES; i++)
        early_keep(&e, 3, &(struct early_piece){0}, large, 10);
    CHECK_EQ(EARLY_PIECES, e.count);
    early_keep(&e, 4, &(struct early_piece){0}, large, EARLY_BYTES); /* another carrier: the first one's are gone */
    early_keep(&e, 4, &(struct early_piece){0}, large, 1);
    CHECK_EQ(1, e.count);
    CHECK_EQ(0, early_next(&e, 3, &p, &data));
    CHECK_EQ(0, e.count);
    early_clear(&e);
}

static void feed_welcome(struct client *c, uint32_t link)
{
    uint8_t out[256];
    Parley__V1__Welcome w = PARLEY__V1__WELCOME__INIT;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    w.member = 1;
    m.body_case = PARLEY__V1__CONTROL__BODY_WELCOME;
    m.welcome = &w;
    int len = control_write(out, sizeof out, &m, CONTROL_STREAM);
    CHECK(len > 0);
    client_on_control(c, link, out, (size_t)len, 2 * MS);
}

static uint32_t malformed(const struct client *c)
{
    struct client_stats s;
    client_stats(c, &s, 3 * MS);
    return s.malformed;
}

/* Bytes that are no media tell by their count when they were looked at. */
static void a_client_takes_what_overtook_its_welcome(void)
{
    struct client_config config = {.meeting = "m", .name = "Ann", .secret_len = 16};
    struct client *c = client_new(&config, 0);
    struct client_event e;
    uint32_t link = 0;
    while (client_poll(c, &e, 0))
        link = e.type == CLIENT_DIAL ? e.link : link;
    client_on_open(c, link, TRANSPORT_WEBTRANSPORT, 1200, MS);
    client_on_datagram(c, link, (const uint8_t[]){99, 1}, 2, MS);
    client_on_run(c, link, 5, (const uint8_t[]){98, 1, 1}, 3, RUN_MORE, MS);
    client_on_datagram(c, link + 1, (const uint8_t[]){99, 1}, 2, MS); /* a carrier that nobody opened */
    CHECK_EQ(0, malformed(c));
    feed_welcome(c, link);
    CHECK_EQ(2, malformed(c));
    client_on_datagram(c, link, (const uint8_t[]){99, 1}, 2, 2 * MS);
    CHECK_EQ(3, malformed(c));
    client_del(c);
}

int main(void)
{
    static const struct check_test tests[] = {T(gives_back_in_order_and_forgets), T(is_bounded_and_of_one_carrier),
                                              T(a_client_takes_what_overtook_its_welcome)};
    return CHECK_RUN(tests);
}
