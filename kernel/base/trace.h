/* SPDX-License-Identifier: ISC */
/*
 * A ring of typed events a CPU, each with a time stamp: what a panic prints last and what
 * /proc/trace will show. Off it costs one predictable branch a site.
 */
#pragma once

#include "lib/types.h"

enum trace_event {
	TRACE_NONE,
	TRACE_SWITCH, /* a: from tid, b: to tid */
	TRACE_SYSCALL, /* a: number, b: first argument */
	TRACE_FAULT, /* a: vector, b: address */
	TRACE_IRQ, /* a: vector, b: rip */
	TRACE_TIMER, /* a: deadline */
	TRACE_FORK, /* a: parent pid, b: child pid */
	TRACE_EXEC, /* a: pid */
	TRACE_EXIT, /* a: pid, b: status */
	TRACE_KILL, /* a: pid, b: signal */
	TRACE_WAKE, /* a: tid */
	TRACE_EVENT_COUNT,
};

extern bool trace_on;
void trace_record(enum trace_event e, u64 a, u64 b);

static inline void trace(enum trace_event e, u64 a, u64 b)
{
	if (unlikely(trace_on))
		trace_record(e, a, b);
}

/* Prints the last @count events of this CPU through log_raw (for panic). */
void trace_print_last(unsigned count);
