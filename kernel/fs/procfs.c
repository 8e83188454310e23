/* SPDX-License-Identifier: ISC */
/*
 * The tree of /proc: nodes are registered by their owners and stay for ever, so nothing here
 * is ever freed. The text of files is in procfs_file.c.
 * Locks: a directory's vnode.lock guards its list of children.
 */
#include "fs/procfs.h"

#include "abi/dirent.h"
#include "lib/string.h"
#include "mm/slab.h"

#define PROCFS_DEV 2

static const struct procfs_self_ops *self_ops;
static const struct vnode_ops dir_ops, file_ops, exe_ops;

void procfs_set_self_ops(const struct procfs_self_ops *ops)
{
	self_ops = ops;
}

/* A node below @parent (NULL: the root); NULL: out of memory. @name is kept. */
static struct proc_node *node_create(struct proc_node *parent, const char *name, u32 mode,
				     const struct vnode_ops *ops)
{
	struct proc_node *n = kzalloc(sizeof(*n));

	if (!n)
		return NULL;
	vnode_init(&n->v, ops, &procfs_file_ops, mode);
	n->v.dev = PROCFS_DEV;
	n->v.nlink = vnode_is_dir(&n->v) ? 2 : 1;
	n->name = name;
	n->name_len = strlen(name);
	n->parent = parent ? parent : n;
	if (!parent)
		return n;
	mutex_lock(&parent->v.lock);
	if (parent->last_child)
		parent->last_child->next = n;
	else
		parent->children = n;
	parent->last_child = n;
	if (vnode_is_dir(&n->v))
		parent->v.nlink++;
	mutex_unlock(&parent->v.lock);
	return n;
}

struct vnode *procfs_root(void)
{
	static struct proc_node *root;
	struct proc_node *self;

	if (root)
		return &root->v;
	root = node_create(NULL, "", S_IFDIR | 0555, &dir_ops);
	self = root ? node_create(root, "self", S_IFDIR | 0555, &dir_ops) : NULL;
	if (!self || !node_create(self, "exe", S_IFLNK | 0777, &exe_ops))
		return NULL;
	return &root->v;
}

static struct proc_node *child_find(struct proc_node *dir, const char *name, size_t len)
{
	struct proc_node *n;

	for (n = dir->children; n; n = n->next) {
		if (n->name_len == len && !memcmp(n->name, name, len))
			break;
	}
	return n;
}

/* The directory @name below @dir, made if it is not there. */
static struct proc_node *subdir(struct proc_node *dir, const char *name, size_t len)
{
	struct proc_node *n = child_find(dir, name, len);
	char *copy;

	if (n)
		return vnode_is_dir(&n->v) ? n : NULL;
	copy = kmalloc(len + 1);
	if (!copy)
		return NULL;
	memcpy(copy, name, len);
	copy[len] = '\0';
	return node_create(dir, copy, S_IFDIR | 0555, &dir_ops);
}

int procfs_register(const char *path, u32 mode, ssize_t (*show)(char *buf, size_t size),
		    int (*store)(const char *text, size_t n))
{
	struct vnode *root = procfs_root();
	struct proc_node *dir = root ? proc_node(root) : NULL;
	struct proc_node *n;
	const char *slash;

	while (dir && (slash = strchr(path, '/'))) {
		dir = subdir(dir, path, slash - path);
		path = slash + 1;
	}
	if (!dir)
		return -ENOMEM;
	if (child_find(dir, path, strlen(path)))
		return -EEXIST;
	n = node_create(dir, path, S_IFREG | (mode & 0777), &file_ops);
	if (!n)
		return -ENOMEM;
	n->show = show;
	n->store = store;
	return 0;
}

static int proc_lookup(struct vnode *dir, const char *name, size_t len, struct vnode **out)
{
	struct proc_node *d = proc_node(dir), *n;

	n = len == 2 && !memcmp(name, "..", 2) ? d->parent : child_find(d, name, len);
	if (!n)
		return -ENOENT;
	*out = vnode_get(&n->v);
	return 0;
}

/* Positions are indices: "." 0, ".." 1, then the children in the order of registration. */
static int proc_readdir(struct vnode *dir, u64 *pos, dir_emit emit, void *arg)
{
	struct proc_node *d = proc_node(dir), *n = d->children;
	u64 at = 2;

	if (*pos == 0 && emit(arg, ".", 1, dir->ino, DT_DIR, 1))
		*pos = 1;
	if (*pos == 1 && emit(arg, "..", 2, d->parent->v.ino, DT_DIR, 2))
		*pos = 2;
	if (*pos < 2)
		return 0;
	for (; n; n = n->next, at++) {
		if (at < *pos)
			continue;
		if (!emit(arg, n->name, n->name_len, n->v.ino, MODE_TO_DT(n->v.mode), at + 1))
			break;
		*pos = at + 1;
	}
	return 0;
}

static int proc_name(struct vnode *v, char *buf, struct vnode **parent)
{
	struct proc_node *n = proc_node(v);

	strlcpy(buf, n->name, NAME_MAX + 1);
	*parent = vnode_get(&n->parent->v);
	return 0;
}

static int exe_follow(struct vnode *link, struct vnode **out)
{
	(void)link;
	*out = self_ops ? self_ops->exe() : NULL;
	return *out ? 0 : -ENOENT;
}

static ssize_t exe_readlink(struct vnode *link, char *buf, size_t size)
{
	struct fs_context c = fs_kernel_context();
	struct vnode *exe;
	char *path;
	ssize_t n = exe_follow(link, &exe);

	if (n)
		return n;
	path = kmalloc(PATH_MAX);
	n = path ? path_of(&c, exe, path, PATH_MAX) : -ENOMEM;
	vnode_put(exe);
	if (n > 0) {
		n = MIN((size_t)n - 1, size);
		memcpy(buf, path, n);
	}
	kfree(path);
	return n;
}

static const struct vnode_ops dir_ops = {
	.lookup = proc_lookup,
	.readdir = proc_readdir,
	.name = proc_name,
};

static const struct vnode_ops file_ops = {
	.name = proc_name,
};

static const struct vnode_ops exe_ops = {
	.readlink = exe_readlink,
	.follow = exe_follow,
	.name = proc_name,
};
