/* SPDX-License-Identifier: ISC */
/*
 * Anonymous shared memory as a radix tree of pages: nodes are frames of 512 pointers, as many
 * levels as the size asks for, made when a page beneath is touched first.
 *
 * Invariant: the tree holds one reference on each of its pages, so a page that is mapped
 * has at least two and is never taken for a private one. Lock: shmem.lock.
 */
#include "vm/shmem.h"

#include "base/counter.h"
#include "lib/string.h"
#include "mm/slab.h"

#define NODE_SHIFT 9
#define NODE_SLOTS (1u << NODE_SHIFT)

COUNTER(live_shmem, "shared memory objects");

static struct slab_cache *shmem_cache;

struct shmem {
	struct backing backing;
	struct mutex lock;
	u32 refs; /* atomic */
	u32 levels; /* [i] of nodes; 0: root is the only page */
	u64 pages; /* [i] size */
	struct page *root; /* [lock] a node, or the page if there are no levels; NULL: none */
};

static struct shmem *shmem_of(struct backing *b)
{
	return container_of(b, struct shmem, backing);
}

/* The place of page @index in the tree, nodes made on the way if asked for; NULL: there is none. */
static struct page **page_slot(struct shmem *m, u64 index, bool make)
{
	struct page **slot = &m->root;

	for (u32 level = m->levels; level-- > 0;) {
		if (!*slot && make)
			*slot = page_alloc(0, ALLOC_ZERO | ALLOC_USER);
		if (!*slot)
			return NULL;
		slot = page_to_virt(*slot);
		slot += index >> (level * NODE_SHIFT) & (NODE_SLOTS - 1);
	}
	return slot;
}

static int shmem_page(struct backing *b, u64 index, struct page **out)
{
	struct shmem *m = shmem_of(b);
	struct page **slot;
	int err = 0;

	if (index >= m->pages)
		return -ENXIO;
	mutex_lock(&m->lock);
	slot = page_slot(m, index, true);
	if (slot && !*slot)
		*slot = page_alloc(0, ALLOC_ZERO | ALLOC_USER);
	if (slot && *slot) {
		page_get(*slot);
		*out = *slot;
	} else {
		err = -ENOMEM;
	}
	mutex_unlock(&m->lock);
	return err;
}

static u32 shmem_resident(struct backing *b, u64 first, u32 wanted, struct page **out)
{
	struct shmem *m = shmem_of(b);
	u32 found = 0;

	mutex_lock(&m->lock);
	for (; wanted; wanted &= wanted - 1) {
		u32 i = (u32)__builtin_ctz(wanted);
		struct page **slot = NULL;

		if (first + i < m->pages)
			slot = page_slot(m, first + i, false);
		if (!slot || !*slot)
			continue;
		page_get(*slot);
		out[i] = *slot;
		found |= 1u << i;
	}
	mutex_unlock(&m->lock);
	return found;
}

static void shmem_get(struct backing *b)
{
	__atomic_fetch_add(&shmem_of(b)->refs, 1, __ATOMIC_RELAXED);
}

/* Drops the pages beneath @node; the depth is bounded by the levels of a 64-bit size. */
static void free_tree(struct page *node, u32 levels)
{
	struct page **slots = page_to_virt(node);

	for (u32 i = 0; levels && i < NODE_SLOTS; i++) {
		if (slots[i])
			free_tree(slots[i], levels - 1);
	}
	page_put(node);
}

static void shmem_put(struct backing *b)
{
	struct shmem *m = shmem_of(b);

	if (__atomic_sub_fetch(&m->refs, 1, __ATOMIC_ACQ_REL))
		return;
	if (m->root)
		free_tree(m->root, m->levels);
	counter_add(&live_shmem, -1);
	slab_free(shmem_cache, m);
}

static void shmem_describe(struct backing *b, char *buf, size_t size)
{
	(void)b;
	strlcpy(buf, "/dev/zero (deleted)", size);
}

static const struct backing_ops shmem_ops = {
	.page = shmem_page,
	.resident = shmem_resident,
	.get = shmem_get,
	.put = shmem_put,
	.describe = shmem_describe,
};

struct backing *shmem_create(u64 bytes)
{
	struct shmem *m = slab_alloc_zero(shmem_cache);

	if (!m)
		return NULL;
	m->backing.ops = &shmem_ops;
	mutex_init(&m->lock);
	m->refs = 1;
	m->pages = (bytes >> PAGE_SHIFT) + ((bytes & (PAGE_SIZE - 1)) != 0);
	while (m->levels * NODE_SHIFT < 64 - PAGE_SHIFT &&
	       (m->pages - !!m->pages) >> (m->levels * NODE_SHIFT))
		m->levels++;
	counter_add(&live_shmem, 1);
	return &m->backing;
}

void shmem_init_cache(void)
{
	shmem_cache = slab_create("shmem", sizeof(struct shmem), 0);
}
