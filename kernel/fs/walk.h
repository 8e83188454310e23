/* SPDX-License-Identifier: ISC */
/*
 * The walk along a path, component by component, for the rooms of fs that need more than
 * path_lookup(): those that create, remove or rename what the last component names.
 *
 * Invariant: `at` is counted all the time; walk_end() puts it and frees what symlinks needed.
 */
#pragma once

#include "fs/path.h"

#define MAX_SYMLINKS 40 /* as Linux; one more is -ELOOP */

struct walk {
	const struct fs_context *c;
	struct vnode *at; /* counted: where the walk is */
	const char *rest; /* still to walk */
	char *expanded; /* storage of rest once a symlink was followed, NULL */
	u32 links; /* symlinks followed */
	/* The last component, after walk_parent(); points into rest's storage. */
	const char *name;
	size_t len; /* 0: the path was "/" */
	bool trailing; /* slashes behind it: it must be a directory */
};

/* 0 or -ENOENT (empty path), -ENOTDIR. walk_end() only after 0. */
int walk_begin(struct walk *w, const struct fs_context *c, struct vnode *start, const char *path);
void walk_end(struct walk *w);

/* Goes to the directory of the last component and sets name, len, trailing. */
int walk_parent(struct walk *w);
/* Looks the last component up: *out is counted; -ENOENT if there is none. */
int walk_last(struct walk *w, struct vnode **out);
/* The last component is the symlink @link: puts its text in its place for another
 * walk_parent(), or sets *jump (counted) where it leads straight to a vnode. */
int walk_follow(struct walk *w, struct vnode *link, struct vnode **jump);

/* "." or ".." or "/": names that cannot be made, removed or renamed. */
bool walk_is_special(const struct walk *w);

static inline bool vnode_is_link(const struct vnode *v)
{
	return (v->mode & S_IFMT) == S_IFLNK;
}

/* Puts the root of a file system over directory @dir; at boot only. Both are kept. */
void vnode_mount(struct vnode *dir, struct vnode *root);

/* One renaming at a time: while it is held no directory changes its parent. Before vnode.lock. */
extern struct mutex rename_lock;

/* May an entry of the locked directory @dir be made / @victim be removed from it? */
int may_create(const struct fs_context *c, struct vnode *dir);
int may_remove(const struct fs_context *c, struct vnode *dir, struct vnode *victim);
/*
 * Makes @name in the locked directory @dir with the caller's umask, owner and group.
 * *out is counted.
 */
int create_in(const struct fs_context *c, struct vnode *dir, const char *name, size_t len, u32 mode,
	      u64 rdev, struct vnode **out);
