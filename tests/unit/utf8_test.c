/* SPDX-License-Identifier: MIT */
#include "wire/utf8.h"

#include <string.h>

#include "base/units.h"
#include "check.h"

static void only_well_formed_text_passes(void)
{
    static const struct {
        const char *text;
        bool valid;
    } row[] = {
        {"", true},
        {"Zo\xc3\xab", true},
        {"\xea\xb9\x80\xec\x84\x9c\xec\x97\xb0", true}, /* Korean */
        {"\xf0\x9f\x91\x8b", true},                     /* waving hand */
        {"\xf4\x8f\xbf\xbf", true},                     /* U+10FFFF */
        {"\xf4\x90\x80\x80", false},                    /* one more */
        {"\xc0\xaf", false},                            /* overlong slash */
        {"\xe0\x80\xaf", false},
        {"\xf0\x80\x80\xaf", false},
        {"\xed\xa0\x80", false}, /* surrogate */
        {"\x80", false},         /* nothing to follow */
        {"\xc3", false},         /* nothing follows */
        {"\xc3(", false},
        {"\xe2\x82", false},
        {"\xff", false},
        {"\xf8\x88\x80\x80\x80", false},
    };
    for (size_t i = 0; i < COUNT_OF(row); i++)
        CHECK_EQ(row[i].valid, utf8_valid((const uint8_t *)row[i].text, strlen(row[i].text)));
}

static void control_characters_are_no_text(void)
{
    static const struct {
        const char *text;
        size_t len;
        bool text_ok, lines_ok;
    } row[] = {
        {"a b", 3, true, true},       {"a\0b", 3, false, false}, {"a\nb", 3, false, true},      {"a\tb\r", 4, false, true},
        {"\x1b[0m", 4, false, false}, {"\x7f", 1, false, false}, {"\xc2\x85", 2, false, false}, {"\xc2\xa0", 2, true, true},
    };
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        CHECK_EQ(row[i].text_ok, utf8_text((const uint8_t *)row[i].text, row[i].len, false));
        CHECK_EQ(row[i].lines_ok, utf8_text((const uint8_t *)row[i].text, row[i].len, true));
    }
}

int main(void)
{
    static const struct check_test tests[] = {
        T(only_well_formed_text_passes),
        T(control_characters_are_no_text),
    };
    return CHECK_RUN(tests);
}
