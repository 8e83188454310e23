/* SPDX-License-Identifier: ISC */
/* What slab.c and slab_shrink.c share; the story and the locks are in slab.c. */
#pragma once

#include "base/spinlock.h"
#include "mm/page.h"
#include "mm/slab.h"

#define MAX_CACHES 64
#define MAGAZINE_MAX 15u /* then it is 128 bytes */

struct slab_cache {
	struct spinlock lock;
	u32 partial; /* [lock] frame of the first slab with free objects, 0: none */
	u32 empties; /* [lock] empty slabs in the partial list */
	u64 taken; /* [lock] objects in magazines and in use */
	u32 stride, size; /* [i] bytes from object to object, and as asked for */
	u16 per_slab; /* [i] */
	u8 order; /* [i] */
	u8 index; /* [i] in caches[] and in each CPU's magazines */
	u32 capacity; /* [i] of a magazine */
	const char *name; /* [i] */
};

struct magazine {
	struct spinlock lock;
	u32 count; /* [lock] */
	void *objects[MAGAZINE_MAX]; /* [lock] */
} __attribute__((aligned(64)));

extern struct slab_cache slab_caches[MAX_CACHES];
extern u32 slab_cache_count; /* atomic */
extern struct magazine *slab_magazines[MAX_CPUS]; /* a CPU's, by cache; NULL: it has not run. [i] */

#ifdef DEBUG
void object_poison(const struct slab_cache *c, void *obj);
void object_check_poison(const struct slab_cache *c, const void *obj);
/* Panic where @obj, which comes back, is none of the slab or magazine, or free already. */
void object_check_free(const struct slab_cache *c, const struct page *p, const void *obj);
void magazine_check_free(const struct slab_cache *c, const struct magazine *m, const void *obj);
#endif

/* Slabs to be given back once no lock is held, linked by frame. */
struct surplus {
	u32 first; /* 0: none */
};

/* Takes an empty slab out of the partial list. Under the cache's lock. */
void surplus_add(struct slab_cache *c, struct page *p, struct surplus *s);
/* No lock held. */
void surplus_free(struct slab_cache *c, struct surplus *s);
/* Returns objects until @left are there. Under the magazine's lock. */
void magazine_drain(struct slab_cache *c, struct magazine *m, u32 left, struct surplus *s);
