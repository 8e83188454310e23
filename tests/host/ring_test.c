/* SPDX-License-Identifier: ISC */
/* The ring against a model: bytes come out in the order they went in, none lost, none made up. */
#include "test.h"

#include "lib/ring.h"

static void fills_and_empties(void)
{
	struct ring r;
	u8 storage[8], out[16];

	ring_init(&r, storage, sizeof(storage));
	check_eq(ring_used(&r), 0);
	check_eq(ring_free(&r), 8);
	check_eq(ring_get(&r, out, 4), 0);
	check_eq(ring_put(&r, "0123456789", 10), 8);
	check_eq(ring_free(&r), 0);
	check(!ring_put_byte(&r, 'x'));
	check_eq(ring_put(&r, "x", 1), 0);
	check_eq(ring_get(&r, out, 3), 3);
	check(out[0] == '0' && out[2] == '2');
	check(ring_put_byte(&r, 'a'));
	check_eq(ring_get(&r, out, 16), 6);
	check(out[0] == '3' && out[4] == '7' && out[5] == 'a');
}

static void one_byte_ring(void)
{
	struct ring r;
	u8 storage, out = 0;

	ring_init(&r, &storage, 1);
	check(ring_put_byte(&r, 7));
	check(!ring_put_byte(&r, 8));
	check_eq(ring_get(&r, &out, 5), 1);
	check_eq(out, 7);
}

/* The counters start just below 2^32, so that they wrap while the ring is used. */
static void random_traffic_over_the_counters_wrap(void)
{
	struct ring r;
	u8 *storage = test_guarded(64);
	u8 written = 0, expected = 0;

	ring_init(&r, storage, 64);
	r.head = r.tail = 0xffffff00u;
	for (int round = 0; round < 20000; round++) {
		u8 buf[100];
		u32 want = (u32)(test_random() % 100), moved;

		for (u32 i = 0; i < want; i++)
			buf[i] = (u8)(written + i);
		moved = ring_put(&r, buf, want);
		written += (u8)moved;
		check(moved == want || ring_free(&r) == 0);
		want = (u32)(test_random() % 100);
		moved = ring_get(&r, buf, want);
		check(moved == want || ring_used(&r) == 0);
		for (u32 i = 0; i < moved; i++) {
			if (!check_eq(buf[i], expected++))
				return;
		}
	}
}

static const struct test_case cases[] = {
	CASE(fills_and_empties),
	CASE(one_byte_ring),
	CASE(random_traffic_over_the_counters_wrap),
};
TEST_MAIN(cases)
