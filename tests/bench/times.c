/* SPDX-License-Identifier: ISC */
/* Time: asked for through the vDSO and the kernel, slept away, and taken by timer interrupts. */
#include "bench.h"

#include <sys/time.h>
#include <time.h>

#define SPAN 1000000000ull /* ticks to look for gaps in */
#define GAP 100 /* ticks between two reads of the TSC that an interrupt explains */

static uint64_t shortest_gap(void)
{
	uint64_t shortest = ~0ull;

	for (int i = 0; i < 1000; i++) {
		uint64_t a = ticks(), b = ticks();

		if (b - a < shortest)
			shortest = b - a;
	}
	return shortest;
}

/* Interrupts seen from user mode: gaps in a loop that only reads the TSC. */
static void timer_gaps(void)
{
	uint64_t limit = shortest_gap() + GAP, start = ticks(), now = start, lost = 0;
	int gaps = 0;

	while (now - start < SPAN) {
		uint64_t next = ticks();

		if (next - now > limit) {
			if (gaps < MAX_BATCHES)
				sample[gaps] = next - now;
			lost += next - now;
			gaps++;
		}
		now = next;
	}
	say("TIMER interrupts %d lost %llu of %llu ticks\n", gaps, (unsigned long long)lost, SPAN);
	if (gaps)
		report("timer_irq_gap", gaps < MAX_BATCHES ? gaps : MAX_BATCHES, 1);
	else
		say("BENCH %-22s NONE\n", "timer_irq_gap");
}

void bench_times(void)
{
	struct timeval tv;
	struct timespec ts;

	ROW("gettimeofday_libc", 30, 500, gettimeofday(&tv, 0));
	ROW("clock_gettime_libc", 30, 500, clock_gettime(CLOCK_MONOTONIC, &ts));
	ROW("clock_gettime_sys", 30, 500, call2(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&ts));
	if (wanted("timer"))
		timer_gaps();
}
