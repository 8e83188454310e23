/* SPDX-License-Identifier: ISC */
/*
 * Shootdowns: what one CPU unmaps is gone on all others before its page is used again, and
 * tables that end are left by all CPUs that have them loaded.
 */
#include "base/ktest.h"
#include "machine/clock.h"
#include "machine/mmu.h"
#include "machine/smp.h"
#include "machine/upcalls.h"
#include "machine/usercopy.h"
#include "sched/sched.h"

#define PROBE 0x10000000UL
#define SPREAD (1UL << 30) /* each probe has a page table of its own */
#define ROUNDS 20u
#define OLD 0x01d01d01u
#define NEW 0x3e33e33eu
#define PATIENCE (20 * NSEC_PER_SEC)

static struct mmu shared;
static u32 readers; /* atomic: threads that read the page */
static u32 gone; /* atomic: threads that have met the fault */
static u32 wrong; /* atomic: threads that saw what came after */

/* Reads in the shared tables until the page is gone. */
static void read_until_gone(void *arg)
{
	bool counted = false;
	u32 value;

	context_load_mmu(&thread_current()->ctx, &shared);
	while (user_read_u32(&value, (u64)arg) == 0) {
		if (value != OLD) {
			__atomic_add_fetch(&wrong, 1, __ATOMIC_SEQ_CST);
			break;
		}
		if (!counted)
			__atomic_add_fetch(&readers, 1, __ATOMIC_SEQ_CST);
		counted = true;
	}
	/* The tables stay loaded: whoever ends them must take them away. */
	thread_current()->ctx.mmu = NULL;
	__atomic_add_fetch(&gone, 1, __ATOMIC_SEQ_CST);
}

static bool wait_for(const u32 *value, u32 wanted)
{
	u64 begin = clock_ns();

	while (__atomic_load_n(value, __ATOMIC_SEQ_CST) != wanted) {
		if (clock_ns() - begin > PATIENCE)
			return false;
		cpu_relax();
	}
	return true;
}

static void flush_page(u64 va)
{
	struct mmu_flush f;

	mmu_flush_init(&f, &shared);
	mmu_flush_add(&f, va);
	mmu_flush_done(&f);
}

static void one_round(u64 va, u64 phys)
{
	pte_t *slot = mmu_slot(&shared, va, true);
	u32 *page = phys_to_virt(phys), started = 0;
	struct mmu_flush f;

	KREQUIRE(slot);
	readers = gone = 0;
	__atomic_store_n(page, OLD, __ATOMIC_SEQ_CST);
	WRITE_ONCE(*slot, pte_user(phys, MMU_READ));
	for (u32 i = 0; i < cpu_count; i++)
		if (i != cpu_id())
			started +=
				kthread_start_on(i, "reader", read_until_gone, (void *)va) != NULL;
	KEXPECT(wait_for(&readers, started));
	WRITE_ONCE(*slot, 0);
	flush_page(va);
	__atomic_store_n(page, NEW, __ATOMIC_SEQ_CST);
	KEXPECT(wait_for(&gone, started));
	mmu_flush_init(&f, &shared);
	mmu_prune(&f, va, va + SPREAD);
	mmu_flush_done(&f);
}

KTEST(shootdown_reaches_all_cpus, 1000)
{
	u64 phys = upcall_table_alloc(NULL);

	KREQUIRE(phys && mmu_create(&shared) == 0);
	wrong = 0;
	for (u32 i = 0; i < ROUNDS; i++)
		one_round(PROBE + (u64)(i % 4) * SPREAD, phys);
	KEXPECT_EQ(wrong, 0);
	mmu_destroy(&shared);
	KEXPECT_EQ(shared.loaded, 0);
	upcall_table_free(phys);
}
