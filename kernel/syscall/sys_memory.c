/* SPDX-License-Identifier: ISC */
/*
 * The memory calls: check what only the ABI knows, then ask vm. No state, no locks.
 * Order of the checks and their errors: Linux's mmap(2), mprotect(2), mremap(2), madvise(2).
 */
#include "fs/mount.h"
#include "syscall/populate.h"
#include "syscall/syscalls.h"

#include "abi/errno.h"
#include "abi/mman.h"
#include "lib/overflow.h"
#include "machine/trap.h"
#include "proc/process.h"
#include "vm/shmem.h"

#define PROT_ALL (PROT_READ | PROT_WRITE | PROT_EXEC)
/* What MAP_SHARED_VALIDATE lets pass. */
#define MAP_KNOWN                                                                                  \
	(MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_DENYWRITE | MAP_EXECUTABLE |   \
	 MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK |                    \
	 MAP_FIXED_NOREPLACE)

struct map_request {
	u64 addr, len, offset;
	u32 prot, flags; /* as given */
	u32 vma_flags, how;
};

static int check_fixed(const struct map_request *r)
{
	if (!range_ok(r->addr, r->len, USER_END))
		return -ENOMEM;
	if (r->addr & (PAGE_SIZE - 1))
		return -EINVAL;
	return r->addr < USER_START ? -EPERM : 0;
}

static int check_request(struct map_request *r)
{
	u64 type = r->flags & MAP_TYPE;

	if ((r->offset & (PAGE_SIZE - 1)) || !r->len)
		return -EINVAL;
	if (type < MAP_SHARED || type > MAP_SHARED_VALIDATE || (r->flags & MAP_HUGETLB))
		return -EINVAL;
	if (type == MAP_SHARED_VALIDATE && (r->flags & ~MAP_KNOWN))
		return -EOPNOTSUPP;
	if (type != MAP_PRIVATE)
		r->vma_flags |= VMA_SHARED;
	if (r->flags & MAP_NORESERVE)
		r->vma_flags |= VMA_NORESERVE;
	if (r->flags & MAP_FIXED)
		r->how = MAP_AT_FIXED;
	if (r->flags & MAP_FIXED_NOREPLACE)
		r->how = MAP_AT_FREE;
	return r->how ? check_fixed(r) : 0;
}

static i64 do_map(const struct map_request *r, struct backing *b)
{
	return space_map(process_current()->space, r->addr, r->len, r->prot & PROT_ALL,
			 r->vma_flags, b, b ? r->offset : 0, r->how);
}

static i64 map_anonymous(struct map_request *r)
{
	struct backing *b;
	i64 addr;

	if (!(r->vma_flags & VMA_SHARED))
		return do_map(r, NULL);
	if (r->len > USER_END)
		return -ENOMEM;
	r->offset = 0;
	b = shmem_create(r->len);
	if (!b)
		return -ENOMEM;
	addr = do_map(r, b);
	b->ops->put(b);
	return addr;
}

static i64 map_open_file(struct map_request *r, struct file *f)
{
	bool shared = r->vma_flags & VMA_SHARED;

	if (!file_readable(f))
		return -EACCES;
	if ((r->prot & PROT_EXEC) && (mount_flags(f->mount) & MS_NOEXEC))
		return -EPERM;
	if (shared && !file_writable(f)) {
		if (r->prot & PROT_WRITE)
			return -EACCES;
		r->vma_flags |= VMA_NOWRITE;
	}
	if (!f->vnode || !f->vnode->backing.ops)
		return -ENODEV;
	return do_map(r, &f->vnode->backing);
}

/* MAP_NONBLOCK takes MAP_POPULATE back, mlockall(MCL_FUTURE) asks for it ever after. */
static bool is_populated(const struct space *s, u32 flags)
{
	return (flags & MAP_LOCKED) || (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE ||
	       READ_ONCE(s->populates);
}

i64 sys_mmap(u64 addr, u64 len, u64 prot, u64 flags, u64 fd, u64 offset)
{
	struct map_request r = {
		.addr = addr, .len = len, .offset = offset, .prot = (u32)prot, .flags = (u32)flags
	};
	struct file *f = NULL;
	i64 result;

	if (!(flags & MAP_ANONYMOUS)) {
		f = fd_get(task_current()->files, (int)fd);
		if (!f)
			return -EBADF;
	}
	result = check_request(&r);
	if (!result)
		result = f ? map_open_file(&r, f) : map_anonymous(&r);
	if (f)
		file_put(f);
	if (unlikely(is_populated(process_current()->space, r.flags)) && result > 0)
		populate_what_can_be((u64)result, r.len);
	return result;
}

i64 sys_munmap(u64 addr, u64 len)
{
	return space_unmap(process_current()->space, addr, len);
}

i64 sys_mprotect(u64 addr, u64 len, u64 prot)
{
	if (prot & ~(u64)(PROT_ALL | PROT_SEM))
		return -EINVAL;
	return space_protect(process_current()->space, addr, len, (u32)prot & PROT_ALL);
}

i64 sys_brk(u64 addr)
{
	struct space *s = process_current()->space;
	u64 brk = space_brk(s, addr);

	if (unlikely(READ_ONCE(s->populates)))
		populate_what_can_be(s->brk_start, brk - s->brk_start);
	return (i64)brk;
}

i64 sys_mremap(u64 old, u64 old_len, u64 new_len, u64 flags, u64 new_addr)
{
	struct space *s = process_current()->space;
	i64 addr;

	if (flags >> 32)
		return -EINVAL;
	addr = space_remap(s, old, old_len, new_len, (u32)flags, new_addr);
	if (unlikely(READ_ONCE(s->populates)) && addr > 0)
		populate_what_can_be((u64)addr, new_len);
	return addr;
}

/* Advice that changes nothing a program can observe is taken as given. */
i64 sys_madvise(u64 addr, u64 len, u64 advice)
{
	struct space *s = process_current()->space;
	u64 end;

	if ((addr & (PAGE_SIZE - 1)) || add_overflows(len, PAGE_SIZE - 1, &end) ||
	    add_overflows(addr, end, &end))
		return -EINVAL;
	switch ((int)advice) {
	case MADV_DONTNEED: return space_discard(s, addr, len);
	case MADV_POPULATE_READ: return populate(addr, len, MMU_READ);
	case MADV_POPULATE_WRITE: return populate(addr, len, MMU_WRITE);
	case MADV_NORMAL:
	case MADV_RANDOM:
	case MADV_SEQUENTIAL:
	case MADV_WILLNEED:
	case MADV_FREE:
	case MADV_HUGEPAGE:
	case MADV_NOHUGEPAGE:
	case MADV_DONTDUMP:
	case MADV_DODUMP:
	case MADV_COLD:
	case MADV_PAGEOUT: break;
	default: return -EINVAL;
	}
	return space_is_mapped(s, addr, len) ? 0 : -ENOMEM;
}
