/* SPDX-License-Identifier: ISC */
/*
 * Runs the in-kernel tests and prints KTAP v1 through log_raw.
 *
 * Invariants: one test runs at a time, in the thread that called ktest_run(); a test that
 * leaves more or fewer live objects than it found has failed, and so has one over its budget.
 * Budgets are for a real CPU; under a hypervisor (or emulator) EMULATOR_SLACK times that.
 */
#include "base/ktest.h"

#include "base/counter.h"
#include "base/log.h"
#include "lib/string.h"
#include "machine/clock.h"
#include "machine/cpu.h"

#define MAX_COUNTERS 64
#define EMULATOR_SLACK 40 /* a host with a load of ten was seen to need twenty */
#define SETTLE_ROUNDS 20
#define SETTLE_US 5000

extern const struct ktest *const ktests_start[], *const ktests_end[]; /* kernel.ld */

void (*ktest_settle)(void);

/* The running test's state; several threads of the test may report. */
static u32 failures; /* atomic */
static const char *skip_reason;

void ktest_fail(const char *file, int line, const char *what, i64 a, i64 b)
{
	__atomic_fetch_add(&failures, 1, __ATOMIC_RELAXED);
	if (a || b)
		log_raw_printf("# %s:%d: %s: %ld and %ld\n", file, line, what, a, b);
	else
		log_raw_printf("# %s:%d: %s\n", file, line, what);
}

void ktest_skip(const char *why)
{
	skip_reason = why;
}

static bool matches(const struct ktest *t, const char *pattern)
{
	if (!t->budget_ms) /* a fatal one */
		return pattern && strcmp(t->name, pattern) == 0;
	return !pattern || !*pattern || strstr(t->name, pattern);
}

static unsigned count_matches(const char *pattern)
{
	unsigned n = 0;

	for (const struct ktest *const *t = ktests_start; t < ktests_end; t++)
		n += matches(*t, pattern);
	return n;
}

static void counters_snapshot(i64 values[MAX_COUNTERS])
{
	const struct counter *c;

	for (unsigned i = 0; i < MAX_COUNTERS && (c = counter_get(i)); i++)
		values[i] = counter_read(c);
}

/* Number of counters that are not what they were; each is printed if @print. */
static unsigned counters_differ(const i64 before[MAX_COUNTERS], bool print)
{
	const struct counter *c;
	unsigned n = 0;

	for (unsigned i = 0; i < MAX_COUNTERS && (c = counter_get(i)); i++) {
		i64 now = counter_read(c);

		if (now == before[i])
			continue;
		n++;
		if (print)
			log_raw_printf("# leak: %s: %ld before, %ld after\n", c->name, before[i],
				       now);
	}
	return n;
}

/* Threads that are ending get a short while to be gone. */
static void check_leaks(const i64 before[MAX_COUNTERS])
{
	for (int i = 0; i < SETTLE_ROUNDS && counters_differ(before, false); i++) {
		if (ktest_settle)
			ktest_settle();
		else
			clock_delay_us(SETTLE_US);
	}
	failures += counters_differ(before, true);
}

static void check_budget(const struct ktest *t, u64 ms)
{
	u64 budget = (u64)t->budget_ms * (cpu_features.hypervisor ? EMULATOR_SLACK : 1);

	if (ms <= budget)
		return;
	log_raw_printf("# over its budget: %lu ms of %lu\n", ms, budget);
	failures++;
}

enum outcome { PASSED, FAILED, SKIPPED };

static enum outcome run_one(const struct ktest *t, unsigned number)
{
	static i64 before[MAX_COUNTERS];
	u64 start, ms;

	failures = 0;
	skip_reason = NULL;
	counters_snapshot(before);
	start = clock_ns();
	t->run();
	ms = (clock_ns() - start) / NSEC_PER_MSEC;
	fault_inject(0, 0);
	check_leaks(before);
	check_budget(t, ms);
	if (failures) {
		log_raw_printf("not ok %u %s # time %lu ms\n", number, t->name, ms);
		return FAILED;
	}
	if (skip_reason) {
		log_raw_printf("ok %u %s # SKIP %s\n", number, t->name, skip_reason);
		return SKIPPED;
	}
	log_raw_printf("ok %u %s # time %lu ms\n", number, t->name, ms);
	return PASSED;
}

unsigned ktest_run(const char *pattern)
{
	unsigned total = count_matches(pattern), number = 0;
	unsigned results[3] = { 0, 0, 0 };

	log_raw_printf("KTAP version 1\n1..%u\n", total);
	for (const struct ktest *const *t = ktests_start; t < ktests_end; t++) {
		if (matches(*t, pattern))
			results[run_one(*t, ++number)]++;
	}
	log_raw_printf("# passed %u failed %u skipped %u\n", results[PASSED], results[FAILED],
		       results[SKIPPED]);
	if (!total) {
		log_raw_printf("# no test's name contains \"%s\"\n", pattern);
		return 1;
	}
	return results[FAILED];
}
