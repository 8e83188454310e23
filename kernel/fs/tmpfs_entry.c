/* SPDX-License-Identifier: ISC */
/*
 * Directories of tmpfs: one tree of entries ordered by key. The key is the hash of the name
 * above, a number that tells equal hashes apart below; it is an entry's position for readdir
 * too and never changes, so a listing that is interrupted by other programs' creations and
 * removals neither skips nor repeats what stayed.
 *
 * Locks: the directory's vnode.lock, held by the caller.
 */
#include "abi/dirent.h"
#include "base/peek.h"
#include "fs/tmpfs.h"
#include "lib/string.h"
#include "lib/unaligned.h"
#include "mm/slab.h"

#define KEY_SHIFT 24 /* equal hashes told apart: 2^24 */

/* The last @len < 8 bytes of a name as a number: different for different bytes. */
static inline u64 tail_word(const char *s, size_t len)
{
	if (len >= 4)
		return load4(s) | (u64)load4(s + len - 4) << 32;
	if (!len)
		return 0;
	return (u8)s[0] | (u64)(u8)s[len / 2] << 8 | (u64)(u8)s[len - 1] << 16;
}

/* The lowest key of the names with this hash; above all positions of "." and "..". */
static inline u64 name_key(const char *name, size_t len)
{
	u64 h = len;

	for (; len >= 8; name += 8, len -= 8) {
		h = (h ^ load8(name)) * 0x9e3779b97f4a7c15UL;
		h ^= h >> 32;
	}
	h = (h ^ tail_word(name, len)) * 0x9e3779b97f4a7c15UL;
	return ((h >> 32) + 1) << KEY_SHIFT;
}

/* Has a name with key @key the hash whose lowest key is @first? */
static inline bool same_hash(u64 key, u64 first)
{
	return key - first < 1UL << KEY_SHIFT;
}

static inline bool same_name(const struct tmpfs_entry *e, const char *name, size_t len)
{
	const char *s = e->name.text;

	if (e->name.len != len)
		return false;
	for (; len >= 8; name += 8, s += 8, len -= 8) {
		if (load8(name) != load8(s))
			return false;
	}
	return tail_word(name, len) == tail_word(s, len);
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

/* Where names share a hash: all of them, in the order of their keys. */
static struct tmpfs_entry *find_among_equals(const struct tmpfs_node *dir, u64 key,
					     const char *name, size_t len)
{
	struct tmpfs_entry *e = tmpfs_entry_from(dir, key);

	while (e && same_hash(e->key, key)) {
		if (same_name(e, name, len))
			return e;
		e = tmpfs_entry_next(e);
	}
	return NULL;
}

static __attribute__((noinline)) struct tmpfs_entry *find_in_tree(const struct tmpfs_node *dir,
								  const char *name, size_t len)
{
	u64 key = name_key(name, len);
	struct rb_node *n = dir->entries.node;

	while (n) {
		struct tmpfs_entry *e = rb_entry(n, struct tmpfs_entry, node);

		if (same_hash(e->key, key)) {
			if (likely(same_name(e, name, len)))
				return e;
			return find_among_equals(dir, key, name, len);
		}
		n = n->child[e->key < key];
	}
	return NULL;
}

/*
 * Programs ask for the same name again and again: the last answer is tried first, and by walks that do not
 * lock the directory.
 */
struct tmpfs_entry *tmpfs_entry_find(struct tmpfs_node *dir, const char *name, size_t len)
{
	struct known_name *known = dir->v.known;
	struct tmpfs_entry *e = known ? container_of(known, struct tmpfs_entry, name) : NULL;

	if (e && same_name(e, name, len))
		return e;
	e = find_in_tree(dir, name, len);
	if (e)
		__atomic_store_n(&dir->v.known, &e->name, __ATOMIC_RELEASE);
	return e;
}

/* The lowest key >= @key that is free. */
static __attribute__((noinline)) u64 free_key(const struct tmpfs_node *dir, u64 key)
{
	struct tmpfs_entry *e = tmpfs_entry_from(dir, key);

	for (; e && e->key == key; e = tmpfs_entry_next(e))
		key++;
	return key;
}

void tmpfs_entry_insert(struct tmpfs_node *dir, struct tmpfs_entry *e)
{
	struct rb_node **at = &dir->entries.node, *parent = NULL;
	u64 key = name_key(e->name.text, e->name.len), other;
	int side = 0;

	while (*at) {
		parent = *at;
		other = rb_entry(parent, struct tmpfs_entry, node)->key;
		side = other < key;
		at = &parent->child[side];
		if (unlikely(other == key)) { /* again from the top, with one that is free */
			key = free_key(dir, key);
			at = &dir->entries.node;
		}
	}
	e->key = key;
	rb_link(&dir->entries, &e->node, parent, side);
	dir->entry_count++;
	dir->v.size += TMPFS_ENTRY_BYTES;
}

/* Another name may be known since, and a walk may look at this one still. */
void tmpfs_entry_remove(struct tmpfs_node *dir, struct tmpfs_entry *e)
{
	if (dir->v.known == &e->name)
		WRITE_ONCE(dir->v.known, NULL);
	peek_await();
	rb_remove(&dir->entries, &e->node);
	dir->entry_count--;
	dir->v.size -= TMPFS_ENTRY_BYTES;
}

struct tmpfs_entry *tmpfs_entry_alloc(const char *name, size_t len)
{
	struct tmpfs_entry *e = kmalloc_user(sizeof(*e) + ALIGN_UP(len, 8));

	if (e) {
		e->name.len = len;
		memcpy(e->name.text, name, len);
	}
	return e;
}

/* -- listing ------------------------------------------------------------------------------------ */

#define POS_FIRST 2 /* positions 0 and 1 are "." and ".."; keys start far above */

static bool emit_dots(struct vnode *dir, u64 *pos, dir_emit emit, void *arg)
{
	struct tmpfs_node *d = tmpfs_node(dir);

	if (*pos == 0) {
		if (!emit(arg, ".", 1, dir->ino, DT_DIR, 1))
			return false;
		*pos = 1;
	}
	if (*pos == 1) {
		u64 ino = d->parent ? d->parent->ino : dir->ino;

		if (!emit(arg, "..", 2, ino, DT_DIR, POS_FIRST))
			return false;
		*pos = POS_FIRST;
	}
	return true;
}

int tmpfs_readdir(struct vnode *dir, u64 *pos, dir_emit emit, void *arg)
{
	struct tmpfs_entry *e;

	if (!dir->nlink)
		return -ENOENT;
	if (!emit_dots(dir, pos, emit, arg))
		return 0;
	for (e = tmpfs_entry_from(tmpfs_node(dir), *pos); e; e = tmpfs_entry_next(e)) {
		if (!emit(arg, e->name.text, e->name.len, e->name.vnode->ino,
			  MODE_TO_DT(e->name.vnode->mode), e->key + 1))
			break;
		*pos = e->key + 1;
	}
	return 0;
}
