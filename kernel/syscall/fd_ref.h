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

/* Also for descriptors opened with O_PATH. */
static inline struct fd_ref fd_borrow_any(u64 fd)
{
	struct fd_table *t = process_current()->files;

	if (likely(READ_ONCE(t->refs) == 1))
		return (struct fd_ref){ (u32)fd < t->size ? t->slots[(u32)fd].file : NULL, false };
	return (struct fd_ref){ fd_get(t, fd), true };
}

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
