/* SPDX-License-Identifier: ISC */
/*
 * The walk along a path, component by component, for the rooms of fs that need more than
 * path_lookup(): those that create, remove or rename what the last component names.
 *
 * Invariant: `at` is counted all the time; walk_end() puts it and frees what symlinks needed. The
 * mounts that a walk begins in are its caller's: only one that it crossed into is counted by it, so
 * that a walk within one file system pays nothing for mounts.
 */
#pragma once

#include "fs/mount.h"

#define MAX_SYMLINKS 40 /* as Linux; one more is -ELOOP */

/* A place on the way. */
struct spot {
	struct vnode *vnode; /* counted */
	struct mount *mount; /* that it was reached through */
	struct mount *owned; /* the same if the walk has counted it, NULL: somebody else has */
};

struct walk {
	const struct fs_context *c;
	struct spot at; /* where the walk is */
	const char *rest; /* still to walk */
	char *expanded; /* storage of rest once a symlink was followed, NULL */
	u32 links; /* symlinks followed */
	bool crossed; /* from one mount to another */
	/* The last component, after walk_parent(); points into rest's storage. */
	const char *name;
	size_t len; /* 0: the path was "/" */
	bool trailing; /* slashes behind it: it must be a directory */
};

/*
 * Goes as far as directories know the names, but for the last one. 0 or -ENOENT (empty path), -ENOTDIR.
 * walk_end() only after 0.
 */
int walk_begin(struct walk *w, const struct fs_context *c, const struct path *start,
	       const char *path);
/*
 * As it, for a lookup. 1: it came to the end, which is no symlink; that is in *out, and nothing is left to
 * end: of *w only c, at.mount, crossed and trailing are set.
 */
int walk_begin_whole(struct walk *w, const struct fs_context *c, const struct path *start,
		     const char *path, struct spot *out);
/* As it, but *st is filled instead. */
int walk_begin_stat(struct walk *w, const struct fs_context *c, const struct path *start,
		    const char *path, struct stat *st);
void walk_end(struct walk *w);

/* Goes to the directory of the last component and sets name, len, trailing. */
int walk_parent(struct walk *w);
/* Looks the last component up, and what is mounted on it; -ENOENT if there is none. */
int walk_last(struct walk *w, struct spot *out);
/* To what is mounted on @s, which lies in the mount that the walk is in. */
void walk_cross(struct spot *s);
/* The last component is the symlink @link, which is put: puts its text in its place for another
 * walk_parent(), or fills *link anew where it leads straight to a place. link->vnode NULL: walk on. */
int walk_follow(struct walk *w, struct spot *link);
static inline void spot_put(struct spot *s)
{
	vnode_put(s->vnode);
	if (unlikely(s->owned))
		mount_put(s->owned);
}
/* Makes a path of its own of @s, which is put. */
void spot_to_path(struct spot *s, struct path *out);

/* "." or ".." or "/": names that cannot be made, removed or renamed. */
bool walk_is_special(const struct walk *w);

static inline bool vnode_is_link(const struct vnode *v)
{
	return (v->mode & S_IFMT) == S_IFLNK;
}

/* One renaming at a time: while it is held no directory changes its parent. Before vnode.lock. */
extern struct mutex rename_lock;
/* Is @a the directory @d or above it in the same file system? Under rename_lock. */
bool vnode_is_ancestor(struct vnode *a, struct vnode *d);

/* May an entry of the locked directory @dir be made / @victim be removed from it? */
int may_create(const struct fs_context *c, struct vnode *dir);
int may_remove(const struct fs_context *c, struct vnode *dir, struct vnode *victim);
/*
 * Makes @name in the locked directory @dir with the caller's umask, owner and group.
 * *out is counted.
 */
int create_in(const struct fs_context *c, struct vnode *dir, const char *name, size_t len, u32 mode,
	      u64 rdev, struct vnode **out);
/* The same without a name (O_TMPFILE). */
int create_nameless_in(const struct fs_context *c, struct vnode *dir, u32 mode, struct vnode **out);
