/* SPDX-License-Identifier: ISC */
/*
 * The bytes behind the log: a ring that forgets the oldest when it is full. Positions are
 * absolute (bytes ever written), so a reader notices what it missed. Only log.c and its
 * tests use it. Locks: the caller's.
 */
#pragma once

#include "lib/types.h"

struct log_ring {
	char *data;
	u32 size; /* power of two */
	u64 end; /* bytes ever written */
};

void log_ring_put(struct log_ring *r, const char *text, size_t n);

/*
 * Copies from *pos on and advances it. A *pos that was overwritten first moves to the
 * beginning of the oldest whole line; one past the end reads nothing.
 */
size_t log_ring_read(const struct log_ring *r, u64 *pos, char *buf, size_t size);

static inline size_t log_ring_used(const struct log_ring *r)
{
	return MIN(r->end, (u64)r->size);
}
