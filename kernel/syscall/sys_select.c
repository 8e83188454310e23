/* SPDX-License-Identifier: ISC */
/* System calls select and pselect6, turned into poll's requests; sets are copied in whole words. */
#include "abi/resource.h"

#include "fs/poll.h"
#include "machine/clock.h"
#include "machine/usercopy.h"
#include "mm/slab.h"
#include "proc/signal.h"
#include "syscall/sigmask.h"
#include "syscall/syscalls.h"
#include "syscall/user_time.h"

#define WORDS (FD_LIMIT / 64)
#define SETS 3
#define SELECT_IN (POLLIN | POLLRDNORM | POLLHUP | POLLERR)
#define SELECT_OUT (POLLOUT | POLLWRNORM | POLLERR)
#define SELECT_EXCEPT POLLPRI

typedef u64 fd_bits[WORDS];

struct select_call {
	fd_bits in[SETS], out[SETS];
	struct poll_request reqs[FD_LIMIT];
	u16 fd[FD_LIMIT];
	u32 count; /* requests */
};

static const u32 events_of_set[SETS] = { SELECT_IN, SELECT_OUT, SELECT_EXCEPT };

static u32 wanted(const struct select_call *c, u32 fd)
{
	u32 events = 0;

	for (u32 s = 0; s < SETS; s++) {
		if (c->in[s][fd / 64] >> fd % 64 & 1)
			events |= events_of_set[s];
	}
	return events;
}

static void put_files(struct select_call *c)
{
	while (c->count)
		file_put(c->reqs[--c->count].file);
}

/* A request for every descriptor in a set. 0, or -EBADF: then none is held. */
static int get_files(struct select_call *c, u32 nfds)
{
	for (u32 fd = 0; fd < nfds; fd++) {
		u32 events = wanted(c, fd);
		struct file *f;

		if (!events)
			continue;
		f = fd_get(task_current()->files, fd);
		if (!f) {
			put_files(c);
			return -EBADF;
		}
		c->reqs[c->count] =
			(struct poll_request){ .file = f, .events = events, .exact = true };
		c->fd[c->count++] = fd;
	}
	return 0;
}

/* The bits of what holds. How many. */
static i64 fill_sets(struct select_call *c)
{
	i64 n = 0;

	for (u32 i = 0; i < c->count; i++) {
		u32 fd = c->fd[i];

		for (u32 s = 0; s < SETS; s++) {
			u64 bit = 1UL << fd % 64;

			if (!(c->in[s][fd / 64] & bit) || !(c->reqs[i].revents & events_of_set[s]))
				continue;
			c->out[s][fd / 64] |= bit;
			n++;
		}
	}
	return n;
}

static i64 select_copied(struct select_call *c, u32 nfds, u64 deadline)
{
	i64 r = get_files(c, nfds);

	if (r)
		return r;
	r = poll_files(c->reqs, c->count, deadline);
	if (r >= 0)
		r = fill_sets(c);
	put_files(c);
	return r;
}

struct select_args {
	i32 nfds;
	u64 sets[SETS]; /* user addresses, 0: none */
};

static i64 select_sets(struct select_call *c, const struct select_args *a, u64 deadline)
{
	u32 nfds = MIN(a->nfds, FD_LIMIT);
	size_t bytes = ALIGN_UP(nfds, 64u) / 8;
	i64 r;

	for (u32 s = 0; s < SETS; s++) {
		if (a->sets[s] && user_read(c->in[s], a->sets[s], bytes))
			return -EFAULT;
	}
	r = select_copied(c, nfds, deadline);
	for (u32 s = 0; s < SETS && r >= 0; s++) {
		if (a->sets[s] && user_write(a->sets[s], c->out[s], bytes))
			r = -EFAULT;
	}
	return r;
}

static i64 select_until(const struct select_args *a, u64 deadline)
{
	struct select_call *c;
	i64 r;

	if (a->nfds < 0)
		return -EINVAL;
	c = kzalloc(sizeof(*c));
	if (!c)
		return -ENOMEM;
	r = select_sets(c, a, deadline);
	kfree(c);
	return r;
}

/* Tells what is left of the time; @unit: ns of the second word. A failure is nobody's business. */
static void write_time_left(u64 addr, u64 deadline, u64 unit)
{
	u64 now = clock_ns(), left = deadline > now ? deadline - now : 0;
	u64 words[2] = { left / NSEC_PER_SEC, left % NSEC_PER_SEC / unit };

	if (addr && deadline != ~0UL)
		(void)user_write(addr, words, sizeof(words));
}

/* -- select ------------------------------------------------------------------------------------ */

static i64 resume_select(const struct trap_frame *f, u64 deadline);

static i64 select_timed(const struct select_args *a, u64 timeout, u64 deadline)
{
	i64 r = select_until(a, deadline);

	write_time_left(timeout, deadline, NSEC_PER_USEC);
	return r == -EINTR ? signal_restart_later(resume_select, deadline) : r;
}

static i64 resume_select(const struct trap_frame *f, u64 deadline)
{
	struct select_args a = { f->rdi, { f->rsi, f->rdx, f->r10 } };

	return select_timed(&a, f->r8, deadline);
}

i64 sys_select(u64 nfds, u64 in, u64 out, u64 except, u64 timeout)
{
	struct select_args a = { nfds, { in, out, except } };
	u64 deadline = ~0UL, ns, more;
	struct timeval tv;

	if (timeout && user_read(&tv, timeout, sizeof(tv)))
		return -EFAULT;
	if (timeout && (tv.tv_sec < 0 || tv.tv_usec < 0))
		return -EINVAL;
	/* The microseconds may be more than a second. */
	if (timeout && !__builtin_mul_overflow((u64)tv.tv_sec, NSEC_PER_SEC, &ns) &&
	    !__builtin_mul_overflow((u64)tv.tv_usec, NSEC_PER_USEC, &more) &&
	    !__builtin_add_overflow(ns, more, &ns))
		deadline = deadline_after(ns);
	return select_timed(&a, timeout, deadline);
}

/* -- pselect6 ---------------------------------------------------------------------------------- */

/* The sixth argument: where the mask is and how long. */
struct mask_argument {
	u64 set, size;
};

static i64 resume_pselect(const struct trap_frame *f, u64 deadline);

static i64 pselect_timed(const struct select_args *a, u64 timeout, u64 deadline, u64 argument)
{
	struct mask_argument m = { 0, 0 };
	i64 r;

	if (argument && user_read(&m, argument, sizeof(m)))
		return -EFAULT;
	r = sigmask_begin(m.set, m.size);
	if (r)
		return r;
	r = select_until(a, deadline);
	signal_mask_end(r == -EINTR);
	write_time_left(timeout, deadline, 1);
	return r == -EINTR ? signal_restart_later(resume_pselect, deadline) : r;
}

static i64 resume_pselect(const struct trap_frame *f, u64 deadline)
{
	struct select_args a = { f->rdi, { f->rsi, f->rdx, f->r10 } };

	return pselect_timed(&a, f->r8, deadline, f->r9);
}

i64 sys_pselect6(u64 nfds, u64 in, u64 out, u64 except, u64 timeout, u64 argument)
{
	struct select_args a = { nfds, { in, out, except } };
	u64 deadline;
	int r = deadline_get(timeout, &deadline);

	return r ? r : pselect_timed(&a, timeout, deadline, argument);
}
