/* SPDX-License-Identifier: ISC */
/* See log_ring.h: the ring's bytes; invariant: data[p % size] is byte p, for the last size bytes. */
#include "base/log_ring.h"

void log_ring_put(struct log_ring *r, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		r->data[r->end++ & (r->size - 1)] = text[i];
}

static char byte_at(const struct log_ring *r, u64 pos)
{
	return r->data[pos & (r->size - 1)];
}

/* The begin of the first line that is whole, for a reader that came too late for *pos. */
static u64 oldest_line(const struct log_ring *r)
{
	u64 pos = r->end - log_ring_used(r);

	if (pos == 0)
		return 0;
	while (pos < r->end && byte_at(r, pos) != '\n')
		pos++;
	return MIN(pos + 1, r->end);
}

size_t log_ring_read(const struct log_ring *r, u64 *pos, char *buf, size_t size)
{
	size_t n = 0;

	if (*pos < r->end - log_ring_used(r))
		*pos = oldest_line(r);
	while (n < size && *pos < r->end)
		buf[n++] = byte_at(r, (*pos)++);
	return n;
}
