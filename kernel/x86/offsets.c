/* SPDX-License-Identifier: ISC */
/*
 * The numbers nasm needs of the C structures. Compiled to assembly and never linked: the
 * Makefile turns each "->NAME value" into an equ of offsets.inc.
 */
#include "x86/x86.h"

#define EMIT(name, value) __asm__ volatile("\n.ascii \"->" #name " %0\"" ::"i"(value))
#define FRAME(reg, field) EMIT(FRAME_##reg, offsetof(struct trap_frame, field))

void offsets(void);
void offsets(void)
{
	FRAME(R15, r15);
	FRAME(R14, r14);
	FRAME(R13, r13);
	FRAME(R12, r12);
	FRAME(RBP, rbp);
	FRAME(RBX, rbx);
	FRAME(R11, r11);
	FRAME(R10, r10);
	FRAME(R9, r9);
	FRAME(R8, r8);
	FRAME(RAX, rax);
	FRAME(RCX, rcx);
	FRAME(RDX, rdx);
	FRAME(RSI, rsi);
	FRAME(RDI, rdi);
	FRAME(VECTOR, vector);
	FRAME(ERROR, error);
	FRAME(RIP, rip);
	FRAME(CS, cs);
	FRAME(RFLAGS, rflags);
	FRAME(RSP, rsp);
	FRAME(SS, ss);
	EMIT(FRAME_SIZE, sizeof(struct trap_frame));
	EMIT(TRAP_SYSCALL, TRAP_SYSCALL);
	EMIT(CPU_CURRENT, offsetof(struct cpu, current));
	EMIT(CPU_FRAME, offsetof(struct cpu, frame));
	EMIT(CPU_USER_RSP, offsetof(struct cpu, user_rsp));
	EMIT(CTX_WORK, offsetof(struct context, work));
	EMIT(CTX_CALLS, offsetof(struct context, calls));
	EMIT(CTX_RSP, offsetof(struct context, rsp));
	EMIT(FPX_SOFTWARE_OFFSET, FPX_SOFTWARE_OFFSET);
	EMIT(FPX_SIZE, offsetof(struct fpx_software, xstate_size));
	EMIT(MARKS_END, offsetof(struct fpu_marks, end));
	EMIT(WORK_RESCHED, WORK_RESCHED);
	EMIT(WORK_TRACE, WORK_TRACE);
	EMIT(WORK_PTRACE, WORK_PTRACE);
	EMIT(WORK_IRET, WORK_IRET);
	EMIT(USER_CS, USER_CS);
	EMIT(USER_SS, USER_SS);
	EMIT(RFLAGS_SLOW, RFLAGS_TF | RFLAGS_RF);
	EMIT(USER_END_HIGH, USER_END >> 32);
	EMIT(KSTACK_BYTES, 4 * PAGE_SIZE);
	EMIT(MSR_GS_BASE, MSR_GS_BASE);
	EMIT(KERNEL_SS, KERNEL_SS);
	EMIT(CR4_PAE, CR4_PAE);
	EMIT(CR0_LONG, CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG);
}

_Static_assert(offsetof(struct cpu, self) == 0, "gs:0, see cpu_this()");
_Static_assert(offsetof(struct cpu, current) == 8, "gs:8, see thread_current()");
_Static_assert(offsetof(struct context, work) == 0, "the entry code tests [frame + FRAME_SIZE]");
_Static_assert(sizeof(struct trap_frame) % 16 == 0, "the stack stays aligned under a frame");
_Static_assert(offsetof(struct trap_frame, rip) + 40 == sizeof(struct trap_frame),
	       "what the hardware pushes ends the frame");
