/* SPDX-License-Identifier: ISC */
/*
 * The walk up a stack, in steps. C functions are in the table of kernel.sym; assembly is not, and
 * nothing is where that file is missing: there the next word that points into the kernel's text is
 * taken for the return address, which for short assembly it is. The ways in (.text.entry) end a walk,
 * since above them is a program's, but for a trap that interrupted the kernel: its frame tells where
 * the walk goes on.
 */
#include "base/backtrace.h"

#include "base/log.h"
#include "base/symbols.h"
#include "boot_info.h"
#include "machine/mmu.h"

#define BACKTRACE_DEPTH 32
#define GUESS_BYTES 512 /* so far a return address is looked for */
#define KSTACK_AREA (1UL << 44) /* KSTACK_BASE up to DEVICE_BASE */

extern const char kernel_start[], kernel_end[], text_start[], text_end[]; /* kernel.ld */
extern const char entry_text_end[]; /* .text.entry is from text_start to here */

static bool is_kernel_text(u64 address)
{
	return address >= (u64)text_start && address < (u64)text_end;
}

static bool is_way_in(u64 address)
{
	return address >= (u64)text_start && address < (u64)entry_text_end;
}

/* A stack is in the kernel image (IST, boot), a kernel stack, or the loader's (direct map). */
static bool is_stack_word(u64 address)
{
	if (address & 7)
		return false;
	if (!(address >= (u64)kernel_start && address < (u64)kernel_end) &&
	    !(address >= KSTACK_BASE && address < KSTACK_BASE + KSTACK_AREA) &&
	    !(address >= DIRECT_MAP_BASE && address < KSTACK_BASE))
		return false;
	return mmu_lookup(address) != 0;
}

/* The word at @address goes to *@word, if it is one of a stack. */
static bool load_word(u64 address, u64 *word)
{
	if (!is_stack_word(address))
		return false;
	*word = *(const u64 *)address;
	return true;
}

/* To what the trap interrupted whose frame is next on the stack. */
static bool step_over_trap(struct backtrace_place *p)
{
	const struct trap_frame *f = (const void *)p->rsp;

	if (!is_stack_word((u64)f) || !is_stack_word((u64)(f + 1) - 8))
		return false;
	*p = backtrace_of_trap(f);
	return is_kernel_text(p->rip);
}

/* To the next word that looks like a return address. */
static bool step_by_guess(struct backtrace_place *p)
{
	u64 end = p->rsp + GUESS_BYTES;

	p->called = true;
	while (p->rsp < end && load_word(p->rsp, &p->rip)) {
		p->rsp += 8;
		if (is_kernel_text(p->rip))
			return true;
	}
	return false;
}

bool backtrace_step(struct backtrace_place *p)
{
	const struct symbol_frame *f = symbols_find_frame(p->rip - p->called);
	u64 top;

	if (is_way_in(p->rip))
		return p->rip == (u64)return_to_kernel && step_over_trap(p);
	if (!f)
		return step_by_guess(p);
	top = (f->by_rbp ? p->rbp : p->rsp) + f->bytes;
	if (top <= p->rsp || (f->rbp_at && !load_word(top - f->rbp_at, &p->rbp)) ||
	    !load_word(top - 8, &p->rip))
		return false;
	p->rsp = top;
	p->called = true;
	return is_kernel_text(p->rip);
}

u32 backtrace_collect(struct backtrace_place p, u64 *addresses, u32 max)
{
	u32 n = 0;

	do
		addresses[n++] = p.rip;
	while (n < max && backtrace_step(&p));
	return n;
}

void backtrace_print_list(const u64 *addresses, u32 count, bool called)
{
	char where[128];

	for (u32 i = 0; i < count; i++) {
		symbols_describe(addresses[i] - (called || i > 0), where, sizeof(where));
		log_raw_printf("  0x%lx %s\n", addresses[i], where);
	}
}

void backtrace_print(struct backtrace_place p)
{
	u64 addresses[BACKTRACE_DEPTH];
	u32 n = backtrace_collect(p, addresses, BACKTRACE_DEPTH);

	backtrace_print_list(addresses, n, p.called);
}
