/* SPDX-License-Identifier: ISC */
/*
 * Clocks named by a process or a thread, as clock_getcpuclockid and pthread_getcpuclockid make them: its
 * number, complemented, above three bits of what is meant. Source: Linux's posix-timers_types.h.
 */
#pragma once

#include <stdbool.h>

#include "proc/task.h"

static inline bool cpu_clock_is(u32 clock)
{
	return (i32)clock < 0;
}

/* The CPU time that @clock shows, in ns. -EINVAL: nobody's, or a thread's of another process. */
i64 cpu_clock_read(u32 clock);
/* Whose of the running process @clock is: a thread's tid, or 0: all its threads'. -EINVAL: no such clock. */
int cpu_clock_owner(u32 clock, i32 *tid);
