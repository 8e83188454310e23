/* SPDX-License-Identifier: ISC */
/*
 * Address spaces: the maps are the truth, the page tables a cache of them (OSTEP 13, 18-23).
 *
 * A space is a tree of disjoint maps (vma). A page comes into being at its first touch:
 * zero, from the map's backing, or as a copy of a page shared since fork.
 *
 * Lock: space.lock (mutex) guards the tree and the page tables; it is taken in page faults,
 * so it is never held while user memory is touched through machine/usercopy.h.
 * Order: space.lock → backing's locks → buddy_lock.
 */
#pragma once

#include "lib/rbtree.h"
#include "mm/page.h"
#include "sched/mutex.h"

/* Permissions of a map are MMU_READ | MMU_WRITE | MMU_EXEC (= PROT_*). */
/* An access by the permissions of which it needs one: who may do anything may read. */
#define ACCESS_READ (MMU_READ | MMU_WRITE | MMU_EXEC)
#define ACCESS_WRITE MMU_WRITE
#define ACCESS_EXEC MMU_EXEC

#define VMA_SHARED 1u /* writes go to the backing, fork shares */
#define VMA_STACK 2u /* grows down on faults, to its limit */
#define VMA_HEAP 4u /* the brk area */
#define VMA_NORESERVE 8u /* not counted against memory (MAP_NORESERVE) */
#define VMA_NOWRITE 16u /* shared, of a file open for reading: never gets MMU_WRITE */

/*
 * Where the pages of a map come from; fs implements it for files. page() returns page @index
 * (4 KiB units) with a reference for the caller: 0, -ENOMEM, -EIO, or -ENXIO beyond the end
 * (SIGBUS). May sleep. get/put count users of the backing.
 *
 * resident() looks which of the pages @first + i, for each bit i of @wanted, are in memory and within
 * the backing; those are in out[i] with a reference each, and their bits are returned. It makes and
 * reads nothing. NULL: pages are asked for one by one.
 */
struct backing;
struct backing_ops {
	int (*page)(struct backing *b, u64 index, struct page **out);
	u32 (*resident)(struct backing *b, u64 first, u32 wanted, struct page **out);
	void (*get)(struct backing *b);
	void (*put)(struct backing *b);
	/* For /proc/<pid>/maps; writes a path. May be NULL. */
	void (*describe)(struct backing *b, char *buf, size_t size);
};
struct backing {
	const struct backing_ops *ops;
};

struct vma {
	struct rb_node node; /* [space.lock] by start; unused while it is space.fresh */
	struct vma *prev, *next; /* [space.lock] its neighbours in that order, NULL: none */
	u64 start, end; /* page aligned, end exclusive */
	u32 prot, flags;
	struct backing *backing; /* NULL: anonymous; counted */
	u64 offset; /* bytes into the backing, page aligned */
};

struct space {
	struct mmu mmu;
	struct mutex lock;
	struct rb_root maps;
	struct vma *first, *last; /* [lock] the lowest and the highest map; NULL: there is none */
	struct vma *fresh; /* [lock] the youngest, in the list alone; NULL: the tree has all */
	struct vma *spare; /* [lock] maps at hand for vma_alloc(), through next; may be NULL */
	struct vma
		*recent; /* [lock] used last; NULL: not known, or no fault may find it (reaped) */
	u64 table_span; /* [lock] va >> 21 of the page table used last; ~0: none */
	pte_t *table; /* [lock] its leaves */
	u32 map_count; /* [lock] */
	u32 refs; /* atomic */
	u64 brk_start, brk; /* heap, bytes; [lock] */
	u64 stack_top; /* [i after exec] where the stack ends */
	u64 stack_limit; /* the stack may grow down to this address */
	u64 max_mapped, max_data; /* bytes; ~0: no limit */
	u64 map_top; /* mmap searches downwards from here */
	bool populates; /* atomic: what is mapped from now on is populated at once (mlockall) */
	bool unindexed; /* [lock] the maps are in the list alone so far */
	bool reaped; /* [lock] its private pages were taken away: nothing can be faulted in */
	u64 pages; /* resident user pages */
	u64 mapped; /* bytes in maps */
	/* The strings of argv, up to env_start, and of the environment; the auxiliary vector. [i after exec] */
	u64 args_start, env_start, args_end;
	u64 auxv_start, auxv_end;
};

/* An empty space with one reference; NULL: out of memory. */
struct space *space_create(void);
static inline void space_get(struct space *s)
{
	__atomic_fetch_add(&s->refs, 1, __ATOMIC_RELAXED);
}
/* About @n maps will be made soon: they come from the allocator together. */
void space_expect_maps(struct space *s, u32 n);
/* Drops a reference; the last one frees all maps, pages and tables. May sleep. */
void space_put(struct space *s);

/* fork: the same maps, private pages shared copy-on-write. NULL: out of memory, @src as before. */
struct space *space_fork(struct space *src);

#define MAP_AT_FIXED 1u /* exactly at @addr, replacing what is there */
#define MAP_AT_FREE 2u /* exactly at @addr, -EEXIST if something is there */
/*
 * Maps @len bytes (rounded up) at @addr (a hint, or by @how) and returns the address.
 * @backing gets its own reference. Errors: -EINVAL (length 0, misaligned), -ENOMEM (no
 * room, wrapping, above USER_END or below the lowest address, more than all memory), -EEXIST,
 * -EOVERFLOW (the offset wraps).
 */
i64 space_map(struct space *s, u64 addr, u64 len, u32 prot, u32 flags, struct backing *backing,
	      u64 offset, u32 how);
/* 0, -EINVAL, -ENOMEM (a split found no memory; nothing changed). Holes are fine. */
int space_unmap(struct space *s, u64 addr, u64 len);
/* 0, -EINVAL, -ENOMEM (hole in the range: what lies before it has changed, as Linux). */
int space_protect(struct space *s, u64 addr, u64 len, u32 prot);
/* MADV_DONTNEED: drops the pages of the range, maps stay. 0, -ENOMEM (hole), -EINVAL. */
int space_discard(struct space *s, u64 addr, u64 len);
/*
 * Faults in what is missing of [*at, end), of one map, as reading (@need MMU_READ) or writing
 * (MMU_WRITE) does, or as writing where the map permits it, else reading (0). *at goes up to where it
 * got, some hundred pages at most; after an error up to the end of the map, or of the hole, that it is
 * about. -ENOMEM (a hole, or no memory), -EINVAL (not permitted), -EFAULT (a touch would be a signal).
 */
int space_populate(struct space *s, u64 *at, u64 end, u32 need);
/* Which of @pages from @at on are in memory: out[i] is 1 or 0. 0, -ENOMEM (a hole). */
int space_residency(struct space *s, u64 at, u32 pages, u8 *out);
/* Linux's brk: returns the new end, or the old one if @brk is not possible. */
u64 space_brk(struct space *s, u64 brk);
/* Moves or resizes a map: address or negative errno (Linux's mremap; @new_addr for MREMAP_FIXED). */
i64 space_remap(struct space *s, u64 old_addr, u64 old_len, u64 new_len, u32 flags, u64 new_addr);

/* True if every page of the range is in some map. */
bool space_is_mapped(struct space *s, u64 addr, u64 len);

/*
 * Resolves a fault at @addr, of an access ACCESS_*. 0: retry the access. Errors: -EFAULT (no map: SEGV_MAPERR),
 * -EACCES (not allowed: SEGV_ACCERR), -ENXIO or -EIO (SIGBUS), -ENOMEM.
 */
int space_fault(struct space *s, u64 addr, u32 access);

/* Writes into a space that is not loaded (exec lays out the stack). 0 or an error of fault. */
int space_write(struct space *s, u64 addr, const void *src, size_t n);
/* Writes @n bytes of zero so, a page at most. */
int space_zero(struct space *s, u64 addr, size_t n);
/* Reads from a space that need not be loaded (/proc/<pid>/cmdline). 0 or an error. */
int space_read(struct space *s, u64 addr, void *dst, size_t n);

/*
 * As a debugger does, whatever the maps forbid: what cannot be read is read, and writing to a private
 * map that is not writable makes its page the space's own. 0 or -EFAULT, -ENOMEM, -ENXIO, -EIO.
 */
int space_peek(struct space *s, u64 addr, void *dst, size_t n);
int space_poke(struct space *s, u64 addr, const void *src, size_t n);

/*
 * What is shared at @addr, counted: *b and the byte in it, for futexes; *b NULL: the space's own
 * memory. 0 or -EFAULT: nothing is mapped there.
 */
int space_backing_of(struct space *s, u64 addr, struct backing **b, u64 *byte);
/* Frames that it has mapped and those of its page tables. Needs no lock. */
u64 space_cost(const struct space *s);
/* May the space take another frame, or is memory scarce and the space not small? Needs no lock. */
bool space_may_take(const struct space *s);
/*
 * Takes the pages of all private maps away from programs that have been killed and will never see
 * them again: every later fault is -EFAULT, a fork fails. May sleep.
 */
void space_reap(struct space *s);

/*
 * @b ends at page @from by now: drops what is mapped of it beyond, private copies too. True if there
 * was a page. May sleep.
 */
bool space_drop_beyond(struct space *s, const struct backing *b, u64 from);

/* What is wrong with the space's own data, NULL: nothing. For tests; walks all of it. May sleep. */
const char *space_check(struct space *s);

/* Calls fn for each map in ascending order under the lock; stops on non-zero. */
int space_for_each(struct space *s, int (*fn)(const struct vma *v, void *arg), void *arg);

void space_init_caches(void); /* at boot, after slab_init */
