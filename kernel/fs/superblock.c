/* SPDX-License-Identifier: ISC */
/*
 * File systems: the kinds there are, and the life of each one in use. A superblock is killed when
 * the last mount of it has gone, and freed when its last vnode has: a removed file that somebody has
 * mapped lives on in between.
 *
 * Locks: type_lock guards the list of kinds, device_lock the device numbers.
 */
#include "base/counter.h"
#include "base/panic.h"
#include "base/spinlock.h"
#include "fs/mount.h"
#include "lib/bitmap.h"
#include "lib/string.h"

#define DEVICES 2048 /* superblocks at a time: more than mounts, since killed ones may live on */

COUNTER(live_superblocks, "superblocks");

static struct spinlock type_lock = SPINLOCK_INIT, device_lock = SPINLOCK_INIT;
static struct fs_type *types; /* [type_lock]; only grows */
static u64 device_used[DEVICES / 64] = { 1 }; /* [device_lock] 0 is nobody's */

void fs_type_register(struct fs_type *t)
{
	struct fs_type **at;

	spin_lock(&type_lock);
	for (at = &types; *at; at = &(*at)->next)
		ensure(strcmp((*at)->name, t->name));
	t->next = NULL;
	__atomic_store_n(at, t, __ATOMIC_RELEASE);
	spin_unlock(&type_lock);
}

const struct fs_type *fs_type_after(const struct fs_type *t)
{
	return t ? __atomic_load_n(&t->next, __ATOMIC_ACQUIRE)
		 : __atomic_load_n(&types, __ATOMIC_ACQUIRE);
}

const struct fs_type *fs_type_find(const char *name)
{
	const struct fs_type *t = NULL;

	while ((t = fs_type_after(t)) && strcmp(t->name, name))
		;
	return t;
}

int superblock_init(struct superblock *sb, const struct fs_type *type,
		    const struct superblock_ops *ops, u32 magic)
{
	size_t n;

	spin_lock(&device_lock);
	n = bitmap_find_first_zero(device_used, DEVICES, 0);
	if (n < DEVICES)
		bitmap_set(device_used, n);
	spin_unlock(&device_lock);
	if (n >= DEVICES)
		return -EMFILE;
	*sb = (struct superblock){
		.type = type, .ops = ops, .dev = n, .magic = magic, .active = 1, .refs = 1
	};
	counter_add(&live_superblocks, 1);
	return 0;
}

void superblock_release(struct superblock *sb)
{
	u64 n = sb->dev;

	if (__atomic_sub_fetch(&sb->refs, 1, __ATOMIC_ACQ_REL))
		return;
	sb->ops->free(sb);
	spin_lock(&device_lock);
	bitmap_clear(device_used, n);
	spin_unlock(&device_lock);
	counter_add(&live_superblocks, -1);
}

void superblock_put(struct superblock *sb)
{
	if (__atomic_sub_fetch(&sb->active, 1, __ATOMIC_ACQ_REL))
		return;
	sb->ops->kill(sb);
	superblock_release(sb);
}
