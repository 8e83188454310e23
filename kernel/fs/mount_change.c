/* SPDX-License-Identifier: ISC */
/*
 * What changes the tree of mounts: mount(2) and umount2(2) behind their checks of rights.
 * Locks: mount_tree_lock over each change, from the last look at the target to the linking. Mounts
 * that were taken away are put after it is released, since that may end a whole file system.
 */
#include "fs/mount.h"
#include "fs/walk.h"
#include "lib/string.h"
#include "mm/slab.h"

static u32 mount_count; /* [mount_tree_lock] but for the first */

/* -- the target -------------------------------------------------------------------------------- */

static bool is_root_of_mount(const struct path *p)
{
	return p->mount && p->vnode == p->mount->root;
}

/* Is @m in the tree still? Under mount_tree_lock. */
static bool is_attached(const struct mount *m)
{
	return m && (m == mount_root || m->parent);
}

/* To what covers *@top by now: counted places in and out. Under mount_tree_lock. */
static void go_to_top(struct path *top)
{
	struct mount *m;

	while ((m = mount_on(top->mount, top->vnode))) {
		struct path below = *top;

		*top = (struct path){ m, vnode_get(m->root) };
		path_put(&below);
	}
}

/* Puts @m over @at, if something of its kind can be there. 0, -EINVAL, -ENOENT, -ENOTDIR, -EBUSY. */
static int attach_at_top(struct mount *m, const struct path *at)
{
	struct path top = { mount_get(at->mount), vnode_get(at->vnode) };
	int r = 0;

	go_to_top(&top);
	mutex_lock(&top.vnode->lock); /* against its removal */
	if (!is_attached(top.mount))
		r = -EINVAL;
	else if (!top.vnode->nlink)
		r = -ENOENT;
	else if (vnode_is_dir(top.vnode) != vnode_is_dir(m->root))
		r = -ENOTDIR;
	else if (is_root_of_mount(&top) && top.mount->sb == m->sb && top.vnode == m->root)
		r = -EBUSY;
	if (!r)
		mount_attach(m, &top);
	mutex_unlock(&top.vnode->lock);
	path_put(&top);
	return r;
}

/* Makes room for @n more mounts. */
static int reserve(u32 n)
{
	if (mount_count + n > MOUNTS_MAX)
		return -ENOSPC;
	mount_count += n;
	return 0;
}

/* Adds the new mount @m, whose reference is taken over. */
static int add(struct mount *m, const struct path *at)
{
	int r;

	mutex_lock(&mount_tree_lock);
	r = reserve(1);
	if (!r) {
		r = attach_at_top(m, at);
		mount_count -= r ? 1 : 0;
	}
	mutex_unlock(&mount_tree_lock);
	if (r)
		mount_put(m);
	return r;
}

/* -- new mounts -------------------------------------------------------------------------------- */

/* What a mount remembers of mount(2)'s flags: relatime unless something else is asked. */
static u32 kept_flags(u32 flags)
{
	u32 kept = flags & MNT_KEPT & ~MS_RELATIME;

	if (flags & MS_STRICTATIME)
		return kept & ~MS_NOATIME;
	return kept & MS_NOATIME ? kept : kept | MS_RELATIME;
}

int mount_new(const struct path *at, const char *source, const char *type, u32 flags,
	      const char *options)
{
	const struct fs_type *t = fs_type_find(type);
	struct superblock *sb;
	struct mount *m;
	int r = t ? t->get(options, &sb) : -ENODEV;

	if (r)
		return r;
	if (READ_ONCE(sb->active) == 1 && (flags & MS_RDONLY))
		WRITE_ONCE(sb->readonly, true); /* it is ours alone */
	m = mount_create(sb, sb->root, kept_flags(flags), *source ? source : "none");
	return m ? add(m, at) : -ENOMEM;
}

/* A mount of the same file system as @like, of the tree below @root in it. */
static struct mount *clone_mount(const struct mount *like, struct vnode *root)
{
	return mount_create(superblock_get(like->sb), root, READ_ONCE(like->flags), like->source);
}

/* Is @v the directory @top or below it? */
static bool is_below(struct vnode *v, struct vnode *top)
{
	char name[NAME_MAX + 1];
	struct vnode *dir = NULL;
	bool below = false;

	if (v == top || !vnode_is_dir(top))
		return v == top;
	if (vnode_is_dir(v))
		dir = vnode_get(v);
	else if (v->ops->name(v, name, &dir))
		return false;
	mutex_lock(&rename_lock);
	below = vnode_is_ancestor(top, dir);
	mutex_unlock(&rename_lock);
	vnode_put(dir);
	return below;
}

struct copy {
	struct mount *from, *to;
};

/* Copies what is mounted on copies[i].from below @top (NULL: anywhere). 0, -ENOMEM, -ENOSPC. */
static int copy_children(struct copy *copies, u32 i, u32 *count, struct vnode *top)
{
	struct mount *child;

	list_for_each (child, &copies[i].from->children, sibling) {
		struct path at = { copies[i].to, child->mountpoint };
		struct mount *m;

		if (top && !is_below(child->mountpoint, top))
			continue;
		if (*count == MOUNTS_MAX || reserve(1))
			return -ENOSPC;
		m = clone_mount(child, child->root);
		if (!m) {
			mount_count--;
			return -ENOMEM;
		}
		mount_attach(m, &at);
		copies[(*count)++] = (struct copy){ child, m };
	}
	return 0;
}

/* All that is mounted below the place that copies[0] is a copy of; *count of them afterwards. */
static int copy_tree(struct copy *copies, u32 *count, struct vnode *top)
{
	int r = 0;

	for (u32 i = 0; i < *count && !r; i++)
		r = copy_children(copies, i, count, i ? NULL : top);
	return r;
}

static int bind_recursive(struct mount *m, const struct path *old, const struct path *at)
{
	struct copy *copies = kmalloc(MOUNTS_MAX * sizeof(*copies));
	u32 count = 1;
	int r = -ENOMEM;

	mutex_lock(&mount_tree_lock);
	if (copies && !(r = reserve(1))) {
		copies[0] = (struct copy){ old->mount, m };
		r = copy_tree(copies, &count, old->vnode);
		if (!r)
			r = attach_at_top(m, at);
		for (u32 i = count; r && i > 1; i--)
			mount_detach(copies[i - 1].to);
		mount_count -= r ? count : 0;
	}
	mutex_unlock(&mount_tree_lock);
	for (u32 i = count; r && copies && i > 1; i--)
		mount_put(copies[i - 1].to);
	if (r)
		mount_put(m);
	kfree(copies);
	return r;
}

int mount_bind(const struct path *old, const struct path *at, bool recursive)
{
	struct mount *m;

	if (!old->mount || !is_attached(old->mount))
		return -EINVAL;
	m = clone_mount(old->mount, old->vnode);
	if (!m)
		return -ENOMEM;
	return recursive ? bind_recursive(m, old, at) : add(m, at);
}

int mount_move(const struct path *old, const struct path *at)
{
	struct mount *m = old->mount, *up;
	int r = 0;

	if (!is_root_of_mount(old))
		return -EINVAL;
	mutex_lock(&mount_tree_lock);
	if (!m->parent)
		r = -EINVAL;
	for (up = at->mount; up && !r; up = up->parent)
		r = up == m ? -ELOOP : 0;
	if (!r)
		r = attach_at_top(m, at);
	mutex_unlock(&mount_tree_lock);
	return r;
}

/* All mounts are private: one that is seen in several trees there is not. */
int mount_set_propagation(const struct path *at, u32 flags)
{
	u32 type = flags & (MS_PRIVATE | MS_SHARED | MS_SLAVE | MS_UNBINDABLE);

	if (!is_root_of_mount(at) || type != MS_PRIVATE ||
	    (flags & ~(MS_REC | MS_SILENT | MS_PRIVATE)))
		return -EINVAL;
	return 0;
}

/* -- changing one ------------------------------------------------------------------------------ */

static bool has_writers(const struct superblock *sb)
{
	const struct mount *m;

	list_for_each (m, &mount_list, all) {
		if (m->sb == sb && __atomic_load_n(&m->writers, __ATOMIC_SEQ_CST))
			return true;
	}
	return false;
}

/* From here on nobody opens for writing; if somebody has, it is taken back. Under the tree lock. */
static int set_readonly(struct superblock *sb, bool readonly)
{
	bool was = sb->readonly;

	__atomic_store_n(&sb->readonly, readonly, __ATOMIC_SEQ_CST);
	if (!readonly || was || !has_writers(sb))
		return 0;
	WRITE_ONCE(sb->readonly, was);
	return -EBUSY;
}

static int set_flags(struct mount *m, u32 flags)
{
	u32 was = m->flags;

	if (!(flags & (MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME)))
		flags |= was & (MS_NOATIME | MS_NODIRATIME | MS_RELATIME);
	__atomic_store_n(&m->flags, kept_flags(flags), __ATOMIC_SEQ_CST);
	if (!(flags & ~was & MS_RDONLY) || !__atomic_load_n(&m->writers, __ATOMIC_SEQ_CST))
		return 0;
	WRITE_ONCE(m->flags, was);
	return -EBUSY;
}

int mount_remount(const struct path *at, u32 flags, const char *options)
{
	struct mount *m = at->mount;
	int r = 0;

	if (!is_root_of_mount(at))
		return -EINVAL;
	mutex_lock(&mount_tree_lock);
	if (!is_attached(m))
		r = -EINVAL;
	else if (!(flags & MS_BIND)) {
		r = m->sb->ops->remount(m->sb, options);
		if (!r)
			r = set_readonly(m->sb, flags & MS_RDONLY);
	}
	if (!r)
		r = set_flags(m, flags);
	mutex_unlock(&mount_tree_lock);
	return r;
}

/* -- taking away ------------------------------------------------------------------------------- */

/* @m and all that is mounted in it, to the end of @gone. Under the tree lock. */
static void detach_all(struct mount *m, struct list *gone)
{
	struct mount *at = m;

	for (;;) {
		struct mount *up = at == m ? NULL : at->parent;

		if (!list_empty(&at->children)) {
			at = list_first(&at->children, struct mount, sibling);
			continue;
		}
		mount_detach(at);
		list_push_back(gone, &at->all);
		mount_count--;
		if (!up)
			return;
		at = up;
	}
}

static int detach_idle(struct mount *m, u32 flags, struct list *gone)
{
	struct superblock *sb = m->sb;

	if (sb->shown == 1 && sb->ops->in_use && sb->ops->in_use(sb))
		return -EBUSY;
	if (flags & MNT_EXPIRE) {
		bool again = m->expiring;

		WRITE_ONCE(m->expiring, true);
		if (!again)
			return READ_ONCE(m->refs) > 2 ? -EBUSY : -EAGAIN;
	}
	if (!mount_detach_idle(m, 1))
		return -EBUSY;
	list_push_back(gone, &m->all);
	mount_count--;
	return 0;
}

static int unmount_locked(struct mount *m, u32 flags, struct list *gone)
{
	if (!is_attached(m))
		return -EINVAL;
	if (m == mount_root) /* it stays, but nothing of it changes any more: as Linux */
		return flags & (MNT_DETACH | MNT_EXPIRE) ? -EINVAL : set_readonly(m->sb, true);
	if (flags & MNT_DETACH) {
		detach_all(m, gone);
		return 0;
	}
	return detach_idle(m, flags, gone);
}

int mount_unmount(const struct path *at, u32 flags)
{
	struct list gone = LIST_INIT(gone), *l;
	int r;

	if (!is_root_of_mount(at))
		return -EINVAL;
	if ((flags & MNT_EXPIRE) && (flags & (MNT_FORCE | MNT_DETACH)))
		return -EINVAL;
	mutex_lock(&mount_tree_lock);
	r = unmount_locked(at->mount, flags, &gone);
	mutex_unlock(&mount_tree_lock);
	while ((l = list_pop_front(&gone)))
		mount_put(list_entry(l, struct mount, all));
	return r;
}
