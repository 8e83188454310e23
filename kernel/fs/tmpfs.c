/* SPDX-License-Identifier: ISC */
/*
 * Nodes of tmpfs and the operations on its directories (their entries: tmpfs_entry.c).
 *
 * Locks: every operation is called with the directory's vnode.lock held (vnode.h). What a
 * node is called, `entry` and `parent`, changes under the node's own lock; parent before child.
 */
#include "fs/tmpfs.h"

#include "fs/path.h"
#include "lib/string.h"
#include "mm/slab.h"

/* A symlink's text of that length counts as a page, as on Linux. */
#define LONG_TARGET 128

static struct slab_cache *vnode_cache;
static const struct vnode_ops dir_ops, file_vnode_ops, link_ops, special_ops;

void tmpfs_init_caches(void)
{
	vnode_cache = slab_create("vnodes", sizeof(struct tmpfs_node), 0);
	page_tree_init_caches();
}

/* Nodes. */

static bool is_link(const struct tmpfs_node *n)
{
	return (n->v.mode & S_IFMT) == S_IFLNK;
}

/* Says that @n is now reached by @e in @parent, since @ctime. */
static void set_place(struct tmpfs_node *n, struct tmpfs_entry *e, struct vnode *parent, u64 ctime)
{
	struct vnode *old;

	mutex_lock_nested(&n->v.lock);
	old = n->parent;
	n->entry = e;
	n->parent = vnode_get(parent);
	n->v.ctime = ctime;
	WRITE_ONCE(n->v.unplain, is_link(n));
	mutex_unlock(&n->v.lock);
	vnode_put(old);
}

static void node_free(struct tmpfs_node *n)
{
	switch (n->v.mode & S_IFMT) {
	case S_IFREG: tmpfs_file_free(n); break;
	case S_IFLNK:
		if (n->v.size >= LONG_TARGET && n->target)
			tmpfs_count_pages(tmpfs_of(&n->v), -1);
		kfree(n->target);
		break;
	}
	kfree(n->gone);
	tmpfs_return_inodes(tmpfs_of(&n->v), 1);
	superblock_release(n->v.sb);
	slab_free(vnode_cache, n);
}

/* Ends a node and, in a loop, the removed directories above it that only it kept. */
static void tmpfs_release(struct vnode *v)
{
	while (v) {
		struct vnode *parent = tmpfs_node(v)->parent;

		node_free(tmpfs_node(v));
		if (parent && __atomic_sub_fetch(&parent->refs, 1, __ATOMIC_ACQ_REL))
			parent = NULL;
		v = parent;
	}
}

static void init_node(struct tmpfs_node *n, struct superblock *sb, u32 mode, u64 rdev)
{
	const struct vnode_ops *ops = &special_ops;

	memset(&n->v + 1, 0, sizeof(*n) - sizeof(n->v));
	switch (mode & S_IFMT) {
	case S_IFREG:
		ops = &file_vnode_ops;
		mutex_init(&n->write_lock);
		break;
	case S_IFDIR: ops = &dir_ops; break;
	case S_IFLNK: ops = &link_ops; break;
	}
	vnode_init(&n->v, ops, &tmpfs_file_ops, mode);
	superblock_hold(sb);
	n->v.sb = sb;
	n->v.dev = sb->dev;
	n->v.rdev = rdev;
	if (ops == &file_vnode_ops)
		n->v.backing.ops = &tmpfs_backing_ops;
	if (ops == &dir_ops) {
		n->v.nlink = 2;
		n->v.size = 2 * TMPFS_ENTRY_BYTES;
	}
}

/* NULL: no memory, or as many as the file system may have. */
static struct tmpfs_node *node_create(struct superblock *sb, u32 mode, u64 rdev)
{
	struct tmpfs *t = container_of(sb, struct tmpfs, sb);
	struct tmpfs_node *n;

	if (!tmpfs_take_inodes(t, 1))
		return NULL;
	n = page_memory_low() ? NULL : slab_alloc(vnode_cache);
	if (n)
		init_node(n, sb, mode, rdev);
	else
		tmpfs_return_inodes(t, 1);
	return n;
}

struct vnode *tmpfs_root_create(struct tmpfs *t, u32 mode)
{
	struct tmpfs_node *n = node_create(&t->sb, S_IFDIR | mode, 0);

	return n ? &n->v : NULL;
}

/* Enters @n, which nobody else knows yet, into @dir. */
static int enter(struct vnode *dir, const char *name, size_t len, struct tmpfs_node *n)
{
	struct tmpfs_entry *e;
	u64 now;

	if (!dir->nlink) /* removed meanwhile */
		return -ENOENT;
	e = tmpfs_entry_alloc(name, len);
	if (!e)
		return -ENOMEM;
	/* commit */
	now = file_time_now();
	e->name.vnode = vnode_get(&n->v);
	set_place(n, e, dir, now);
	tmpfs_entry_insert(tmpfs_node(dir), e);
	if (vnode_is_dir(&n->v))
		dir->nlink++;
	tmpfs_touch_at(dir, now);
	return 0;
}

/* Operations on directories. */

static int tmpfs_lookup(struct vnode *dir, const char *name, size_t len, struct vnode **out)
{
	struct tmpfs_node *d = tmpfs_node(dir);
	struct tmpfs_entry *e;

	if (unlikely(len == 2 && name[0] == '.' && name[1] == '.')) {
		*out = vnode_get(d->parent ? d->parent : dir);
		return 0;
	}
	e = tmpfs_entry_find(d, name, len);
	if (!e)
		return -ENOENT;
	*out = vnode_get(e->name.vnode);
	if (unlikely(!READ_ONCE(tmpfs_node(*out)->entry))) /* the link it was called by is gone */
		set_place(tmpfs_node(*out), e, dir, (*out)->ctime);
	return 0;
}

static int tmpfs_create_node(struct vnode *dir, const char *name, size_t len, u32 mode, u64 rdev,
			     struct vnode **out)
{
	struct tmpfs_node *n = node_create(dir->sb, mode, rdev);
	int r;

	if (!n)
		return -ENOSPC;
	r = enter(dir, name, len, n);
	if (r)
		vnode_put(&n->v);
	else
		*out = &n->v;
	return r;
}

static int tmpfs_create_nameless(struct vnode *dir, u32 mode, struct vnode **out)
{
	struct tmpfs_node *n = node_create(dir->sb, mode, 0);

	if (!n)
		return -ENOSPC;
	n->v.nlink = 0;
	*out = &n->v;
	return 0;
}

static int tmpfs_symlink(struct vnode *dir, const char *name, size_t len, const char *target)
{
	struct tmpfs_node *n = node_create(dir->sb, S_IFLNK | 0777, 0);
	int r = -ENOSPC;

	if (!n)
		return r;
	n->v.size = strlen(target);
	if (n->v.size < LONG_TARGET || tmpfs_take_page(tmpfs_of(dir))) {
		n->target = kstrdup(target);
		if (!n->target && n->v.size >= LONG_TARGET)
			tmpfs_count_pages(tmpfs_of(dir), -1);
	}
	if (n->target)
		r = enter(dir, name, len, n);
	vnode_put(&n->v);
	return r;
}

static int tmpfs_link(struct vnode *dir, const char *name, size_t len, struct vnode *target)
{
	int r = tmpfs_add_link(target);

	if (r)
		return r;
	r = enter(dir, name, len, tmpfs_node(target));
	mutex_lock(&target->lock);
	if (r)
		tmpfs_drop_links(target, 1);
	else
		target->may_get_name = false;
	mutex_unlock(&target->lock);
	return r;
}

void tmpfs_remove_entry(struct vnode *dir, struct tmpfs_entry *e, u32 links)
{
	struct tmpfs_node *n = tmpfs_node(e->name.vnode);
	struct tmpfs_entry *unused = e;
	u64 now = file_time_now();

	tmpfs_entry_remove(tmpfs_node(dir), e);
	mutex_lock_nested(&n->v.lock);
	tmpfs_drop_links(&n->v, links);
	if (n->entry == e) {
		n->entry = NULL;
		WRITE_ONCE(n->v.unplain, true); /* a lookup by another name gives it that */
		if (!n->v.nlink) { /* it is called so still, by those who look at it in /proc */
			unused = n->gone;
			n->gone = e;
		}
	}
	n->v.ctime = now;
	mutex_unlock(&n->v.lock);
	vnode_put(&n->v);
	kfree(unused);
	tmpfs_touch_at(dir, now);
}

static int tmpfs_unlink(struct vnode *dir, const char *name, size_t len, struct vnode *victim)
{
	struct tmpfs_entry *e = tmpfs_entry_find(tmpfs_node(dir), name, len);

	if (!e || e->name.vnode != victim)
		return -ENOENT;
	tmpfs_remove_entry(dir, e, 1);
	return 0;
}

/* Marks @victim as removed if it is empty: nothing can be created in it from now on. */
static int kill_directory(struct vnode *victim)
{
	int r = 0;

	mutex_lock_nested(&victim->lock);
	if (victim->mounts)
		r = -EBUSY; /* since the caller looked */
	else if (tmpfs_node(victim)->entry_count)
		r = -ENOTEMPTY;
	else
		victim->nlink = 0;
	mutex_unlock(&victim->lock);
	return r;
}

static int tmpfs_rmdir(struct vnode *dir, const char *name, size_t len, struct vnode *victim)
{
	struct tmpfs_entry *e = tmpfs_entry_find(tmpfs_node(dir), name, len);
	int r;

	if (!e || e->name.vnode != victim)
		return -ENOENT;
	r = kill_directory(victim);
	if (r)
		return r;
	dir->nlink--;
	tmpfs_remove_entry(dir, e, 0);
	return 0;
}

/* The entry that is renamed over goes: its file loses a link, its directory must be empty. */
static int make_room(struct vnode *to, struct tmpfs_entry *old)
{
	struct vnode *victim = old->name.vnode;

	if (vnode_is_dir(victim))
		return tmpfs_rmdir(to, old->name.text, old->name.len, victim);
	return tmpfs_unlink(to, old->name.text, old->name.len, victim);
}

static int tmpfs_rename(struct vnode *from, const char *name, size_t len, struct vnode *to,
			const char *new_name, size_t new_len)
{
	struct tmpfs_entry *e = tmpfs_entry_find(tmpfs_node(from), name, len);
	struct tmpfs_entry *old = tmpfs_entry_find(tmpfs_node(to), new_name, new_len);
	struct tmpfs_entry *fresh;
	int r = to->nlink ? 0 : -ENOENT;

	if (!e)
		return -ENOENT;
	fresh = tmpfs_entry_alloc(new_name, new_len);
	if (!fresh)
		return -ENOMEM;
	if (!r && old)
		r = make_room(to, old);
	if (r) {
		kfree(fresh);
		return r;
	}
	/* commit */
	fresh->name.vnode = vnode_get(e->name.vnode);
	set_place(tmpfs_node(fresh->name.vnode), fresh, to, file_time_now());
	tmpfs_entry_insert(tmpfs_node(to), fresh);
	if (vnode_is_dir(fresh->name.vnode)) {
		from->nlink--;
		to->nlink++;
	}
	tmpfs_remove_entry(from, e, 0);
	tmpfs_touch(to);
	return 0;
}

static ssize_t tmpfs_readlink(struct vnode *v, char *buf, size_t size)
{
	size_t n = MIN(size, v->size);

	memcpy(buf, tmpfs_node(v)->target, n);
	return n;
}

static int tmpfs_name(struct vnode *v, char *buf, struct vnode **parent)
{
	struct tmpfs_node *n = tmpfs_node(v);
	const struct tmpfs_entry *e;
	int r = -ENOENT;

	mutex_lock(&v->lock);
	e = n->entry ? n->entry : n->gone;
	if (e && n->parent) {
		memcpy(buf, e->name.text, e->name.len);
		buf[e->name.len] = '\0';
		*parent = vnode_get(n->parent);
		r = e == n->gone;
	}
	mutex_unlock(&v->lock);
	return r;
}

static const struct vnode_ops dir_ops = {
	.lookup = tmpfs_lookup,
	.create = tmpfs_create_node,
	.create_nameless = tmpfs_create_nameless,
	.symlink = tmpfs_symlink,
	.link = tmpfs_link,
	.unlink = tmpfs_unlink,
	.rmdir = tmpfs_rmdir,
	.rename = tmpfs_rename,
	.readdir = tmpfs_readdir,
	.name = tmpfs_name,
	.release = tmpfs_release,
};

static const struct vnode_ops file_vnode_ops = {
	.truncate = tmpfs_truncate,
	.punch = tmpfs_punch,
	.name = tmpfs_name,
	.release = tmpfs_release,
};

static const struct vnode_ops link_ops = {
	.readlink = tmpfs_readlink,
	.name = tmpfs_name,
	.release = tmpfs_release,
};

static const struct vnode_ops special_ops = {
	.name = tmpfs_name,
	.release = tmpfs_release,
};
