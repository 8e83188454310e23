/* SPDX-License-Identifier: ISC */
/* Magazines come with their CPU, and are emptied when memory is out. Locks: slab.c. */
#include "mm/slab_private.h"

static void shrink_magazine(struct slab_cache *c, struct magazine *m)
{
	struct surplus surplus = { 0 };
	u64 flags = irq_save();

	if (m->count && spin_lock_if_free(&m->lock)) {
		magazine_drain(c, m, 0, &surplus);
		spin_unlock_own(&m->lock);
	}
	irq_restore(flags);
	surplus_free(c, &surplus);
}

static void shrink_empties(struct slab_cache *c)
{
	struct surplus surplus = { 0 };
	u64 flags = spin_lock_irq(&c->lock);
	u32 next;

	for (u32 frame = c->empties ? c->partial : 0; frame; frame = next) {
		struct page *p = page_array + frame;

		next = p->next;
		if (!p->in_use)
			surplus_add(c, p, &surplus);
	}
	c->empties = 0;
	spin_unlock_irq(&c->lock, flags);
	surplus_free(c, &surplus);
}

void slab_shrink(void)
{
	for (u32 i = 0; i < READ_ONCE(slab_cache_count); i++) {
		for (u32 cpu = 0; cpu < MAX_CPUS; cpu++)
			if (slab_magazines[cpu])
				shrink_magazine(&slab_caches[i], &slab_magazines[cpu][i]);
		shrink_empties(&slab_caches[i]);
	}
}

/* Pages for @cpu's magazines. False: out of memory. */
static bool magazines_make(u32 cpu)
{
	unsigned order = 0;
	struct page *p;

	while (PAGE_SIZE << order < MAX_CACHES * sizeof(struct magazine))
		order++;
	p = page_alloc(order, ALLOC_ZERO);
	if (p)
		slab_magazines[cpu] = page_to_virt(p);
	return p;
}

bool slab_prepare_cpu(struct cpu *cpu)
{
	if (!slab_magazines[cpu->id] && !magazines_make(cpu->id))
		return false;
	cpu->magazines = slab_magazines[cpu->id];
	return true;
}
