/* SPDX-License-Identifier: ISC */
/*
 * Counts of live kernel objects (pages, threads, files, …): what the leak checks compare
 * and /proc/leash/objects shows. COUNTER(name) defines one; the linker collects them.
 */
#pragma once

#include "lib/types.h"

struct counter {
	const char *name;
	i64 value; /* atomic */
};

#define COUNTER(id, text)                                                                          \
	static struct counter id                                                                   \
		__attribute__((section(".counters"), used, aligned(8))) = { text, 0 }

static inline void counter_add(struct counter *c, i64 n)
{
	__atomic_fetch_add(&c->value, n, __ATOMIC_RELAXED);
}

/* Iterates the collected counters; NULL at the end. */
const struct counter *counter_get(unsigned index);
i64 counter_value(const char *name); /* 0 if there is none of that name */
