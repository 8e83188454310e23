/* SPDX-License-Identifier: ISC */
/*
 * Paths: from a string to a vnode, with permissions checked on every component.
 * fs is handed root, current directory, umask and credentials; it never asks proc.
 */
#pragma once

#include "fs/file.h"

struct credentials {
	u32 uid, euid, suid, fsuid;
	u32 gid, egid, sgid, fsgid;
	u32 group_count;
	u32 groups[32];
};

struct fs_context { /* guarded by its owner: copied or locked there */
	const struct credentials *cred;
	struct path root, cwd; /* counted */
	u32 umask;
	u32 resolve; /* RESOLVE_*: what a walk may not do (openat2) */
	bool counted; /* root and cwd were counted for this context (proc/fs_state.h) */
};

#define PATH_MAX 4096
#define NAME_MAX 255

#define LOOKUP_FOLLOW 1u /* a symlink at the end is followed */
#define LOOKUP_DIRECTORY 2u /* must be a directory: -ENOTDIR */

/*
 * @start: where a relative path begins (NULL: c->cwd). On success *out is counted. Errors:
 * -ENOENT, -ENOTDIR, -EACCES, -ELOOP, -ENAMETOOLONG, -ENOMEM. The empty path is -ENOENT.
 */
int path_lookup(const struct fs_context *c, const struct path *start, const char *path, u32 flags,
		struct vnode **out);
/* As it, for no more than its attributes. */
int path_stat(const struct fs_context *c, const struct path *start, const char *path, u32 flags,
	      struct stat *st);
/* As it, with the mount. */
int path_find(const struct fs_context *c, const struct path *start, const char *path, u32 flags,
	      struct path *out);
/* Counting a place; parts may be NULL. path_put may sleep. */
struct path path_get(const struct path *p);
void path_put(const struct path *p);

/* open(2) with all its flags; *out has one reference. @path NULL: @start itself, as path_find() found it. */
int path_open(const struct fs_context *c, const struct path *start, const char *path, u32 flags,
	      u32 mode, struct file **out);
int path_mkdir(const struct fs_context *c, const struct path *start, const char *path, u32 mode);
int path_mknod(const struct fs_context *c, const struct path *start, const char *path, u32 mode,
	       u64 rdev);
/* The node of a socket; *out is counted. */
int path_make_socket(const struct fs_context *c, const char *path, struct vnode **out);
int path_unlink(const struct fs_context *c, const struct path *start, const char *path, bool dir);
int path_symlink(const struct fs_context *c, const struct path *start, const char *path,
		 const char *target);
int path_link(const struct fs_context *c, const struct path *old, const struct path *start,
	      const char *path);
int path_rename(const struct fs_context *c, const struct path *from_start, const char *from,
		const struct path *to_start, const char *to);
/*
 * Writes the absolute path of @p as seen from c->root, or from the top where it is not below that;
 * length with NUL, -ERANGE, -ENOENT (removed).
 */
ssize_t path_of(const struct fs_context *c, const struct path *p, char *buf, size_t size);
/* As it; what was removed has its last name, and " (deleted)" behind it. For people. */
ssize_t path_text(const struct fs_context *c, const struct path *p, char *buf, size_t size);
/* As path_of(); 0: it is not below c->root. */
ssize_t path_below_root(const struct fs_context *c, const struct path *p, char *buf, size_t size);

/* Permission of @want (4 read, 2 write, 1 execute/search) on @v: 0 or -EACCES. */
int vnode_permission(const struct credentials *cred, struct vnode *v, u32 want);

/* Changes of attributes with their permission checks: 0, -EPERM, -EACCES, -EINVAL, -EISDIR. */
int vnode_chmod(const struct credentials *cred, struct vnode *v, u32 mode);
int vnode_chown(const struct credentials *cred, struct vnode *v, u32 uid, u32 gid); /* ~0: keep */
/* Bytes the caller may make a file; told @pos, and reacts if that is beyond. NULL: no limit. */
extern u64 (*fs_size_limit)(u64 pos);
/* A file ends at page @from: whoever maps it has nothing beyond. Set by proc. */
extern void (*fs_drop_beyond)(const struct backing *b, u64 from);
int vnode_truncate(struct vnode *v, u64 size); /* the caller has checked write permission */
/* utimensat's times: tv_nsec may be UTIME_NOW or UTIME_OMIT; @ts NULL: both now. */
int vnode_utimes(const struct credentials *cred, struct vnode *v, const struct timespec *ts);

/* The root file system: tmpfs filled from the initrd, devices on /dev, /proc. */
const struct path *fs_root(void); /* not counted for the caller; never goes away */
void fs_init(const void *initrd, size_t bytes);

/* The kernel's own context: root's rights, from the root, umask 0. Nothing in it is counted. */
struct fs_context fs_kernel_context(void);

/* Device files: @open fills the file. Registered by number (makedev) and put on /dev as @name. */
int devfs_register(const char *name, u32 mode, u64 rdev,
		   int (*open)(struct vnode *v, struct file *f));
/* A file of /proc (e.g. "sys/kernel/sched"): show() fills text (returns length), store() takes
 * what was written (NULL: read-only). Both may sleep. */
int procfs_register(const char *path, u32 mode, ssize_t (*show)(char *buf, size_t size),
		    int (*store)(const char *text, size_t n));
/* A file of /sys that all may read. */
int sysfs_register(const char *path, ssize_t (*show)(char *buf, size_t size));
