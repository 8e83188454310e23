/* SPDX-License-Identifier: ISC */
/* /proc: text made when it is read. Files are registered through fs/path.h. */
#pragma once

#include "fs/path.h"

/* What /proc/self shows; proc provides it. */
struct procfs_self_ops {
	/* The running program's file, counted; NULL: a kernel thread. */
	struct vnode *(*exe)(void);
};
void procfs_set_self_ops(const struct procfs_self_ops *ops);

/* Inside fs: the root of /proc, made at the first call; NULL: out of memory. */
struct vnode *procfs_root(void);
extern const struct file_ops procfs_file_ops;

struct proc_node {
	struct vnode v;
	const char *name; /* [i] */
	size_t name_len;
	struct proc_node *parent; /* [i] the root's is itself */
	struct proc_node *children, *last_child, *next; /* [v] of the directory; only grows */
	ssize_t (*show)(char *buf, size_t size); /* [i] */
	int (*store)(const char *text, size_t n); /* [i] NULL: read-only */
};

static inline struct proc_node *proc_node(struct vnode *v)
{
	return container_of(v, struct proc_node, v);
}
