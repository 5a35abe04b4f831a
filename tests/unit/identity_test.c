/* SPDX-License-Identifier: MIT */
#include "session/identity.h"

#include <string.h>

#include "base/err.h"
#include "check.h"

static char text[CLIENT_TOKEN_MAX + 2]; /* 'x', as many as a row wants */

static const char *xs(size_t count)
{
    memset(text, 'x', sizeof text);
    text[count] = 0;
    return text;
}

static void takes_what_fits_and_refuses_the_rest(void)
{
    enum field { MEETING, NAME, TOKEN, PROGRAM };
    static const struct {
        enum field field;
        size_t most;
    } row[] = {{MEETING, WIRE_MEETING_MAX}, {NAME, WIRE_NAME_MAX}, {TOKEN, CLIENT_TOKEN_MAX}, {PROGRAM, CLIENT_PROGRAM_MAX}};
    for (size_t i = 0; i < COUNT_OF(row); i++)
        for (size_t over = 0; over < 2; over++) {
            struct client_config config = {.secret_len = 16};
            const char **of[] = {&config.meeting, &config.name, &config.token, &config.program};
            struct identity id;
            *of[row[i].field] = xs(row[i].most + over);
            CHECK_EQ(over ? ERR_LIMIT : 0, identity_set(&id, &config));
            const char *copy[] = {id.meeting, id.name, id.token, id.program};
            if (!over)
                CHECK_STR(xs(row[i].most), copy[row[i].field]);
        }
}

static void wants_a_secret_that_fits(void)
{
    static const struct {
        size_t len;
        int err;
    } row[] = {{0, ERR_LIMIT}, {1, 0}, {CLIENT_SECRET_MAX, 0}, {CLIENT_SECRET_MAX + 1, ERR_LIMIT}};
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        struct identity id;
        CHECK_EQ(row[i].err, identity_set(&id, &(struct client_config){.secret_len = row[i].len}));
    }
}

static void keeps_its_name_when_the_new_one_is_none(void)
{
    struct identity id;
    CHECK_EQ(0, identity_set(&id, &(struct client_config){.name = "Ann", .secret_len = 16}));
    CHECK_EQ(0, identity_rename(&id, "Zo\xc3\xab"));
    CHECK_EQ(ERR_LIMIT, identity_rename(&id, "\xff"));
    CHECK_EQ(ERR_LIMIT, identity_rename(&id, xs(WIRE_NAME_MAX + 1)));
    CHECK_STR("Zo\xc3\xab", id.name);
    CHECK_STR("", id.token);
}

int main(void)
{
    static const struct check_test tests[] = {T(takes_what_fits_and_refuses_the_rest), T(wants_a_secret_that_fits),
                                              T(keeps_its_name_when_the_new_one_is_none)};
    return CHECK_RUN(tests);
}
