/* SPDX-License-Identifier: ISC */
/*
 * A descriptor's file for the length of a system call. While the table belongs to one thread
 * alone nobody can close the descriptor meanwhile, so neither lock nor count is needed; with
 * a shared table the file is counted. (Who looks at another's table, as /proc does, holds it too, but
 * changes nothing in it.)
 */
#pragma once

#include "proc/process.h"

struct fd_ref {
	struct file *file; /* NULL: not open */
	bool counted;
};

/* Does nobody else use the running thread's table? */
static inline bool fd_table_is_mine(const struct fd_table *t)
{
	return __atomic_load_n(&t->refs, __ATOMIC_ACQUIRE) == 1;
}

/*
 * The usual way, without asking who else uses the table: true, and *f is the file of @fd, NULL if it is not
 * open; false: fd_take_slow() has to look.
 */
static inline bool fd_peek(const struct fd_table *t, u64 fd, struct file **f)
{
	if (unlikely((u32)fd >= t->own))
		return false;
	*f = t->slots[(u32)fd].file;
	return true;
}

/* fd_get(), after which fd_peek() is enough if nobody else uses the table. */
struct file *fd_take_slow(struct fd_table *t, u64 fd);

/* Also for descriptors opened with O_PATH. */
static inline struct fd_ref fd_borrow_any(u64 fd)
{
	struct fd_table *t = task_current()->files;
	struct file *f;

	if (fd_peek(t, fd, &f))
		return (struct fd_ref){ f, false };
	return (struct fd_ref){ fd_take_slow(t, fd), true };
}

/* For one who keeps it: counted. NULL: not open. */
static inline struct file *fd_take(u64 fd)
{
	struct fd_table *t = task_current()->files;
	struct file *f;

	if (!fd_peek(t, fd, &f))
		return fd_take_slow(t, fd);
	return likely(f) ? file_get(f) : NULL;
}

/* Gives @f (NULL: -ENOMEM) the lowest free number, with O_CLOEXEC of @flags; -EMFILE, -ENOMEM. */
static inline i64 fd_give(struct file *f, u64 flags)
{
	return f ? fd_install(task_current()->files, f, 0, flags & O_CLOEXEC) : -ENOMEM;
}

/* The same for both of @end; their numbers are written to the user's int[2] at @fds, or -EFAULT. */
i64 fd_give_pair(u64 fds, struct file *end[2], u64 flags);

static inline void fd_return(struct fd_ref r)
{
	if (r.counted && r.file)
		file_put(r.file);
}

/* For calls that use the contents: a descriptor opened with O_PATH counts as not open. */
static inline struct fd_ref fd_borrow(u64 fd)
{
	struct fd_ref r = fd_borrow_any(fd);

	if (unlikely(r.file && (r.file->flags & O_PATH))) {
		fd_return(r);
		r.file = NULL;
	}
	return r;
}
