/* SPDX-License-Identifier: ISC */
/*
 * Directories of tmpfs: one tree of entries ordered by key. The key is the hash of the name
 * above, a number that tells equal hashes apart below; it is an entry's position for readdir
 * too and never changes, so a listing that is interrupted by other programs' creations and
 * removals neither skips nor repeats what stayed.
 *
 * Locks: the directory's vnode.lock, held by the caller.
 */
#include "fs/tmpfs.h"
#include "lib/string.h"
#include "mm/slab.h"

#define KEY_SHIFT 24 /* equal hashes told apart: 2^24 */

/* FNV-1a, folded; never 0 so that keys lie above the positions of "." and "..". */
static u64 name_key(const char *name, size_t len)
{
	u32 h = 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (u8)name[i]) * 16777619u;
	return ((u64)h + 1) << KEY_SHIFT;
}

struct tmpfs_entry *tmpfs_entry_next(struct tmpfs_entry *e)
{
	struct rb_node *n = rb_next(&e->node);

	return n ? rb_entry(n, struct tmpfs_entry, node) : NULL;
}

struct tmpfs_entry *tmpfs_entry_from(const struct tmpfs_node *dir, u64 key)
{
	struct rb_node *n = dir->entries.node;
	struct tmpfs_entry *best = NULL;

	while (n) {
		struct tmpfs_entry *e = rb_entry(n, struct tmpfs_entry, node);

		if (e->key >= key)
			best = e;
		n = n->child[e->key < key];
	}
	return best;
}

struct tmpfs_entry *tmpfs_entry_find(const struct tmpfs_node *dir, const char *name, size_t len)
{
	u64 key = name_key(name, len);
	struct tmpfs_entry *e = tmpfs_entry_from(dir, key);

	while (e && e->key >> KEY_SHIFT == key >> KEY_SHIFT) {
		if (e->len == len && !memcmp(e->name, name, len))
			return e;
		e = tmpfs_entry_next(e);
	}
	return NULL;
}

void tmpfs_entry_insert(struct tmpfs_node *dir, struct tmpfs_entry *e)
{
	struct rb_node **at = &dir->entries.node, *parent = NULL;
	struct tmpfs_entry *other;
	int side = 0;

	e->key = name_key(e->name, e->len);
	for (other = tmpfs_entry_from(dir, e->key); other && other->key == e->key;
	     other = tmpfs_entry_next(other))
		e->key++;
	while (*at) {
		parent = *at;
		side = rb_entry(parent, struct tmpfs_entry, node)->key < e->key;
		at = &parent->child[side];
	}
	rb_link(&dir->entries, &e->node, parent, side);
	dir->entry_count++;
	dir->v.size += TMPFS_ENTRY_BYTES;
}

void tmpfs_entry_remove(struct tmpfs_node *dir, struct tmpfs_entry *e)
{
	rb_remove(&dir->entries, &e->node);
	dir->entry_count--;
	dir->v.size -= TMPFS_ENTRY_BYTES;
}

struct tmpfs_entry *tmpfs_entry_alloc(const char *name, size_t len)
{
	struct tmpfs_entry *e = kmalloc(sizeof(*e) + len);

	if (e) {
		e->len = len;
		memcpy(e->name, name, len);
	}
	return e;
}
