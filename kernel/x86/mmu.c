/* SPDX-License-Identifier: ISC */
/*
 * Page tables of four levels (SDM vol. 3, 4.5). Loading and flushing them is in tlb.c.
 *
 * The loader's tables become the kernel's own: their upper half is copied into each user
 * PML4, whose slots there never change after mmu_init(). Kernel mappings are made and undone
 * under kmap's lock, user ones under their space's.
 */
#include "x86/x86.h"

#include "abi/errno.h"
#include "base/log.h"
#include "base/mutants.h"
#include "base/panic.h"
#include "base/spinlock.h"
#include "lib/bitmap.h"
#include "lib/string.h"
#include "machine/upcalls.h"

#define ENTRIES 512
#define LEVELS 4
#define TABLE_USER (PTE_PRESENT | PTE_WRITE | PTE_USER)
#define TABLE_KERNEL (PTE_PRESENT | PTE_WRITE)

u64 pte_nx_mask;
u64 kernel_root;

static inline unsigned index_at(u64 va, unsigned level)
{
	return va >> (PAGE_SHIFT + 9 * level) & (ENTRIES - 1);
}

static inline u64 span_at(unsigned level)
{
	return PAGE_SIZE << (9 * level);
}

static inline pte_t *table_of(pte_t e)
{
	return phys_to_virt(pte_phys(e));
}

static inline bool is_table(pte_t e)
{
	return (e & (PTE_PRESENT | PTE_HUGE)) == PTE_PRESENT;
}

/* Puts a new table (of @owner) into @slot, if that is empty. */
static bool make_table(pte_t *slot, u64 table_bits, struct mmu *owner)
{
	u64 phys = *slot & PTE_PRESENT ? 0 : upcall_table_alloc(owner ? &owner->tables : NULL);

	if (!phys)
		return false;
	*slot = phys | table_bits;
	if (owner)
		owner->table_count++;
	return true;
}

static pte_t *slot_in(u64 root, u64 va, bool create, u64 table_bits, struct mmu *owner)
{
	pte_t *table = phys_to_virt(root);

#pragma GCC unroll 3
	for (unsigned level = LEVELS - 1; level > 0; level--) {
		pte_t *slot = &table[index_at(va, level)];

		if (unlikely(!is_table(*slot)) && !(create && make_table(slot, table_bits, owner)))
			return NULL;
		table = table_of(*slot);
	}
	return &table[index_at(va, 0)];
}

pte_t *mmu_slot(struct mmu *m, u64 va, bool create)
{
	assert(va < USER_END);
	return slot_in(m->root, va, create, TABLE_USER, m);
}

pte_t *mmu_next_slot(const struct mmu *m, u64 *va, u64 end)
{
	assert(end <= USER_END);
	while (*va < end) {
		pte_t *table = phys_to_virt(m->root);
		unsigned level = LEVELS - 1;
		u64 span;

#pragma GCC unroll 3
		for (; level; level--) {
			pte_t e = table[index_at(*va, level)];

			if (!e)
				break;
			table = table_of(e);
		}
		if (!level)
			return &table[index_at(*va, 0)];
		span = span_at(level);
		do
			*va = ALIGN_DOWN(*va, span) + span;
		while (*va < end && index_at(*va, level) && !table[index_at(*va, level)]);
	}
	return NULL;
}

static bool table_is_empty(const pte_t *table)
{
	for (unsigned i = 0; i < ENTRIES; i++)
		if (table[i])
			return false;
	return true;
}

/*
 * Another CPU may be walking through it until the flush: its first word, which links it to the
 * others that wait for that, has no present bit.
 */
static void unlink_table(pte_t *slot, struct mmu_flush *f)
{
	u64 phys = pte_phys(*slot);

	*slot = 0;
	*(u64 *)phys_to_virt(phys) = f->tables;
	f->tables = phys;
	f->mmu->table_count--;
}

struct walk {
	u64 start, end;
	struct mmu_flush *flush;
};

static void prune_table(const struct walk *w, pte_t *table, unsigned level, u64 base)
{
	u64 span = span_at(level);

	for (unsigned i = w->start > base ? index_at(w->start, level) : 0; i < ENTRIES; i++) {
		u64 va = base + i * span;

		if (va >= w->end)
			break;
		if (!table[i])
			continue;
		if (level > 1)
			prune_table(w, table_of(table[i]), level - 1, va);
		if (va < w->start || va + span > w->end || !table_is_empty(table_of(table[i])))
			continue;
		unlink_table(&table[i], w->flush);
	}
}

void mmu_prune(struct mmu_flush *f, u64 start, u64 end)
{
	struct walk w = { start, MIN(end, USER_END), f };

	prune_table(&w, phys_to_virt(f->mmu->root), LEVELS - 1, 0);
	if (!f->tables)
		return;
	f->start = start;
	f->end = end;
}

/* -- making and freeing ------------------------------------------------------------------ */

#define ASIDS 4096
static struct spinlock asid_lock;
static u64 asids_used[ASIDS / 64] = { 1 }; /* [asid_lock] 0 is the kernel's own */

static u32 asid_take(void)
{
	u64 flags;
	size_t n;

	if (!(cr4_read() & CR4_PCIDE))
		return 0;
	flags = spin_lock_irq(&asid_lock);
	n = bitmap_find_first_zero(asids_used, ASIDS, 1);
	if (n < ASIDS)
		bitmap_set(asids_used, n);
	spin_unlock_irq(&asid_lock, flags);
	return n < ASIDS ? (u32)n : 0;
}

static void asid_give(u32 asid)
{
	u64 flags;

	if (!asid)
		return;
	flags = spin_lock_irq(&asid_lock);
	bitmap_clear(asids_used, asid);
	spin_unlock_irq(&asid_lock, flags);
}

int mmu_create(struct mmu *m)
{
	const pte_t *kernel = phys_to_virt(kernel_root);
	pte_t *table;
	u64 root;

	list_init(&m->tables);
	m->table_count = 1;
	root = upcall_table_alloc(&m->tables);
	if (!root)
		return -ENOMEM;
	table = phys_to_virt(root);
	memcpy(table + ENTRIES / 2, kernel + ENTRIES / 2, PAGE_SIZE / 2);
	m->root = root;
	m->asid = asid_take();
	m->trusted_root = mmu_fresh_root(m) | (m->asid ? CR3_NO_FLUSH : 0);
	m->loaded = m->trusted = 0; /* the asid may have had another owner */
	return 0;
}

void mmu_destroy(struct mmu *m)
{
	mmu_leave_all(m);
	upcall_tables_free(&m->tables);
	asid_give(m->asid);
	m->root = 0;
}

/* -- the kernel's half --------------------------------------------------------------------- */

static u64 cache_bits(enum mmu_cache cache)
{
	switch (cache) {
	case MMU_WRITE_COMBINING: return PTE_WRITE_THROUGH; /* PAT entry 1, see pat_load() */
	case MMU_UNCACHED: return PTE_WRITE_THROUGH | PTE_NO_CACHE; /* entry 3: UC */
	default: return 0;
	}
}

int mmu_map_kernel(u64 va, u64 phys, u32 prot, enum mmu_cache cache)
{
	pte_t *slot = slot_in(kernel_root, va, true, TABLE_KERNEL, NULL);

	if (!slot)
		return -ENOMEM;
	assert(!(*slot & PTE_PRESENT));
	*slot = phys | PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY | cache_bits(cache) |
		(prot & MMU_WRITE ? PTE_WRITE : 0) | (prot & MMU_EXEC ? 0 : pte_nx_mask) |
		(cpu_features.pge ? PTE_GLOBAL : 0);
	return 0;
}

u64 mmu_unmap_kernel(u64 va)
{
	pte_t *slot = slot_in(kernel_root, va, false, 0, NULL);
	u64 phys;

	if (!slot || !(*slot & PTE_PRESENT))
		return 0;
	phys = pte_phys(*slot);
	*slot = 0;
	return phys;
}

pte_t mmu_lookup(u64 va)
{
	pte_t *table = phys_to_virt(pte_phys(cr3_read()));

	for (unsigned level = LEVELS - 1;; level--) {
		pte_t e = table[index_at(va, level)];

		if (!(e & PTE_PRESENT))
			return 0;
		if (level == 0 || (e & PTE_HUGE))
			return e;
		table = table_of(e);
	}
}

/* Kernel translations survive a change of address space. */
static void make_global(pte_t *table, unsigned level)
{
	for (unsigned i = level == LEVELS - 1 ? ENTRIES / 2 : 0; i < ENTRIES; i++) {
		if (!(table[i] & PTE_PRESENT))
			continue;
		if (level == 0 || (table[i] & PTE_HUGE))
			table[i] |= PTE_GLOBAL;
		else
			make_global(table_of(table[i]), level - 1);
	}
}

/* PAT as at reset but for entry 1: write combining instead of write through (vol. 3, 11.12). */
static void pat_load(void)
{
	msr_write(MSR_PAT, 0x0007040600070106UL);
}

void mmu_init_cpu(void)
{
	pat_load();
	cr3_write(kernel_root); /* without PGE yet: nothing of before stays */
}

static void claim_slot(u64 va)
{
	pte_t *root = phys_to_virt(kernel_root);

	pte_t *slot = &root[index_at(va, LEVELS - 1)];

	ensure(is_table(*slot) || make_table(slot, TABLE_KERNEL, NULL));
}

void mmu_init(const struct boot_info *info)
{
	pte_t *root;

	pte_nx_mask = cpu_features.nx && !MUTANT(nx) ? PTE_NX : 0;
	kernel_root = info->page_table;
	root = phys_to_virt(kernel_root);
	memset(root, 0, PAGE_SIZE / 2); /* the jump page's identity map */
	claim_slot(KSTACK_BASE);
	claim_slot(DEVICE_BASE);
	if (cpu_features.pge)
		make_global(root, LEVELS - 1);
	pat_load();
	cr4_write(cr4_read() & ~(u64)CR4_PGE); /* drops global translations too */
	cr3_write(kernel_root);
	if (cpu_features.pge)
		cr4_write(cr4_read() | CR4_PGE);
}
