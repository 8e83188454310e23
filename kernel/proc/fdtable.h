/* SPDX-License-Identifier: ISC */
/*
 * Descriptor tables: small numbers to open files. Threads of a process share one, and so do others
 * that were cloned with CLONE_FILES; each task holds a reference.
 * Lock: fd_table.lock (spinlock); a looked-up file is counted for the caller (fd_get/file_put).
 */
#pragma once

#include "base/spinlock.h"
#include "fs/file.h"

#define FD_LIMIT 1024 /* RLIMIT_NOFILE's default */

#define FD_FIRST_SIZE 30 /* slots in the table itself, which has 512 bytes with them */

struct fd_slot {
	struct file *file;
	bool cloexec;
};

struct fd_table {
	struct spinlock lock;
	u32 refs; /* atomic */
	/*
	 * Below it the running thread looks without the lock, for nobody else uses the table. 0: others do;
	 * or nothing is known, and fd_take_slow() finds out. Changed by its only user alone.
	 */
	u32 own;
	u32 size; /* slots there are, grows by doubling */
	u32 lowest; /* no free slot below it */
	u32 end; /* no used slot at it or above */
	struct fd_slot *slots; /* @first, or more, allocated */
	struct fd_slot first[FD_FIRST_SIZE];
};

struct fd_table *fd_table_create(void); /* NULL: out of memory */
struct fd_table *fd_table_copy(struct fd_table *t); /* fork; NULL: out of memory */
static inline struct fd_table *fd_table_get(struct fd_table *t)
{
	__atomic_fetch_add(&t->refs, 1, __ATOMIC_RELAXED);
	return t;
}
/* As it, for another task that is to use it; the caller's is the one that does. */
static inline struct fd_table *fd_table_share(struct fd_table *t)
{
	WRITE_ONCE(t->own, 0);
	return fd_table_get(t);
}
void fd_table_put(struct fd_table *t); /* last one closes all; may sleep */
void fd_table_close_on_exec(struct fd_table *t);

/* The file with a new reference, NULL: -EBADF. */
struct file *fd_get(struct fd_table *t, int fd);
/*
 * Puts @f at the lowest free number >= @from. Takes the caller's reference in any case; -EMFILE,
 * -ENOMEM. May sleep.
 */
i64 fd_install(struct fd_table *t, struct file *f, u32 from, bool cloexec);
/* How many descriptors the running process may have: RLIMIT_NOFILE. */
u32 fd_limit(void);
/* dup2: the same at exactly @fd, what was there is closed. -EBADF (out of limit), -ENOMEM. */
int fd_replace(struct fd_table *t, struct file *f, u32 fd, bool cloexec);
i64 fd_close(struct fd_table *t, int fd); /* 0, -EBADF */
int fd_get_flags(struct fd_table *t, int fd); /* FD_CLOEXEC or 0, -EBADF */
int fd_set_flags(struct fd_table *t, int fd, int flags);
