/* SPDX-License-Identifier: ISC */
/*
 * Times that programs give and get. Inside they are nanoseconds, and waits have deadlines: a time of
 * clock_ns(), 0: don't wait, ~0: for ever. What is too long for that is for ever.
 */
#pragma once

#include "abi/stat.h"
#include "machine/clock.h"
#include "machine/usercopy.h"

/* The time at @at in nanoseconds. 0, -EFAULT, or -EINVAL where it is less than 0 or no time. */
int timespec_get(u64 at, u64 *ns);
static inline struct timespec timespec_of(u64 ns)
{
	return (struct timespec){ ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };
}
static inline int timespec_put(u64 at, u64 ns) /* 0, -EFAULT */
{
	struct timespec ts = timespec_of(ns);

	return user_write(at, &ts, sizeof(ts));
}

/* A struct itimerspec: when a timer fires first, or how long until then, and how often afterwards. */
int itimerspec_get(u64 at, u64 *value, u64 *interval); /* as timespec_get() */
int itimerspec_put(u64 at, u64 value, u64 interval);

u64 deadline_after(u64 ns); /* of a wait of @ns from now */
/* That of the timeout at @at, NULL: for ever; as timespec_get(). */
int deadline_get(u64 at, u64 *deadline);
