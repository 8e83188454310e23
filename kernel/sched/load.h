/* SPDX-License-Identifier: ISC */
/* How much work there is: threads that run or wait for a CPU, now and on average. */
#pragma once

#include "lib/types.h"

#define LOAD_SHIFT 11 /* averages are fixed-point numbers with as many binary places */

/* Threads that have a CPU or wait for one. Any context; a momentary value. */
u32 sched_runnable(void);

/*
 * The averages of the last 1, 5 and 15 minutes, exponentially damped: a sample each five seconds
 * as Linux takes it. In units of 1 / (1 << LOAD_SHIFT). Any context.
 */
void sched_load_averages(u64 out[3]);

/* Begins to sample; once, when the scheduler runs. */
void sched_load_start(void);
