/* SPDX-License-Identifier: ISC */
/*
 * The trace rings. A CPU writes into ring (id mod TRACE_RINGS); the slot is drawn atomically,
 * so interrupts and CPUs that share a ring do not write over each other's events.
 * Invariant: `next` only grows. No locks; a reader may see an event half written and is
 * only a report.
 */
#include "base/trace.h"

#include "base/log.h"
#include "machine/clock.h"
#include "machine/cpu.h"

#define TRACE_RINGS 8
#define TRACE_EVENTS 1024 /* power of two */

struct trace_entry {
	u64 time; /* clock_ns() */
	u64 a, b;
	u32 event;
	u32 cpu;
};

struct trace_ring {
	u64 next; /* events ever drawn; atomic */
	struct trace_entry entries[TRACE_EVENTS];
};

bool trace_on;
static struct trace_ring rings[TRACE_RINGS];

static const char *const event_names[TRACE_EVENT_COUNT] = {
	[TRACE_NONE] = "none",   [TRACE_SWITCH] = "switch", [TRACE_SYSCALL] = "syscall",
	[TRACE_FAULT] = "fault", [TRACE_IRQ] = "irq",       [TRACE_TIMER] = "timer",
	[TRACE_FORK] = "fork",   [TRACE_EXEC] = "exec",     [TRACE_EXIT] = "exit",
	[TRACE_KILL] = "kill",   [TRACE_WAKE] = "wake",
};

void trace_record(enum trace_event e, u64 a, u64 b)
{
	u32 cpu = cpu_id();
	struct trace_ring *r = &rings[cpu % TRACE_RINGS];
	u64 slot = __atomic_fetch_add(&r->next, 1, __ATOMIC_RELAXED);

	r->entries[slot % TRACE_EVENTS] = (struct trace_entry){ clock_ns(), a, b, e, cpu };
}

static void print_entry(const struct trace_entry *t)
{
	u64 us = t->time / NSEC_PER_USEC;
	const char *name = t->event < TRACE_EVENT_COUNT ? event_names[t->event] : "?";

	log_raw_printf("  %5lu.%06lu cpu %u %-8s 0x%lx 0x%lx\n", us / 1000000, us % 1000000, t->cpu,
		       name, t->a, t->b);
}

void trace_print_last(unsigned count)
{
	const struct trace_ring *r = &rings[cpu_id() % TRACE_RINGS];
	u64 end = __atomic_load_n(&r->next, __ATOMIC_RELAXED);
	u64 n = MIN(MIN((u64)count, end), (u64)TRACE_EVENTS);

	for (u64 i = end - n; i < end; i++)
		print_entry(&r->entries[i % TRACE_EVENTS]);
}
