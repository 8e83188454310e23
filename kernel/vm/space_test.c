/* SPDX-License-Identifier: ISC */
/* Tests of maps: placing, joining, cutting, protecting, moving; arguments that lie. */
#include "abi/mman.h"
#include "base/ktest.h"
#include "lib/string.h"
#include "machine/trap.h"
#include "vm/vma.h"

#define RW (MMU_READ | MMU_WRITE)
#define BASE 0x10000000UL
#define PAGES(n) ((n)*PAGE_SIZE)

static i64 map_at(struct space *s, u64 addr, u64 pages, u32 prot)
{
	return space_map(s, addr, PAGES(pages), prot, 0, NULL, 0, MAP_AT_FREE);
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

KTEST(space_map_use_unmap, 20)
{
	struct space *s = space_create();
	i64 addr;

	KREQUIRE(s);
	addr = space_map(s, 0, 3 * PAGE_SIZE - 5, RW, 0, NULL, 0, 0);
	KEXPECT(addr > 0 && !(addr & (i64)(PAGE_SIZE - 1)));
	KEXPECT_EQ(s->mapped, PAGES(3));
	KEXPECT_EQ(read_word(s, (u64)addr), 0);
	KEXPECT_EQ(s->pages, 0); /* the zero page is nobody's */
	KEXPECT_EQ(write_word(s, (u64)addr + 4092, 0x1122334455667788), 0);
	KEXPECT_EQ(read_word(s, (u64)addr + 4092), 0x1122334455667788);
	KEXPECT_EQ(s->pages, 2);
	KEXPECT_EQ(space_unmap(s, (u64)addr, PAGES(3)), 0);
	KEXPECT_EQ(s->pages + s->mapped + s->map_count, 0);
	KEXPECT_EQ(write_word(s, (u64)addr, 1), -EFAULT);
	space_put(s);
}

KTEST(space_joins_and_cuts, 20)
{
	struct space *s = space_create();

	KREQUIRE(s);
	KEXPECT_EQ(map_at(s, BASE, 1, RW), BASE);
	KEXPECT_EQ(map_at(s, BASE + PAGES(2), 1, RW), BASE + PAGES(2));
	KEXPECT_EQ(s->map_count, 2);
	KEXPECT_EQ(map_at(s, BASE + PAGES(1), 1, RW), BASE + PAGES(1));
	KEXPECT_EQ(s->map_count, 1);
	KEXPECT_EQ(map_at(s, BASE + PAGES(3), 1, MMU_READ), BASE + PAGES(3));
	KEXPECT_EQ(s->map_count, 2);
	KEXPECT_EQ(map_at(s, BASE + PAGES(3), 1, MMU_READ), -EEXIST);
	KEXPECT_EQ(space_unmap(s, BASE + PAGES(1), 1), 0);
	KEXPECT_EQ(s->map_count, 3);
	KEXPECT_EQ(s->mapped, PAGES(3));
	/* Over the hole and both its sides: replaced, then one map again. */
	KEXPECT_EQ(space_map(s, BASE, PAGES(3), RW, 0, NULL, 0, MAP_AT_FIXED), BASE);
	KEXPECT_EQ(s->map_count, 2);
	KEXPECT_EQ(s->mapped, PAGES(4));
	KEXPECT(space_is_mapped(s, BASE, PAGES(4)));
	KEXPECT(!space_is_mapped(s, BASE, PAGES(5)));
	space_put(s);
}

KTEST(space_fixed_replaces_pages, 20)
{
	struct space *s = space_create();

	KREQUIRE(s);
	map_at(s, BASE, 3, RW);
	for (u64 i = 0; i < 3; i++)
		write_word(s, BASE + PAGES(i), i + 1);
	KEXPECT_EQ(space_map(s, BASE + PAGES(1), 1, RW, 0, NULL, 0, MAP_AT_FIXED), BASE + PAGES(1));
	KEXPECT_EQ(read_word(s, BASE), 1);
	KEXPECT_EQ(read_word(s, BASE + PAGES(1)), 0);
	KEXPECT_EQ(read_word(s, BASE + PAGES(2)), 3);
	KEXPECT_EQ(s->map_count, 1);
	KEXPECT_EQ(space_discard(s, BASE, PAGES(3)), 0);
	KEXPECT_EQ(s->pages, 0);
	KEXPECT_EQ(read_word(s, BASE + PAGES(2)), 0);
	KEXPECT_EQ(space_discard(s, BASE, PAGES(4)), -ENOMEM);
	space_put(s);
}

KTEST(space_protect_changes_rights, 20)
{
	struct space *s = space_create();

	KREQUIRE(s);
	map_at(s, BASE, 5, RW);
	write_word(s, BASE + PAGES(2), 42);
	KEXPECT_EQ(space_protect(s, BASE + PAGES(2), 1, MMU_READ), 0);
	KEXPECT_EQ(s->map_count, 3);
	KEXPECT_EQ(write_word(s, BASE + PAGES(2), 1), -EACCES);
	KEXPECT_EQ(read_word(s, BASE + PAGES(2)), 42);
	KEXPECT_EQ(space_protect(s, BASE + PAGES(2), 1, 0), 0);
	KEXPECT_EQ(space_fault(s, BASE + PAGES(2), ACCESS_READ), -EACCES);
	KEXPECT(!(*mmu_slot(&s->mmu, BASE + PAGES(2), false) & PTE_PRESENT));
	KEXPECT_EQ(s->pages, 1);
	KEXPECT_EQ(space_protect(s, BASE + PAGES(2), 1, RW), 0);
	KEXPECT_EQ(s->map_count, 1);
	KEXPECT_EQ(read_word(s, BASE + PAGES(2)), 42);
	KEXPECT_EQ(write_word(s, BASE + PAGES(2), 43), 0);
	KEXPECT_EQ(space_fault(s, BASE, ACCESS_EXEC), -EACCES);
	KEXPECT_EQ(space_protect(s, BASE, PAGES(5), MMU_READ | MMU_EXEC), 0);
	KEXPECT_EQ(space_fault(s, BASE + PAGES(2), ACCESS_EXEC), 0);
	KEXPECT(!(*mmu_slot(&s->mmu, BASE + PAGES(2), false) & (PTE_NX | PTE_WRITE)));
	/* A hole: what lies before it has changed. */
	KEXPECT_EQ(space_protect(s, BASE, PAGES(6), RW), -ENOMEM);
	KEXPECT_EQ(write_word(s, BASE, 1), 0);
	space_put(s);
}

KTEST(space_refuses_bad_arguments, 20)
{
	struct space *s = space_create();

	KREQUIRE(s);
	KEXPECT_EQ(space_map(s, 0, 0, RW, 0, NULL, 0, 0), -EINVAL);
	KEXPECT_EQ(space_map(s, 0, ~0UL, RW, 0, NULL, 0, 0), -ENOMEM);
	KEXPECT_EQ(space_map(s, 0, USER_END, MMU_READ, 0, NULL, 0, 0), -ENOMEM);
	KEXPECT_EQ(space_map(s, BASE + 1, 1, RW, 0, NULL, 0, MAP_AT_FIXED), -EINVAL);
	KEXPECT_EQ(space_map(s, USER_END, 1, RW, 0, NULL, 0, MAP_AT_FIXED), -ENOMEM);
	KEXPECT_EQ(space_map(s, USER_END - PAGE_SIZE, 4097, RW, 0, NULL, 0, MAP_AT_FIXED), -ENOMEM);
	KEXPECT_EQ(space_map(s, KERNEL_BASE, 1, RW, 0, NULL, 0, MAP_AT_FIXED), -ENOMEM);
	KEXPECT_EQ(space_map(s, ~0UL << 12, 8192, RW, 0, NULL, 0, MAP_AT_FIXED), -ENOMEM);
	KEXPECT_EQ(space_map(s, 0, 1, RW, 0, NULL, 0, MAP_AT_FIXED), -ENOMEM);
	KEXPECT_EQ(space_map(s, 0, PAGE_SIZE, RW, 0, NULL, ~0UL << 12, 0), -EOVERFLOW);
	KEXPECT_EQ(space_map(s, 0, 1, RW, 0, NULL, 1, 0), -EINVAL);
	KEXPECT_EQ(space_unmap(s, BASE, 0), -EINVAL);
	KEXPECT_EQ(space_unmap(s, BASE + 1, 1), -EINVAL);
	KEXPECT_EQ(space_unmap(s, BASE, ~0UL), -EINVAL);
	KEXPECT_EQ(space_unmap(s, KERNEL_BASE, PAGE_SIZE), -EINVAL);
	KEXPECT_EQ(space_unmap(s, BASE, PAGE_SIZE), 0);
	KEXPECT_EQ(space_protect(s, BASE + 1, 1, RW), -EINVAL);
	KEXPECT_EQ(space_protect(s, BASE, ~0UL, RW), -ENOMEM);
	KEXPECT_EQ(space_protect(s, BASE, PAGE_SIZE, RW), -ENOMEM);
	KEXPECT_EQ(space_fault(s, USER_END, ACCESS_WRITE), -EFAULT);
	KEXPECT_EQ(space_fault(s, ~0UL, ACCESS_WRITE), -EFAULT);
	KEXPECT_EQ(write_word(s, USER_END - 4, 0), -EFAULT);
	KEXPECT_EQ(s->map_count + s->mapped, 0);
	/* A hint that cannot be had is only a hint. */
	KEXPECT(space_map(s, ~0UL, 1, RW, 0, NULL, 0, 0) > 0);
	KEXPECT(space_map(s, 1, 1, RW, 0, NULL, 0, 0) > (i64)USER_START);
	KEXPECT_EQ(space_map(s, PAGE_SIZE, 1, RW, 0, NULL, 0, 0), USER_START);
	KEXPECT_EQ(space_map(s, BASE + 5, 1, RW, 0, NULL, 0, 0), BASE);
	KEXPECT(space_map(s, BASE, 1, RW, 0, NULL, 0, 0) != (i64)BASE);
	space_put(s);
}

KTEST(space_refuses_more_than_there_is, 20)
{
	u64 bytes = (page_total_count() + 1) << PAGE_SHIFT;
	struct space *s = space_create();

	KREQUIRE(s);
	KEXPECT_EQ(space_map(s, BASE, bytes, RW, 0, NULL, 0, 0), -ENOMEM);
	KEXPECT_EQ(space_map(s, BASE, bytes, 0, 0, NULL, 0, 0), BASE);
	KEXPECT_EQ(space_protect(s, BASE, bytes, RW), -ENOMEM);
	KEXPECT_EQ(space_unmap(s, BASE, bytes), 0);
	KEXPECT_EQ(space_map(s, BASE, bytes, RW, VMA_NORESERVE, NULL, 0, 0), BASE);
	space_put(s);
}

KTEST(space_stack_grows, 20)
{
	const u64 top = BASE + (64UL << 20);
	struct space *s = space_create();

	KREQUIRE(s);
	space_map(s, top - PAGES(4), PAGES(4), RW, VMA_STACK, NULL, 0, MAP_AT_FREE);
	s->stack_limit = top - (8UL << 20);
	KEXPECT_EQ(write_word(s, top - PAGES(100), 7), 0);
	KEXPECT_EQ(s->mapped, PAGES(100));
	KEXPECT_EQ(write_word(s, s->stack_limit, 7), 0);
	KEXPECT_EQ(write_word(s, s->stack_limit - PAGE_SIZE, 7), -EFAULT);
	KEXPECT_EQ(s->mapped, 8UL << 20);
	/* No hint leads into the guard gap. */
	KEXPECT(space_map(s, s->stack_limit - PAGES(3), PAGES(1), RW, 0, NULL, 0, 0) !=
		(i64)(s->stack_limit - PAGES(3)));
	space_put(s);

	s = space_create();
	KREQUIRE(s);
	space_map(s, top - PAGES(4), PAGES(4), RW, VMA_STACK, NULL, 0, MAP_AT_FREE);
	s->stack_limit = top - (8UL << 20);
	map_at(s, top - PAGES(300), 1, RW);
	KEXPECT_EQ(write_word(s, top - PAGES(43), 7), 0); /* 256 pages above that map's end */
	KEXPECT_EQ(write_word(s, top - PAGES(44), 7), -EFAULT);
	space_put(s);
}

KTEST(space_brk_moves, 20)
{
	struct space *s = space_create();

	KREQUIRE(s);
	s->brk_start = s->brk = BASE + 100;
	KEXPECT_EQ(space_brk(s, 0), BASE + 100);
	KEXPECT_EQ(space_brk(s, BASE + 200), BASE + 200);
	KEXPECT_EQ(space_brk(s, BASE + PAGES(5)), BASE + PAGES(5));
	KEXPECT_EQ(write_word(s, BASE + PAGES(4), 9), 0);
	KEXPECT_EQ(space_brk(s, BASE + PAGES(7) + 1), BASE + PAGES(7) + 1);
	KEXPECT_EQ(s->map_count, 1);
	KEXPECT_EQ(space_brk(s, BASE + PAGES(2)), BASE + PAGES(2));
	KEXPECT_EQ(s->pages, 0);
	KEXPECT_EQ(space_brk(s, ~0UL), BASE + PAGES(2));
	KEXPECT_EQ(space_brk(s, USER_END), BASE + PAGES(2));
	map_at(s, BASE + PAGES(10), 1, RW);
	KEXPECT_EQ(space_brk(s, BASE + PAGES(10)), BASE + PAGES(2));
	KEXPECT_EQ(space_brk(s, BASE + PAGES(9)), BASE + PAGES(9));
	space_put(s);
}

KTEST(space_remap_moves, 20)
{
	struct space *s = space_create();
	i64 to;

	KREQUIRE(s);
	map_at(s, BASE, 4, RW);
	for (u64 i = 0; i < 4; i++)
		write_word(s, BASE + PAGES(i), i + 1);
	KEXPECT_EQ(space_remap(s, BASE, PAGES(4), PAGES(6), 0, 0), BASE);
	map_at(s, BASE + PAGES(6), 1, MMU_READ);
	KEXPECT_EQ(space_remap(s, BASE, PAGES(6), PAGES(7), 0, 0), -ENOMEM);
	KEXPECT_EQ(space_remap(s, BASE, PAGES(8), PAGES(9), MREMAP_MAYMOVE, 0), -EFAULT);
	to = space_remap(s, BASE + PAGES(1), PAGES(3), PAGES(9), MREMAP_MAYMOVE, 0);
	KEXPECT(to > 0);
	KEXPECT_EQ(read_word(s, (u64)to + PAGES(2)), 4);
	KEXPECT_EQ(read_word(s, (u64)to + PAGES(5)), 0);
	KEXPECT_EQ(read_word(s, BASE), 1);
	KEXPECT_EQ(space_fault(s, BASE + PAGES(1), ACCESS_READ), -EFAULT);
	KEXPECT_EQ(space_remap(s, (u64)to, PAGES(9), PAGES(2), MREMAP_MAYMOVE | MREMAP_FIXED,
			       BASE + PAGES(5)),
		   BASE + PAGES(5));
	KEXPECT_EQ(read_word(s, BASE + PAGES(6)), 3);
	KEXPECT_EQ(space_remap(s, BASE, PAGES(1), PAGES(1), MREMAP_MAYMOVE | MREMAP_FIXED, BASE),
		   -EINVAL);
	KEXPECT_EQ(space_remap(s, BASE, PAGES(1), 0, 0, 0), -EINVAL);
	KEXPECT_EQ(space_remap(s, BASE, PAGES(1), PAGES(1), 64, 0), -EINVAL);
	space_put(s);
}
