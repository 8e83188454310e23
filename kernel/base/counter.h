/* SPDX-License-Identifier: ISC */
/*
 * Counts of live kernel objects (pages, threads, files, …): what the leak checks compare
 * and /proc/leash/objects shows. COUNTER(name) defines one; the linker collects them.
 * COUNTER_SUM(name) is for what changes all the time and is counted by its owner anyway: a
 * function adds it up when somebody looks.
 */
#pragma once

#include "lib/types.h"

struct counter {
	const char *name;
	i64 value; /* atomic */
	i64 (*sum)(void); /* any context; NULL: then value is all */
};

#define COUNTER_ATTRIBUTES __attribute__((section(".counters"), used, aligned(8)))
#define COUNTER(id, text) static struct counter id COUNTER_ATTRIBUTES = { text, 0, NULL }
#define COUNTER_SUM(id, text, sum) static struct counter id COUNTER_ATTRIBUTES = { text, 0, sum }

static inline void counter_add(struct counter *c, i64 n)
{
	__atomic_fetch_add(&c->value, n, __ATOMIC_RELAXED);
}

/* Of both kinds; while others add, a recent value. */
i64 counter_read(const struct counter *c);

/* Iterates the collected counters; NULL at the end. */
const struct counter *counter_get(unsigned index);
i64 counter_value(const char *name); /* 0 if there is none of that name */
