/* SPDX-License-Identifier: ISC */
/* Tests of anonymous shared memory as a backing by itself. */
#include "base/ktest.h"
#include "vm/shmem.h"

static u64 *word_of(struct backing *b, u64 index, int *err)
{
	struct page *p;

	*err = b->ops->page(b, index, &p);
	if (*err)
		return NULL;
	page_put(p); /* the tree keeps its own reference */
	return page_to_virt(p);
}

KTEST(shmem_is_zero_and_remembers, 50)
{
	static const u64 indexes[] = { 0, 1, 511, 512, 513, 262143, 262144, (1UL << 30) - 1 };
	struct backing *b = shmem_create(PAGE_SIZE << 30);
	u64 *word;
	int err;

	KREQUIRE(b);
	for (u32 i = 0; i < ARRAY_SIZE(indexes); i++) {
		word = word_of(b, indexes[i], &err);
		KREQUIRE(word);
		KEXPECT_EQ(*word, 0);
		*word = i + 1;
	}
	for (u32 i = 0; i < ARRAY_SIZE(indexes); i++) {
		word = word_of(b, indexes[i], &err);
		KREQUIRE(word);
		KEXPECT_EQ(*word, i + 1);
	}
	b->ops->put(b);
}

KTEST(shmem_ends_where_it_ends, 20)
{
	static const u64 sizes[] = {
		0, 1, PAGE_SIZE, PAGE_SIZE + 1, 512 * PAGE_SIZE, 512 * PAGE_SIZE + 1
	};
	int err;

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct backing *b = shmem_create(sizes[i]);
		u64 pages = (sizes[i] + PAGE_SIZE - 1) / PAGE_SIZE;

		KREQUIRE(b);
		KEXPECT(!word_of(b, pages, &err));
		KEXPECT_EQ(err, -ENXIO);
		KEXPECT(!pages || word_of(b, pages - 1, &err));
		b->ops->put(b);
	}
}

static int use_some(void)
{
	struct backing *b = shmem_create(PAGE_SIZE << 20);
	int err = 0;

	if (!b)
		return -ENOMEM;
	if (word_of(b, 5, &err) && word_of(b, 700, &err))
		word_of(b, 300000, &err);
	b->ops->put(b);
	return err;
}

KTEST(shmem_fault_injection, 50)
{
	u32 skip = 0;

	for (; skip < 50; skip++) {
		fault_inject(skip, 1);
		if (!use_some())
			break;
	}
	KEXPECT(skip >= 9); /* the object, three pages, five nodes */
	KEXPECT(skip < 50);
}
