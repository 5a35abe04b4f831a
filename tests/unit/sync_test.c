/* SPDX-License-Identifier: MIT */
#include "recv/sync.h"

#include "check.h"

#define CLOCKS (999 * SEC) /* steady difference of the two clocks */

/* Sound and picture after capture; what the holds settle at. */
static void holds_what_is_ahead(void)
{
    static const struct {
        usec_t sound, picture, picture_hold, sound_hold;
    } row[] = {
        {80 * MS, 50 * MS, 0, 0},               /* within the slack */
        {125 * MS, 50 * MS, 30 * MS, 0},
        {50 * MS, 50 * MS, 0, 0},
        {50 * MS, 90 * MS, 0, 0},               /* within the slack */
        {50 * MS, 150 * MS, 0, 55 * MS},
        {50 * MS, 900 * MS, 0, SYNC_SOUND_MAX}, /* bounded */
        {900 * MS, 50 * MS, SYNC_PICTURE_MAX, 0},
    };
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        struct sync s;
        sync_init(&s);
        for (usec_t now = 0; now <= 6 * SEC; now += 100 * MS)
            sync_update(&s, CLOCKS + row[i].sound, CLOCKS + row[i].picture, now);
        CHECK_EQ(row[i].picture_hold, sync_picture_hold(&s));
        CHECK_EQ(row[i].sound_hold, sync_sound_hold(&s));
    }
}

static void moves_slowly_and_resets_at_once(void)
{
    struct sync s;
    sync_init(&s);
    usec_t before = 0;
    for (usec_t now = 5 * SEC; now < 7 * SEC; now += 50 * MS) {
        sync_update(&s, 245 * MS, 50 * MS, now);
        CHECK_BETWEEN(0, 4 * MS, sync_picture_hold(&s) - before); /* 80 ms a second */
        before = sync_picture_hold(&s);
    }
    CHECK_EQ(150 * MS, before);
    sync_reset(&s);
    CHECK_EQ(0, sync_picture_hold(&s));
}

int main(void)
{
    static const struct check_test tests[] = {T(holds_what_is_ahead), T(moves_slowly_and_resets_at_once)};
    return CHECK_RUN(tests);
}
