/* SPDX-License-Identifier: MIT */
#include "session/relays.h"

#include <string.h>

#include "check.h"

#define HASH "/certhash/ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno-_"

static void an_address_is_a_host_and_a_port_and_perhaps_hashes(void)
{
    static const struct {
        const char *text;
        bool sound;
    } row[] = {
        {"relay.example:4443", true},
        {"192.0.2.1:1", true},
        {"[2001:db8::1]:443", true},
        {"", false},
        {"relay.example", false},
        {":443", false},
        {"a:443443", false},
        {"a:", false},
        {"a:4x", false},
        {"[::1:443", false},
        {"a/b:443", false},
        {"user@a:443", false},
        {"a b:443", false},
        {"[]:443", false},
        {"https://a:443", false},
        {"a:443" HASH, true},
        {"[::1]:443" HASH HASH, true},
        {"a:443" HASH "/", false},
        {"a:443" HASH "x", false}, /* 44 letters */
        {"a:443/certhash/", false},
        {"a:443/certhash/ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno+_", false},
        {"a:443/wt", false},
        {"a" HASH, false},
    };
    char large[RELAYS_TEXT_MAX + 8];
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
        CHECK_EQ(row[i].sound, relays_is_address(row[i].text));
    memset(large, 'a', sizeof(large));
    strcpy(large + RELAYS_TEXT_MAX - 1, ":443");
    CHECK(!relays_is_address(large));
}

static void the_others_come_first_and_then_all_in_turn(void)
{
    struct relays r = {0};
    CHECK_STR("", relays_next(&r)); /* the shell's own, for want of any other */
    relays_add(&r, "b:1");
    relays_add(&r, "nonsense");
    relays_add(&r, "c:1");
    relays_settled(&r, "");
    static const char *const turns[] = {"b:1", "c:1", "", "b:1"};
    for (size_t i = 0; i < 4; i++)
        CHECK_STR(turns[i], relays_next(&r));
    relays_settled(&r, "b:1");
    relays_clear(&r);
    relays_add(&r, "a:1");
    CHECK_STR("a:1", relays_next(&r));
    CHECK_STR("b:1", relays_next(&r));
}

static void who_is_sent_elsewhere_goes_there_once(void)
{
    struct relays r = {0};
    relays_add(&r, "b:1");
    CHECK(!relays_name(&r, "x"));
    CHECK(relays_name(&r, "c:1"));
    CHECK_STR("c:1", relays_next(&r));
    CHECK_STR("b:1", relays_next(&r));
}

static void no_more_than_a_few_are_remembered(void)
{
    struct relays r = {0};
    for (int i = 0; i < 3 * RELAYS_MAX; i++)
        relays_add(&r, "b:1");
    CHECK_EQ(RELAYS_MAX, r.others);
}

int main(void)
{
    static const struct check_test tests[] = {T(an_address_is_a_host_and_a_port_and_perhaps_hashes),
                                              T(the_others_come_first_and_then_all_in_turn),
                                              T(who_is_sent_elsewhere_goes_there_once), T(no_more_than_a_few_are_remembered)};
    return CHECK_RUN(tests);
}
