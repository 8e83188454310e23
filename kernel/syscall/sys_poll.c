/* SPDX-License-Identifier: ISC */
/* System calls that wait for several files: poll and ppoll. */
#include "abi/poll.h"

#include "fs/poll.h"
#include "machine/clock.h"
#include "machine/usercopy.h"
#include "mm/slab.h"
#include "proc/signal.h"
#include "syscall/sigmask.h"
#include "syscall/syscalls.h"
#include "syscall/user_time.h"

#define POLLS_ON_STACK 8

/* The descriptors of one call, theirs and ours. */
struct poll_call {
	struct pollfd *fds;
	struct poll_request *reqs;
	u32 count;
	u32 invalid; /* descriptors that are not open */
};

static void get_files(struct poll_call *p)
{
	struct fd_table *t = task_current()->files;

	p->invalid = 0;
	for (u32 i = 0; i < p->count; i++) {
		p->reqs[i] = (struct poll_request){ .events = (u16)p->fds[i].events };
		if (p->fds[i].fd < 0)
			continue;
		p->reqs[i].file = fd_get(t, p->fds[i].fd);
		if (!p->reqs[i].file) {
			p->reqs[i].revents = POLLNVAL;
			p->invalid++;
		}
	}
}

static void put_files(struct poll_call *p)
{
	for (u32 i = 0; i < p->count; i++) {
		p->fds[i].revents = p->reqs[i].revents;
		if (p->reqs[i].file)
			file_put(p->reqs[i].file);
	}
}

static i64 poll_copied(struct poll_call *p, u64 addr, u64 deadline)
{
	i64 r;

	if (user_read(p->fds, addr, p->count * sizeof(struct pollfd)))
		return -EFAULT;
	get_files(p);
	r = poll_files(p->reqs, p->count, p->invalid ? 0 : deadline);
	put_files(p);
	if (r < 0)
		return r;
	for (u32 i = 0; i < p->count; i++) {
		u64 at = addr + i * sizeof(struct pollfd) + offsetof(struct pollfd, revents);

		if (user_write(at, &p->fds[i].revents, sizeof(p->fds[i].revents)))
			return -EFAULT;
	}
	return r + p->invalid;
}

static i64 poll_until(u64 addr, u64 nfds, u64 deadline)
{
	struct pollfd fds[POLLS_ON_STACK];
	struct poll_request reqs[POLLS_ON_STACK];
	struct poll_call p = { .fds = fds, .reqs = reqs, .count = nfds };
	i64 r = -ENOMEM;

	if (nfds > fd_limit())
		return -EINVAL;
	if (nfds > POLLS_ON_STACK) {
		p.fds = kmalloc(nfds * sizeof(*p.fds));
		p.reqs = kmalloc(nfds * sizeof(*p.reqs));
	}
	if (p.fds && p.reqs)
		r = poll_copied(&p, addr, deadline);
	if (nfds > POLLS_ON_STACK) {
		kfree(p.fds);
		kfree(p.reqs);
	}
	return r;
}

/* After a stop it goes on until the same deadline. */
static i64 resume_poll(const struct trap_frame *f, u64 deadline)
{
	i64 r = poll_until(f->rdi, f->rsi, deadline);

	return r == -EINTR ? signal_restart_later(resume_poll, deadline) : r;
}

i64 sys_poll(u64 fds, u64 nfds, u64 timeout)
{
	i32 ms = timeout;
	u64 deadline = ms < 0 ? ~0UL : deadline_after(ms * NSEC_PER_MSEC);
	i64 r = poll_until(fds, nfds, deadline);

	return r == -EINTR ? signal_restart_later(resume_poll, deadline) : r;
}

static i64 resume_ppoll(const struct trap_frame *f, u64 deadline);

/* With a mask of signals that holds only during the wait. */
static i64 ppoll_until(u64 fds, u64 nfds, u64 deadline, u64 mask, u64 size)
{
	i64 r = sigmask_begin(mask, size);

	if (r)
		return r;
	r = poll_until(fds, nfds, deadline);
	signal_mask_end(r == -EINTR);
	return r == -EINTR ? signal_restart_later(resume_ppoll, deadline) : r;
}

static i64 resume_ppoll(const struct trap_frame *f, u64 deadline)
{
	return ppoll_until(f->rdi, f->rsi, deadline, f->r10, f->r8);
}

i64 sys_ppoll(u64 fds, u64 nfds, u64 timeout, u64 mask, u64 size)
{
	u64 deadline;
	int r = deadline_get(timeout, &deadline);

	return r ? r : ppoll_until(fds, nfds, deadline, mask, size);
}
