/* SPDX-License-Identifier: ISC */
/*
 * `scale`: how much more of one thing several CPUs do than one. A kind of work is a body that is
 * repeated; its crew is a process on each CPU that repeats it while it is told to.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define MOST_CPUS 64

struct work {
	const char *name;
	void (*begin)(void); /* once, in each process of the crew, on its CPU; NULL: nothing */
	void (*body)(void);
	unsigned operations; /* that a body does */
};

/* -- works.c: the kinds of work; works[0] is the loop that the others are held against ------------ */

extern const struct work works[];
extern const int work_count;

/* -- crew.c: processes that work while they are told to ------------------------------------------- */

struct crew;

/* The first @most CPUs that we may use, in @cpu; how many there are. */
int cpus_usable(int *cpu, int most);
/* A process on each of @n CPUs, asleep. NULL: it cannot be had, errno says why. */
struct crew *crew_start(const struct work *w, const int *cpu, int n);
/* Operations a second of the first @n of the crew while only they work, over @ms. Negative: one has died. */
double crew_rate(struct crew *c, int n, long ms);
void crew_end(struct crew *c);
