/* SPDX-License-Identifier: MIT */
#include "send/history.h"

#include "check.h"

static struct history sent(uint32_t from, uint32_t to)
{
    struct history h;
    history_init(&h);
    for (uint32_t seq = from; seq <= to; seq++)
        history_sent(&h, seq, 100, seq * 20 * MS);
    return h;
}

static struct delivery report(struct history *h, uint32_t newest, uint32_t missing, uint64_t bytes)
{
    struct history_report r = {.newest = newest, .missing = missing, .newest_at = 7 * SEC, .bytes = bytes};
    return history_report(h, &r);
}

static void a_report_is_timed_and_judged(void)
{
    struct history h = sent(1, 10);
    struct delivery d = report(&h, 5, 0, 500);
    CHECK(d.timed);
    CHECK_EQ(100 * MS, d.sent);
    CHECK_EQ(7 * SEC, d.arrived);
    CHECK_EQ(100, d.object_bytes);
    CHECK_EQ(500, d.bytes);
    CHECK_EQ(5, d.objects);
    CHECK_EQ(0, d.lost);
}

static void a_loss_is_judged_once_and_not_too_early(void)
{
    struct history h = sent(1, 20);
    struct delivery d = report(&h, 5, 1 | 8, 300); /* 4 and 1 are missing: 4 may be on its way */
    CHECK_EQ(4, d.objects);
    CHECK_EQ(1, d.lost);
    d = report(&h, 7, 4, 500); /* 4 again */
    CHECK_EQ(3, d.objects);
    CHECK_EQ(1, d.lost);
    d = report(&h, 7, 4, 500);
    CHECK(!d.timed);
    CHECK_EQ(0, d.objects);
    CHECK_EQ(0, d.bytes);
}

static void what_was_never_sent_is_no_loss(void)
{
    struct history h;
    history_init(&h);
    for (uint32_t seq = 1; seq <= 41; seq += 4)
        history_sent(&h, seq, 100, seq * 33 * MS);
    struct delivery d = report(&h, 41, 0x77777777, 1100); /* every fourth arrived */
    CHECK_EQ(9, d.objects); /* 1 and 5 are beyond the 32 bits: nobody can tell */
    CHECK_EQ(0, d.lost);
}

static void old_and_impossible_reports_add_nothing(void)
{
    struct history h = sent(1, 10);
    report(&h, 8, 0, 800);
    static const struct {
        uint32_t newest;
        uint64_t bytes;
    } row[] = {{5, 900}, {9, 700}, {11, 900}, {4000000000u, 900}, {0, 0}};
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        struct delivery d = report(&h, row[i].newest, 0, row[i].bytes);
        CHECK(!d.timed && d.objects == 0 && d.bytes == 0 && d.lost == 0);
    }
    CHECK_EQ(1, report(&h, 9, 0, 900).objects);
}

static void layers_are_counted_apart_and_the_first_report_adds_no_past(void)
{
    struct history h;
    history_init(&h);
    history_sent(&h, 7, 100, 20 * MS);
    history_sent(&h, 8, 100, 40 * MS);
    h.spatial = 1;
    history_sent(&h, 7, 1000, 60 * MS); /* the same number, of another layer */
    struct history_report small = {.newest = 8, .newest_at = SEC, .bytes = 5000, .spatial = 0};
    struct history_report large = {.newest = 7, .newest_at = SEC, .bytes = 900000, .spatial = 1};
    struct delivery d = history_report(&h, &large);
    CHECK(d.timed);
    CHECK_EQ(60 * MS, d.sent);
    CHECK_EQ(1000, d.bytes); /* the other end counts since before us */
    d = history_report(&h, &small); /* of the layer that was left: it still arrives */
    CHECK_EQ(40 * MS, d.sent);
    CHECK_EQ(200, d.bytes);
    CHECK_EQ(2, d.objects);
    history_sent(&h, 8, 1000, 80 * MS);
    large.newest = 8;
    large.bytes += 1000;
    CHECK_EQ(1000, history_report(&h, &large).bytes);
    CHECK_EQ(8, history_newest(&h, 0));
    large.spatial = HISTORY_LAYERS;
    CHECK(!history_report(&h, &large).timed);
}

static void only_the_latest_objects_are_remembered(void)
{
    struct history h = sent(1, HISTORY_OBJECTS + 10);
    CHECK(!report(&h, 10, 0, 1000).timed);
    CHECK(report(&h, 11, 0, 1100).timed);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(layers_are_counted_apart_and_the_first_report_adds_no_past),
        T(a_report_is_timed_and_judged),
        T(a_loss_is_judged_once_and_not_too_early),
        T(what_was_never_sent_is_no_loss),
        T(old_and_impossible_reports_add_nothing),
        T(only_the_latest_objects_are_remembered),
    };
    return CHECK_RUN(tests);
}
