/* SPDX-License-Identifier: ISC */
/*
 * The debug registers (SDM vol. 3, 18.2). DR7 of a CPU is 0 unless a thread with breakpoints runs there.
 * Such a thread is not `lean`, so the lean switch never meets it and costs nothing for it.
 * Every enabled breakpoint lies in the user half and is no port's: the kernel's code cannot be stopped,
 * and its accesses to user memory only trap on the stack of debug traps, which ignores them.
 */
#include "x86/breakpoints.h"

#include "abi/errno.h"
#include "x86/x86.h"

#define DR6_INACTIVE 0xffff0ff0UL /* bits that read as one, or are one while nothing happened */
#define DR7_FIXED (1UL << 10)
#define DR7_EXACT (3UL << 8) /* LE and GE: asked for by the SDM, ignored by today's processors */

enum kind { KIND_EXECUTE, KIND_WRITE, KIND_PORT, KIND_ACCESS };

static inline bool enabled(u64 control, u32 n)
{
	return control >> (2 * n) & 3;
}

static inline enum kind kind_of(u64 control, u32 n)
{
	return control >> (16 + 4 * n) & 3;
}

static inline u64 bytes_of(u64 control, u32 n)
{
	static const u8 bytes[] = { 1, 2, 8, 4 };

	return bytes[control >> (18 + 4 * n) & 3];
}

static u64 loadable(u64 control)
{
	u64 mask = 0;

	for (u32 n = 0; n < BREAKPOINTS; n++)
		if (enabled(control, n))
			mask |= 3UL << (2 * n) | 0xfUL << (16 + 4 * n);
	return mask ? (control & mask) | DR7_FIXED | DR7_EXACT : DR7_FIXED;
}

void breakpoints_load(const struct context *next)
{
	const struct breakpoints *b = next->breakpoints;

	dr7_write(DR7_FIXED); /* no old one with a new address */
	if (!b)
		return;
	dr0_write(b->address[0]);
	dr1_write(b->address[1]);
	dr2_write(b->address[2]);
	dr3_write(b->address[3]);
	dr7_write(loadable(b->control));
}

void breakpoints_init_cpu(void)
{
	dr7_write(DR7_FIXED);
	dr6_write(DR6_INACTIVE);
}

/* DR6 may also name breakpoints that are not enabled. */
static u32 hits(const struct breakpoints *b, u64 status)
{
	u32 mask = 0;

	for (u32 n = 0; b && n < BREAKPOINTS; n++)
		if (enabled(b->control, n))
			mask |= 1u << n;
	return (u32)status & mask;
}

void breakpoints_ignore(void)
{
	dr6_write(DR6_INACTIVE);
}

/* At a breakpoint the instruction has not run yet (a fault), after an access it has (a trap). */
void breakpoints_trapped(struct context *c, struct trap_frame *f)
{
	const struct breakpoints *b = c->breakpoints;
	u64 status = dr6_read();

	dr6_write(DR6_INACTIVE);
	c->debug_status = (status & DR6_STEP) | hits(b, status);
	for (u32 n = 0; n < BREAKPOINTS; n++)
		if ((c->debug_status >> n & 1) && kind_of(b->control, n) == KIND_EXECUTE)
			f->rflags |= RFLAGS_RF;
}

static bool acceptable(const struct breakpoints *b, u32 n)
{
	u64 bytes = bytes_of(b->control, n);

	if (!b->address[n] && !enabled(b->control, n))
		return true; /* not in use */
	if (b->address[n] >= USER_END || (b->address[n] & (bytes - 1)))
		return false;
	switch (kind_of(b->control, n)) {
	case KIND_EXECUTE: return bytes == 1;
	case KIND_PORT: return false;
	default: return true;
	}
}

static int set(struct breakpoints *b, u32 n, u64 value)
{
	struct breakpoints new = *b;

	if (n == DR_CONTROL)
		new.control = value;
	else
		new.address[n] = value;
	for (u32 i = 0; i < BREAKPOINTS; i++)
		if (!acceptable(&new, i))
			return -EINVAL;
	*b = new;
	return 0;
}

void breakpoints_give(struct context *c, struct breakpoints *b)
{
	c->breakpoints = b;
	c->lean = false;
}

int breakpoints_poke(struct context *c, u32 n, u64 value)
{
	if (n == DR_STATUS) {
		c->debug_status = (u32)(value ^ DR6_INACTIVE);
		return 0;
	}
	if (n >= BREAKPOINTS && n != DR_CONTROL)
		return -EIO;
	return c->breakpoints ? set(c->breakpoints, n, value) : 0;
}

u64 breakpoints_peek(const struct context *c, u32 n)
{
	if (n == DR_STATUS)
		return c->debug_status ^ DR6_INACTIVE;
	if (!c->breakpoints)
		return 0;
	if (n == DR_CONTROL)
		return c->breakpoints->control;
	return n < BREAKPOINTS ? c->breakpoints->address[n] : 0;
}

struct breakpoints *breakpoints_drop(struct context *c)
{
	struct breakpoints *b = c->breakpoints;
	u64 flags;

	if (likely(!b))
		return NULL;
	flags = irq_save();
	c->breakpoints = NULL;
	c->lean = cpu_features.lean_switch;
	breakpoints_load(c);
	irq_restore(flags);
	return b;
}
