/* SPDX-License-Identifier: MIT */
#include "wire/control.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/units.h"
#include "check.h"
#include "wire/scan.h"

/* Parses `len` bytes as a request of a client: 0 or the error. */
static int parsed(const void *data, size_t len)
{
    struct arena a;
    int err;
    arena_init_growing(&a, CONTROL_ARENA_MAX);
    const Parley__V1__Control *m = control_parse(&a, data, len, WIRE_REQUEST_MAX, &err);
    CHECK_EQ(m == NULL, err != 0);
    arena_free(&a);
    return err;
}

/* Puts `body` into Control's field `tag` as bytes and gives the parser's verdict. */
static int parsed_body(unsigned tag, const void *body, size_t len)
{
    uint8_t data[1024];
    struct writer w = writer_of(data, sizeof data);
    write_u8(&w, (uint8_t)(tag << 3 | 2));
    if (len >= 128)
        write_u8(&w, (uint8_t)(len | 0x80));
    write_u8(&w, (uint8_t)(len >= 128 ? len >> 7 : len));
    write_bytes(&w, body, len);
    return parsed(data, (size_t)writer_done(&w));
}

enum { HELLO = 1, SUBSCRIBE = 8, PUBLISH = 6, ROSTER = 5 };

static void both_framings_carry_the_same_message(void)
{
    Parley__V1__Hello hello = PARLEY__V1__HELLO__INIT;
    hello.major = WIRE_MAJOR;
    hello.meeting = "tea";
    hello.name = "Zo\xc3\xab";
    hello.salt = (ProtobufCBinaryData){16, (uint8_t *)"0123456789abcdef"};
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_HELLO;
    m.hello = &hello;
    struct pkt *stream = control_pack(&m, CONTROL_STREAM), *message = control_pack(&m, CONTROL_MESSAGE);
    CHECK_EQ(stream->len - 1, stream->data[0]);
    CHECK_EQ(WIRE_CONTROL, message->data[0]);
    CHECK_EQ(stream->len, message->len);
    CHECK_MEM(stream->data + 1, message->data + 1, stream->len - 1);
    struct arena a;
    int err;
    arena_init_growing(&a, CONTROL_ARENA_MAX);
    const Parley__V1__Control *back = control_parse(&a, message->data + 1, message->len - 1, WIRE_REQUEST_MAX, &err);
    CHECK(back && back->body_case == PARLEY__V1__CONTROL__BODY_HELLO);
    CHECK_STR("Zo\xc3\xab", back->hello->name);
    CHECK_EQ(16, back->hello->salt.len);
    arena_free(&a);
    uint8_t small[8];
    CHECK_EQ(ERR_SPACE, control_write(small, sizeof small, &m, CONTROL_STREAM));
    pkt_unref(stream);
    pkt_unref(message);
}

static void an_unknown_body_is_no_error(void)
{
    struct arena a;
    int err;
    arena_init_growing(&a, CONTROL_ARENA_MAX);
    static const uint8_t data[] = {0xf2, 0x07, 2, 'h', 'i'}; /* field 126 */
    const Parley__V1__Control *m = control_parse(&a, data, sizeof data, WIRE_REQUEST_MAX, &err);
    CHECK(m && m->body_case == PARLEY__V1__CONTROL__BODY__NOT_SET);
    arena_free(&a);
}

static void malformed_bytes_are_refused(void)
{
    static const struct {
        uint8_t bytes[16];
        size_t len;
        int err;
    } row[] = {
        {{0}, 0, 0},                                      /* no body: to be ignored */
        {{0x0a}, 1, ERR_PARSE},                           /* no length */
        {{0x0a, 5, 1}, 3, ERR_PARSE},                     /* shorter than it says */
        {{0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f}, 6, ERR_PARSE},
        {{0x0a, 0, 0x0a, 0}, 4, ERR_PARSE},               /* two bodies */
        {{0x0a, 0, 0x6a, 0}, 4, ERR_PARSE},
        {{0x08, 1}, 2, ERR_PARSE},                        /* Hello as a number */
        {{0x0b, 0x0c}, 2, ERR_PARSE},                     /* a group */
        {{0x02, 0}, 2, ERR_PARSE},                        /* field 0 */
        {{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1}, 11, ERR_PARSE}, /* an endless tag */
        {{0x6a, 4, 0x08, 1, 0x08, 2}, 6, ERR_PARSE},      /* Ping.token twice */
    };
    for (size_t i = 0; i < COUNT_OF(row); i++)
        CHECK_EQ(row[i].err, parsed(row[i].bytes, row[i].len));
}

static void texts_and_bytes_are_bounded_and_checked(void)
{
    char name[3 + WIRE_NAME_MAX + 1] = {0x22, (char)0x81, 1}; /* Hello.name of 129 bytes */
    memset(name + 3, 'n', WIRE_NAME_MAX + 1);
    CHECK_EQ(ERR_LIMIT, parsed_body(HELLO, name, sizeof name));
    name[1] = (char)0x80;
    CHECK_EQ(0, parsed_body(HELLO, name, sizeof name - 1));
    name[3] = (char)0xff;
    CHECK_EQ(ERR_PARSE, parsed_body(HELLO, name, 3 + WIRE_NAME_MAX));
    CHECK_EQ(ERR_PARSE, parsed_body(HELLO,
                                    "\x22\x03"
                                    "a\0b",
                                    5));
    CHECK_EQ(ERR_PARSE, parsed_body(HELLO, "\x32\x05salty", 7));               /* a salt has 16 bytes */
    CHECK_EQ(ERR_LIMIT, parsed_body(HELLO,
                                    "\x32\x11"
                                    "0123456789abcdefg",
                                    19)); /* and no more */
    CHECK_EQ(0, parsed_body(HELLO,
                            "\x32\x10"
                            "0123456789abcdef",
                            18));
}

static void elements_are_counted_packed_or_not(void)
{
    uint8_t codecs[2 + 2 * (WIRE_CODECS_MAX + 1)] = {0x4a, WIRE_CODECS_MAX + 1};
    CHECK_EQ(ERR_LIMIT, parsed_body(HELLO, codecs, 2 + WIRE_CODECS_MAX + 1));
    codecs[1] = WIRE_CODECS_MAX;
    CHECK_EQ(0, parsed_body(HELLO, codecs, 2 + WIRE_CODECS_MAX));
    for (size_t i = 0; i < sizeof codecs; i++)
        codecs[i] = i % 2 ? 1 : 0x48;
    CHECK_EQ(ERR_LIMIT, parsed_body(HELLO, codecs, 2 * (WIRE_CODECS_MAX + 1)));
    CHECK_EQ(0, parsed_body(HELLO, codecs, 2 * WIRE_CODECS_MAX));
    static const uint8_t track[] = {0x0a, 8, 0x22, 0, 0x22, 0, 0x22, 0, 0x22, 0}; /* Publish: four layers */
    CHECK_EQ(ERR_LIMIT, parsed_body(PUBLISH, track, sizeof track));
}

static void a_flood_of_small_things_is_refused_before_it_costs_memory(void)
{
    static uint8_t data[WIRE_REQUEST_MAX + 1];
    size_t len = WIRE_REQUEST_MAX;
    CHECK_EQ(ERR_LIMIT, parsed(data, len + 1));
    memcpy(data, "\x42\xfc\xff\x03", 4); /* Subscribe with 32766 empty wants */
    for (size_t i = 4; i + 1 < len; i += 2)
        data[i] = 0x0a;
    size_t bytes;
    CHECK_EQ(ERR_LIMIT, parsed(data, len));
    CHECK_EQ(ERR_LIMIT, wire_scan(&parley__v1__control__descriptor, data, len, &bytes));
    for (size_t i = 0; i + 1 < len; i += 2) { /* unknown fields only */
        data[i] = 0x78 + 0x80;
        data[i + 1] = 0x07;
    }
    CHECK(parsed(data, len) < 0);
}

/* Parses the largest Roster into the memory that the scan asks for. */
static void the_scan_asks_for_enough_memory(void)
{
    static uint8_t data[WIRE_CONTROL_MAX];
    static const uint8_t layer[] = {0x22, 12, 0x08, 1, 0x10, 0x80, 5, 0x18, 0xe8, 2, 0x20, 30, 0x30, 3};
    struct writer w = writer_of(data, sizeof data);
    size_t members = 0;
    write_bytes(&w, "\x2a\xfc\xff\x07", 4); /* Roster, the length is set below */
    for (; members < WIRE_MEMBERS_MAX; members++) {
        write_bytes(&w, "\x0a\x34\x08\x01\x12\x02hi\x2a\x2c\x08\x02", 12); /* Member, id, name, Track, id */
        for (int i = 0; i < 3; i++)
            write_bytes(&w, layer, sizeof layer);
    }
    size_t len = (size_t)writer_done(&w), body = len - 4;
    data[1] = (uint8_t)(body | 0x80);
    data[2] = (uint8_t)(body >> 7 | 0x80);
    data[3] = (uint8_t)(body >> 14);
    struct arena a;
    int err;
    arena_init_growing(&a, CONTROL_ARENA_MAX);
    const Parley__V1__Control *m = control_parse(&a, data, len, WIRE_CONTROL_MAX, &err);
    CHECK(m && m->roster->n_put == members);
    CHECK_EQ(3, m->roster->put[members - 1]->tracks[0]->n_layers);
    CHECK_BETWEEN(a.cap / 4, a.cap, a.used);
    arena_free(&a);
}

/* The two things that cost most beside messages: many elements one by one, and long texts. */
static void lists_and_texts_are_counted_in(void)
{
    static uint8_t data[WIRE_REQUEST_MAX];
    struct writer w = writer_of(data, sizeof data);
    write_bytes(&w, "\x2a\x80\x40", 3); /* Roster of 8192 bytes: 4096 times `gone`, not packed */
    for (int i = 0; i < WIRE_MEMBERS_MAX; i++)
        write_bytes(&w, "\x10\x01", 2);
    CHECK_EQ(0, parsed(data, (size_t)writer_done(&w)));
    w = writer_of(data, sizeof data);
    write_bytes(&w, "\x2a\x83\x20\x12\x80\x20", 6); /* the same, packed */
    for (int i = 0; i < WIRE_MEMBERS_MAX; i++)
        write_u8(&w, 1);
    CHECK_EQ(0, parsed(data, (size_t)writer_done(&w)));
    w = writer_of(data, sizeof data);
    write_bytes(&w, "\x0a\x83\x20\x2a\x80\x20", 6); /* Hello with a token of 4096 bytes */
    for (int i = 0; i < WIRE_TOKEN_MAX; i++)
        write_u8(&w, 't');
    CHECK_EQ(0, parsed(data, (size_t)writer_done(&w)));
}

static void memory_is_used_again(void)
{
    struct arena a;
    int err;
    arena_init_growing(&a, CONTROL_ARENA_MAX);
    CHECK(control_parse(&a, (const uint8_t *)"\x6a\x02\x08\x07", 4, WIRE_REQUEST_MAX, &err));
    const uint8_t *memory = a.memory;
    size_t used = a.used;
    for (int i = 0; i < 1000; i++)
        CHECK(control_parse(&a, (const uint8_t *)"\x6a\x02\x08\x07", 4, WIRE_REQUEST_MAX, &err)->ping->token == 7);
    CHECK(a.memory == memory);
    CHECK_EQ(used, a.used);
    arena_free(&a);
}

static bool needs_bound(const ProtobufCFieldDescriptor *f)
{
    return f->label == PROTOBUF_C_LABEL_REPEATED || f->type == PROTOBUF_C_TYPE_STRING || f->type == PROTOBUF_C_TYPE_BYTES;
}

static void every_text_and_list_of_the_contract_has_a_bound(void)
{
    static const ProtobufCMessageDescriptor *const all[] = {
        &parley__v1__control__descriptor,      &parley__v1__hello__descriptor,        &parley__v1__welcome__descriptor,
        &parley__v1__limits__descriptor,       &parley__v1__refused__descriptor,      &parley__v1__goodbye__descriptor,
        &parley__v1__member__descriptor,       &parley__v1__track__descriptor,        &parley__v1__layer__descriptor,
        &parley__v1__roster__descriptor,       &parley__v1__publish__descriptor,      &parley__v1__unpublish__descriptor,
        &parley__v1__profile__descriptor,      &parley__v1__subscribe__descriptor,    &parley__v1__want__descriptor,
        &parley__v1__demand__descriptor,       &parley__v1__track_demand__descriptor, &parley__v1__forwarding__descriptor,
        &parley__v1__chat__descriptor,         &parley__v1__chat_text__descriptor,    &parley__v1__track_forwarding__descriptor,
        &parley__v1__ping__descriptor,         &parley__v1__pong__descriptor,         &parley__v1__key_frame_request__descriptor,
        &parley__v1__notice__descriptor,       &parley__v1__drain__descriptor,        &parley__v1__feedback__descriptor,
        &parley__v1__track_report__descriptor,
    };
    for (size_t i = 0; i < COUNT_OF(all); i++)
        for (unsigned f = 0; f < all[i]->n_fields; f++) {
            const ProtobufCFieldDescriptor *field = &all[i]->fields[f];
            CHECK(field->id < 32); /* the scan notes fields by bits */
            if (needs_bound(field) && !wire_bound(all[i], field->id))
                fail_msg("%s.%s has no bound in scan.c", all[i]->short_name, field->name);
        }
}

static void another_major_version_is_refused_with_a_sentence(void)
{
    char text[WIRE_SENTENCE_MAX], tiny[10];
    Parley__V1__Hello hello = PARLEY__V1__HELLO__INIT;
    hello.major = WIRE_MAJOR;
    hello.minor = 99;
    CHECK_EQ(0, control_check_version(&hello, text, sizeof text));
    hello.major = 0;
    CHECK_EQ(ERR_VERSION, control_check_version(&hello, text, sizeof text));
    CHECK_STR(
        "This relay speaks version 1 of the protocol and your program version 0: please update the program, or reload the page.",
        text);
    hello.major = 4294967295u;
    CHECK_EQ(ERR_VERSION, control_check_version(&hello, text, sizeof text));
    CHECK(strstr(text, "version 4294967295: please ask"));
    CHECK_EQ(ERR_VERSION, control_check_version(&hello, tiny, sizeof tiny));
    CHECK_STR("This rela", tiny);
}

static void chat_text_may_have_lines(void)
{
    Parley__V1__ChatText m = PARLEY__V1__CHAT_TEXT__INIT;
    m.text = "two\nlines";
    m.id = 9;
    uint8_t out[64];
    int err, len = chat_text_write(out, sizeof out, &m);
    CHECK(len > 0);
    CHECK_EQ(ERR_SPACE, chat_text_write(out, 4, &m));
    struct arena a;
    arena_init_growing(&a, CONTROL_ARENA_MAX);
    const Parley__V1__ChatText *back = chat_text_parse(&a, out, (size_t)len, &err);
    CHECK_STR("two\nlines", back->text);
    out[4] = 0;
    CHECK(!chat_text_parse(&a, out, (size_t)len, &err));
    CHECK_EQ(ERR_PARSE, err);
    arena_free(&a);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(both_framings_carry_the_same_message),
        T(an_unknown_body_is_no_error),
        T(malformed_bytes_are_refused),
        T(texts_and_bytes_are_bounded_and_checked),
        T(elements_are_counted_packed_or_not),
        T(a_flood_of_small_things_is_refused_before_it_costs_memory),
        T(the_scan_asks_for_enough_memory),
        T(lists_and_texts_are_counted_in),
        T(memory_is_used_again),
        T(every_text_and_list_of_the_contract_has_a_bound),
        T(another_major_version_is_refused_with_a_sentence),
        T(chat_text_may_have_lines),
    };
    return CHECK_RUN(tests);
}
