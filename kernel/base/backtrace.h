/* SPDX-License-Identifier: ISC */
/*
 * Who called whom. The kernel keeps no frame pointers: they would cost each function three instructions
 * and a register. How far from the stack pointer a return address lies stands in kernel.sym, for each
 * instruction (symbols.h). Any context, no locks; memory is checked before it is read.
 */
#pragma once

#include "machine/trap.h"

/* A place in the code, and the registers that belong to it. */
struct backtrace_place {
	u64 rip, rsp, rbp;
	bool called; /* rip is a return address: the call lies before it */
};

/* Here. */
static inline __attribute__((always_inline)) struct backtrace_place backtrace_here(void)
{
	struct backtrace_place p = { .called = false };

	__asm__ volatile("lea (%%rip), %0\n\tmov %%rsp, %1\n\tmov %%rbp, %2"
			 : "=r"(p.rip), "=r"(p.rsp), "=r"(p.rbp));
	return p;
}

/* What a trap interrupted. */
static inline struct backtrace_place backtrace_of_trap(const struct trap_frame *f)
{
	return (struct backtrace_place){ .rip = f->rip, .rsp = f->rsp, .rbp = f->rbp };
}

/* From a function to where it returns to; false: nobody knows, or a program or the loader called. */
bool backtrace_step(struct backtrace_place *p);

/* @p's rip and up to @max - 1 of its callers', to @addresses; returns how many. */
u32 backtrace_collect(struct backtrace_place p, u64 *addresses, u32 max);

/* Through panic's sinks: the chain from @p, or one that was collected (@called: of the first). */
void backtrace_print(struct backtrace_place p);
void backtrace_print_list(const u64 *addresses, u32 count, bool called);
