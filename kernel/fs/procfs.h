/* SPDX-License-Identifier: ISC */
/*
 * /proc and /sys: text made when it is read.
 *
 * Two kinds of nodes: those that stay for ever, registered by path (fs/path.h), and the
 * directories of processes, which proc makes at each lookup and which go with their last user.
 */
#pragma once

#include "fs/mount.h"

/* -- text that is read in pieces, for any file of /proc ---------------------------------------- */

/* vnode_ops.open and file_ops.release of a file with text. */
int procfs_open(struct vnode *v, struct file *f);
void procfs_release(struct file *f);

/*
 * The whole text, made when a read begins at 0 and kept for the reads that follow, so that it
 * is of one moment. show() returns the length, or how long it would be if @size is too small, or
 * an error. At most 64 KiB. May sleep.
 */
typedef ssize_t (*procfs_show)(struct vnode *v, char *buf, size_t size);
ssize_t procfs_read_text(struct file *f, struct io *io, u64 *pos, procfs_show show);

/*
 * Text of any length in a buffer of PROCFS_CHUNK bytes: next() writes the record at *cursor (0:
 * the first) and moves the cursor behind it. Its length, 0 after the last, -ERANGE if @size is
 * too small, or an error. A seek backwards makes it all again. May sleep.
 */
#define PROCFS_CHUNK (2 * PAGE_SIZE)
typedef ssize_t (*procfs_next)(struct vnode *v, u64 *cursor, char *buf, size_t size);
ssize_t procfs_read_records(struct file *f, struct io *io, u64 *pos, procfs_next next);

/* Text put together piece by piece; `at` grows beyond `size` as snprintf's result does. */
struct procfs_text {
	char *buf;
	size_t size, at;
};
void procfs_print(struct procfs_text *t, const char *fmt, ...) printf_like(2, 3);

/* -- the tree ---------------------------------------------------------------------------------- */

/* The directories named by numbers; proc provides them. */
struct procfs_pid_ops {
	/* The directory of process @pid below @root, counted; -ENOENT, -ENOMEM. */
	int (*lookup)(struct vnode *root, i32 pid, struct vnode **out);
	i32 (*next)(i32 from); /* the lowest pid >= @from, 0: none */
	u64 (*ino)(i32 pid);
};
void procfs_set_pid_ops(const struct procfs_pid_ops *ops);

/* A symlink whose text readlink() makes; @path is kept. 0, -EEXIST, -ENOMEM. */
int procfs_register_link(const char *path, ssize_t (*readlink)(char *buf, size_t size));

/* A file that open() gives its own operations (and may refuse); @path is kept. 0, -EEXIST, -ENOMEM. */
int procfs_register_open(const char *path, u32 mode, int (*open)(struct vnode *v, struct file *f));

/* @name as a decimal number without leading zeroes, -1: it is none. */
i32 procfs_number(const char *name, size_t len);

/* Inside fs: the root of /proc, made at the first call; NULL: out of memory. */
struct vnode *procfs_root(void);
extern struct fs_type procfs_type;
/* The same of /sys. */
struct vnode *sysfs_root(void);
extern struct fs_type sysfs_type;
extern const struct file_ops procfs_file_ops;

struct proc_node {
	struct vnode v;
	const char *name; /* [i] */
	size_t name_len;
	struct proc_node *parent; /* [i] the root's is itself */
	struct proc_node *children, *last_child, *next; /* [v] of the directory; only grows */
	ssize_t (*show)(char *buf, size_t size); /* [i] a link's text too */
	int (*store)(const char *text, size_t n); /* [i] NULL: read-only */
	int (*open)(struct vnode *v, struct file *f); /* [i] NULL: a file of text */
};

static inline struct proc_node *proc_node(struct vnode *v)
{
	return container_of(v, struct proc_node, v);
}
