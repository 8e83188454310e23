/* SPDX-License-Identifier: ISC */
/*
 * The processor that runs this code: its per-CPU area, interrupt flag and small instructions.
 *
 * In the kernel GS points at this CPU's struct cpu (swapgs on the way in and out).
 * Invariant: a field of struct cpu is touched only by its own CPU (but peeks, which others read), with
 * interrupts off where an interrupt handler touches it too.
 */
#pragma once

#include "lib/types.h"

#define MAX_CPUS 64
#define PAGE_SIZE 4096UL
#define PAGE_SHIFT 12

struct thread;
struct trap_frame;

struct cpu {
	struct cpu *self; /* at gs:0 */
	struct thread *current; /* its address is also the top of its kernel stack (RSP0) */
	struct trap_frame *frame; /* below it: its user registers, where a system call puts them */
	u64 user_rsp; /* scratch of the system call entry */
	u32 id; /* 0 … cpu_count - 1 */
	u32 apic_id;
	u32 irq_depth; /* > 0: inside an interrupt handler */
	u32 lock_depth; /* spinlocks held (debug builds) */
	struct mmu *mmu; /* address space whose tables are loaded; NULL: the kernel's own; a peek */
	struct thread *idle;
	struct run_queue *queue; /* sched's */
	struct frame_cache *frames; /* [i] mm's, as the next */
	struct magazine *magazines; /* [i] */
	u64 irq_count, fault_count, syscall_count; /* statistics */
	u64 irqs_off_since; /* TSC; 0: not known (debug builds, as the next) */
	u64 irqs_off_max, irqs_off_where; /* longest so far, ticks, and the code that ended it */
	/* Odd while it looks at objects without a lock (base/peek.h); read by others, so apart. */
	u32 peeks __attribute__((aligned(64)));
};

static inline struct cpu *cpu_this(void)
{
	struct cpu *c;

	/* Not volatile-cached across a switch: a thread may wake on another CPU. */
	__asm__ volatile("mov %%gs:0, %0" : "=r"(c));
	return c;
}

/* Two of its fields, each in one step. Not cached either. */
static inline u32 cpu_id(void)
{
	u32 id;

	__asm__ volatile("mov %%gs:%c1, %0" : "=r"(id) : "i"(offsetof(struct cpu, id)));
	return id;
}

static inline struct run_queue *cpu_queue(void)
{
	struct run_queue *q;

	__asm__ volatile("mov %%gs:%c1, %0" : "=r"(q) : "i"(offsetof(struct cpu, queue)));
	return q;
}

static inline struct thread *thread_current(void)
{
	struct thread *t;

	/* Not volatile: the answer is the same wherever this thread runs. */
	__asm__("mov %%gs:8, %0" : "=r"(t));
	return t;
}

static inline u64 tsc_read(void)
{
	u64 lo, hi; /* it clears the upper half of both */

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return hi << 32 | lo;
}

/*
 * Debug builds measure how long interrupts stay off, from irq_save() to irq_restore() and in
 * handlers; what the entry code alone keeps off is a few instructions.
 */
#ifdef DEBUG
void irqs_off_longest(u64 ticks); /* base/latency.c */

static inline void irqs_off_begin(void)
{
	cpu_this()->irqs_off_since = tsc_read();
}

static inline void irqs_off_end(void)
{
	struct cpu *c = cpu_this();
	u64 ticks = tsc_read() - c->irqs_off_since;

	if (c->irqs_off_since && ticks > c->irqs_off_max)
		irqs_off_longest(ticks);
	c->irqs_off_since = 0;
}
#else
static inline void irqs_off_begin(void)
{
}
static inline void irqs_off_end(void)
{
}
#endif

/* Turns interrupts off; returns the old RFLAGS for irq_restore(). */
static inline u64 irq_save(void)
{
	u64 flags;

	__asm__ volatile("pushfq; popq %0; cli" : "=r"(flags)::"memory");
	if (flags & 0x200)
		irqs_off_begin();
	return flags;
}

static inline void irq_restore(u64 flags)
{
	if (flags & 0x200) {
		irqs_off_end();
		__asm__ volatile("sti" ::: "memory");
	}
}

static inline void irq_enable(void)
{
	__asm__ volatile("sti" ::: "memory");
}

static inline void irq_disable(void)
{
	__asm__ volatile("cli" ::: "memory");
}

static inline bool irq_enabled(void)
{
	u64 flags;

	__asm__ volatile("pushfq; popq %0" : "=r"(flags));
	return flags & 0x200;
}

static inline void cpu_relax(void)
{
	__asm__ volatile("pause" ::: "memory");
}

/*
 * Enables interrupts and halts until one comes. STI holds interrupts back for one
 * instruction, so none is lost between the two (SDM vol. 2, STI).
 */
static inline void cpu_idle_wait(void)
{
	__asm__ volatile("sti; hlt" ::: "memory");
}

/* CPUs that run, 1 … MAX_CPUS, and each one's area (NULL: not there). */
extern u32 cpu_count;
extern struct cpu *cpus[MAX_CPUS];

/* What the processor can do, found once at boot. Read-only afterwards. */
struct cpu_features {
	bool nx, smep, smap, umip, pge, pcid, invpcid, fsgsbase, gib_pages;
	bool xsave, xsaveopt, xsavec, x2apic, tsc_deadline, invariant_tsc, rdrand, rdseed;
	bool hypervisor;
	bool lean_switch; /* XSAVEOPT and FSGSBASE: the switch asks for neither */
	u32 xsave_bytes; /* of the enabled components; 512 with FXSAVE only */
	u64 xcr0;
	u32 hwcap; /* CPUID.1:EDX, for AT_HWCAP */
	char vendor[13];
	char brand[49];
};
extern struct cpu_features cpu_features;

/* Brings up the boot CPU: features, control registers, GDT, IDT, TSS, per-CPU area. Once. */
void machine_init_early(void);
