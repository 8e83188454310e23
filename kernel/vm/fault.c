/* SPDX-License-Identifier: ISC */
/*
 * Page faults: the leaf that is missing or too weak is made from what the map says
 * (OSTEP 21.3, and 23.2 for copy-on-write).
 *
 * Invariant: a leaf of a private map is writable only if its page has no other reference;
 * hence a reference count of 1, read under the lock of the only space that has the page,
 * means that nobody else can get at it. Locks: space.lock → a backing's.
 */
#include "lib/string.h"
#include "machine/trap.h"
#include "vm/vma.h"

/* True if @v, a stack, may begin at @va. */
static bool may_grow(struct space *s, const struct vma *v, u64 va)
{
	const struct vma *below = v->prev;

	if (!(v->flags & VMA_STACK) || va < s->stack_limit || va < USER_START)
		return false;
	if (!vm_within_limits(s, va, v->start, v->prot, v->flags))
		return false;
	return !below || va >= below->end + (below->prot ? STACK_GUARD : 0);
}

/* The map of @va, remembered; NULL: there is none. */
static struct vma *map_of(struct space *s, u64 va)
{
	struct vma *v = vma_find(s, va);

	if (!v || unlikely(s->reaped))
		return NULL;
	if (va < v->start) {
		if (!may_grow(s, v, va))
			return NULL;
		s->mapped += v->start - va;
		v->start = va;
	}
	s->recent = v;
	return v;
}

static __attribute__((noinline)) int map_anonymous(struct space *s, const struct vma *v,
						   pte_t *slot, bool write)
{
	struct page *p;

	if (!write) {
		*slot = pte_user(page_to_phys(zero_page), v->prot & ~MMU_WRITE);
		return 0;
	}
	p = vm_page(s, ALLOC_ZERO);
	if (unlikely(!p))
		return -ENOMEM;
	*slot = pte_user(page_to_phys(p), v->prot);
	s->pages++;
	return 0;
}

/* A page of its own with @from's contents; NULL: out of memory. */
static inline struct page *copy_page(const struct space *s, const struct page *from)
{
	struct page *p = vm_page(s, from == zero_page ? ALLOC_ZERO : 0);

	if (p && from != zero_page)
		memcpy(page_to_virt(p), page_to_virt(from), PAGE_SIZE);
	return p;
}

/*
 * A leaf for a page that was only read. In a private map a write must fault, and copies then; a
 * shared one's leaves always have all its rights.
 */
static inline pte_t read_leaf(const struct vma *v, const struct page *p)
{
	return pte_user(page_to_phys(p), v->flags & VMA_SHARED ? v->prot : v->prot & ~MMU_WRITE);
}

/* Which of the @n leaves at @slot are not there, as a mask. */
static inline u32 empty_slots(const pte_t *slot, unsigned n)
{
	u32 empty = 0;

	for (const pte_t *at = slot + n; at > slot;)
		empty += empty + !*--at;
	return empty;
}

/*
 * Who reads a page of a file will read its neighbours: those that are in memory are mapped with it, so
 * that they cost no fault each. Nothing is read or made for that. The window is aligned, so it lies
 * within one page table.
 */
static void map_around(struct space *s, const struct vma *v, u64 va, pte_t *slot)
{
	u64 window = ALIGN_DOWN(va, VM_AROUND * PAGE_SIZE), start = MAX(window, v->start);
	u64 end = MIN(window + VM_AROUND * PAGE_SIZE, v->end);
	struct page *pages[VM_AROUND];
	u32 found;

	slot -= (va - start) >> PAGE_SHIFT;
	found = v->backing->ops->resident(v->backing, vma_offset(v, start) >> PAGE_SHIFT,
					  empty_slots(slot, (end - start) >> PAGE_SHIFT), pages);
	for (; found; found &= found - 1) {
		u64 i = (u32)__builtin_ctz(found);

		slot[i] = read_leaf(v, pages[i]);
		s->pages++;
	}
}

/* The first touch of a page that comes from a backing. */
static __attribute__((noinline)) int map_backing(struct space *s, const struct vma *v, u64 va,
						 pte_t *slot, bool write)
{
	bool shared = v->flags & VMA_SHARED;
	struct page *p;
	int err;

	if (!write && v->backing->ops->resident)
		map_around(s, v, va, slot);
	if (*slot)
		return 0;
	err = v->backing->ops->page(v->backing, vma_offset(v, va) >> PAGE_SHIFT, &p);
	if (err)
		return err;
	if (write && !shared) {
		struct page *own = copy_page(s, p);

		page_put(p);
		if (!own)
			return -ENOMEM;
		p = own;
	}
	*slot = write ? pte_user(page_to_phys(p), v->prot) : read_leaf(v, p);
	s->pages++;
	return 0;
}

/*
 * The leaf of @va goes from page @old to @p. First no CPU has it, then all may have the new one:
 * if some still read the old page while another wrote to the new one, memory would go back in
 * time. Drops @old.
 */
static inline void replace_leaf(struct space *s, const struct vma *v, u64 va, pte_t *slot,
				struct page *old, const struct page *p)
{
	struct mmu_flush f;

	mmu_flush_init(&f, &s->mmu);
	mmu_flush_add(&f, va);
	WRITE_ONCE(*slot, 0);
	mmu_flush_done(&f);
	WRITE_ONCE(*slot, pte_user(page_to_phys(p), v->prot));
	if (old != zero_page)
		page_put(old);
	else
		s->pages++;
}

/* A write to a present leaf of a private map: its page is copied if others have it. */
static int write_private(struct space *s, const struct vma *v, u64 va, pte_t *slot)
{
	struct page *old = phys_to_page(pte_phys(*slot)), *p;

	if (old != zero_page && __atomic_load_n(&old->refcount, __ATOMIC_ACQUIRE) == 1) {
		*slot |= v->prot & MMU_WRITE ? PTE_WRITE : 0;
		mmu_flush_local(va);
		return 0;
	}
	p = copy_page(s, old);
	if (!p)
		return -ENOMEM;
	replace_leaf(s, v, va, slot, old, p);
	return 0;
}

/* A leaf that is there is too weak for the access, or it was when the access was made. */
static __attribute__((noinline)) int strengthen(struct space *s, const struct vma *v, u64 va,
						pte_t *slot, bool write)
{
	if (!write || (*slot & PTE_WRITE)) {
		mmu_flush_local(va); /* another thread was first, or rights were added */
		return 0;
	}
	return write_private(s, v, va, slot);
}

/* A leaf for an access that may be made, in @slot. */
static inline int make_leaf(struct space *s, const struct vma *v, u64 va, pte_t *slot, bool write)
{
	if (*slot)
		return strengthen(s, v, va, slot, write);
	return v->backing ? map_backing(s, v, va, slot, write) : map_anonymous(s, v, slot, write);
}

/* vm_fault_locked() where the last fault was in another map or under another page table. */
static __attribute__((noinline)) int fault_elsewhere(struct space *s, u64 va, u32 access)
{
	struct vma *v = map_of(s, va);

	if (!v)
		return -EFAULT;
	if (!(v->prot & access))
		return -EACCES;
	return vm_slot(s, va, true) ? vm_fault_locked(s, va, access) : -ENOMEM;
}

int vm_fault_locked(struct space *s, u64 va, u32 access)
{
	const struct vma *v = s->recent;
	pte_t *slot;

	if (unlikely(!v || va - v->start >= v->end - v->start || va >> 21 != s->table_span))
		return fault_elsewhere(s, va, access); /* it sees to both */
	if (unlikely(!(v->prot & access)))
		return -EACCES;
	slot = s->table + (va >> PAGE_SHIFT & 511);
	return make_leaf(s, v, va, slot, access == ACCESS_WRITE);
}

/*
 * make_leaf() under PROT_NONE: no CPU has such a leaf, so it is made beside the table, as if the page
 * could be read, and put there with its page alone.
 */
static int make_hidden_leaf(struct space *s, const struct vma *v, u64 va, pte_t *slot, bool write)
{
	struct vma one = *v; /* its neighbours are not made with it */
	pte_t leaf = *slot;
	int err;

	one.offset = vma_offset(v, va);
	one.start = va;
	one.end = va + PAGE_SIZE;
	one.prot = MMU_READ;
	err = make_leaf(s, &one, va, &leaf, write);
	if (!err)
		*slot = leaf & ~PTE_PRESENT;
	return err;
}

int vm_fault_forced(struct space *s, u64 va, bool write)
{
	const struct vma *v = map_of(s, va);
	pte_t *slot;

	if (!v || (write && !(v->prot & MMU_WRITE) && (v->flags & VMA_SHARED)))
		return -EFAULT;
	slot = vm_slot(s, va, true);
	if (!slot)
		return -ENOMEM;
	return v->prot ? make_leaf(s, v, va, slot, write) : make_hidden_leaf(s, v, va, slot, write);
}

int space_fault(struct space *s, u64 addr, u32 access)
{
	int err;

	if (addr >= USER_END)
		return -EFAULT;
	mutex_lock(&s->lock);
	err = vm_fault_locked(s, ALIGN_DOWN(addr, PAGE_SIZE), access);
	mutex_unlock(&s->lock);
	return err;
}
