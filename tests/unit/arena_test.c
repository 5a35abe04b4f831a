/* SPDX-License-Identifier: MIT */
#include "wire/arena.h"

#include "base/err.h"
#include "check.h"

static void what_is_given_is_aligned_and_inside(void)
{
    uint8_t memory[200];
    for (size_t skew = 0; skew < ARENA_ALIGN; skew++) {
        struct arena a;
        uint8_t *last = NULL, *p;
        arena_init(&a, memory + skew, 150);
        while ((p = arena_alloc(&a, 7))) {
            CHECK_EQ(0, (uintptr_t)p % ARENA_ALIGN);
            CHECK(p >= memory + skew && p + 7 <= memory + skew + 150);
            CHECK(!last || p >= last + 7);
            last = p;
        }
        CHECK(last);
    }
}

static void padding_may_be_more_than_is_left(void)
{
    _Alignas(ARENA_ALIGN) uint8_t memory[64];
    struct arena a;
    arena_init(&a, memory, 18);
    CHECK(arena_alloc(&a, 17));
    CHECK(!arena_alloc(&a, 0));
    CHECK(!arena_alloc(&a, 1));
    CHECK(!arena_alloc(&a, SIZE_MAX));
}

static void a_growing_arena_grows_to_its_bound(void)
{
    struct arena a;
    arena_init_growing(&a, 1000);
    CHECK(!arena_alloc(&a, 1));
    CHECK_EQ(0, arena_reserve(&a, 600));
    CHECK(arena_alloc(&a, 500));
    CHECK_EQ(0, arena_reserve(&a, 300));
    CHECK_EQ(600, a.cap);
    CHECK_EQ(0, a.used);
    CHECK_EQ(ERR_LIMIT, arena_reserve(&a, 1001));
    CHECK_EQ(0, arena_reserve(&a, 1000));
    arena_free(&a);
    CHECK(!arena_alloc(&a, 1));
    CHECK_EQ(0, arena_reserve(&a, 10));
    arena_free(&a);
}

static void the_callers_memory_does_not_grow(void)
{
    uint8_t memory[64];
    struct arena a;
    arena_init(&a, memory, sizeof memory);
    CHECK_EQ(0, arena_reserve(&a, 64));
    CHECK_EQ(ERR_LIMIT, arena_reserve(&a, 65));
    arena_free(&a);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(what_is_given_is_aligned_and_inside),
        T(padding_may_be_more_than_is_left),
        T(a_growing_arena_grows_to_its_bound),
        T(the_callers_memory_does_not_grow),
    };
    return CHECK_RUN(tests);
}
