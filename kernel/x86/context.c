/* SPDX-License-Identifier: ISC */
/*
 * A thread's machine state: making it, and the switch (Figure 6.3). The order in
 * context_switch() matters: the user's state goes first, then tables, then the stack.
 * Runs with interrupts off, on the CPU it concerns.
 */
#include "x86/x86.h"

#include "base/mutants.h"
#include "base/panic.h"
#include "lib/string.h"

struct switch_frame { /* what switch_stacks pops */
	u64 r15, r14, r13, r12, rbx, rbp, rip;
};

static struct switch_frame *push_switch_frame(struct context *c)
{
	struct switch_frame *s = (struct switch_frame *)context_frame(c) - 1;

	memset(s, 0, sizeof(*s));
	c->rsp = (u64)s;
	return s;
}

void context_init(struct context *c, void (*fn)(void *), void *arg)
{
	struct switch_frame *s = push_switch_frame(c);

	s->r12 = (u64)fn;
	s->r13 = (u64)arg;
	s->rip = (u64)trap_thread_start;
}

void context_init_user(struct context *c)
{
	push_switch_frame(c)->rip = (u64)trap_thread_start_user;
}

static inline u64 fs_base_read(void)
{
	u64 v;

	__asm__ volatile("rdfsbase %0" : "=r"(v));
	return v;
}

static inline void fs_base_write(u64 v)
{
	__asm__ volatile("wrfsbase %0" ::"r"(v));
}

/* The user's GS base waits in KERNEL_GS_BASE while we are here. Interrupts off; an NMI in
 * between finds its way by itself (traps.asm). */
static inline u64 user_gs_base_read(void)
{
	u64 v;

	__asm__ volatile("swapgs; rdgsbase %0; swapgs" : "=r"(v));
	return v;
}

static inline void user_gs_base_write(u64 v)
{
	__asm__ volatile("swapgs; wrgsbase %0; swapgs" ::"r"(v) : "memory");
}

/* With FSGSBASE a program changes its bases without asking: read them back. */
static void save_bases(struct context *c)
{
	if (cpu_features.fsgsbase) {
		c->fs_base = fs_base_read();
		c->gs_base = user_gs_base_read();
	}
}

static void load_bases(const struct context *prev, const struct context *next)
{
	if (cpu_features.fsgsbase) {
		fs_base_write(next->fs_base);
		if (!prev->user_thread || prev->gs_base != next->gs_base)
			user_gs_base_write(next->gs_base);
		return;
	}
	if (!prev->user_thread || prev->fs_base != next->fs_base)
		msr_write(MSR_FS_BASE, next->fs_base);
	if (!prev->user_thread || prev->gs_base != next->gs_base)
		msr_write(MSR_KERNEL_GS_BASE, next->gs_base);
}

void context_switch(struct context *prev, struct context *next)
{
	struct x86_cpu *x = x86_this();

	assert(!irq_enabled());
	if (prev->user_thread) {
		fpu_save_current(prev);
		save_bases(prev);
	}
	if (next->mmu && next->mmu != x->cpu.mmu)
		mmu_switch(&x->cpu, next->mmu);
	if (next->user_thread) {
		fpu_load_current(next);
		load_bases(prev, next);
	}
	x->cpu.current = (struct thread *)next;
	if (!MUTANT(rsp0))
		x->tss.rsp[0] = (u64)next;
	switch_stacks(prev, next);
}

void context_set_fs_base(struct context *c, u64 base)
{
	c->fs_base = base;
	if (cpu_features.fsgsbase)
		fs_base_write(base);
	else
		msr_write(MSR_FS_BASE, base);
}

void context_set_gs_base(struct context *c, u64 base)
{
	u64 flags = irq_save();

	c->gs_base = base;
	msr_write(MSR_KERNEL_GS_BASE, base);
	irq_restore(flags);
}

u64 context_get_fs_base(struct context *c)
{
	return cpu_features.fsgsbase ? fs_base_read() : c->fs_base;
}

u64 context_get_gs_base(struct context *c)
{
	u64 flags = irq_save();
	u64 base = cpu_features.fsgsbase ? user_gs_base_read() : c->gs_base;

	irq_restore(flags);
	return base;
}

void context_load_mmu(struct context *c, struct mmu *m)
{
	u64 flags = irq_save();

	c->mmu = m;
	mmu_switch(cpu_this(), m);
	irq_restore(flags);
}
