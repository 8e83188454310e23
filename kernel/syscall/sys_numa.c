/* SPDX-License-Identifier: ISC */
/*
 * Memory policies and advice about another process's memory, on a machine whose memory is one node:
 * what is checked and remembered is as on Linux, and there is nothing else to decide.
 */
#include "lib/overflow.h"
#include "machine/trap.h"
#include "machine/usercopy.h"
#include "proc/process.h"
#include "proc/watch.h"
#include "syscall/fd_ref.h"
#include "syscall/iovec.h"
#include "syscall/syscalls.h"

#define MODE_FLAGS 0xc000u /* MPOL_F_STATIC_NODES, MPOL_F_RELATIVE_NODES */
#define NODES_MAX 1024u /* bits that a mask may have; only the first means anything */
#define MPOL_F_NODE 1u
#define MPOL_F_ADDR 2u
#define MPOL_F_MEMS_ALLOWED 4u

enum { MPOL_DEFAULT, MPOL_PREFERRED, MPOL_BIND, MPOL_INTERLEAVE, MPOL_LOCAL, MPOL_MODES };

/* The first word of a mask of @max - 1 bits; the others must be zero. 0, -EFAULT, -EINVAL. */
static int mask_get(u64 at, u64 max, u64 *mask)
{
	u64 bits = max ? max - 1 : 0, word;

	*mask = 0;
	if (!at || !bits)
		return 0;
	if (bits > PAGE_SIZE * 8)
		return -EINVAL;
	for (u64 i = 0; i < (bits + 63) / 64; i++) {
		u64 valid = bits - i * 64 >= 64 ? ~0UL : (1UL << (bits - i * 64)) - 1;

		if (user_read_u64(&word, at + i * sizeof(word)))
			return -EFAULT;
		if (i && (word & valid))
			return -EINVAL;
		*mask |= i ? 0 : word & valid;
	}
	return 0;
}

/* Does @mode go with the nodes of @mask? Only node 0 has memory. */
static int check_policy(u32 mode, u64 mask)
{
	u32 kind = mode & ~MODE_FLAGS;

	if (kind >= MPOL_MODES || (mode & MODE_FLAGS) == MODE_FLAGS)
		return -EINVAL;
	if (mask & ~1UL)
		return -EINVAL;
	if (kind == MPOL_DEFAULT || kind == MPOL_LOCAL)
		return mask || (mode & MODE_FLAGS) ? -EINVAL : 0;
	if (kind == MPOL_PREFERRED)
		return mask || !(mode & MODE_FLAGS) ? 0 : -EINVAL;
	return mask ? 0 : -EINVAL;
}

i64 sys_set_mempolicy(u64 mode, u64 nodes, u64 max)
{
	struct task *t = task_current();
	u64 mask;
	int r = mask_get(nodes, max, &mask);

	if (!r)
		r = check_policy(mode, mask);
	if (r)
		return r;
	if ((u32)mode == MPOL_PREFERRED && !mask)
		mode = MPOL_LOCAL;
	t->memory_policy = (u32)mode;
	t->memory_nodes = mask;
	return 0;
}

i64 sys_mbind(u64 addr, u64 len, u64 mode, u64 nodes, u64 max, u64 flags)
{
	u64 mask;
	int r;

	if (((u32)flags & ~7u) || (addr & (PAGE_SIZE - 1)))
		return -EINVAL;
	r = mask_get(nodes, max, &mask);
	if (!r)
		r = check_policy(mode, mask);
	if (r || !len)
		return r;
	if (!range_ok(addr, len, USER_END))
		return -EINVAL;
	return space_is_mapped(process_current()->space, addr, len) ? 0 : -EFAULT;
}

static i64 put_mask(u64 at, u64 max, u64 mask)
{
	u64 bytes = ALIGN_UP(max, 64) / 8;

	if (!at)
		return 0;
	if (max < 1)
		return -EINVAL;
	if (user_zero(at, MIN(bytes, (u64)NODES_MAX / 8)))
		return -EFAULT;
	return user_write_u64(at, mask);
}

i64 sys_get_mempolicy(u64 policy, u64 nodes, u64 max, u64 addr, u64 flags)
{
	const struct task *t = task_current();
	u32 f = flags, mode = t->memory_policy;
	u64 mask = t->memory_nodes;

	if (f & ~(MPOL_F_NODE | MPOL_F_ADDR | MPOL_F_MEMS_ALLOWED))
		return -EINVAL;
	if (f & MPOL_F_MEMS_ALLOWED) {
		if (f & (MPOL_F_NODE | MPOL_F_ADDR))
			return -EINVAL;
		mode = 0;
		mask = 1;
	} else if (f & MPOL_F_ADDR) {
		if (!space_is_mapped(process_current()->space, ALIGN_DOWN(addr, PAGE_SIZE), 1))
			return -EFAULT;
		mode = MPOL_DEFAULT; /* or the node: the same number */
		mask = f & MPOL_F_NODE ? mask : 0;
	} else if (addr) {
		return -EINVAL;
	} else if (f & MPOL_F_NODE) {
		if ((mode & ~MODE_FLAGS) != MPOL_INTERLEAVE)
			return -EINVAL;
		mode = 0; /* the node that is next */
	}
	if (policy && user_write_u32(policy, mode))
		return -EFAULT;
	return put_mask(nodes, max, mask);
}

/* -- process_madvise ----------------------------------------------------------------------------- */

#define MADV_WILLNEED 3
#define MADV_COLD 20
#define MADV_PAGEOUT 21
#define MADV_COLLAPSE 25

/* A vector of ranges that begin at pages. 0, -EINVAL. */
static i64 check_ranges(const struct io_segment *ranges, u64 count)
{
	for (u64 i = 0; i < count; i++)
		if (ranges[i].base & (PAGE_SIZE - 1))
			return -EINVAL;
	return 0;
}

static bool is_hint(u32 advice)
{
	return advice == MADV_WILLNEED || advice == MADV_COLD || advice == MADV_PAGEOUT ||
	       advice == MADV_COLLAPSE;
}

/* All that may be advised is a hint that changes nothing here: memory stays where it is. */
i64 sys_process_madvise(u64 fd, u64 iov, u64 count, u64 advice, u64 flags)
{
	struct user_vector v;
	struct fd_ref r;
	struct io io;
	i64 n;

	if ((u32)flags)
		return -EINVAL;
	n = user_vector_get(&v, iov, count, &io);
	if (n)
		return n;
	r = fd_borrow(fd);
	n = r.file ? pidfd_pid(r.file) : -EBADF;
	fd_return(r);
	if (n > 0)
		n = is_hint((u32)advice) ? check_ranges(v.segs, count) : -EINVAL;
	user_vector_put(&v);
	return n ? n : (i64)io.left;
}
