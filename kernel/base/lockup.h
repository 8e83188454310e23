/* SPDX-License-Identifier: ISC */
/*
 * A CPU that waits too long for another one says so, with what every CPU is doing: spinlocks,
 * calls between CPUs, and the watch over CPUs that take no interrupts (sched/watch.c).
 * Without work for it nothing of this costs anything.
 */
#pragma once

#include "lib/types.h"

/* One wait: starts as zeroes. */
struct patience {
	u32 spins;
	u64 begin; /* clock_ns() when the first look at the clock was taken */
};

/* To be called each round of a wait. True: it has lasted too long. Any context. */
bool patience_ends(struct patience *p);

/*
 * Reports what happened and the backtraces of all CPUs. Debug builds panic then, others go on
 * and report once a minute at most. A second one inside the report panics everywhere.
 */
void lockup_report(const char *fmt, ...) printf_like(1, 2);

/* How long is too long, nanoseconds. */
u64 lockup_limit(void);

/*
 * For tests: another limit (0: the usual one; while it is set nothing panics), reports so far, and what
 * the last one said.
 */
extern u64 lockup_test_limit;
extern u32 lockup_reports;
extern char lockup_last[];

/* Prints what the other CPUs do, for panic (@stopped: they have been stopped) and reports. */
void lockup_print_others(bool stopped);
