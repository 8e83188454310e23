/* SPDX-License-Identifier: ISC */
/*
 * Loaded page tables and translation caches, on several CPUs (SDM vol. 3, 4.10.4 and 4.10.5).
 *
 * Two masks a struct mmu, both atomic: `loaded` has the CPUs whose CR3 is these tables or was lately,
 * `trusted` those whose entries under its PCID are still good, so that they need no flush when they
 * load it again. A shootdown asks the loaded ones by interrupt and takes the trust of the rest:
 *
 *	shootdown (CPU 0)			load (CPU 1)
 *	clear the leaf				loaded |= own bit, if it is not there
 *	trusted &= own bit   --------+		trusted has own bit?
 *	read loaded: ask those       |		    yes: load CR3, keep entries
 *	                             +---	    no: set it, load CR3, drop entries
 *
 * Each side writes its word before it reads the other's (both are locked instructions). So
 * either CPU 0 sees CPU 1 in `loaded` and its handler flushes there, or CPU 1 comes after and
 * sees its trust gone, or, having had none, loads CR3 after the leaf was cleared. With a
 * flush first and the mask read before it, both could miss each other. Where CPU 1 has its bit from
 * before, it is asked: the interrupt, which a load keeps off, comes after it and flushes, or before it
 * and takes the bit away.
 *
 * So a CPU's bit in `loaded` goes only when it is asked and has other tables by then: processes that
 * take turns write no mask. And a CPU whose thread needs no user half keeps the last one's tables loaded
 * (a switch to a kernel thread and back costs nothing) until the first shootdown, or the tables' end,
 * makes it leave them. In either case it is asked at most once.
 *
 * Loading is mmu_switch() in x86.h. Changes of one mmu, and so its shootdowns, exclude each other (mmu.h); loads do not.
 */
#include "x86/smp.h"

#include "base/mutants.h"
#include "machine/upcalls.h"
#include "x86/irq.h"

#define FLUSH_SINGLE_MAX 32 /* more pages than this: drop the whole context */

void mmu_flush_local(u64 va)
{
	invlpg(va);
}

/* INVLPG forgets the tables above as well, all of them (SDM vol. 3, 4.10.4.1). */
static void flush_span(const struct mmu_flush *f)
{
	if (f->pages > FLUSH_SINGLE_MAX || f->end - f->start > FLUSH_SINGLE_MAX * PAGE_SIZE) {
		cr3_write(f->mmu->root | f->mmu->asid);
		return;
	}
	for (u64 va = f->start; va < f->end; va += PAGE_SIZE)
		invlpg(va);
}

/* On a CPU that was seen to have the tables loaded; it may have left them since. */
static void flush_asked(void *arg)
{
	struct mmu_flush *f = arg;
	struct cpu *cpu = cpu_this();
	bool loaded = cpu->mmu == f->mmu;

	irq_note_shootdown();
	if (loaded && ((struct context *)cpu->current)->mmu != f->mmu) {
		mmu_switch(cpu, NULL);
		loaded = false;
	}
	if (!loaded) {
		__atomic_and_fetch(&f->mmu->loaded, ~(1UL << cpu->id), __ATOMIC_SEQ_CST);
		return;
	}
	flush_span(f);
	if (f->mmu->asid)
		__atomic_or_fetch(&f->mmu->trusted, 1UL << cpu->id, __ATOMIC_SEQ_CST);
}

/* Nobody's caches lead there any more. */
static void free_tables(struct mmu_flush *f)
{
	while (f->tables) {
		u64 table = f->tables;

		f->tables = *(u64 *)phys_to_virt(table);
		upcall_table_free(table);
	}
}

void mmu_flush_done(struct mmu_flush *f)
{
	u64 flags, bit, own, others;
	struct cpu *cpu;

	if (f->start >= f->end)
		return;
	flags = irq_save();
	cpu = cpu_this();
	bit = 1UL << cpu->id;
	own = cpu->mmu == f->mmu ? bit : 0;
	__atomic_and_fetch(&f->mmu->trusted, own, __ATOMIC_SEQ_CST);
	others = __atomic_load_n(&f->mmu->loaded, __ATOMIC_SEQ_CST) & ~bit;
	if (own)
		flush_span(f);
	if (unlikely(others) && !MUTANT(shootdown))
		smp_call(others, flush_asked, f);
	irq_restore(flags);
	free_tables(f);
	mmu_flush_init(f, f->mmu);
}

static void leave(void *arg)
{
	struct cpu *cpu = cpu_this();

	if (cpu->mmu == arg)
		mmu_switch(cpu, NULL);
}

/* Those who have left it for other tables, and nobody comes any more, need not be asked. */
static u64 still_there(const struct mmu *m)
{
	u64 there = 0;

	for (u64 left = __atomic_load_n(&m->loaded, __ATOMIC_SEQ_CST); left; left &= left - 1)
		if (READ_ONCE(cpus[__builtin_ctzl(left)]->mmu) == m)
			there |= left & -left;
	return there;
}

void mmu_leave_all(struct mmu *m)
{
	u64 there = still_there(m);

	if (there)
		smp_call(there, leave, m);
	__atomic_store_n(&m->loaded, 0, __ATOMIC_RELEASE);
}

static void flush_kernel_here(void *arg)
{
	u64 cr4 = cr4_read();

	(void)arg;
	irq_note_shootdown();
	cr4_write(cr4 & ~(u64)CR4_PGE); /* drops global translations too */
	cr3_write(cr3_read());
	cr4_write(cr4);
}

void mmu_flush_kernel(void)
{
	smp_call(cpu_online_mask(), flush_kernel_here, NULL);
}
