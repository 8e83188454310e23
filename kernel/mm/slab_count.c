/* SPDX-License-Identifier: ISC */
/* How many objects live: what slabs have given out, less what lies in magazines. Locks: none, a momentary value. */
#include "mm/slab_private.h"

#include "base/counter.h"

static i64 live_objects(void);
COUNTER_SUM(objects_counter, "slab objects", live_objects);

u64 slab_live(const struct slab_cache *c)
{
	i64 live = (i64)READ_ONCE(c->taken);

	for (u32 cpu = 0; cpu < cpu_count; cpu++)
		live -= READ_ONCE(slab_magazines[cpu][c->index].count);
	return MAX(live, 0L);
}

/* All caches together. */
static i64 live_objects(void)
{
	u32 caches = MIN(READ_ONCE(slab_cache_count), (u32)MAX_CACHES);
	i64 live = 0;

	for (u32 i = 0; i < caches; i++)
		live += (i64)slab_live(&slab_caches[i]);
	return live;
}

bool slab_describe(unsigned index, const char **name, u64 *live, u32 *size)
{
	if (index >= READ_ONCE(slab_cache_count))
		return false;
	*name = slab_caches[index].name;
	*live = slab_live(&slab_caches[index]);
	*size = slab_caches[index].size;
	return true;
}
