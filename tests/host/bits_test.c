/* SPDX-License-Identifier: ISC */
/* The small ones: bitmap, overflow checks, list. */
#include "test.h"

#include "lib/bitmap.h"
#include "lib/list.h"
#include "lib/overflow.h"

static void bitmap_finds_what_a_loop_finds(void)
{
	for (int round = 0; round < 20000; round++) {
		size_t bits = test_random() % 200, from = test_random() % 220, want;
		u64 *map = calloc(BITMAP_WORDS(bits) + 1, sizeof(u64));

		/* Mostly full, so that the search goes over words. */
		for (size_t i = 0; i < bits; i++) {
			if (test_random() % 64)
				bitmap_set(map, i);
		}
		for (want = from; want < bits && bitmap_test(map, want); want++)
			;
		check_eq(bitmap_find_first_zero(map, bits, from), MIN(want, bits));
		free(map);
	}
}

static void bitmap_sets_single_bits(void)
{
	u64 map[2] = { 0, 0 };

	bitmap_set(map, 63);
	bitmap_set(map, 64);
	check(map[0] == 1ULL << 63 && map[1] == 1);
	check(bitmap_test(map, 63) && bitmap_test(map, 64) && !bitmap_test(map, 65));
	bitmap_clear(map, 63);
	check(map[0] == 0 && map[1] == 1);
	check_eq(bitmap_find_first_zero(map, 0, 0), 0);
}

static void ranges(void)
{
	u64 sum;

	check(range_ok(0, 0, 0));
	check(range_ok(10, 5, 15));
	check(!range_ok(10, 6, 15));
	check(!range_ok(16, 0, 15));
	check(range_ok(15, 0, 15));
	check(!range_ok(~0ULL, 2, ~0ULL));
	check(range_ok(~0ULL - 1, 1, ~0ULL));
	check(!range_ok(1, ~0ULL, ~0ULL));
	check(range_ok(0, ~0ULL, ~0ULL));
	check(!add_overflows(~0ULL, 0, &sum) && sum == ~0ULL);
	check(add_overflows(~0ULL, 1, &sum) && sum == 0);
	check(!mul_overflows(1ULL << 32, 1ULL << 31, &sum) && sum == 1ULL << 63);
	check(mul_overflows(1ULL << 32, 1ULL << 32, &sum));
}

struct element {
	int value;
	struct list link;
};

static void lists(void)
{
	struct list head = LIST_INIT(head);
	struct element e[4], *pos, *next;
	int digits = 0;

	check(list_empty(&head) && !list_pop_front(&head));
	for (int i = 0; i < 4; i++) {
		e[i].value = i;
		if (i % 2)
			list_push_front(&head, &e[i].link);
		else
			list_push_back(&head, &e[i].link);
	}
	list_for_each (pos, &head, link)
		digits = digits * 10 + pos->value;
	check_eq(digits, 3102);
	list_remove(&e[1].link);
	list_remove(&e[1].link);
	list_for_each_safe (pos, next, &head, link) {
		list_remove(&pos->link);
		digits = digits * 10 + pos->value;
	}
	check_eq(digits, 3102302);
	check(list_empty(&head));
	list_push_back(&head, &e[2].link);
	check(list_first(&head, struct element, link) == &e[2]);
	check(list_pop_front(&head) == &e[2].link && list_empty(&e[2].link));
}

static const struct test_case cases[] = {
	CASE(bitmap_finds_what_a_loop_finds),
	CASE(bitmap_sets_single_bits),
	CASE(ranges),
	CASE(lists),
};
TEST_MAIN(cases)
