/* SPDX-License-Identifier: ISC */
/*
 * A descriptor's file for the length of a system call. While the table belongs to one thread
 * alone nobody can close the descriptor meanwhile, so neither lock nor count is needed; with
 * a shared table the file is counted.
 */
#pragma once

#include "proc/process.h"

struct fd_ref {
	struct file *file; /* NULL: not open */
	bool counted;
};

/* The file of a table that belongs to this thread alone; NULL: not open. */
static inline struct file *fd_peek_any(const struct fd_table *t, u64 fd)
{
	return (u32)fd < t->size ? t->slots[(u32)fd].file : NULL;
}

/* The same, but one opened with O_PATH counts as not open. */
static inline struct file *fd_peek(const struct fd_table *t, u64 fd)
{
	struct file *f = fd_peek_any(t, fd);

	return likely(f && !(f->flags & O_PATH)) ? f : NULL;
}

static inline bool fd_table_is_mine(const struct fd_table *t)
{
	return likely(READ_ONCE(t->refs) == 1);
}

/* Also for descriptors opened with O_PATH. */
static inline struct fd_ref fd_borrow_any(u64 fd)
{
	struct fd_table *t = task_current()->files;

	if (fd_table_is_mine(t))
		return (struct fd_ref){ fd_peek_any(t, fd), false };
	return (struct fd_ref){ fd_get(t, fd), true };
}

/* For one who keeps it: counted. NULL: not open. */
static inline struct file *fd_take(u64 fd)
{
	struct fd_table *t = task_current()->files;
	struct file *f;

	if (unlikely(!fd_table_is_mine(t)))
		return fd_get(t, fd);
	f = fd_peek_any(t, fd);
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
