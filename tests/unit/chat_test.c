/* SPDX-License-Identifier: MIT */
#include "session/chat.h"

#include <string.h>

#include "base/err.h"
#include "check.h"

static const struct group_secret secret = {(const uint8_t *)"a secret", 8};
static const uint8_t salt[16] = {1}, other[16] = {2};

static void waits_until_it_comes_back(void)
{
    struct chat c;
    struct sealer s;
    uint8_t first[CHAT_SEALED_MAX], again[CHAT_SEALED_MAX];
    chat_init(&c, 1);
    sealer_init(&s, secret, salt, 0);
    int place = chat_write(&c, "hello", 5, 0);
    CHECK(place >= 0);
    int len = chat_seal(&c, place, &s, 7, first, sizeof first, 0);
    CHECK(len > 5 && !memmem(first, (size_t)len, "hello", 5));
    CHECK_EQ(len, chat_seal(&c, place, &s, 7, again, sizeof again, 1 * SEC)); /* the connection broke */
    CHECK(memcmp(first, again, (size_t)len) != 0);                          /* sealed anew */
    chat_confirmed(&c, first, 2);
    CHECK(chat_seal(&c, place, &s, 7, first, sizeof first, 2 * SEC) > 0);
    chat_confirmed(&c, first, (size_t)len);
    CHECK_EQ(0, chat_seal(&c, place, &s, 7, first, sizeof first, 3 * SEC));
    chat_reset(&c);
}

static void is_bounded_in_length_number_and_time(void)
{
    static char text[WIRE_CHAT_MAX + 1];
    struct chat c;
    memset(text, 'x', sizeof text);
    chat_init(&c, 1);
    CHECK_EQ(ERR_LIMIT, chat_write(&c, text, sizeof text, 0));
    CHECK_EQ(ERR_LIMIT, chat_write(&c, text, 0, 0));
    for (int i = 0; i < CHAT_WAITING; i++)
        CHECK_EQ(i, chat_write(&c, text, WIRE_CHAT_MAX, 0));
    CHECK_EQ(ERR_FULL, chat_write(&c, "y", 1, CHAT_PATIENCE - 1));
    CHECK_EQ(0, chat_write(&c, "y", 1, CHAT_PATIENCE));
    chat_reset(&c);
}

static void a_text_is_new_once_for_each_sender(void)
{
    struct chat c;
    chat_init(&c, 1);
    CHECK(chat_is_new(&c, salt, 5));
    CHECK(!chat_is_new(&c, salt, 5));
    CHECK(chat_is_new(&c, other, 5));
    CHECK(chat_is_new(&c, salt, 6));
    chat_reset(&c);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(waits_until_it_comes_back),
        T(is_bounded_in_length_number_and_time),
        T(a_text_is_new_once_for_each_sender),
    };
    return CHECK_RUN(tests);
}
