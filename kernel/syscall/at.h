/* SPDX-License-Identifier: ISC */
/*
 * What the path calls have in common: a path copied in once, and where it begins.
 */
#pragma once

#include "machine/usercopy.h"
#include "mm/slab.h"
#include "proc/process.h"

#define SHORT_PATH 192

struct user_path {
	char *text;
	char *allocated; /* NULL: it fits into short_text */
	char short_text[SHORT_PATH];
};

/* Copies a path in. 0, -EFAULT, -ENAMETOOLONG, -ENOMEM; user_path_put() only after 0. */
int user_path_get(struct user_path *p, u64 addr);
static inline void user_path_put(struct user_path *p)
{
	if (unlikely(p->allocated))
		kfree(p->allocated);
}

struct at {
	struct fs_context c;
	struct path start_path; /* counted */
	const struct path *start; /* &start_path; NULL: the current directory */
	struct user_path path;
};

/* at_begin() where the path is long or begins at a descriptor; @n is what copying it said. */
int at_begin_slow(struct at *a, u64 dirfd, u64 path, ssize_t n);

/* The path at @path, relative to @dirfd. 0, or an error: then at_end() is not called. */
static inline int at_begin(struct at *a, u64 dirfd, u64 path)
{
	/* cppcheck-suppress uninitvar ; the array is filled here */
	ssize_t n = user_read_string(a->path.short_text, path, SHORT_PATH);
	struct task *me = task_current();

	fs_context_fill(&a->c, me->fs, &me->cred);
	a->start = NULL;
	a->path.text = a->path.short_text;
	a->path.allocated = NULL;
	if (likely(n > 0 && ((i32)dirfd == AT_FDCWD || a->path.text[0] == '/')))
		return 0;
	return at_begin_slow(a, dirfd, path, n);
}

static inline void at_end(struct at *a)
{
	if (unlikely(a->start))
		path_put(a->start);
	fs_context_end(&a->c);
	user_path_put(&a->path);
}

/*
 * The vnode (counted) that @dirfd and @path name; @flags: AT_SYMLINK_NOFOLLOW, and
 * AT_EMPTY_PATH: with "" it is the descriptor's own. Not for files without a vnode (-EINVAL).
 */
int at_vnode(u64 dirfd, u64 path, u32 flags, struct vnode **out);
/* As it, with the mount. */
int at_path(u64 dirfd, u64 path, u32 flags, struct path *out);
/* As it, with other credentials than the process's. */
int at_path_as(const struct credentials *cred, u64 dirfd, u64 path, u32 flags, struct path *out);

/* The place of the descriptor itself, counted; AT_FDCWD: the current directory. */
int at_descriptor(u64 fd, struct path *out);

/* With AT_EMPTY_PATH in @flags: is the path empty? 1, 0, -EFAULT. */
static inline int at_is_empty(u64 path, u32 flags)
{
	char c;

	if (likely(!(flags & AT_EMPTY_PATH)))
		return 0;
	return user_read(&c, path, 1) ? -EFAULT : !c;
}
