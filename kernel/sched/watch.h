/* SPDX-License-Identifier: ISC */
/* The watch over CPUs that no longer listen or no longer switch. */
#pragma once

#include "lib/types.h"

extern u64 watch_next; /* clock_ns() of the next look; read without order */

void watch_look(u64 now);

/*
 * Has the second CPU take a timer's interrupt each @period (0: the usual one) from now on. False: out of
 * memory. Thread context, one caller at a time.
 */
bool watch_patrol(u64 period);

/* From timer interrupts: costs a comparison, and a look at the other CPUs every few seconds. */
static inline void watch_tick(u64 now)
{
	if (unlikely(now >= READ_ONCE(watch_next)))
		watch_look(now);
}
