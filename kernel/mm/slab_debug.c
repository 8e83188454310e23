/* SPDX-License-Identifier: ISC */
/*
 * What debug builds know of free objects: they are filled with a byte that is still there when they are
 * handed out, and nobody gives one back twice. Locks: the caller's, see slab.c.
 */
#include "mm/slab_private.h"

#include "base/panic.h"
#include "lib/string.h"

#ifdef DEBUG
#define FREE_BYTE 0x6b

void object_poison(const struct slab_cache *c, void *obj)
{
	memset((u8 *)obj + sizeof(void *), FREE_BYTE, c->stride - sizeof(void *));
}

void object_check_poison(const struct slab_cache *c, const void *obj)
{
	const u8 *bytes = obj;

	for (u32 i = sizeof(void *); i < c->stride; i++) {
		if (bytes[i] != FREE_BYTE)
			panic("%s %p was written after it was freed (byte %u)", c->name, obj, i);
	}
}

void object_check_free(const struct slab_cache *c, const struct page *p, const void *obj)
{
	u64 offset = (u64)obj - (u64)page_to_virt(p);

	if (offset % c->stride || offset / c->stride >= c->per_slab)
		panic("%s %p freed, but it is no object", c->name, obj);
	for (void **f = p->freelist; f; f = *f) {
		if (f == obj)
			panic("%s %p freed twice", c->name, obj);
	}
}

void magazine_check_free(const struct slab_cache *c, const struct magazine *m, const void *obj)
{
	for (u32 i = 0; i < m->count; i++) {
		if (m->objects[i] == obj)
			panic("%s %p freed twice", c->name, obj);
	}
}
#endif
