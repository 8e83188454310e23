/* SPDX-License-Identifier: ISC */
/* Moving bytes into and out of a ring: at most two copies, one on each side of the wrap. */
#include "lib/ring.h"

#include "lib/string.h"

void ring_init(struct ring *r, void *storage, u32 size)
{
	r->data = storage;
	r->size = size;
	r->head = 0;
	r->tail = 0;
}

u32 ring_put(struct ring *r, const void *src, u32 n)
{
	u32 at = r->head & (r->size - 1), first;

	n = MIN(n, ring_free(r));
	first = MIN(n, r->size - at);
	memcpy(r->data + at, src, first);
	memcpy(r->data, (const u8 *)src + first, n - first);
	r->head += n;
	return n;
}

u32 ring_get(struct ring *r, void *dst, u32 n)
{
	u32 at = r->tail & (r->size - 1), first;

	n = MIN(n, ring_used(r));
	first = MIN(n, r->size - at);
	memcpy(dst, r->data + at, first);
	memcpy((u8 *)dst + first, r->data, n - first);
	r->tail += n;
	return n;
}

bool ring_put_byte(struct ring *r, u8 byte)
{
	return ring_put(r, &byte, 1) == 1;
}
