/* SPDX-License-Identifier: ISC */
/*
 * Where a task stands in the tree of files: root and current directory, and its umask. Shared with
 * the tasks that were cloned with CLONE_FS; each holds a reference.
 *
 * Lock: fs_state.lock (spinlock, leaf). One reference means that only the running thread can change
 * it: then paths are walked from it without counting its directories.
 */
#pragma once

#include "base/spinlock.h"
#include "fs/path.h"

struct fs_state {
	struct spinlock lock;
	u32 refs; /* [a] */
	u32 umask; /* [a] */
	struct path root, cwd; /* [lock] counted */
};

/* Begins at @root; NULL: out of memory. */
struct fs_state *fs_state_create(const struct path *root, u32 umask);
struct fs_state *fs_state_copy(struct fs_state *s); /* NULL: out of memory */
static inline struct fs_state *fs_state_get(struct fs_state *s)
{
	__atomic_fetch_add(&s->refs, 1, __ATOMIC_RELAXED);
	return s;
}
void fs_state_put(struct fs_state *s); /* NULL is fine; may sleep */

/* Counted, whoever asks. */
struct path fs_state_root(struct fs_state *s);
struct path fs_state_cwd(struct fs_state *s);
/* Puts @to, whose references pass, in the place of *@at (&s->root or &s->cwd). May sleep. */
void fs_state_replace(struct fs_state *s, struct path *at, const struct path *to);

/* Fills *c anew, with both directories counted. */
void fs_context_count(struct fs_context *c, struct fs_state *s);
/*
 * The context of the running thread, whose @s and @cred are, for the length of a system call;
 * fs_context_end() after it. With a state that others may change both directories are counted.
 */
static inline void fs_context_fill(struct fs_context *c, struct fs_state *s,
				   const struct credentials *cred)
{
	c->root = s->root;
	c->cwd = s->cwd;
	c->umask = s->umask;
	c->cred = cred;
	c->resolve = 0;
	c->counted = false;
	if (unlikely(READ_ONCE(s->refs) != 1))
		fs_context_count(c, s);
}
/* The same, for whoever it is that runs. */
struct fs_context fs_context_begin(void);
static inline void fs_context_end(const struct fs_context *c)
{
	if (unlikely(c->counted)) {
		path_put(&c->root);
		path_put(&c->cwd);
	}
}
