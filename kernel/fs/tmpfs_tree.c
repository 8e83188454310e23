/* SPDX-License-Identifier: ISC */
/*
 * The tree of a tmpfs as a whole: whether somebody holds a part of it, and its end. Both go through
 * it without recursion, one directory locked at a time.
 */
#include "fs/tmpfs.h"

static struct tmpfs_entry *first_entry(struct tmpfs_node *dir)
{
	return tmpfs_entry_from(dir, 0);
}

static struct tmpfs_node *entry_node(const struct tmpfs_entry *e)
{
	return tmpfs_node(e->name.vnode);
}

/*
 * No mount leads here any more, so nobody else looks into its directories. From the leaves up,
 * without recursion: a directory that is empty is removed from the one above it.
 */
void tmpfs_clear(struct vnode *root)
{
	struct tmpfs_node *dir = tmpfs_node(root);
	struct tmpfs_entry *e;

	while ((e = first_entry(dir)) || &dir->v != root) {
		if (!e) {
			dir = tmpfs_node(dir->parent);
			e = first_entry(dir);
			entry_node(e)->v.nlink = 0;
			tmpfs_remove_entry(&dir->v, e, 0);
		} else if (vnode_is_dir(e->name.vnode)) {
			dir = entry_node(e);
		} else {
			tmpfs_remove_entry(&dir->v, e, 1);
		}
	}
}

/*
 * Looks through @dir from *key on: the next directory in it, counted; NULL: there is none. *used:
 * somebody holds a file of it beside its names.
 */
static struct vnode *scan_directory(struct vnode *dir, u64 key, bool *used)
{
	struct tmpfs_entry *e;
	struct vnode *found = NULL;

	mutex_lock(&dir->lock);
	for (e = tmpfs_entry_from(tmpfs_node(dir), key); e && !found && !*used;
	     e = tmpfs_entry_next(e)) {
		if (vnode_is_dir(e->name.vnode))
			found = vnode_get(e->name.vnode);
		else
			*used = READ_ONCE(e->name.vnode->refs) > READ_ONCE(e->name.vnode->nlink);
	}
	mutex_unlock(&dir->lock);
	return found;
}

/* From @dir, whose count is consumed, to the one above; *key: behind it there. */
static struct vnode *climb(struct vnode *dir, u64 *key)
{
	struct tmpfs_node *n = tmpfs_node(dir);
	struct vnode *up;

	mutex_lock(&dir->lock);
	up = vnode_get(n->parent);
	*key = n->entry ? n->entry->key + 1 : ~0UL;
	mutex_unlock(&dir->lock);
	vnode_put(dir);
	return up;
}

bool tmpfs_is_used(struct vnode *root)
{
	struct vnode *dir = vnode_get(root), *down;
	bool used = false;
	u64 key = 0;

	for (;;) {
		down = scan_directory(dir, key, &used);
		if (used || (!down && dir == root))
			break;
		if (down) {
			vnode_put(dir);
			dir = down;
			key = 0;
		} else {
			dir = climb(dir, &key);
		}
	}
	vnode_put(down);
	vnode_put(dir);
	return used;
}
