/* SPDX-License-Identifier: ISC */
/*
 * A thread's machine state: making it, and the switch (Figure 6.3). The order in
 * context_switch_raw() matters: the user's state goes first, then tables, then the stack.
 * Runs with interrupts off, on the CPU it concerns.
 */
#include "x86/x86.h"

#include "base/mutants.h"
#include "base/panic.h"
#include "lib/string.h"
#include "x86/breakpoints.h"
#include "x86/fpu.h"

struct switch_frame { /* what switch_stacks pops */
	u64 rbp, rip;
};

struct start_frame { /* and what trap_thread_start pops */
	struct switch_frame s;
	u64 fn, arg;
};

void context_init(struct context *c, void (*fn)(void *), void *arg)
{
	struct start_frame *f = (struct start_frame *)context_frame(c) - 1;

	*f = (struct start_frame){ { 0, (u64)trap_thread_start }, (u64)fn, (u64)arg };
	c->rsp = (u64)f;
}

void context_init_user(struct context *c)
{
	struct switch_frame *f = (struct switch_frame *)context_frame(c) - 1;

	*f = (struct switch_frame){ 0, (u64)trap_thread_start_user };
	c->rsp = (u64)f;
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

/* A program may load any selector that the GDT allows it; another one must not see it. */
static void load_selectors(const struct context *c)
{
	__asm__ volatile("mov %0, %%ds\n\tmov %1, %%es\n\tmov %2, %%fs" ::"r"((u32)c->ds),
			 "r"((u32)c->es), "r"((u32)c->fs));
	/* Loading GS writes the base that is in force: let that be the user's. */
	__asm__ volatile("swapgs\n\tmov %0, %%gs\n\tswapgs" ::"r"((u32)c->gs) : "memory");
}

bool context_selector_ok(u64 selector)
{
	return selector == 0 || selector == 3 || selector == USER_SS || selector == USER_CS ||
	       selector == USER_CS32;
}

static void save_selectors(struct context *c)
{
	__asm__ volatile("mov %%ds, %0" : "=m"(c->ds));
	__asm__ volatile("mov %%es, %0" : "=m"(c->es));
	__asm__ volatile("mov %%fs, %0" : "=m"(c->fs));
	__asm__ volatile("mov %%gs, %0" : "=m"(c->gs));
}

/* With FSGSBASE a program changes its bases without asking: read them back. */
static inline void save_bases(struct context *c, bool lean)
{
	save_selectors(c);
	if (lean || cpu_features.fsgsbase) {
		c->fs_base = fs_base_read();
		c->gs_base = user_gs_base_read();
	}
}

static inline void load_bases(const struct context *prev, const struct context *next, bool lean)
{
	/* What is in the registers is @prev's, or unknown after a kernel thread. */
	bool all = !lean && !prev->user_thread;

	if (all || unlikely(prev->selectors | next->selectors)) {
		load_selectors(next);
		all = true; /* a selector brings a base of its own */
	}
	if (lean || cpu_features.fsgsbase) {
		fs_base_write(next->fs_base);
		if (all || prev->gs_base != next->gs_base)
			user_gs_base_write(next->gs_base);
		return;
	}
	if (all || prev->fs_base != next->fs_base)
		msr_write(MSR_FS_BASE, next->fs_base);
	if (all || prev->gs_base != next->gs_base)
		msr_write(MSR_KERNEL_GS_BASE, next->gs_base);
}

/* What is the user's. @lean: of both (context.lean). */
static inline __attribute__((always_inline)) void switch_user(struct cpu *cpu, struct context *prev,
							      struct context *next, bool lean)
{
	if (lean || prev->user_thread)
		fpu_save(prev->fpu, lean);
	if (lean || next->user_thread)
		fpu_load(next->fpu, lean);
	if (lean || prev->user_thread)
		save_bases(prev, lean);
	if (!lean && unlikely(prev->breakpoints || next->breakpoints))
		breakpoints_load(next);
	if (next->mmu != cpu->mmu && next->mmu)
		mmu_switch(cpu, next->mmu);
	if (lean || next->user_thread)
		load_bases(prev, next, lean);
}

/* From here on everything is @next's; returns when @prev is switched to. */
static inline void switch_kernel(struct x86_cpu *x, struct context *prev, struct context *next)
{
	x->cpu.current = (struct thread *)next;
	x->cpu.frame = context_frame(next);
	if (!MUTANT(rsp0))
		x->tss.rsp[0] = (u64)next;
	switch_stacks(prev, next);
}

/* Apart, so that the lean switch saves no register for the calls in this one. */
static __attribute__((noinline)) void switch_any(struct x86_cpu *x, struct context *prev,
						 struct context *next)
{
	switch_user(&x->cpu, prev, next, false);
	switch_kernel(x, prev, next);
}

void context_switch_raw(struct context *prev, struct context *next)
{
	struct x86_cpu *x = x86_this();

	assert(!irq_enabled());
	if (likely(prev->lean & next->lean)) {
		switch_user(&x->cpu, prev, next, true);
		switch_kernel(x, prev, next);
	} else {
		switch_any(x, prev, next);
	}
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

void context_copy_user(struct context *to, struct context *current)
{
	u64 flags = irq_save();

	fpu_save_current(current);
	save_bases(current, false);
	irq_restore(flags);
	memcpy(to->fpu, current->fpu, fpu_area_bytes());
	to->fs_base = current->fs_base;
	to->gs_base = current->gs_base;
	to->selectors = current->selectors;
}

void context_reset_user(struct context *c)
{
	u64 flags = irq_save();

	c->selectors = 0;
	load_selectors(c);
	irq_restore(flags);
	context_set_fs_base(c, 0);
	context_set_gs_base(c, 0);
	fpu_area_init(c->fpu);
	fpu_load_area(c->fpu);
}

void context_load_mmu(struct context *c, struct mmu *m)
{
	u64 flags = irq_save();

	c->mmu = m;
	if (cpu_this()->mmu != m)
		mmu_switch(cpu_this(), m);
	irq_restore(flags);
}
