/* SPDX-License-Identifier: ISC */
/*
 * Who may change how a thread is scheduled: policies, nice values, CPUs (sched(7), setpriority(2)).
 * Root may all; others may with their own threads what RLIMIT_NICE and RLIMIT_RTPRIO allow.
 *
 * Lock: process_lock, under which the thread is found; the scheduler takes its run queue's.
 */
#pragma once

#include "sched/sched.h"

/* What is asked for; fields that stay as they are are marked so. */
struct sched_change {
	struct sched_params params;
	bool keep_policy, keep_params, keep_nice, keep_reset;
};

/* Thread @tid (0: the caller). 0, -EINVAL (no such policy or priority), -EPERM, -ESRCH. */
int sched_change(i32 tid, const struct sched_change *c);
/* How it is scheduled, and for how long at a time (ns). 0, -ESRCH. */
int sched_look(i32 tid, struct sched_params *params, u64 *slice);

/*
 * The CPUs it may run on. 0, -EINVAL (none that runs), -EPERM, -ESRCH. Returns when it has left one that
 * it may not have any more; the caller itself leaves on its way to user mode. Sleeps.
 */
int sched_change_affinity(i32 tid, u64 mask);
int sched_look_affinity(i32 tid, u64 *mask);

/*
 * setpriority and getpriority on a thread, a group of processes, or all of a user (PRIO_*; @who 0: the caller's).
 * Sets: 0, -EACCES, -EPERM, -ESRCH. Reads: 20 - the smallest nice value, -ESRCH.
 */
int nice_set(int which, i32 who, int nice);
int nice_get(int which, i32 who);

/*
 * The same of priorities of input and output (ioprio_set(2)): one, or the best of theirs, as
 * IOPRIO_CLASS_* << IOPRIO_CLASS_SHIFT and a level. Who has set none has 0, among others what its nice
 * value says. Sets: 0, -EPERM, -ESRCH.
 */
int io_priority_set(int which, i32 who, u32 priority);
int io_priority_get(int which, i32 who);
