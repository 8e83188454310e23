/* SPDX-License-Identifier: ISC */
/*
 * The ring of records: order, overwriting, counts, and a reader beside a writer that never waits,
 * who must not see a record of two halves.
 */
#include <pthread.h>

#include "test.h"

#include "lib/trace_ring.h"

#define RECORDS 7 /* no power of two */
#define STORM 300000

static struct trace_record memory[RECORDS];

/* Each word tells the record's number, so that a mixture shows. */
static void put(struct trace_ring *r, u64 n)
{
	struct trace_record e = { .tsc = n, .event = (u16)n, .pid = (i32)n, .aux = (u32)n };

	for (int i = 0; i < TRACE_ARGS; i++)
		e.arg[i] = n;
	trace_ring_put(r, &e);
}

static bool whole(const struct trace_record *e)
{
	u64 n = e->seq - 1;

	for (int i = 0; i < TRACE_ARGS; i++)
		if (e->arg[i] != n)
			return false;
	return e->tsc == n && e->event == (u16)n && e->pid == (i32)n && e->aux == (u32)n;
}

static void in_order(void)
{
	struct trace_ring r = { 0 };
	struct trace_record e;
	u64 pos = 0, lost = 0;

	check(!trace_ring_get(&r, &pos, &e, &lost)); /* no memory yet */
	trace_ring_init(&r, memory, sizeof(memory));
	check(!trace_ring_get(&r, &pos, &e, &lost));
	for (u64 n = 0; n < 5; n++)
		put(&r, n);
	for (u64 n = 0; n < 5; n++)
		check(trace_ring_get(&r, &pos, &e, &lost) && e.seq == n + 1 && whole(&e));
	check(!trace_ring_get(&r, &pos, &e, &lost));
	check_eq(lost, 0);
}

static void overwritten_are_counted(void)
{
	struct trace_ring r = { 0 };
	struct trace_record e;
	u64 pos = 0, lost = 0, got = 0;

	trace_ring_init(&r, memory, sizeof(memory));
	for (u64 n = 0; n < 30; n++)
		put(&r, n);
	check(trace_ring_get(&r, &pos, &e, &lost) && e.seq == 30 - RECORDS + 1);
	check_eq(lost, 30 - RECORDS);
	for (got = 1; trace_ring_get(&r, &pos, &e, &lost); got++)
		check(whole(&e));
	check_eq(got, RECORDS);
	trace_ring_clear(&r);
	check_eq(r.start, 30);
}

static void tells_by_quarters(void)
{
	struct trace_ring r = { 0 };
	static struct trace_record eight[8];
	int told = 0;

	check(!trace_ring_due(&r)); /* no memory */
	trace_ring_init(&r, eight, sizeof(eight));
	for (u64 n = 0; n < 16; n++) {
		put(&r, n);
		told += trace_ring_due(&r);
	}
	check_eq(told, 8);
}

static void *write_storm(void *arg)
{
	for (u64 n = 0; n < STORM; n++)
		put(arg, n);
	return NULL;
}

static void nothing_tears(void)
{
	static struct trace_ring r;
	u64 pos = 0, lost = 0, got = 0, before = 0, torn = 0;
	struct trace_record e;
	pthread_t writer;

	trace_ring_init(&r, memory, sizeof(memory));
	check(pthread_create(&writer, NULL, write_storm, &r) == 0);
	while (pos < STORM) {
		if (!trace_ring_get(&r, &pos, &e, &lost))
			continue;
		torn += !whole(&e) || e.seq <= before;
		before = e.seq;
		got++;
	}
	pthread_join(writer, NULL);
	check_eq(torn, 0);
	check_eq(got + lost, STORM);
	check(got > 0);
}

static const struct test_case cases[] = {
	CASE(in_order),
	CASE(overwritten_are_counted),
	CASE(tells_by_quarters),
	CASE(nothing_tears),
};
TEST_MAIN(cases)
