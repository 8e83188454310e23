/* SPDX-License-Identifier: ISC */
/* The ring of records; how readers and the writer get along stands in trace_ring.h. */
#include "lib/trace_ring.h"

#define RECORD_WORDS (sizeof(struct trace_record) / sizeof(u64))

void trace_ring_init(struct trace_ring *r, void *memory, size_t bytes)
{
	struct trace_record *records = memory;

	r->size = bytes / sizeof(struct trace_record);
	for (u64 i = 0; i < r->size; i++)
		records[i].seq = 0;
	__atomic_store_n(&r->records, records, __ATOMIC_RELEASE);
}

/* All words but the first, each whole: the other side may be at the same ones. */
static void copy_words(struct trace_record *to, const struct trace_record *from)
{
	u64 *t = (u64 *)to;
	const u64 *f = (const u64 *)from;

	for (size_t i = 1; i < RECORD_WORDS; i++)
		__atomic_store_n(&t[i], __atomic_load_n(&f[i], __ATOMIC_RELAXED), __ATOMIC_RELAXED);
}

void trace_ring_put(struct trace_ring *r, const struct trace_record *e)
{
	struct trace_record *to = &r->records[r->slot];

	__atomic_store_n(&to->seq, 0, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	copy_words(to, e);
	__atomic_store_n(&to->seq, r->next + 1, __ATOMIC_RELEASE);
	r->slot = r->slot + 1 == r->size ? 0 : r->slot + 1;
	__atomic_store_n(&r->next, r->next + 1, __ATOMIC_RELEASE);
}

/* False: it is being overwritten, or has been. */
static bool copy_whole(const struct trace_ring *r, u64 n, struct trace_record *out)
{
	const struct trace_record *from = &r->records[n % r->size];

	if (__atomic_load_n(&from->seq, __ATOMIC_ACQUIRE) != n + 1)
		return false;
	copy_words(out, from);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	out->seq = n + 1;
	return __atomic_load_n(&from->seq, __ATOMIC_RELAXED) == n + 1;
}

bool trace_ring_get(const struct trace_ring *r, u64 *pos, struct trace_record *out, u64 *lost)
{
	u64 end;

	if (!__atomic_load_n(&r->records, __ATOMIC_ACQUIRE))
		return false;
	while (*pos < (end = trace_ring_end(r))) {
		if (end - *pos > r->size) {
			*lost += end - r->size - *pos;
			*pos = end - r->size;
		}
		if (copy_whole(r, *pos, out)) {
			++*pos;
			return true;
		}
		++*pos; /* the writer has come round */
		++*lost;
	}
	return false;
}
