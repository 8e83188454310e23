/* SPDX-License-Identifier: ISC */
/*
 * The tree of mounts: making, linking, finding (mount.h). What changes it: mount_change.c.
 * Locks: as mount.h says. Files and paths count the mount they came through, which keeps it busy.
 */
#include "fs/mount.h"

#include "base/counter.h"
#include "base/spinlock.h"
#include "lib/string.h"
#include "mm/slab.h"

COUNTER(live_mounts, "mounts");

static struct spinlock mount_lock = SPINLOCK_INIT;
struct mutex mount_tree_lock = MUTEX_INIT(mount_tree_lock);
struct list mount_list = LIST_INIT(mount_list);
struct mount *mount_root;

struct mount *mount_create(struct superblock *sb, struct vnode *root, u32 flags, const char *source)
{
	static u32 last_id; /* atomic */
	struct mount *m = kzalloc(sizeof(*m));
	char *text = m ? kstrdup(source) : NULL;

	if (!text) {
		kfree(m);
		superblock_put(sb);
		return NULL;
	}
	m->sb = sb;
	m->root = vnode_get(root);
	m->id = __atomic_add_fetch(&last_id, 1, __ATOMIC_RELAXED);
	m->refs = 1;
	m->flags = flags;
	m->source = text;
	list_init(&m->children);
	list_init(&m->sibling);
	list_init(&m->all);
	counter_add(&live_mounts, 1);
	return m;
}

void mount_free(struct mount *m)
{
	vnode_put(m->root);
	superblock_put(m->sb);
	kfree(m->source);
	kfree(m);
	counter_add(&live_mounts, -1);
}

struct mount *mount_first(struct superblock *sb)
{
	struct mount *m = mount_create(sb, sb->root, MS_RELATIME, sb->type->name);

	if (!m)
		return NULL;
	m->sb->shown++; /* nobody else is there yet */
	list_push_back(&mount_list, &m->all);
	mount_root = m;
	return m;
}

/* Off its place; the vnode that it covered is the caller's to put. */
static struct vnode *unplace(struct mount *m)
{
	struct vnode *v = m->mountpoint;

	list_remove(&m->sibling);
	m->parent = NULL;
	m->mountpoint = NULL;
	if (v)
		WRITE_ONCE(v->mounts, v->mounts - 1);
	return v;
}

void mount_attach(struct mount *m, const struct path *at)
{
	struct vnode *left;

	spin_lock(&mount_lock);
	left = unplace(m);
	m->parent = at->mount;
	m->mountpoint = vnode_get(at->vnode);
	list_push_front(&at->mount->children, &m->sibling);
	WRITE_ONCE(at->vnode->mounts, at->vnode->mounts + 1);
	if (list_empty(&m->all)) {
		m->sb->shown++;
		list_push_back(&mount_list, &m->all);
	}
	spin_unlock(&mount_lock);
	vnode_put(left);
}

static struct vnode *unlink_mount(struct mount *m)
{
	m->sb->shown--;
	list_remove(&m->all);
	return unplace(m);
}

void mount_detach(struct mount *m)
{
	struct vnode *v;

	spin_lock(&mount_lock);
	v = unlink_mount(m);
	spin_unlock(&mount_lock);
	vnode_put(v);
}

bool mount_detach_idle(struct mount *m, u32 others)
{
	struct vnode *v = NULL;
	bool idle;

	spin_lock(&mount_lock);
	idle = list_empty(&m->children) && READ_ONCE(m->refs) == 1 + others;
	if (idle)
		v = unlink_mount(m);
	spin_unlock(&mount_lock);
	vnode_put(v);
	return idle;
}

bool mount_showing(struct vnode *v, struct path *out)
{
	struct mount *m;

	*out = (struct path){ NULL, NULL };
	spin_lock(&mount_lock);
	list_for_each (m, &mount_list, all) {
		if (m->sb == v->sb && m->root == v->sb->root) {
			*out = (struct path){ mount_get(m), vnode_get(v) };
			break;
		}
	}
	spin_unlock(&mount_lock);
	return out->vnode;
}

struct mount *mount_on(struct mount *m, struct vnode *v)
{
	struct mount *child, *found = NULL;

	if (!m)
		return NULL;
	spin_lock(&mount_lock);
	list_for_each (child, &m->children, sibling) {
		if (child->mountpoint == v) {
			found = mount_get(child);
			break;
		}
	}
	spin_unlock(&mount_lock);
	return found;
}

bool mount_place(struct mount *m, struct path *out)
{
	spin_lock(&mount_lock);
	*out = (struct path){ m->parent, m->mountpoint };
	if (out->vnode) {
		mount_get(out->mount);
		vnode_get(out->vnode);
	}
	spin_unlock(&mount_lock);
	return out->vnode;
}

/* -- open files -------------------------------------------------------------------------------- */

/* Does an open of it for writing hinder a change to read-only? Devices and pipes can be written. */
static bool counts_as_writer(const struct file *f)
{
	return (f->vnode->mode & S_IFMT) == S_IFREG && file_writable(f);
}

int mount_enter_slow(struct file *f, struct mount *m)
{
	int r;

	if (!m)
		return 0;
	if (counts_as_writer(f)) {
		__atomic_fetch_add(&m->writers, 1, __ATOMIC_SEQ_CST);
		r = mount_flags(m) & MS_RDONLY ? -EROFS : vnode_take_write(f->vnode);
		if (r) {
			__atomic_fetch_sub(&m->writers, 1, __ATOMIC_SEQ_CST);
			return r;
		}
	}
	if (unlikely(READ_ONCE(m->expiring)))
		WRITE_ONCE(m->expiring, false);
	f->mount = mount_get(m);
	return 0;
}

void mount_leave_slow(struct file *f)
{
	if (counts_as_writer(f)) {
		vnode_return_write(f->vnode);
		__atomic_fetch_sub(&f->mount->writers, 1, __ATOMIC_SEQ_CST);
	}
	mount_put(f->mount);
}
