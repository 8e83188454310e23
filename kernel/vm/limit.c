/* SPDX-License-Identifier: ISC */
/*
 * The limits of a space: RLIMIT_AS for all its maps, RLIMIT_DATA for the private writable ones
 * (setrlimit(2)). Both are bytes; ~0 is no limit. Under space.lock.
 */
#include "vm/vma.h"

static bool is_data(u32 prot, u32 flags)
{
	return (prot & MMU_WRITE) && !(flags & (VMA_SHARED | VMA_STACK));
}

/* Bytes of maps in [start, end): of all, or of those that are data. */
static u64 bytes_between(struct space *s, u64 start, u64 end, bool data_only)
{
	u64 bytes = 0;

	for (const struct vma *v = vma_find(s, start); v && v->start < end; v = v->next) {
		if (!data_only || is_data(v->prot, v->flags))
			bytes += MIN(v->end, end) - MAX(v->start, start);
	}
	return bytes;
}

bool vm_within_set_limits(struct space *s, u64 start, u64 end, u32 prot, u32 flags)
{
	u64 bytes = end - start, now;

	if (s->max_mapped != ~0UL) {
		now = s->mapped - bytes_between(s, start, end, false);
		if (bytes > s->max_mapped || now > s->max_mapped - bytes)
			return false;
	}
	if (s->max_data != ~0UL && is_data(prot, flags)) {
		now = bytes_between(s, 0, ~0UL, true) - bytes_between(s, start, end, true);
		if (bytes > s->max_data || now > s->max_data - bytes)
			return false;
	}
	return true;
}
