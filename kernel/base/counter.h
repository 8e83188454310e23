/* SPDX-License-Identifier: ISC */
/*
 * Counts of live kernel objects (pages, threads, files, …): what the leak checks compare
 * and /proc/leash/objects shows. COUNTER(name) defines one; the linker collects them.
 * COUNTER_PER_CPU(name) is for what changes all the time: each CPU adds to a word of its own.
 */
#pragma once

#include "lib/types.h"
#include "machine/cpu.h"

struct counter_cell {
	i64 value; /* atomic: an interrupt may come between, or the thread move away */
} __attribute__((aligned(64)));

struct counter {
	const char *name;
	i64 value; /* atomic */
	struct counter_cell *cells; /* one a CPU, or NULL: then value is all */
};

#define COUNTER_ATTRIBUTES __attribute__((section(".counters"), used, aligned(8)))
#define COUNTER(id, text) static struct counter id COUNTER_ATTRIBUTES = { text, 0, NULL }
#define COUNTER_PER_CPU(id, text)                                                                  \
	static struct counter_cell id##_cells[MAX_CPUS];                                           \
	static struct counter id COUNTER_ATTRIBUTES = { text, 0, id##_cells }

static inline void counter_add(struct counter *c, i64 n)
{
	__atomic_fetch_add(&c->value, n, __ATOMIC_RELAXED);
}

/* For those of COUNTER_PER_CPU. */
static inline void counter_add_here(struct counter *c, i64 n)
{
	__atomic_fetch_add(&c->cells[cpu_id()].value, n, __ATOMIC_RELAXED);
}

/* Of both kinds; while others add, a recent value. */
i64 counter_read(const struct counter *c);

/* Iterates the collected counters; NULL at the end. */
const struct counter *counter_get(unsigned index);
i64 counter_value(const char *name); /* 0 if there is none of that name */
