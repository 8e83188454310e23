/* SPDX-License-Identifier: ISC */
/*
 * kmalloc: a cache for each power of two from 16 bytes to 8 KiB, whole blocks of frames
 * above. kfree() tells the two apart by the page's flag. No state of its own but the caches.
 */
#include "mm/slab.h"

#include "base/panic.h"
#include "lib/string.h"
#include "mm/page.h"

#define MIN_SHIFT 4
#define MAX_SHIFT 13

static struct slab_cache *kmalloc_caches[MAX_SHIFT - MIN_SHIFT + 1]; /* [i] after boot */

void slab_init(void)
{
	static const char *const names[] = { "kmalloc-16",   "kmalloc-32",   "kmalloc-64",
					     "kmalloc-128",  "kmalloc-256",  "kmalloc-512",
					     "kmalloc-1024", "kmalloc-2048", "kmalloc-4096",
					     "kmalloc-8192" };

	ensure(slab_prepare_cpu(cpu_this()));
	page_shrink = slab_shrink;
	_Static_assert(ARRAY_SIZE(names) == ARRAY_SIZE(kmalloc_caches), "one name a cache");
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		kmalloc_caches[i] = slab_create(names[i], 1UL << (i + MIN_SHIFT), 0);
}

/* The smallest n with 2^n >= @size, for @size > 1. */
static unsigned ceil_log2(size_t size)
{
	return 64 - (unsigned)__builtin_clzl(size - 1);
}

static void *blocks_alloc(size_t size)
{
	unsigned order = ceil_log2(size) - PAGE_SHIFT;
	struct page *p = order <= PAGE_MAX_ORDER ? page_alloc(order, 0) : NULL;

	return p ? page_to_virt(p) : NULL;
}

void *kmalloc(size_t size)
{
	if (unlikely(size == 0))
		return NULL;
	if (size <= 1UL << MIN_SHIFT)
		return slab_alloc(kmalloc_caches[0]);
	if (size <= 1UL << MAX_SHIFT)
		return slab_alloc(kmalloc_caches[ceil_log2(size) - MIN_SHIFT]);
	return blocks_alloc(size);
}

void *kzalloc(size_t size)
{
	void *p = kmalloc(size);

	return p ? memset(p, 0, size) : NULL;
}

void kfree(void *p)
{
	struct page *page;

	if (!p)
		return;
	page = virt_to_page(p);
	if (page->flags & PAGE_IS_SLAB) {
		slab_free(page->cache, p);
		return;
	}
	ensure(((u64)p & (PAGE_SIZE - 1)) == 0);
	page_put(page);
}

void *slab_alloc_user(struct slab_cache *c)
{
	return page_memory_low() ? NULL : slab_alloc(c);
}

void *kmalloc_user(size_t size)
{
	return page_memory_low() ? NULL : kmalloc(size);
}

void *kzalloc_user(size_t size)
{
	return page_memory_low() ? NULL : kzalloc(size);
}

char *kstrdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *copy = kmalloc(n);

	return copy ? memcpy(copy, s, n) : NULL;
}
