/* SPDX-License-Identifier: ISC */
/*
 * System V shared memory (shm.h). A segment is anonymous shared memory (vm/shmem.c) behind a backing
 * of its own, whose references are the maps there are of it: the last one ends a segment that was
 * removed. What all of them promise is bounded by half of memory.
 *
 * Lock: shm_lock (spinlock) guards the table and all segments; nothing is taken inside it. Backings
 * come and go under space.lock.
 */
#include "proc/shm.h"

#include "abi/errno.h"
#include "base/counter.h"
#include "lib/format.h"
#include "lib/string.h"
#include "machine/clock.h"
#include "machine/trap.h"
#include "mm/page.h"
#include "mm/slab.h"
#include "proc/process.h"
#include "proc/shm_private.h"
#include "vm/shmem.h"

#define SEQUENCES 0x1000000 /* a number: sequence * SHM_SEGMENTS + place */

COUNTER(live_segments, "SysV segments");

struct spinlock shm_lock = SPINLOCK_INIT;
struct segment *shm_table[SHM_SEGMENTS];
u64 shm_pages_promised;
static u32 sequence; /* [shm_lock] */
static const struct backing_ops segment_ops;

static u64 pages_of(u64 size)
{
	return ALIGN_UP(size, PAGE_SIZE) / PAGE_SIZE;
}

u64 shm_pages_max(void)
{
	return page_total_count() / 2;
}

i64 shm_now(void)
{
	return (i64)((clock_ns() + clock_wall_offset()) / NSEC_PER_SEC);
}

/* -- finding and rights: under shm_lock ---------------------------------------------------------- */

struct segment *segment_find(i32 id)
{
	struct segment *s = id >= 0 ? shm_table[id % SHM_SEGMENTS] : NULL;

	return s && s->id == id ? s : NULL;
}

static struct segment *find_key(i32 key)
{
	for (u32 i = 0; key != IPC_PRIVATE && i < SHM_SEGMENTS; i++)
		if (shm_table[i] && shm_table[i]->ds.perm.key == key)
			return shm_table[i];
	return NULL;
}

static bool in_group(const struct credentials *c, const struct ipc_perm_abi *p)
{
	if (c->egid == p->gid || c->egid == p->cgid)
		return true;
	for (u32 i = 0; i < c->group_count; i++)
		if (c->groups[i] == p->gid || c->groups[i] == p->cgid)
			return true;
	return false;
}

bool segment_allowed(const struct segment *s, u32 want)
{
	const struct ipc_perm_abi *p = &s->ds.perm;
	const struct credentials *c = cred_current();
	u32 mode = p->mode;

	if (!c->euid)
		return true;
	if (c->euid == p->uid || c->euid == p->cuid)
		mode >>= 6;
	else if (in_group(c, p))
		mode >>= 3;
	return !(want & ~mode & 7);
}

bool segment_owned(const struct segment *s)
{
	u32 euid = cred_current()->euid;

	return !euid || euid == s->ds.perm.uid || euid == s->ds.perm.cuid;
}

/* -- the end of one ------------------------------------------------------------------------------ */

void segment_free(struct segment *s)
{
	s->memory->ops->put(s->memory);
	kfree(s);
	counter_add(&live_segments, -1);
}

bool segment_unlist_if_over(struct segment *s)
{
	if (!(s->ds.perm.mode & SHM_DEST) || s->ds.attached)
		return false;
	shm_table[s->id % SHM_SEGMENTS] = NULL;
	shm_pages_promised -= pages_of(s->ds.size);
	return true;
}

static void use(struct segment *s)
{
	spin_lock(&shm_lock);
	s->ds.attached++;
	s->ds.atime = shm_now();
	s->ds.lpid = process_current()->pid;
	spin_unlock(&shm_lock);
}

static void unuse(struct segment *s)
{
	const struct process *p = process_current();
	bool over;

	spin_lock(&shm_lock);
	s->ds.attached--;
	s->ds.dtime = shm_now();
	if (p)
		s->ds.lpid = p->pid;
	over = segment_unlist_if_over(s);
	spin_unlock(&shm_lock);
	if (over)
		segment_free(s);
}

static struct segment *segment_of(struct backing *b)
{
	return container_of(b, struct segment, backing);
}

static int segment_page(struct backing *b, u64 index, struct page **out)
{
	struct backing *memory = segment_of(b)->memory;

	return memory->ops->page(memory, index, out);
}

static u32 segment_resident(struct backing *b, u64 first, u32 wanted, struct page **out)
{
	struct backing *memory = segment_of(b)->memory;

	return memory->ops->resident(memory, first, wanted, out);
}

static void segment_get(struct backing *b)
{
	use(segment_of(b));
}

static void segment_put(struct backing *b)
{
	unuse(segment_of(b));
}

static void segment_describe(struct backing *b, char *buf, size_t size)
{
	snprintf(buf, size, "/SYSV%08x (deleted)", (u32)segment_of(b)->ds.perm.key);
}

static const struct backing_ops segment_ops = {
	.page = segment_page,
	.resident = segment_resident,
	.get = segment_get,
	.put = segment_put,
	.describe = segment_describe,
};

/* -- shmget -------------------------------------------------------------------------------------- */

static struct segment *segment_create(i32 key, u64 size, u32 mode)
{
	const struct credentials *c = cred_current();
	struct segment *s = kzalloc(sizeof(*s));

	if (!s)
		return NULL;
	s->memory = shmem_create(size);
	if (!s->memory) {
		kfree(s);
		return NULL;
	}
	s->backing.ops = &segment_ops;
	s->ds.perm = (struct ipc_perm_abi){ .key = key,
					    .uid = c->euid,
					    .gid = c->egid,
					    .cuid = c->euid,
					    .cgid = c->egid,
					    .mode = mode & 0777 };
	s->ds.size = size;
	s->ds.ctime = shm_now();
	s->ds.cpid = process_current()->pid;
	counter_add(&live_segments, 1);
	return s;
}

/* Gives @s a place and a number, which is returned. Under the lock. */
static i64 enlist(struct segment *s)
{
	u32 i = 0;

	while (i < SHM_SEGMENTS && shm_table[i])
		i++;
	if (i == SHM_SEGMENTS || shm_pages_promised + pages_of(s->ds.size) > shm_pages_max())
		return -ENOSPC;
	sequence = (sequence + 1) % SEQUENCES;
	s->ds.perm.seq = (u16)sequence;
	s->id = (i32)(sequence * SHM_SEGMENTS + i);
	shm_pages_promised += pages_of(s->ds.size);
	shm_table[i] = s;
	return s->id;
}

/* The one that has the key, if it may be used so; -ENOENT: nobody has. Under the lock. */
static i64 existing(i32 key, u64 size, u32 flags)
{
	const struct segment *s = find_key(key);
	u32 want = flags >> 6 | flags >> 3 | flags;

	if (!s)
		return -ENOENT;
	if ((flags & IPC_CREAT) && (flags & IPC_EXCL))
		return -EEXIST;
	if (!segment_allowed(s, want & 6))
		return -EACCES;
	return size > s->ds.size ? -EINVAL : s->id;
}

i64 shm_find_or_make(i32 key, u64 size, u32 flags)
{
	struct segment *s;
	bool listed;
	i64 id;

	spin_lock(&shm_lock);
	id = existing(key, size, flags);
	spin_unlock(&shm_lock);
	if (id != -ENOENT || (key != IPC_PRIVATE && !(flags & IPC_CREAT)))
		return id;
	if (!size || pages_of(size) > shm_pages_max() || size > 1UL << 62)
		return size > shm_pages_max() * PAGE_SIZE && size <= 1UL << 62 ? -ENOSPC : -EINVAL;
	s = segment_create(key, size, flags);
	if (!s)
		return -ENOMEM;
	spin_lock(&shm_lock);
	id = existing(key, size, flags); /* somebody may have been quicker */
	listed = id == -ENOENT;
	if (listed)
		id = enlist(s);
	spin_unlock(&shm_lock);
	/* One that is listed may be removed by now, and freed. */
	if (!listed || id < 0)
		segment_free(s);
	return id;
}

/* -- shmat, shmdt -------------------------------------------------------------------------------- */

/* The segment with one more user. -EINVAL, -EACCES. */
static int begin_use(i32 id, u32 want, struct segment **out)
{
	int r = 0;

	spin_lock(&shm_lock);
	*out = segment_find(id);
	if (!*out)
		r = -EINVAL;
	else if (!segment_allowed(*out, want))
		r = -EACCES;
	else
		(*out)->ds.attached++;
	spin_unlock(&shm_lock);
	return r;
}

i64 shm_attach(i32 id, u64 addr, u32 flags)
{
	bool readonly = flags & SHM_RDONLY;
	u32 prot = MMU_READ | (readonly ? 0 : MMU_WRITE) | (flags & SHM_EXEC ? MMU_EXEC : 0);
	struct segment *s;
	i64 r;

	if (flags & SHM_RND)
		addr = ALIGN_DOWN(addr, PAGE_SIZE);
	if ((addr & (PAGE_SIZE - 1)) || (!addr && (flags & SHM_REMAP)))
		return -EINVAL;
	r = begin_use(id, readonly ? 4 : 6, &s);
	if (r)
		return r;
	r = space_map(process_current()->space, addr, s->ds.size, prot,
		      VMA_SHARED | (readonly ? VMA_NOWRITE : 0), &s->backing, 0,
		      !addr               ? 0
		      : flags & SHM_REMAP ? MAP_AT_FIXED
					  : MAP_AT_FREE);
	unuse(s);
	return r == -EEXIST ? -EINVAL : r;
}

/* Is @addr the byte @at of a segment? That one, counted as used. */
static struct segment *segment_at(u64 addr, u64 at)
{
	struct backing *b;
	u64 byte;

	if (space_backing_of(process_current()->space, addr, &b, &byte) || !b)
		return NULL;
	if (b->ops == &segment_ops && byte == at)
		return segment_of(b);
	b->ops->put(b);
	return NULL;
}

/* What lies at @addr as byte 0 of a segment, and all of that which is where it was put. */
i64 shm_detach(u64 addr)
{
	struct segment *s, *part;
	u64 size;

	if (addr & (PAGE_SIZE - 1))
		return -EINVAL;
	s = segment_at(addr, 0);
	if (!s)
		return -EINVAL;
	size = ALIGN_UP(s->ds.size, PAGE_SIZE);
	for (u64 at = 0; at < size; at += PAGE_SIZE) {
		part = segment_at(addr + at, at);
		if (part == s)
			(void)space_unmap(process_current()->space, addr + at, PAGE_SIZE);
		if (part)
			unuse(part);
	}
	unuse(s);
	return 0;
}
