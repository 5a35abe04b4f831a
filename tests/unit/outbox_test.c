/* SPDX-License-Identifier: MIT */
#include "session/outbox.h"

#include <string.h>

#include "base/err.h"
#include "check.h"

static void gives_back_in_order_what_was_put(void)
{
    struct outbox o;
    struct client_event e;
    outbox_init(&o);
    for (int round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < 100; i++)
            CHECK_EQ(0, outbox_push_copy(&o, &(struct client_event){.type = CLIENT_CHAT, .member = i, .code = "a", .text = "b"}, &i,
                                         sizeof i));
        for (uint32_t i = 0; i < 100; i++) {
            CHECK_EQ(1, outbox_pop(&o, &e));
            CHECK_EQ(i, e.member);
            CHECK_MEM(&i, e.data, sizeof i);
            CHECK_STR("a", e.code);
            CHECK_STR("b", e.text);
        }
        CHECK_EQ(0, outbox_pop(&o, &e));
    }
    CHECK(o.size <= 4096); /* drained each time: no growth */
    outbox_reset(&o);
}

static void media_points_behind_what_was_skipped(void)
{
    struct outbox o;
    struct client_event e = {.type = CLIENT_AUDIO, .media = {.len = 3}};
    outbox_init(&o);
    uint8_t *room = outbox_room(&o, 8);
    memcpy(room, "infoabc!", 8);
    CHECK_EQ(0, outbox_push(&o, &e, room, 4));
    CHECK_EQ(1, outbox_pop(&o, &e));
    CHECK_MEM("abc", e.media.data, 3);
    CHECK_EQ(0, e.len);
    outbox_reset(&o);
}

static void is_bounded(void)
{
    static uint8_t block[1024 * 1024];
    struct outbox o;
    outbox_init(&o);
    uint32_t held = 0;
    while (outbox_push_copy(&o, &(struct client_event){.type = CLIENT_SEND_RUN}, block, sizeof block) == 0)
        held++;
    CHECK_BETWEEN(4, OUTBOX_BYTES_MAX / sizeof block, held);
    CHECK_EQ(1, o.dropped);
    outbox_reset(&o);
    for (uint32_t i = 0; i < OUTBOX_EVENTS_MAX; i++)
        CHECK_EQ(0, outbox_push(&o, &(struct client_event){.type = CLIENT_DIAL}, NULL, 0));
    CHECK_EQ(ERR_FULL, outbox_push(&o, &(struct client_event){.type = CLIENT_DIAL}, NULL, 0));
    outbox_reset(&o);
}

int main(void)
{
    static const struct check_test tests[] = {T(gives_back_in_order_what_was_put), T(media_points_behind_what_was_skipped),
                                              T(is_bounded)};
    return CHECK_RUN(tests);
}
