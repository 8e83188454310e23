/* SPDX-License-Identifier: ISC */
/*
 * Recording. Until a CPU's ring has its memory, and for milestones of the boot always, records
 * go into the boot's table, which is never overwritten: what does not fit is counted as lost.
 * Invariant: a ring's memory is given once and never taken back, so no writer can be left in it.
 */
#include "base/trace.h"

#include "base/log.h"
#include "lib/string.h"
#include "machine/clock.h"
#include "machine/cpu.h"

#define BOOT_RECORDS 256

u64 trace_events;
void (*trace_identify)(i32 *pid, i32 *tid);
const char *(*trace_call_name)(u64 number);

static bool everyone;
static struct trace_ring rings[MAX_CPUS];
static struct trace_record boot_records[BOOT_RECORDS];
static struct trace_ring boot_ring = { .records = boot_records, .size = BOOT_RECORDS };
static u64 boot_lost; /* atomic */

void trace_set(u64 events, bool all)
{
	WRITE_ONCE(everyone, all);
	WRITE_ONCE(trace_events, events);
}

bool trace_everyone(void)
{
	return READ_ONCE(everyone);
}

static const struct context *current_context(void)
{
	return (const struct context *)thread_current();
}

u32 trace_inherited(void)
{
	if (likely(!READ_ONCE(trace_events)))
		return 0;
	return READ_ONCE(everyone) ? WORK_TRACE : READ_ONCE(current_context()->work) & WORK_TRACE;
}

void trace_give_ring(u32 cpu, void *memory, size_t bytes)
{
	trace_ring_init(&rings[cpu], memory, bytes);
}

struct trace_ring *trace_ring_of(u32 cpu)
{
	return &rings[cpu];
}

const struct trace_ring *trace_boot_ring(void)
{
	return &boot_ring;
}

u64 trace_boot_lost(void)
{
	return __atomic_load_n(&boot_lost, __ATOMIC_RELAXED);
}

/* Several CPUs may come at once; a slot that is drawn and not yet filled has seq 0. */
static void put_boot(struct trace_record *r)
{
	u64 n = __atomic_load_n(&boot_ring.next, __ATOMIC_RELAXED);

	do {
		if (n == BOOT_RECORDS) {
			__atomic_fetch_add(&boot_lost, 1, __ATOMIC_RELAXED);
			return;
		}
	} while (!__atomic_compare_exchange_n(&boot_ring.next, &n, n + 1, false, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	r->seq = 0;
	boot_records[n] = *r;
	__atomic_store_n(&boot_records[n].seq, n + 1, __ATOMIC_RELEASE);
}

/* An idle CPU's interrupts are part of the story of whoever waits. */
static bool wanted(const struct context *other)
{
	const struct context *c = current_context();

	return READ_ONCE(everyone) || (READ_ONCE(c->work) & WORK_TRACE) ||
	       (other && (READ_ONCE(other->work) & WORK_TRACE)) ||
	       (const struct context *)cpu_this()->idle == c;
}

/* Stamps and stores; interrupts off, so that stamps ascend in each ring. */
static void put(struct trace_record *r)
{
	struct trace_ring *ring = &rings[cpu_id()];

	r->cpu = (u16)cpu_id();
	if (trace_identify && !r->tid)
		trace_identify(&r->pid, &r->tid);
	r->tsc = tsc_read();
	if (ring->records)
		trace_ring_put(ring, r);
	else
		put_boot(r);
}

void trace_record(enum trace_event e, const struct context *other, u32 aux, const u64 *args)
{
	struct trace_record r = { .event = (u16)e, .aux = aux };
	u64 flags = irq_save();

	memcpy(r.arg, args, sizeof(r.arg));
	if (wanted(other))
		put(&r);
	irq_restore(flags);
}

void trace_record_as(enum trace_event e, i32 pid, i32 tid, const struct context *who, u64 a)
{
	struct trace_record r = { .event = (u16)e, .pid = pid, .tid = tid, .arg = { a } };
	u64 flags = irq_save();

	if (wanted(who))
		put(&r);
	irq_restore(flags);
}

void trace_text(enum trace_event e, u32 aux, const char *text, size_t n)
{
	struct trace_record r = { .event = (u16)e, .aux = aux };
	u64 flags;

	if (!trace_wants(e))
		return;
	memcpy(r.text, text, MIN(n, sizeof(r.text)));
	flags = irq_save();
	if (wanted(NULL))
		put(&r);
	irq_restore(flags);
}

void trace_milestone(enum trace_event e, u32 aux, u64 a, u64 b, u64 c)
{
	struct trace_record r = { .tsc = tsc_read(), .event = (u16)e, .aux = aux };

	r.cpu = cpu_count > 1 ? (u16)cpu_id() : 0; /* the very first: GS is not set yet */
	r.arg[0] = a;
	r.arg[1] = b;
	r.arg[2] = c;
	put_boot(&r);
}

void trace_boot(const char *what)
{
	struct trace_record r = { .tsc = tsc_read(), .event = TRACE_BOOT };

	r.cpu = cpu_count > 1 ? (u16)cpu_id() : 0;
	memcpy(r.text, what, MIN(strlen(what), sizeof(r.text)));
	put_boot(&r);
}

void trace_print_last(unsigned count)
{
	const struct trace_ring *r = &rings[cpu_id()];
	char line[TRACE_LINE_BYTES];
	struct trace_record e;
	u64 pos, end, lost = 0;

	if (!r->records)
		r = trace_boot_ring();
	end = trace_ring_end(r);
	for (pos = end > count ? end - count : 0; trace_ring_get(r, &pos, &e, &lost);) {
		trace_format(&e, line, sizeof(line));
		log_raw_printf("  %s", line);
	}
}
