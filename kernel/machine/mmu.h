/* SPDX-License-Identifier: ISC */
/*
 * Page tables: a cache of what vm knows, thrown away at will (4 levels, SDM vol. 3, 4.5).
 *
 * A struct mmu is one user half; the kernel half is shared by all. Locks: the owner of the
 * struct mmu serialises changes (vm: the space's lock); kernel mappings have their own.
 * A change that takes rights away is not finished before mmu_flush_done(): pages may be
 * freed only after it.
 */
#pragma once

#include "lib/list.h"
#include "machine/cpu.h"
#include "boot_info.h"

typedef u64 pte_t;

#define PTE_PRESENT (1UL << 0)
#define PTE_WRITE (1UL << 1)
#define PTE_USER (1UL << 2)
#define PTE_WRITE_THROUGH (1UL << 3) /* with the PAT set by x86: write combining */
#define PTE_NO_CACHE (1UL << 4)
#define PTE_ACCESSED (1UL << 5)
#define PTE_DIRTY (1UL << 6)
#define PTE_HUGE (1UL << 7)
#define PTE_GLOBAL (1UL << 8)
#define PTE_NX (1UL << 63)
#define PTE_ADDRESS 0x000ffffffffff000UL

/* What a mapping allows; the same bits as PROT_* of the ABI. */
#define MMU_READ 1u
#define MMU_WRITE 2u
#define MMU_EXEC 4u

struct mmu {
	u64 root; /* physical address of the PML4 */
	u32 asid; /* PCID, 0: has none, every load flushes */
	struct list tables; /* the pages of all its tables, for upcalls.h */
	u32 table_count; /* their number */
	u64 loaded; /* CPUs that have it loaded; atomic, this and the next: see x86/tlb.c */
	u64 trusted; /* those of them whose TLB may be trusted for it */
	u64 trusted_root; /* root and asid as such a CPU loads them */
};

/* The kernel's virtual areas (beside DIRECT_MAP_BASE and KERNEL_BASE of boot_info.h). */
#define KSTACK_BASE 0xffffc00000000000UL /* kernel stacks with guard pages */
#define DEVICE_BASE 0xffffd00000000000UL /* device_map() */

static inline void *phys_to_virt(u64 phys)
{
	return (void *)(phys + DIRECT_MAP_BASE);
}

/* Only for addresses in the direct map. */
static inline u64 virt_to_phys(const void *p)
{
	return (u64)p - DIRECT_MAP_BASE;
}

/* A leaf for a user page with @prot (MMU_*). MMU_EXEC without NX in the CPU means nothing. */
static inline pte_t pte_user(u64 phys, u32 prot)
{
	extern u64 pte_nx_mask; /* PTE_NX where the CPU has it, else 0 */

	return phys | PTE_PRESENT | PTE_USER | (prot & MMU_WRITE ? PTE_WRITE : 0) |
	       (prot & MMU_EXEC ? 0 : pte_nx_mask);
}

static inline u64 pte_phys(pte_t e)
{
	return e & PTE_ADDRESS;
}

int mmu_create(struct mmu *m); /* 0 or -ENOMEM; the kernel half is in it */
/*
 * No thread runs on it any more: a CPU that still has it loaded is made to leave. From then on no
 * CPU makes use of its translations, so that pages may be dropped without a flush. Context as
 * smp_call().
 */
void mmu_leave_all(struct mmu *m);
/* mmu_leave_all(), then frees the tables, with what leaves are in them. */
void mmu_destroy(struct mmu *m);

/*
 * The leaf slot of user address @va, tables made on the way if @create (NULL: out of memory),
 * else NULL where there is no table yet. The slot may hold 0. Valid until the tables go.
 */
pte_t *mmu_slot(struct mmu *m, u64 va, bool create);

/*
 * The leaf slot of *@va, which goes up to where the next page table begins if it has none itself;
 * NULL: there is none below @end, which is in the user half.
 */
pte_t *mmu_next_slot(const struct mmu *m, u64 *va, u64 end);

/* A shootdown is a value that is filled, then performed. */
struct mmu_flush {
	struct mmu *mmu;
	u64 start, end; /* span touched; end 0: nothing */
	u64 tables; /* physical: empty tables to be freed afterwards, linked by their first word */
};

static inline void mmu_flush_init(struct mmu_flush *f, struct mmu *m)
{
	f->mmu = m;
	f->start = 0;
	f->end = 0;
	f->tables = 0;
}

/* @va lies above those that were added before. */
static inline void mmu_flush_add(struct mmu_flush *f, u64 va)
{
	if (!f->end)
		f->start = va;
	f->end = va + PAGE_SIZE;
}

/* Takes out the page tables that lie wholly in [start, end) and hold nothing; @f, empty so far, frees
 * them. */
void mmu_prune(struct mmu_flush *f, u64 start, u64 end);

void mmu_flush_perform(struct mmu_flush *f); /* one that is not empty */
/* Performs it on every CPU that may hold entries. Context as smp_call(). */
static inline void mmu_flush_done(struct mmu_flush *f)
{
	if (f->end)
		mmu_flush_perform(f);
}
/*
 * The same where leaves have only been given more rights: by this CPU alone. The others find out by a
 * fault, should they still have the old ones.
 */
void mmu_flush_here(const struct mmu_flush *f);
/* Invalidates one address on this CPU only (a fault that gave more rights). */
void mmu_flush_local(u64 va);

/* Kernel mappings, for mm/kmap.c only. MMU_* bits; cache: device memory or write combining. */
enum mmu_cache { MMU_CACHED, MMU_UNCACHED, MMU_WRITE_COMBINING };
int mmu_map_kernel(u64 va, u64 phys, u32 prot, enum mmu_cache cache); /* 0, -ENOMEM */
/* Removes one page's mapping and returns its physical address (0: none). Neither may be used again
 * before mmu_flush_kernel(), which has all CPUs forget; context as smp_call(). */
u64 mmu_unmap_kernel(u64 va);
void mmu_flush_kernel(void);

/* Adopts the loader's tables: drops the identity map, global bits, PAT. Once, after mm works. */
void mmu_init(const struct boot_info *info);

/* For tests and panic: walks the loaded tables; 0 if @va is not mapped, else the leaf (with
 * PTE_HUGE for a large page). */
pte_t mmu_lookup(u64 va);
