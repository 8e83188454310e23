/* SPDX-License-Identifier: ISC */
/*
 * The last instructions of the loader. They run on the firmware's page tables, then on the
 * kernel's: the page that holds them is the one that both map at the same address. It is
 * code of our own image, so firmware that forbids to execute data has no objection.
 */
#include "loader.h"

#define EFER 0xc0000080U
#define EFER_NXE (1ULL << 11)
#define CR0_MP (1ULL << 1)
#define CR0_EM (1ULL << 2)
#define CR0_TS (1ULL << 3)
#define CR0_WP (1ULL << 16)
#define CR4_PAE (1ULL << 5)

/* rdi = boot_info, rsi = entry, rdx = stack, rcx = CR3, r8 = CR4; within one page. */
void jump_code(void);
asm(".text\n"
    ".balign 64\n"
    ".hidden jump_code\n"
    ".globl jump_code\n"
    "jump_code:\n"
    "	mov %r8, %cr4\n" /* without PGE: entries that were global go with the rest */
    "	mov %rcx, %cr3\n"
    "	mov %rdx, %rsp\n"
    "	xor %ebp, %ebp\n"
    "	jmp *%rsi\n"
    ".if . - jump_code > 64\n"
    ".error \"the jump may cross a page\"\n"
    ".endif\n");

u64 jump_page(void)
{
	return ALIGN_DOWN((u64)jump_code, PAGE_SIZE);
}

/* NX and WP take effect at once, still on the firmware's tables, which our image obeys. */
static void prepare_cpu(void)
{
	u32 low, high;
	u64 cr0;

	asm volatile("cli; cld");
	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(EFER));
	asm volatile("wrmsr" : : "a"(low | (u32)EFER_NXE), "d"(high), "c"(EFER));
	asm volatile("mov %%cr0, %0" : "=r"(cr0));
	cr0 = (cr0 | CR0_WP | CR0_MP) & ~(CR0_EM | CR0_TS);
	asm volatile("mov %0, %%cr0" : : "r"(cr0));
}

noreturn void jump(const struct boot_info *info, u64 entry, u64 stack_top)
{
	register u64 cr4 asm("r8") = CR4_PAE;

	prepare_cpu();
	asm volatile("jmp jump_code"
		     :
		     : "D"(DIRECT_MAP_BASE + (u64)info), "S"(entry),
		       "d"(DIRECT_MAP_BASE + stack_top), "c"(info->page_table), "r"(cr4)
		     : "memory");
	__builtin_unreachable();
}
