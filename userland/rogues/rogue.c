/* SPDX-License-Identifier: ISC */
/*
 * One rogue: -DROGUE_NAME chooses the row of rogues.tbl, whose misdeed becomes this program. No libc
 * and no stack frame are needed, so that nothing but the misdeed can go wrong.
 */
#include "sys.h"
#include "misdeeds.h"

/* Without operands: nothing but the exit comes after it, so no register needs to survive. */
#define ASM(text) __asm__ volatile(text);
#define READ(at) (void)*(volatile char *)(at)
#define READ_LONG(at) (void)*(volatile long *)(at)
#define WRITE(at) *(volatile char *)(at) = 1
#define JUMP(at) ((void (*)(void))(at))()

#define SET_FLAGS(bits) ASM("pushfq; orl $" #bits ", (%rsp); popfq")
#define MOVSS_STEP(next)                                                                           \
	ASM("mov %ss, %edx; mov $39, %eax; pushfq; orl $0x100, (%rsp); popfq;"                     \
	    "mov %edx, %ss;" next)

#define KERNEL_IMAGE 0xffffffff80100000UL
#define KERNEL_HALF 0xffff800000000000UL
#define UNMAPPED 0x500000000000UL
#define NONCANONICAL 0x800000000000UL

#define ROGUE(name, fate, linux_fate, what, ...)                                                   \
	static __attribute__((unused)) void name##_misdeed(void)                                   \
	{                                                                                          \
		__VA_ARGS__;                                                                       \
	}
#include "rogues.tbl"

#define MISDEED_OF(name) name##_misdeed
#define MISDEED(name) MISDEED_OF(name)

/* Data for the rows: bytes that are code if executed, a far pointer, and code for 32-bit mode. */
__asm__(".data\n"
	".globl data\n"
	"data:	.fill 64, 1, 0xc3\n"
	"far_kernel: .long 0x400000; .word 0x10\n"
	".text\n"
	"code32: .byte 0xb8, 0x14, 0, 0, 0\n" /* mov $20, %eax: getpid of the 32-bit calls */
	"	syscall\n"
	"	ud2\n"
	".globl _start\n"
	"_start: xor %ebp, %ebp\n"
	"	call rogue_main\n");

__attribute__((used)) void rogue_main(void)
{
	MISDEED(ROGUE_NAME)();
	raw(SYS_exit_group, 99);
}
