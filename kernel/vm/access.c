/* SPDX-License-Identifier: ISC */
/*
 * Reaching into a space through the direct map, whichever space is loaded: exec lays out the
 * new program's stack so, and /proc reads its arguments. Permissions are the program's own.
 * Locks: space.lock, for the whole copy; no user address is touched.
 */
#include "lib/overflow.h"
#include "lib/string.h"
#include "machine/trap.h"
#include "vm/vma.h"

/* The direct-map address of byte @addr, faulted in; NULL with *err set. */
static u8 *reach(struct space *s, u64 addr, bool write, int *err)
{
	u64 va = ALIGN_DOWN(addr, PAGE_SIZE);
	pte_t need = PTE_PRESENT | (write ? PTE_WRITE : 0);
	pte_t *slot = vm_slot(s, va, false);

	if (!slot || (*slot & need) != need) {
		*err = vm_fault_locked(s, va, write ? ACCESS_WRITE : ACCESS_READ);
		if (*err)
			return NULL;
		slot = vm_slot(s, va, false);
	}
	return (u8 *)phys_to_virt(pte_phys(*slot)) + (addr - va);
}

/* The direct-map address of byte @addr for one who asks for no permission; NULL with *err set. */
static u8 *reach_forced(struct space *s, u64 addr, bool write, int *err)
{
	u64 va = ALIGN_DOWN(addr, PAGE_SIZE);

	*err = vm_fault_forced(s, va, write);
	if (*err)
		return NULL;
	return (u8 *)phys_to_virt(pte_phys(*vm_slot(s, va, false))) + (addr - va);
}

/* Copies between @buf and the space, page by page. @forced: whatever the maps permit. */
static int transfer(struct space *s, u64 addr, u8 *buf, size_t n, bool write, bool forced)
{
	int err = 0;

	if (!range_ok(addr, n, USER_END))
		return -EFAULT;
	mutex_lock(&s->lock);
	while (n) {
		size_t part = MIN(n, PAGE_SIZE - (addr & (PAGE_SIZE - 1)));
		u8 *p = unlikely(forced) ? reach_forced(s, addr, write, &err)
					 : reach(s, addr, write, &err);

		if (!p)
			break;
		if (write)
			memcpy(p, buf, part);
		else
			memcpy(buf, p, part);
		addr += part;
		buf += part;
		n -= part;
	}
	mutex_unlock(&s->lock);
	return err;
}

int space_write(struct space *s, u64 addr, const void *src, size_t n)
{
	return transfer(s, addr, (u8 *)src, n, true, false);
}

int space_zero(struct space *s, u64 addr, size_t n)
{
	assert(n <= PAGE_SIZE);
	return transfer(s, addr, page_to_virt(zero_page), n, true, false);
}

int space_read(struct space *s, u64 addr, void *dst, size_t n)
{
	return transfer(s, addr, dst, n, false, false);
}

int space_peek(struct space *s, u64 addr, void *dst, size_t n)
{
	return transfer(s, addr, dst, n, false, true);
}

int space_poke(struct space *s, u64 addr, const void *src, size_t n)
{
	return transfer(s, addr, (u8 *)src, n, true, true);
}

int space_backing_of(struct space *s, u64 addr, struct backing **b, u64 *byte)
{
	const struct vma *v;
	int err = 0;

	*b = NULL;
	mutex_lock(&s->lock);
	v = vma_find(s, addr);
	if (!v || v->start > addr) {
		err = -EFAULT;
	} else if (v->flags & VMA_SHARED) {
		*b = v->backing;
		*byte = vma_offset(v, addr);
		v->backing->ops->get(v->backing);
	}
	mutex_unlock(&s->lock);
	return err;
}
