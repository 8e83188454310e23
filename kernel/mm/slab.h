/* SPDX-License-Identifier: ISC */
/*
 * Small kernel objects: caches of one size, and kmalloc over caches of powers of two
 * (above 8 KiB, up to 4 MiB, from pages directly). Any context; never sleeps; NULL when memory is out.
 * Locks: inside; the page allocator's are taken within them or without them.
 */
#pragma once

#include "machine/cpu.h"

struct slab_cache;

/*
 * Makes a cache of objects of @size bytes at @align (power of two, 0: 16). @name (kept) also
 * names its live-object count in leak checks. Panics when out of memory: caches are made at boot.
 */
struct slab_cache *slab_create(const char *name, size_t size, size_t align);
void *slab_alloc(struct slab_cache *c); /* contents are old */
void *slab_alloc_zero(struct slab_cache *c);
/* Up to @n objects, as many as this CPU has at hand, which may be none; their number. */
u32 slab_alloc_some(struct slab_cache *c, void **objs, u32 n);
void slab_free(struct slab_cache *c, void *obj);
/* The same for each of the @n, under one lock for as many as this CPU has room for. */
void slab_free_all(struct slab_cache *c, void *const *objs, u32 n);
u64 slab_live(const struct slab_cache *c); /* in use; looks at all CPUs that run */
/* The @index-th cache, for /proc/leash/objects; false: there are no more. */
bool slab_describe(unsigned index, const char **name, u64 *live, u32 *size);

void *kmalloc(size_t size); /* old contents; size 0 gives NULL */
void *kzalloc(size_t size);
void kfree(void *p); /* NULL is fine */
char *kstrdup(const char *s);

/*
 * The same for what a program can make without end: NULL also while only the kernel's reserve is
 * left (page_memory_low), so that no program can eat that up.
 */
void *slab_alloc_user(struct slab_cache *c);
void *kmalloc_user(size_t size);
void *kzalloc_user(size_t size);

void slab_init(void); /* after page_init */
/* Makes @cpu's magazines before it starts. False: out of memory. */
bool slab_prepare_cpu(struct cpu *cpu);
/* Gives back all memory that is only kept: page_alloc() asks when there is no more. Any context. */
void slab_shrink(void);
