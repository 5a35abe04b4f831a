/* SPDX-License-Identifier: MIT */
/* check.h - assertions and the main of a unit test, on cmocka. A test is `static void reads_as_a_sentence(void)`. */
#ifndef PARLEY_TESTS_CHECK_H
#define PARLEY_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define CHECK(condition) assert_true(condition)
/* Whole numbers; prints both on failure. */
#define CHECK_EQ(expected, actual) check_eq((long long)(expected), (long long)(actual), #actual, __FILE__, __LINE__)
#define CHECK_STR(expected, actual) assert_string_equal(actual, expected)
#define CHECK_MEM(expected, actual, len) assert_memory_equal(actual, expected, len)
/* low <= actual <= high */
#define CHECK_BETWEEN(low, high, actual) check_between((double)(low), (double)(high), (double)(actual), #actual, __FILE__, __LINE__)

static inline void check_eq(long long expected, long long actual, const char *what, const char *file, int line)
{
    if (expected != actual) {
        print_error("%s:%d: %s is %lld, expected %lld\n", file, line, what, actual, expected);
        _fail(file, line);
    }
}

static inline void check_between(double low, double high, double actual, const char *what, const char *file, int line)
{
    if (!(actual >= low && actual <= high)) {
        print_error("%s:%d: %s is %g, expected %g..%g\n", file, line, what, actual, low, high);
        _fail(file, line);
    }
}

struct check_test {
    const char *name;
    void (*run)(void);
};

static inline void check_run(void **state)
{
    const struct check_test *t = *state;
    t->run();
}

#define T(function) {#function, function}
/* int main(void) { static const struct check_test tests[] = {T(a), T(b)}; return CHECK_RUN(tests); } */
#define CHECK_RUN(tests) check_run_all(tests, sizeof(tests) / sizeof((tests)[0]))

static inline int check_run_all(const struct check_test *tests, size_t count)
{
    struct CMUnitTest list[256];
    if (count > 256)
        return 1;
    for (size_t i = 0; i < count; i++)
        list[i] = (struct CMUnitTest){tests[i].name, check_run, NULL, NULL, (void *)(uintptr_t)&tests[i]};
    return _cmocka_run_group_tests("parley", list, count, NULL, NULL);
}

#endif
