/* SPDX-License-Identifier: ISC */
/*
 * Loaded page tables and translation caches, on several CPUs (SDM vol. 3, 4.10.4 and 4.10.5).
 *
 * Two masks a struct mmu, both atomic: `loaded` has the CPUs whose CR3 is these tables or was lately,
 * `trusted` those of them whose entries under its PCID are still good, so that they need no flush when
 * they load it again (without PCIDs each load flushes, and nothing depends on it). A shootdown asks the
 * loaded ones by interrupt and takes the trust of all:
 *
 *	shootdown (CPU 0)			load (CPU 1)
 *	clear the leaf				trusted has own bit?
 *	trusted &= own bit   ------------	    yes: load CR3, keep entries
 *	read loaded: ask those			    no: loaded |= own bit, trusted |= own bit,
 *						        load CR3, drop entries
 *
 * CPU 1 that comes with trust is in `loaded` from before, so it is asked if its look at `trusted` came
 * first: the interrupt, which a load keeps off, comes after it and flushes. Else it sees its trust gone.
 * CPU 1 without trust writes `loaded` (a locked instruction, as CPU 0's) before it loads: so either CPU 0
 * sees it there and its handler flushes, or CPU 1 loads CR3 after the leaf was cleared.
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
#include "machine/rarely.h"
#include "machine/upcalls.h"
#include "x86/irq.h"

#define FLUSH_SINGLE_MAX (32 * PAGE_SIZE) /* a longer span: drop the whole context */

void mmu_flush_local(u64 va)
{
	invlpg(va);
}

/* INVLPG forgets the tables above as well, all of them (SDM vol. 3, 4.10.4.1). */
static void flush_span(const struct mmu_flush *f)
{
	u64 va = f->start;

	if (f->end - va > FLUSH_SINGLE_MAX) {
		cr3_write(mmu_fresh_root(f->mmu));
		return;
	}
	do {
		invlpg(va);
		va += PAGE_SIZE;
	} while (va < f->end);
}

/* On a CPU that was seen to have the tables loaded; it may have left them since. */
static void flush_asked(void *arg)
{
	struct mmu_flush *f = arg;
	struct cpu *cpu = cpu_this();
	bool loaded = cpu->mmu == f->mmu;
	u64 bit = 1UL << cpu->id;

	irq_note_shootdown();
	if (loaded && ((struct context *)cpu->current)->mmu != f->mmu) {
		mmu_switch(cpu, NULL);
		loaded = false;
	}
	if (!loaded) {
		__atomic_and_fetch(&f->mmu->trusted, ~bit, __ATOMIC_SEQ_CST); /* first */
		__atomic_and_fetch(&f->mmu->loaded, ~bit, __ATOMIC_SEQ_CST);
		return;
	}
	flush_span(f);
	__atomic_or_fetch(&f->mmu->trusted, bit, __ATOMIC_SEQ_CST);
}

static RARE void ask(struct mmu_flush *f, u64 others)
{
	smp_call(others, flush_asked, f);
}

/* Nobody's caches lead there any more. */
static RARE void free_tables(struct mmu_flush *f)
{
	while (f->tables) {
		u64 table = f->tables;

		f->tables = *(u64 *)phys_to_virt(table);
		upcall_table_free(table);
	}
}

/*
 * Interrupts may be on: whether this CPU has the tables loaded is only changed by a switch, by a shootdown
 * of the same tables and by their end, and none of the three can happen here.
 */
void mmu_flush_perform(struct mmu_flush *f)
{
	struct cpu *cpu = cpu_this();
	u64 bit = 1UL << cpu->id, own = cpu->mmu == f->mmu ? bit : 0, others;

	__atomic_and_fetch(&f->mmu->trusted, own, __ATOMIC_SEQ_CST);
	others = __atomic_load_n(&f->mmu->loaded, __ATOMIC_SEQ_CST) & ~bit;
	if (own)
		flush_span(f);
	if (unlikely(others) && !MUTANT(shootdown))
		call_rarely2(ask, f, others);
	if (unlikely(f->tables))
		call_rarely(free_tables, f);
}

void mmu_flush_here(const struct mmu_flush *f)
{
	if (f->end && cpu_this()->mmu == f->mmu)
		flush_span(f);
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
