/* SPDX-License-Identifier: MIT */
/* Lanes and queues: what is dropped, in which order, and what is taken first. */
#include "check.h"

#include "base/bytes.h"
#include "relay/lane.h"
#include "relay/outq.h"
#include "wire/wire.h"

static struct relay_limits limits;
static struct relay_stats stats;
static struct slot_pool pool;
static const struct outq_env env = {&limits, &stats, &pool};

static void start(struct outq *q, struct lane *lanes, size_t count)
{
    limits = relay_limits_default();
    stats = (struct relay_stats){0};
    outq_init(q, &env, RELAY_WEBTRANSPORT, 1200);
    for (size_t i = 0; i < count; i++)
        lane_init(&lanes[i], false);
}

static void stop(struct outq *q)
{
    outq_free(q);
    slot_pool_free(&pool);
}

/* L1T3 with a key frame at every `key_every`: 1 is T0, 2 T2, 3 T1, 4 T2, 5 T0 ... */
static struct object_header frame_of(uint32_t seq, uint32_t key_every)
{
    static const uint8_t temporal[] = {0, 2, 1, 2}, depends[] = {4, 1, 2, 1};
    uint32_t i = (seq - 1) % 4;
    bool key = (seq - 1) % key_every == 0;
    return (struct object_header){.track = 2, .seq = seq, .temporal = temporal[i], .key = key, .depends = key ? 0 : depends[i]};
}

static enum lane_verdict push(struct outq *q, struct lane *l, struct object_header h, size_t bytes, usec_t now)
{
    enum lane_verdict v = lane_admits(l, &h, (uint8_t)h.spatial);
    struct pkt *p = pkt_new(bytes);
    p->len = (uint32_t)bytes;
    p->data[0] = WIRE_VIDEO;
    if (v == LANE_TAKES)
        outq_video(q, l, p, &h, now);
    pkt_unref(p);
    return v;
}

/* Takes one and gives its seq; 0 for none, -1 for a reset. */
static int take(struct outq *q, usec_t now)
{
    struct relay_out o;
    if (!outq_take(q, &o, now))
        return 0;
    if (o.run_reset)
        return -1;
    pkt_unref(o.pkt);
    return (int)q->taken_seq;
}

static void lets_in_only_what_can_be_decoded(void)
{
    static const struct {
        struct object_header h;
        uint8_t wanted;
        enum lane_verdict verdict;
    } row[] = {
        {{.seq = 5, .depends = 4}, 0, LANE_BROKEN}, /* no key frame yet */
        {{.seq = 9, .key = true}, 0, LANE_TAKES},
        {{.seq = 9, .key = true}, 0, LANE_LATE},
        {{.seq = 8, .depends = 1}, 0, LANE_LATE},
        {{.seq = 10, .temporal = 2, .depends = 1}, 0, LANE_TAKES},
        {{.seq = 12, .temporal = 2, .depends = 1}, 0, LANE_LAYER}, /* leans on 11, which is not here */
        {{.seq = 13, .depends = 4}, 0, LANE_TAKES},
        {{.seq = 13, .spatial = 1, .key = false, .depends = 1}, 0, LANE_LAYER},
        {{.seq = 14, .spatial = 1, .key = true}, 0, LANE_LAYER},
        {{.seq = 14, .spatial = 1, .depends = 1}, 1, LANE_BROKEN}, /* meant for it, but no key frame of it yet */
        {{.seq = 15, .spatial = 1, .key = true}, 1, LANE_TAKES},
        {{.seq = 17, .depends = 4}, 1, LANE_LAYER},
        {{.seq = 19, .spatial = 1, .depends = 3}, 1, LANE_BROKEN}, /* 16 is missing */
        {{.seq = 20, .spatial = 1, .depends = 1}, 1, LANE_BROKEN},
        {{.seq = 21, .spatial = 1, .key = true}, 1, LANE_TAKES},
        {{.seq = 200, .spatial = 1, .key = true}, 1, LANE_TAKES},
        {{.seq = 201, .spatial = 1, .depends = 180}, 1, LANE_BROKEN}, /* beyond what is remembered */
    };
    struct lane l;
    lane_init(&l, false);
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        enum lane_verdict v = lane_admits(&l, &row[i].h, row[i].wanted);
        if (v != row[i].verdict)
            print_error("row %zu\n", i);
        CHECK_EQ(row[i].verdict, v);
        if (v == LANE_TAKES)
            lane_note(&l, &row[i].h);
    }
}

static void drops_upper_layers_first_then_skips_to_a_key_frame(void)
{
    static const struct {
        usec_t wait;
        int seq[12];
    } row[] = {
        {100 * MS, {1, 2, 3, 4, 5, 6, 7, 8, 9}},
        {130 * MS, {1, 3, 5, 7, 9}},
        {260 * MS, {1, 5, 9}},
        {510 * MS, {0}},
    };
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        struct outq q;
        struct lane l;
        start(&q, &l, 1);
        for (uint32_t seq = 1; seq <= 9; seq++)
            CHECK_EQ(LANE_TAKES, push(&q, &l, frame_of(seq, 1000), 1000, 0));
        for (size_t n = 0; row[i].seq[n]; n++)
            CHECK_EQ(row[i].seq[n], take(&q, row[i].wait));
        CHECK_EQ(0, take(&q, row[i].wait));
        CHECK_EQ(0, q.video_bytes);
        stop(&q);
    }
}

static void skips_to_the_newest_key_frame_and_begins_a_new_run(void)
{
    struct outq q;
    struct lane l;
    start(&q, &l, 1);
    push(&q, &l, frame_of(1, 8), 1000, 0);
    CHECK_EQ(1, take(&q, 0));
    for (uint32_t seq = 2; seq <= 10; seq++)
        push(&q, &l, frame_of(seq, 8), 1000, seq * 50 * MS);
    /* 2..8 are older than 500 ms or lean on such; 9 is a key frame */
    CHECK_EQ(-1, take(&q, 930 * MS));
    struct relay_out o;
    CHECK_EQ(1, outq_take(&q, &o, 930 * MS));
    CHECK_EQ(9, q.taken_seq);
    CHECK(o.run_begin);
    CHECK_EQ(2, o.run);
    CHECK_EQ(0, o.offset);
    pkt_unref(o.pkt);
    stop(&q);
}

static void after_a_skip_without_key_frame_the_lane_waits_for_one(void)
{
    struct outq q;
    struct lane l;
    start(&q, &l, 1);
    for (uint32_t seq = 1; seq <= 4; seq++)
        push(&q, &l, frame_of(seq, 1000), 1000, 0);
    CHECK_EQ(0, take(&q, SEC));
    CHECK_EQ(4, stats.dropped_age);
    CHECK_EQ(LANE_BROKEN, push(&q, &l, frame_of(5, 1000), 1000, SEC));
    CHECK_EQ(LANE_TAKES, push(&q, &l, (struct object_header){.seq = 6, .key = true}, 1000, SEC));
    CHECK_EQ(6, take(&q, SEC));
    stop(&q);
}

static void too_many_bytes_cost_the_least_important_lane(void)
{
    struct outq q;
    struct lane l[3];
    start(&q, l, 3);
    l[1].priority = 1;
    l[2].screen = true;
    limits.queue_bytes = 250000;
    for (size_t i = 0; i < 3; i++)
        push(&q, &l[i], (struct object_header){.seq = 1, .key = true}, 100000, 0);
    CHECK_EQ(1, stats.dropped_full);
    CHECK(!l[2].whole); /* the screen goes after cameras here */
    CHECK_EQ(1, take(&q, 0));
    CHECK(q.taken == &l[0]);
    CHECK_EQ(1, take(&q, 0));
    CHECK(q.taken == &l[1]);
    stop(&q);
}

static void one_object_beyond_the_bound_is_dropped(void)
{
    struct outq q;
    struct lane l;
    start(&q, &l, 1);
    limits.queue_bytes = 65536;
    push(&q, &l, (struct object_header){.seq = 1, .key = true}, 100000, 0);
    CHECK_EQ(0, take(&q, 0));
    CHECK_EQ(0, q.video_bytes);
    stop(&q);
}

static struct pkt *packet(uint8_t kind, size_t len)
{
    struct pkt *p = pkt_new(len);
    p->len = (uint32_t)len;
    p->data[0] = kind;
    return p;
}

static void takes_in_order_of_priority(void)
{
    struct outq q;
    struct lane l[3];
    start(&q, l, 3);
    l[1].screen = true;
    struct pkt *control = packet(0, 10), *audio = packet(WIRE_AUDIO, 80);
    push(&q, &l[0], frame_of(1, 1000), 100, 0);
    push(&q, &l[0], frame_of(2, 1000), 100, 0);
    push(&q, &l[1], frame_of(1, 1000), 100, 1);
    push(&q, &l[2], frame_of(1, 1000), 100, 2);
    outq_audio(&q, audio, 1, 3);
    CHECK_EQ(0, outq_control(&q, control, 4));
    static const struct {
        enum relay_channel channel;
        uint32_t priority;
        int lane;
        uint32_t seq;
    } row[] = {
        {RELAY_CONTROL, 0, -1, 0}, {RELAY_DATAGRAM, 1, -1, 0}, {RELAY_RUN, 2, 0, 1},
        {RELAY_RUN, 2, 2, 1},      {RELAY_RUN, 3, 1, 1},       {RELAY_RUN, 4, 0, 2},
    };
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        struct relay_out o;
        CHECK_EQ(1, outq_take(&q, &o, 5));
        CHECK_EQ(row[i].channel, o.channel);
        CHECK_EQ(row[i].priority, o.priority);
        CHECK(row[i].lane < 0 ? !q.taken : q.taken == &l[row[i].lane]);
        CHECK(row[i].lane < 0 || q.taken_seq == row[i].seq);
        pkt_unref(o.pkt);
    }
    CHECK(outq_is_empty(&q));
    pkt_unref(control);
    pkt_unref(audio);
    stop(&q);
}

/* [kind] and `count` objects of 200 bytes, their lengths included. */
static struct pkt *voices(uint32_t count)
{
    struct pkt *p = packet(WIRE_AUDIO, 1 + (size_t)count * 200);
    for (uint32_t i = 0; i < count; i++) {
        struct writer w = writer_of(p->data + 1 + (size_t)i * 200, 2);
        write_varint(&w, 198);
    }
    return p;
}

static void voices_that_are_too_much_for_a_datagram_go_apart(void)
{
    static const struct {
        size_t datagram;
        uint32_t voices, packets;
        size_t len;
    } row[] = {{1200, 5, 1, 1001}, {1001, 5, 1, 1001}, {1000, 5, 5, 201}, {100, 1, 1, 201}};
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        struct outq q;
        struct relay_out o;
        start(&q, NULL, 0);
        q.datagram_bytes = row[i].datagram;
        struct pkt *p = voices(row[i].voices);
        outq_audio(&q, p, row[i].voices, 0);
        for (uint32_t n = 0; n < row[i].packets; n++) {
            CHECK_EQ(1, outq_take(&q, &o, 10));
            CHECK_EQ(row[i].len, o.len);
            CHECK_EQ(WIRE_AUDIO, o.pkt->data[0]);
            pkt_unref(o.pkt);
        }
        CHECK_EQ(0, outq_take(&q, &o, 10));
        CHECK_EQ(1, p->refs);
        CHECK_EQ(row[i].voices, stats.objects_out);
        pkt_unref(p);
        stop(&q);
    }
}

static void old_voices_are_dropped(void)
{
    struct outq q;
    start(&q, NULL, 0);
    struct pkt *p = packet(WIRE_AUDIO, 401);
    for (int i = 0; i < 4; i++)
        outq_audio(&q, p, 2, i * 100 * MS);
    struct relay_out o;
    for (int i = 0; i < 2; i++) { /* those of 200 and 300 ms */
        CHECK_EQ(1, outq_take(&q, &o, 350 * MS));
        pkt_unref(o.pkt);
    }
    CHECK_EQ(0, outq_take(&q, &o, 350 * MS));
    CHECK_EQ(4, stats.dropped_age); /* two packets of two */
    pkt_unref(p);
    stop(&q);
}

static void another_layer_begins_another_run(void)
{
    struct outq q;
    struct lane l;
    start(&q, &l, 1);
    push(&q, &l, (struct object_header){.seq = 1, .key = true}, 100, 0);
    CHECK_EQ(1, take(&q, 0));
    push(&q, &l, (struct object_header){.seq = 2, .depends = 1}, 100, 0);
    push(&q, &l, (struct object_header){.seq = 90, .spatial = 1, .key = true}, 100, 0);
    CHECK_EQ(-1, take(&q, 0));
    struct relay_out o;
    CHECK_EQ(1, outq_take(&q, &o, 0));
    CHECK(o.run_begin && o.run == 2 && q.taken_seq == 90);
    pkt_unref(o.pkt);
    CHECK_EQ(0, take(&q, 0));
    stop(&q);
}

static void a_stopped_run_empties_its_lane_only(void)
{
    struct outq q;
    struct lane l[2];
    start(&q, l, 2);
    for (size_t i = 0; i < 2; i++)
        push(&q, &l[i], (struct object_header){.seq = 1, .key = true}, 100, 0);
    take(&q, 0);
    take(&q, 0);
    for (size_t i = 0; i < 2; i++)
        push(&q, &l[i], (struct object_header){.seq = 2, .depends = 1}, 100, 0);
    CHECK(!outq_run_stopped(&q, &l[1], l[0].run));
    CHECK(outq_run_stopped(&q, &l[0], l[0].run));
    CHECK_EQ(2, take(&q, 0));
    CHECK(q.taken == &l[1]);
    CHECK_EQ(0, take(&q, 0));
    CHECK_EQ(LANE_BROKEN, push(&q, &l[0], (struct object_header){.seq = 3, .depends = 1}, 100, 0));
    stop(&q);
}

static void asks_for_key_frames_less_and_less_often(void)
{
    struct lane l;
    lane_init(&l, false);
    usec_t asked[8];
    size_t count = 0;
    for (usec_t now = 0; now < 12 * SEC && count < COUNT_OF(asked); now += 100 * MS)
        if (lane_may_ask(&l, 300 * MS, now))
            asked[count++] = now;
    static const usec_t expected[] = {0, 300 * MS, 900 * MS, 2100 * MS, 4500 * MS, 8500 * MS};
    CHECK_EQ(COUNT_OF(expected), count);
    for (size_t i = 0; i < count; i++)
        CHECK_EQ(expected[i], asked[i]);
    CHECK(lane_may_ask(&l, 300 * MS, 40 * SEC));
    CHECK(lane_may_ask(&l, 300 * MS, 40 * SEC + 300 * MS)); /* calm for long: the first interval again */
}

int main(void)
{
    static const struct check_test tests[] = {
        T(lets_in_only_what_can_be_decoded),
        T(drops_upper_layers_first_then_skips_to_a_key_frame),
        T(skips_to_the_newest_key_frame_and_begins_a_new_run),
        T(after_a_skip_without_key_frame_the_lane_waits_for_one),
        T(too_many_bytes_cost_the_least_important_lane),
        T(one_object_beyond_the_bound_is_dropped),
        T(takes_in_order_of_priority),
        T(voices_that_are_too_much_for_a_datagram_go_apart),
        T(old_voices_are_dropped),
        T(another_layer_begins_another_run),
        T(a_stopped_run_empties_its_lane_only),
        T(asks_for_key_frames_less_and_less_often),
    };
    return CHECK_RUN(tests);
}
