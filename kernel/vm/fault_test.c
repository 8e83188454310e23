/* SPDX-License-Identifier: ISC */
/* Tests of faults and fork at the level of leaves; of want of memory; of the kernel's half. */
#include "abi/mman.h"
#include "base/counter.h"
#include "base/ktest.h"
#include "machine/trap.h"
#include "vm/shmem.h"
#include "vm/vma.h"

#define RW (MMU_READ | MMU_WRITE)
#define BASE 0x10000000UL
#define PAGES(n) ((n)*PAGE_SIZE)

static pte_t leaf(struct space *s, u64 va)
{
	pte_t *slot = mmu_slot(&s->mmu, va, false);

	return slot ? *slot : 0;
}

static struct page *page_at(struct space *s, u64 va)
{
	return phys_to_page(pte_phys(leaf(s, va)));
}

static u64 read_word(struct space *s, u64 addr)
{
	u64 word = ~0UL;

	return space_read(s, addr, &word, sizeof(word)) ? ~0UL : word;
}

static int write_word(struct space *s, u64 addr, u64 word)
{
	return space_write(s, addr, &word, sizeof(word));
}

/* A space with @pages pages of RW memory at BASE; NULL: out of memory. */
static struct space *space_with(u64 pages, u32 flags, struct backing *b)
{
	struct space *s = space_create();

	if (s && space_map(s, BASE, PAGES(pages), RW, flags, b, 0, MAP_AT_FREE) < 0) {
		space_put(s);
		return NULL;
	}
	return s;
}

KTEST(fault_reads_share_the_zero_page, 20)
{
	struct space *s = space_with(2, 0, NULL);

	KREQUIRE(s);
	KEXPECT_EQ(space_fault(s, BASE, ACCESS_READ), 0);
	KEXPECT(page_at(s, BASE) == zero_page);
	KEXPECT(!(leaf(s, BASE) & PTE_WRITE));
	KEXPECT(leaf(s, BASE) & PTE_USER);
	KEXPECT_EQ(write_word(s, BASE, 5), 0);
	KEXPECT(page_at(s, BASE) != zero_page);
	KEXPECT(leaf(s, BASE) & PTE_WRITE);
	KEXPECT_EQ(space_fault(s, BASE + PAGE_SIZE, ACCESS_WRITE), 0);
	KEXPECT_EQ(page_at(s, BASE + PAGE_SIZE)->refcount, 1);
	KEXPECT_EQ(read_word(s, BASE + PAGE_SIZE), 0);
	KEXPECT_EQ(s->pages, 2);
	KEXPECT_EQ(space_fault(s, BASE, ACCESS_WRITE), 0); /* twice is fine */
	KEXPECT_EQ(*(u64 *)page_to_virt(zero_page), 0);
	space_put(s);
}

KTEST(fork_copies_on_write, 20)
{
	struct space *parent = space_with(3, 0, NULL), *child;

	KREQUIRE(parent);
	write_word(parent, BASE, 1);
	write_word(parent, BASE + PAGES(1), 2);
	space_fault(parent, BASE + PAGES(2), ACCESS_READ);
	child = space_fork(parent);
	KREQUIRE(child);
	KEXPECT_EQ(child->pages, 2);
	KEXPECT_EQ(child->mapped, PAGES(3));
	KEXPECT(page_at(parent, BASE) == page_at(child, BASE));
	KEXPECT_EQ(page_at(parent, BASE)->refcount, 2);
	KEXPECT(!((leaf(parent, BASE) | leaf(child, BASE)) & PTE_WRITE));

	KEXPECT_EQ(write_word(child, BASE, 10), 0);
	KEXPECT(page_at(parent, BASE) != page_at(child, BASE));
	KEXPECT_EQ(read_word(parent, BASE), 1);
	KEXPECT_EQ(read_word(child, BASE), 10);
	/* The last one that has the page keeps it. */
	KEXPECT_EQ(page_at(parent, BASE)->refcount, 1);
	KEXPECT_EQ(write_word(parent, BASE, 11), 0);
	KEXPECT(leaf(parent, BASE) & PTE_WRITE);
	KEXPECT_EQ(read_word(child, BASE), 10);

	space_put(parent);
	KEXPECT_EQ(read_word(child, BASE + PAGES(1)), 2);
	KEXPECT_EQ(write_word(child, BASE + PAGES(1), 3), 0);
	KEXPECT_EQ(write_word(child, BASE + PAGES(2), 3), 0);
	KEXPECT_EQ(child->pages, 3);
	space_put(child);
}

KTEST(fork_keeps_rights_away, 20)
{
	struct space *parent = space_with(2, 0, NULL), *child;

	KREQUIRE(parent);
	write_word(parent, BASE, 1);
	KEXPECT_EQ(space_protect(parent, BASE, PAGE_SIZE, 0), 0);
	child = space_fork(parent);
	KREQUIRE(child);
	KEXPECT_EQ(space_fault(child, BASE, ACCESS_READ), -EACCES);
	/* Rights given back do not make a page writable that two have. */
	KEXPECT_EQ(space_protect(child, BASE, PAGE_SIZE, RW), 0);
	KEXPECT(!(leaf(child, BASE) & PTE_WRITE));
	KEXPECT_EQ(write_word(child, BASE, 2), 0);
	KEXPECT_EQ(space_protect(parent, BASE, PAGE_SIZE, RW), 0);
	KEXPECT_EQ(read_word(parent, BASE), 1);
	space_put(child);
	space_put(parent);
}

KTEST(fork_shares_shared_memory, 20)
{
	struct backing *b = shmem_create(PAGES(2));
	struct space *parent, *child;

	KREQUIRE(b);
	parent = space_with(2, VMA_SHARED, b);
	b->ops->put(b);
	KREQUIRE(parent);
	KEXPECT_EQ(write_word(parent, BASE, 1), 0);
	child = space_fork(parent);
	KREQUIRE(child);
	KEXPECT_EQ(read_word(child, BASE), 1);
	KEXPECT(leaf(child, BASE) & PTE_WRITE); /* the write costs no fault of its own */
	KEXPECT_EQ(write_word(child, BASE, 2), 0);
	KEXPECT_EQ(read_word(parent, BASE), 2);
	KEXPECT_EQ(write_word(child, BASE + PAGES(1), 3), 0); /* first touched by the child */
	space_put(child);
	KEXPECT_EQ(read_word(parent, BASE + PAGES(1)), 3);
	space_put(parent);
}

KTEST(fault_copies_private_file_pages, 20)
{
	struct backing *b = shmem_create(PAGES(2));
	struct space *s, *other;

	KREQUIRE(b);
	s = space_with(2, 0, b);
	other = space_with(3, VMA_SHARED, b);
	b->ops->put(b);
	KREQUIRE(s && other);
	write_word(other, BASE, 1);
	KEXPECT_EQ(read_word(s, BASE), 1);
	KEXPECT(page_at(s, BASE) == page_at(other, BASE));
	KEXPECT(!(leaf(s, BASE) & PTE_WRITE));
	KEXPECT_EQ(write_word(s, BASE, 2), 0); /* after a read */
	KEXPECT_EQ(write_word(s, BASE + PAGE_SIZE, 2), 0); /* at once */
	KEXPECT_EQ(read_word(other, BASE), 1);
	KEXPECT_EQ(read_word(other, BASE + PAGE_SIZE), 0);
	KEXPECT_EQ(s->pages, 2);
	KEXPECT_EQ(space_fault(other, BASE + PAGES(2), ACCESS_READ), -ENXIO); /* the end */
	/* Cut in the middle, the parts still know their offsets. */
	KEXPECT_EQ(space_unmap(s, BASE, PAGE_SIZE), 0);
	KEXPECT_EQ(space_discard(s, BASE + PAGE_SIZE, PAGE_SIZE), 0);
	KEXPECT_EQ(write_word(other, BASE + PAGE_SIZE, 77), 0);
	KEXPECT_EQ(read_word(s, BASE + PAGE_SIZE), 77);
	space_put(s);
	space_put(other);
}

/* Builds, forks, cuts and moves; every allocation of it is made to fail once. */
static int life_of_a_space(void)
{
	struct backing *b = shmem_create(PAGES(4));
	struct space *s = b ? space_with(4, 0, b) : NULL, *child = NULL;
	i64 err = s ? 0 : -ENOMEM;

	if (b)
		b->ops->put(b);
	if (!err)
		err = write_word(s, BASE, 1);
	if (!err)
		err = write_word(s, BASE + PAGES(2), 2);
	if (!err && !(child = space_fork(s)))
		err = -ENOMEM;
	if (!err)
		err = write_word(child, BASE, 2);
	if (!err)
		err = space_protect(s, BASE + PAGES(1), PAGE_SIZE, MMU_READ);
	if (!err)
		err = space_unmap(s, BASE + PAGES(1), PAGE_SIZE);
	if (!err)
		err = space_remap(s, BASE, PAGE_SIZE, PAGES(9), MREMAP_MAYMOVE, 0);
	if (err > 0)
		err = space_map(s, BASE + PAGES(2), PAGE_SIZE, RW, 0, NULL, 0, MAP_AT_FIXED);
	if (child)
		space_put(child);
	if (s)
		space_put(s);
	return err > 0 ? 0 : (int)err;
}

KTEST(space_fault_injection, 200)
{
	u32 skip = 0;

	for (; skip < 200; skip++) {
		int err;

		fault_inject(skip, 1);
		err = life_of_a_space();
		if (!err)
			break;
		KEXPECT_EQ(err, -ENOMEM);
	}
	KEXPECT(skip > 20);
	KEXPECT(skip < 200);
}

/* A glutton gets -ENOMEM while the kernel and a modest neighbour still have memory. */
KTEST(space_glutton_fails_alone, 3000)
{
	struct space *glutton = space_with(1024, 0, NULL);
	struct space *modest = space_with(1, 0, NULL), *child;
	struct list hog = LIST_INIT(hog);
	struct page *p;
	u64 i = 0;
	int err = 0;

	KREQUIRE(glutton && modest);
	for (; i < 600; i++)
		space_fault(glutton, BASE + PAGES(i), ACCESS_WRITE);
	for (unsigned order = PAGE_MAX_ORDER + 1; order-- > 0;) {
		while ((p = page_alloc(order, ALLOC_USER)))
			list_push_front(&hog, &p->link);
	}
	for (; i < 1024 && !err; i++)
		err = space_fault(glutton, BASE + PAGES(i), ACCESS_WRITE);
	KEXPECT_EQ(err, -ENOMEM);
	KEXPECT_EQ(write_word(modest, BASE, 1), 0);
	KEXPECT(!space_fork(glutton));
	KEXPECT_EQ(space_map(glutton, 0, PAGE_SIZE, RW, 0, NULL, 0, 0), -ENOMEM);
	child = space_fork(modest);
	KEXPECT(child);
	KEXPECT(space_map(modest, 0, PAGE_SIZE, RW, 0, NULL, 0, 0) > 0);
	while (!list_empty(&hog))
		page_put(list_entry(list_pop_front(&hog), struct page, link));
	space_put(glutton);
	space_put(modest);
	if (child)
		space_put(child);
}

KTEST(space_that_is_reaped_has_nothing, 100)
{
	struct space *s = space_with(4, 0, NULL);
	u64 word;

	KREQUIRE(s);
	KEXPECT_EQ(write_word(s, BASE + PAGES(2), 1), 0);
	KEXPECT(s->pages == 1 && space_cost(s) > 1);
	space_reap(s);
	KEXPECT_EQ(s->pages, 0);
	KEXPECT_EQ(space_fault(s, BASE + PAGES(2), ACCESS_WRITE), -EFAULT);
	KEXPECT_EQ(space_read(s, BASE, &word, sizeof(word)), -EFAULT);
	KEXPECT(!space_fork(s));
	space_put(s);
}

KTEST(space_check_finds_what_is_wrong, 100)
{
	struct space *s = space_with(4, 0, NULL);

	KREQUIRE(s);
	KEXPECT_EQ(write_word(s, BASE + PAGES(2), 1), 0);
	KEXPECT(!space_check(s));
	s->pages++;
	KEXPECT(space_check(s));
	s->pages--;
	s->mapped += PAGE_SIZE;
	KEXPECT(space_check(s));
	s->mapped -= PAGE_SIZE;
	*mmu_slot(&s->mmu, BASE + PAGES(9), true) = pte_user(page_to_phys(zero_page), MMU_READ);
	KEXPECT(space_check(s));
	*mmu_slot(&s->mmu, BASE + PAGES(9), true) = 0;
	KEXPECT(!space_check(s));
	space_put(s);
}

struct kernel_walk {
	u64 leaves, user, write_exec;
};

/* @rights: PTE_USER and PTE_WRITE of all levels above anded, PTE_NX ored. */
static void walk_kernel(struct kernel_walk *w, const pte_t *table, int level, int first,
			pte_t rights)
{
	for (int i = first; i < 512; i++) {
		pte_t e = table[i];
		pte_t r = (rights & e & (PTE_USER | PTE_WRITE)) | ((rights | e) & PTE_NX);

		if (!(e & PTE_PRESENT))
			continue;
		if (level > 0 && !(e & PTE_HUGE)) {
			walk_kernel(w, phys_to_virt(pte_phys(e)), level - 1, 0, r);
			continue;
		}
		w->leaves++;
		w->user += (r & PTE_USER) != 0;
		w->write_exec += (r & (PTE_WRITE | PTE_NX)) == PTE_WRITE;
	}
}

/* Checklist 11: all page tables of the kernel's half, as a new space has them. */
KTEST(kernel_half_has_no_user_and_no_wx, 500)
{
	struct space *s = space_create();
	struct kernel_walk w = { 0, 0, 0 };

	KREQUIRE(s);
	walk_kernel(&w, phys_to_virt(s->mmu.root), 3, 256, PTE_USER | PTE_WRITE);
	KEXPECT(w.leaves > 0);
	KEXPECT_EQ(w.user, 0);
	if (cpu_features.nx)
		KEXPECT_EQ(w.write_exec, 0);
	space_put(s);
}

/* A lonely map's tables go with it, and what is mapped there later gets tables of its own. */
KTEST(space_unmap_frees_lonely_tables, 20)
{
	const u64 lonely = 0x200000000000UL;
	struct space *s = space_create();
	i64 before = counter_value("pages");

	KREQUIRE(s);
	for (u64 round = 0; round < 3; round++) {
		KEXPECT_EQ(space_map(s, lonely, PAGES(2), RW, 0, NULL, 0, MAP_AT_FREE), lonely);
		KEXPECT_EQ(write_word(s, lonely + PAGES(1), round + 1), 0);
		KEXPECT_EQ(counter_value("pages"), before + 4); /* three tables and the page */
		KEXPECT_EQ(read_word(s, lonely + PAGES(1)), round + 1);
		KEXPECT_EQ(space_unmap(s, lonely, PAGES(2)), 0);
		KEXPECT_EQ(counter_value("pages"), before);
	}
	space_put(s);
}
