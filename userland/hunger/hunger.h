/* SPDX-License-Identifier: ISC */
/*
 * Programs that want more than there is, and neighbours that must not suffer from them.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* What one kind of glutton does, in a process of its own as an ordinary user. */
struct hunger {
	const char *name;
	void (*eat)(void); /* returns where the kernel refused */
	int end; /* the signal that ends it; 0: it comes to its own end */
	int gluttons; /* at the same time */
};

extern const struct hunger hungers[];
extern const unsigned hunger_count;

/* Two processes that compute in memory of their own; the larger one is no small process. */
void neighbours_start(void);
bool neighbours_are_well(
	void); /* both live, are right, and have come further than at the last call */
void neighbours_end(void);
