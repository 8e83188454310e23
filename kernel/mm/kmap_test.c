/* SPDX-License-Identifier: ISC */
/* Tests of kernel stacks: guard pages, permissions, reuse, failing allocations. */
#include "base/ktest.h"
#include "lib/string.h"
#include "mm/kmap.h"
#include "mm/page.h"

KTEST(kstack_has_a_guard_page, 20)
{
	u8 *stack = kstack_alloc();
	pte_t e;

	KREQUIRE(stack);
	KEXPECT_EQ(mmu_lookup((u64)stack - PAGE_SIZE), 0);
	KEXPECT(kstack_is_guard((u64)stack - 1));
	KEXPECT(kstack_is_guard((u64)stack - PAGE_SIZE));
	KEXPECT(!kstack_is_guard((u64)stack));
	KEXPECT(!kstack_is_guard((u64)stack + KSTACK_BYTES - 1));
	KEXPECT(kstack_is_guard((u64)stack + KSTACK_BYTES));
	KEXPECT(!kstack_is_guard(0));
	for (u64 i = 0; i < KSTACK_BYTES; i += PAGE_SIZE) {
		e = mmu_lookup((u64)stack + i);
		KEXPECT((e & PTE_PRESENT) && (e & PTE_WRITE));
		KEXPECT(!(e & PTE_USER));
		KEXPECT(!cpu_features.nx || (e & PTE_NX));
	}
	memset(stack, 0x55, KSTACK_BYTES);
	kstack_free(stack);
}

static __attribute__((noinline)) u64 eat_stack(u64 depth)
{
	volatile u64 frame[32];

	frame[0] = depth;
	return depth == ~0UL ? 0 : eat_stack(depth + 1) + frame[0];
}

/* Down to the guard page, where the fault finds no stack either: the double fault has its own. */
KTEST_FATAL(kstack_overflow_is_reported)
{
	KEXPECT(!eat_stack(1));
}

KTEST(kstack_many, 200)
{
	enum { STACKS = 150 };
	static u64 *stacks[STACKS];
	u32 bad = 0;

	for (u32 i = 0; i < STACKS; i++) {
		stacks[i] = kstack_alloc();
		KREQUIRE(stacks[i]);
		stacks[i][0] = i;
		stacks[i][KSTACK_BYTES / 8 - 1] = i;
	}
	for (u32 i = 0; i < STACKS; i++) {
		bad += stacks[i][0] != i || stacks[i][KSTACK_BYTES / 8 - 1] != i;
		kstack_free(stacks[i]);
	}
	KEXPECT_EQ(bad, 0);
}

KTEST(kstack_fault_injection, 200)
{
	enum { STACKS = 80 }; /* more than are kept when freed */
	static void *stacks[STACKS];
	u32 n, failed = 0;

	for (u32 skip = 0; skip < 6; skip++) {
		fault_inject(skip, 1);
		for (n = 0; n < STACKS && (stacks[n] = kstack_alloc()); n++)
			;
		fault_inject(0, 0);
		failed += n < STACKS;
		while (n)
			kstack_free(stacks[--n]);
	}
	KEXPECT(failed > 0);
}
