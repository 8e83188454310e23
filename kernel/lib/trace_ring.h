/* SPDX-License-Identifier: ISC */
/*
 * A ring of fixed-size records that one CPU writes and anybody reads meanwhile.
 *
 * The writer never waits: it overwrites the oldest. A reader never sees half a record: each
 * carries the number of its event, which is 0 while it is being written, and is looked at
 * before and after the copy. What was overwritten before a reader came is counted by it.
 * Locks: none. The writer is one CPU with interrupts off.
 */
#pragma once

#include "lib/types.h"

#define TRACE_ARGS 6
#define TRACE_TEXT_BYTES (TRACE_ARGS * 8)

struct trace_record {
	u64 seq; /* the ring's: number of the event + 1; 0: being written */
	u64 tsc;
	u16 event; /* enum trace_event */
	u16 cpu;
	i32 pid, tid; /* who ran; 0: a thread of the kernel */
	u32 aux; /* meaning by event */
	union {
		u64 arg[TRACE_ARGS];
		char text[TRACE_TEXT_BYTES];
	};
};
_Static_assert(sizeof(struct trace_record) == 80, "copied by words");

struct trace_ring {
	struct trace_record *records; /* NULL: no ring yet */
	u64 size; /* in records */
	u64 next; /* [writer] number of the next event */
	u64 slot; /* [writer] next % size */
	u64 start; /* the first event that counts: see trace_ring_clear() */
	u64 told; /* [writer] `next` when readers were last told: see trace_ring_due() */
} __attribute__((aligned(64)));

/* Gives the ring its memory: at least one record. Once, before the first record is put. */
void trace_ring_init(struct trace_ring *r, void *memory, size_t bytes);
/* Appends *@e (its seq is ignored). */
void trace_ring_put(struct trace_ring *r, const struct trace_record *e);

/*
 * Copies the record numbered *@pos, or if that is gone the oldest there is, and moves *@pos
 * behind it. *@lost grows by the records skipped. False: nothing has been written there yet.
 */
bool trace_ring_get(const struct trace_ring *r, u64 *pos, struct trace_record *out, u64 *lost);

/* For the writer: true once for each quarter of the ring that has been filled since. */
static inline bool trace_ring_due(struct trace_ring *r)
{
	if (r->next - r->told < r->size / 4 || !r->size)
		return false;
	r->told = r->next;
	return true;
}

/* Number of the next event. */
static inline u64 trace_ring_end(const struct trace_ring *r)
{
	return __atomic_load_n(&r->next, __ATOMIC_ACQUIRE);
}

/* Readers that begin later begin here, and what lies before counts as neither read nor lost. */
static inline void trace_ring_clear(struct trace_ring *r)
{
	__atomic_store_n(&r->start, trace_ring_end(r), __ATOMIC_RELAXED);
}
