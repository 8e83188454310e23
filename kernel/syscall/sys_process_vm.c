/* SPDX-License-Identifier: ISC */
/* process_vm_readv and process_vm_writev: another's memory, with its maps' permissions. */
#include "abi/errno.h"
#include "lib/overflow.h"
#include "machine/trap.h"
#include "mm/slab.h"
#include "proc/ptrace.h"
#include "syscall/iovec.h"
#include "syscall/syscalls.h"

/* The memory of the process of @tid, counted. 0, -ESRCH, -EPERM. */
static int find_space(i32 tid, struct space **s)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct task *t = task_find(tid);
	int err = !t || !t->process->space ? -ESRCH : ptrace_may_access(t) ? 0 : -EPERM;

	if (!err)
		space_get(*s = t->process->space);
	spin_unlock_irq(&process_lock, flags);
	return err;
}

/* A piece of at most a page, through @page. 0 or -EFAULT. */
static int move(struct space *s, u64 addr, struct io *io, u8 *page, size_t n, bool write)
{
	if (write)
		return io_get(io, page, n) || space_write(s, addr, page, n) ? -EFAULT : 0;
	return space_read(s, addr, page, n) || io_put(io, page, n) ? -EFAULT : 0;
}

/* Bytes moved; -EFAULT: not even the first piece. */
static ssize_t move_all(struct space *s, const struct io_segment *remote, u64 count, struct io *io,
			u8 *page, bool write)
{
	size_t done = 0;

	for (u64 i = 0; i < count; i++) {
		u64 at = remote[i].base, end = at + MIN(remote[i].len, io->left);

		while (at < end) {
			size_t n = MIN(end - at, PAGE_SIZE - (at & (PAGE_SIZE - 1)));

			if (move(s, at, io, page, n, write))
				return done ? (ssize_t)done : -EFAULT;
			at += n;
			done += n;
		}
	}
	return done;
}

static i64 process_vm(i32 tid, u64 local, u64 local_count, u64 remote, u64 remote_count, bool write)
{
	struct user_vector mine, its;
	struct io io, unused;
	struct space *s = NULL; /* the compiler does not see that it is set */
	u8 *page;
	i64 r = user_vector_get(&mine, local, local_count, &io);

	if (r)
		return r;
	r = user_vector_get(&its, remote, remote_count, &unused);
	if (r)
		goto out_mine;
	r = find_space(tid, &s);
	if (r)
		goto out_its;
	page = kmalloc(PAGE_SIZE);
	r = page ? move_all(s, its.segs, remote_count, &io, page, write) : -ENOMEM;
	kfree(page);
	space_put(s);
out_its:
	user_vector_put(&its);
out_mine:
	user_vector_put(&mine);
	return r;
}

i64 sys_process_vm_readv(u64 pid, u64 local, u64 local_count, u64 remote, u64 remote_count,
			 u64 flags)
{
	return flags ? -EINVAL
		     : process_vm((i32)pid, local, local_count, remote, remote_count, false);
}

i64 sys_process_vm_writev(u64 pid, u64 local, u64 local_count, u64 remote, u64 remote_count,
			  u64 flags)
{
	return flags ? -EINVAL
		     : process_vm((i32)pid, local, local_count, remote, remote_count, true);
}
