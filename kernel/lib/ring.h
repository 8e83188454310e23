/* SPDX-License-Identifier: ISC */
/*
 * A byte ring over storage that the caller owns; its size is a power of two.
 * Invariant: head - tail is the number of bytes inside, both only grow.
 * Locks: the caller's. Who only asks how much is inside needs none: it may be told of bytes that have
 * just been read.
 */
#pragma once

#include "lib/types.h"

struct ring {
	u8 *data;
	u32 size; /* bytes, power of two */
	u32 head; /* written so far */
	u32 tail; /* read so far */
};

void ring_init(struct ring *r, void *storage, u32 size);
static inline u32 ring_used(const struct ring *r)
{
	u32 tail = READ_ONCE(r->tail); /* first: head never falls behind it */

	return READ_ONCE(r->head) - tail;
}
static inline u32 ring_free(const struct ring *r)
{
	u32 used = ring_used(r);

	return used < r->size ? r->size - used : 0;
}
/* Copy in / out as much as fits / is there; both return the bytes moved. */
u32 ring_put(struct ring *r, const void *src, u32 n);
u32 ring_get(struct ring *r, void *dst, u32 n);
bool ring_put_byte(struct ring *r, u8 byte); /* false: full */
