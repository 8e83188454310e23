/* SPDX-License-Identifier: ISC */
/*
 * The trap frame: every register of the interrupted code, as the entry code stored it.
 *
 * It is the book's "save regs to k-stack" (Figures 6.2 and 6.3). The part from rip down to ss
 * is pushed by the hardware (SDM vol. 3, 6.14.2) or, for `syscall`, imitated by the entry code.
 * A user thread's frame lies directly below its struct thread, at the top of its kernel stack.
 *
 * After a system call rbx, rbp and r12-r15 of the frame are only valid where the full frame
 * was asked for (see traps.asm: calls marked `full` in syscall.tbl, and the exit work).
 */
#pragma once

#include "lib/types.h"

struct trap_frame {
	u64 r8, r9, r10, r11, r12, r13, r14, r15; /* in a signal frame's order, up to rcx */
	u64 rdi, rsi, rbp, rbx, rdx, rax, rcx;
	u64 vector; /* 0-255, or TRAP_SYSCALL */
	u64 error; /* hardware's error code, 0 without; a system call's number */
	u64 rip, cs, rflags, rsp, ss;
};

/* clang-format off */
/* Of each general register but rsp, in the frame's order. */
#define GENERAL_REGISTERS(X)                                                                       \
	X(r8) X(r9) X(r10) X(r11) X(r12) X(r13) X(r14) X(r15)                                      \
	X(rdi) X(rsi) X(rbp) X(rbx) X(rdx) X(rax) X(rcx)
/* clang-format on */

#define TRAP_SYSCALL 256

enum trap_vector {
	TRAP_DIVIDE = 0,
	TRAP_DEBUG = 1,
	TRAP_NMI = 2,
	TRAP_BREAKPOINT = 3,
	TRAP_OVERFLOW = 4,
	TRAP_BOUND = 5,
	TRAP_OPCODE = 6,
	TRAP_NO_FPU = 7,
	TRAP_DOUBLE_FAULT = 8,
	TRAP_TSS = 10,
	TRAP_SEGMENT = 11,
	TRAP_STACK = 12,
	TRAP_PROTECTION = 13,
	TRAP_PAGE_FAULT = 14,
	TRAP_X87 = 16,
	TRAP_ALIGNMENT = 17,
	TRAP_MACHINE_CHECK = 18,
	TRAP_SIMD = 19,
	TRAP_FIRST_IRQ = 32,
};

/* A page fault's error code. */
#define FAULT_PRESENT 1u /* the page is there, but not for this */
#define FAULT_WRITE 2u
#define FAULT_EXEC 16u

/* Linux's selectors: programs have these numbers written into them. */
#define USER_CS 0x33
#define USER_SS 0x2b
#define USER_CS32 0x23
#define KERNEL_CS 0x10
#define KERNEL_SS 0x18

#define RFLAGS_CF (1u << 0)
#define RFLAGS_FIXED (1u << 1)
#define RFLAGS_TF (1u << 8)
#define RFLAGS_IF (1u << 9)
#define RFLAGS_DF (1u << 10)
#define RFLAGS_IOPL (3u << 12)
#define RFLAGS_NT (1u << 14)
#define RFLAGS_RF (1u << 16)
#define RFLAGS_AC (1u << 18)
/* What a program may choose of its own flags: CF PF AF ZF SF TF DF OF RF AC (as Linux). */
#define RFLAGS_USER 0x50dd5u

/* User addresses are below this; the last page before the non-canonical hole is never mapped,
 * so the address after a `syscall` instruction is always canonical (CVE-2012-0217). */
#define USER_END 0x00007ffffffff000UL
#define USER_START 0x10000UL /* lowest address mmap gives out or accepts by hint */

static inline bool trap_from_user(const struct trap_frame *f)
{
	return (f->cs & 3) == 3; /* never the U bit of the error code: TCG lies there */
}

/* Leaves the kernel for the program, with all of @f, which is the running thread's. Interrupts off. */
noreturn void trap_return_to_user(struct trap_frame *f);

/* The kernel's code after a trap that interrupted it: the frame is next on the stack there. */
extern const char return_to_kernel[];

/* Prints all registers, a line each four, through @print (log or panic). */
void trap_frame_print(const struct trap_frame *f, void (*print)(const char *fmt, ...));

/* Name of a vector ("page fault"), for messages. Never NULL. */
const char *trap_name(u64 vector);
