/* SPDX-License-Identifier: ISC */
/*
 * The trees of /proc and /sys: nodes are registered by their owners and stay for ever, so nothing
 * here is ever freed. In the root of /proc, names that are numbers are asked of proc. The text of
 * files is in procfs_file.c.
 * Locks: a directory's vnode.lock guards its list of children.
 */
#include "fs/procfs.h"

#include "abi/dirent.h"
#include "base/panic.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/slab.h"

#define FIRST_PID_POS 256 /* as Linux: the numbers follow the names in a listing */
#define NUMBER_BYTES 12

static const struct procfs_pid_ops *pid_ops;
static struct superblock procfs_sb, sysfs_sb;
static const struct vnode_ops dir_ops, file_ops, link_ops;

void procfs_set_pid_ops(const struct procfs_pid_ops *ops)
{
	pid_ops = ops;
}

/* A node of @sb below @parent (NULL: the root); NULL: out of memory. @name is kept. */
static struct proc_node *node_create(struct superblock *sb, struct proc_node *parent,
				     const char *name, u32 mode, const struct vnode_ops *ops)
{
	struct proc_node *n = kzalloc(sizeof(*n));

	if (!n)
		return NULL;
	vnode_init(&n->v, ops, &procfs_file_ops, mode);
	n->v.sb = sb;
	n->v.dev = sb->dev;
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

static int remount(struct superblock *sb, const char *options)
{
	(void)sb;
	return *options ? -EINVAL : 0;
}

static void never(struct superblock *sb)
{
	(void)sb;
}

static const struct superblock_ops tree_ops = { .remount = remount, .kill = never, .free = never };

/* The root of @sb, made at the first call; NULL: out of memory. */
static struct vnode *tree_root(struct superblock *sb, const struct fs_type *type, u32 magic)
{
	if (!sb->root) { /* the first registration, at boot; it stays for ever */
		struct proc_node *root;

		ensure(!superblock_init(sb, type, &tree_ops, magic));
		root = node_create(sb, NULL, "", S_IFDIR | 0555, &dir_ops);
		sb->root = root ? &root->v : NULL;
	}
	return sb->root;
}

struct vnode *procfs_root(void)
{
	return tree_root(&procfs_sb, &procfs_type, PROC_SUPER_MAGIC);
}

struct vnode *sysfs_root(void)
{
	return tree_root(&sysfs_sb, &sysfs_type, SYSFS_MAGIC);
}

/* There is one of each: all mounts show it. */
static int tree_get(struct superblock *sb, const char *options, struct superblock **out)
{
	if (*options)
		return -EINVAL;
	*out = superblock_get(sb);
	return 0;
}

static int procfs_get(const char *options, struct superblock **out)
{
	return tree_get(&procfs_sb, options, out);
}

static int sysfs_get(const char *options, struct superblock **out)
{
	return tree_get(&sysfs_sb, options, out);
}

struct fs_type procfs_type = { .name = "proc", .get = procfs_get };
struct fs_type sysfs_type = { .name = "sysfs", .get = sysfs_get };

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
	return node_create(dir->v.sb, dir, copy, S_IFDIR | 0555, &dir_ops);
}

/* A node at @path below @root (NULL: out of memory), with the directories on the way. */
static int register_node(struct vnode *root, const char *path, u32 mode,
			 const struct vnode_ops *ops, struct proc_node **out)
{
	struct proc_node *dir = root ? proc_node(root) : NULL;
	const char *slash;

	while (dir && (slash = strchr(path, '/'))) {
		dir = subdir(dir, path, slash - path);
		path = slash + 1;
	}
	if (!dir)
		return -ENOMEM;
	if (child_find(dir, path, strlen(path)))
		return -EEXIST;
	*out = node_create(root->sb, dir, path, mode, ops);
	return *out ? 0 : -ENOMEM;
}

static int register_text(struct vnode *root, const char *path, u32 mode,
			 ssize_t (*show)(char *buf, size_t size),
			 int (*store)(const char *text, size_t n))
{
	struct proc_node *n;
	int r = register_node(root, path, S_IFREG | (mode & 0777), &file_ops, &n);

	if (r)
		return r;
	n->show = show;
	n->store = store;
	return 0;
}

int procfs_register(const char *path, u32 mode, ssize_t (*show)(char *buf, size_t size),
		    int (*store)(const char *text, size_t n))
{
	return register_text(procfs_root(), path, mode, show, store);
}

int sysfs_register(const char *path, ssize_t (*show)(char *buf, size_t size))
{
	return register_text(sysfs_root(), path, 0444, show, NULL);
}

int procfs_register_open(const char *path, u32 mode, int (*open)(struct vnode *v, struct file *f))
{
	struct proc_node *n;
	int r = register_node(procfs_root(), path, S_IFREG | (mode & 0777), &file_ops, &n);

	if (!r)
		n->open = open;
	return r;
}

int procfs_register_link(const char *path, ssize_t (*readlink)(char *buf, size_t size))
{
	struct proc_node *n;
	int r = register_node(procfs_root(), path, S_IFLNK | 0777, &link_ops, &n);

	if (r)
		return r;
	n->show = readlink;
	return 0;
}

i32 procfs_number(const char *name, size_t len)
{
	i32 n = 0;

	if (!len || len > 9 || (name[0] == '0' && len > 1))
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (name[i] < '0' || name[i] > '9')
			return -1;
		n = n * 10 + (name[i] - '0');
	}
	return n;
}

static bool has_pids(const struct proc_node *d)
{
	return d->v.sb == &procfs_sb && d->parent == d && pid_ops;
}

static int proc_lookup(struct vnode *dir, const char *name, size_t len, struct vnode **out)
{
	struct proc_node *d = proc_node(dir), *n;

	n = len == 2 && !memcmp(name, "..", 2) ? d->parent : child_find(d, name, len);
	if (n) {
		*out = vnode_get(&n->v);
		return 0;
	}
	if (has_pids(d) && procfs_number(name, len) > 0)
		return pid_ops->lookup(dir, procfs_number(name, len), out);
	return -ENOENT;
}

static void list_pids(u64 *pos, dir_emit emit, void *arg)
{
	char name[NUMBER_BYTES];
	i32 pid;

	*pos = MAX(*pos, (u64)FIRST_PID_POS);
	while (*pos < 1UL << 31 && (pid = pid_ops->next(*pos - FIRST_PID_POS))) {
		u64 behind = (u64)pid + FIRST_PID_POS + 1;
		int len = snprintf(name, sizeof(name), "%d", pid);

		if (!emit(arg, name, len, pid_ops->ino(pid), DT_DIR, behind))
			break;
		*pos = behind;
	}
}

/*
 * Positions are indices: "." 0, ".." 1, then the children in the order of registration; in the
 * root the numbers behind them.
 */
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
			return 0;
		*pos = at + 1;
	}
	if (has_pids(d))
		list_pids(pos, emit, arg);
	return 0;
}

static int proc_name(struct vnode *v, char *buf, struct vnode **parent)
{
	struct proc_node *n = proc_node(v);

	strlcpy(buf, n->name, NAME_MAX + 1);
	*parent = vnode_get(&n->parent->v);
	return 0;
}

static ssize_t link_readlink(struct vnode *v, char *buf, size_t size)
{
	return proc_node(v)->show(buf, size);
}

static const struct vnode_ops dir_ops = {
	.lookup = proc_lookup,
	.readdir = proc_readdir,
	.name = proc_name,
};

static int file_open(struct vnode *v, struct file *f)
{
	struct proc_node *n = proc_node(v);

	return n->open ? n->open(v, f) : procfs_open(v, f);
}

static const struct vnode_ops file_ops = {
	.open = file_open,
	.name = proc_name,
};

static const struct vnode_ops link_ops = {
	.readlink = link_readlink,
	.name = proc_name,
};
