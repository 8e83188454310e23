/* SPDX-License-Identifier: ISC */
/*
 * Advisory locks on files: fcntl(2)'s ranges, of a process or of an open file, and flock(2)'s.
 * Lock: one spinlock for all of them (locks.c); no lock of the vnode is needed.
 */
#pragma once

#include "fs/file.h"

#define LOCKS_MAX 16384 /* in all: memory that a user can take from the kernel is bounded */
#define LOCK_END (~0UL >> 1) /* to the end of the file, however long it becomes */

enum lock_kind { LOCK_RANGE, LOCK_WHOLE }; /* fcntl's, flock's: they don't know of each other */
enum lock_type { LOCK_NONE, LOCK_READ, LOCK_WRITE };

struct lock_request {
	const void *on; /* lock_place() of a file that is open at the caller's */
	const void *owner; /* descriptor table (POSIX), open file (OFD and flock) */
	u64 start, end; /* first and last byte */
	i32 pid; /* F_GETLK's answer; -1 for OFD locks */
	u32 kind, type;
};

/* What a lock on @f is on: its vnode, or what a file without one is made of, as both ends of a pipe. */
static inline const void *lock_place(const struct file *f)
{
	return f->vnode ? (const void *)f->vnode : f->private;
}

/*
 * Sets, changes or (LOCK_NONE) removes @r's owner's lock on the range. With @wait sleeps until it
 * can. 0, -EAGAIN, -EINTR, -EDEADLK (POSIX owners that would wait for each other), -ENOLCK.
 */
int locks_set(const struct lock_request *r, bool wait);
/* A lock that keeps @r from being set: true, and *r describes it. */
bool locks_test(struct lock_request *r);

/* Removes what @owner has on lock_place() @on (NULL: on all): a close. Quick where nobody locks anything. */
void locks_drop_slow(const void *owner, const void *on);
extern u32 locks_held; /* atomic: how many there are */
static inline void locks_drop(const void *owner, const void *on)
{
	if (unlikely(READ_ONCE(locks_held)))
		locks_drop_slow(owner, on);
}
