/* SPDX-License-Identifier: ISC */
/*
 * The collected counters: an array that the linker made of every COUNTER() in the kernel.
 * Invariant: the array never changes; the values are atomic. No locks.
 */
#include "base/counter.h"

#include "lib/string.h"

extern const struct counter counters_start[], counters_end[]; /* kernel.ld */

const struct counter *counter_get(unsigned index)
{
	size_t count = (size_t)(counters_end - counters_start);

	return index < count ? &counters_start[index] : NULL;
}

i64 counter_read(const struct counter *c)
{
	return c->sum ? c->sum() : __atomic_load_n(&c->value, __ATOMIC_RELAXED);
}

i64 counter_value(const char *name)
{
	const struct counter *c;

	for (unsigned i = 0; (c = counter_get(i)); i++) {
		if (strcmp(c->name, name) == 0)
			return counter_read(c);
	}
	return 0;
}
