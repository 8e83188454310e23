/* SPDX-License-Identifier: ISC */
/*
 * The life of an address space. What happens to its maps is in the files beside this one:
 * vma.c the tree, map.c mmap and munmap, protect.c, remap.c, fault.c, fork.c, access.c.
 */
#include "vm/space.h"

#include "base/counter.h"
#include "machine/trap.h"
#include "mm/slab.h"
#include "vm/shmem.h"
#include "vm/vma.h"

/* Below the largest stack and its guard; exec may choose another. */
#define MAP_TOP_DEFAULT (USER_END - (16UL << 20))

COUNTER(live_spaces, "spaces");

static struct slab_cache *space_cache;
struct page *zero_page;

struct space *space_create(void)
{
	struct space *s = slab_alloc_zero(space_cache);

	if (!s)
		return NULL;
	if (mmu_create(&s->mmu)) {
		slab_free(space_cache, s);
		return NULL;
	}
	mutex_init(&s->lock);
	s->refs = 1;
	s->table_span = ~0UL;
	s->map_top = MAP_TOP_DEFAULT;
	s->max_mapped = s->max_data = ~0UL;
	counter_add(&live_spaces, 1);
	return s;
}

void space_put(struct space *s)
{
	if (__atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL))
		return;
	mmu_leave_all(&s->mmu); /* before any page goes: then no flush is needed */
	vm_drop_dead(s);
	vma_free_all(s);
	mmu_destroy(&s->mmu);
	counter_add(&live_spaces, -1);
	slab_free(space_cache, s);
}

int space_for_each(struct space *s, int (*fn)(const struct vma *v, void *arg), void *arg)
{
	int r = 0;

	mutex_lock(&s->lock);
	for (struct vma *v = s->first; v && !r; v = v->next)
		r = fn(v, arg);
	mutex_unlock(&s->lock);
	return r;
}

void space_init_caches(void)
{
	space_cache = slab_create("space", sizeof(struct space), 0);
	vma_init_cache();
	shmem_init_cache();
	zero_page = page_alloc(0, ALLOC_ZERO);
	ensure(zero_page);
}
