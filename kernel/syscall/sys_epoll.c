/* SPDX-License-Identifier: ISC */
/* System calls of epoll(7). */
#include "fs/epoll.h"
#include "machine/clock.h"
#include "machine/usercopy.h"
#include "proc/signal.h"
#include "syscall/fd_ref.h"
#include "syscall/sigmask.h"
#include "syscall/syscalls.h"
#include "syscall/user_time.h"

#define MAX_EVENTS (0x7fffffff / sizeof(struct epoll_event))

i64 sys_epoll_create1(u64 flags)
{
	if ((u32)flags & ~(u32)O_CLOEXEC)
		return -EINVAL;
	return fd_give(epoll_create(), flags);
}

i64 sys_epoll_create(u64 size)
{
	return (i32)size > 0 ? sys_epoll_create1(0) : -EINVAL;
}

i64 sys_epoll_ctl(u64 epfd, u64 op, u64 fd, u64 event)
{
	struct epoll_event e = { 0, 0 };
	struct fd_ref set, target;
	i64 r = -EBADF;

	if ((u32)op != EPOLL_CTL_DEL && user_read(&e, event, sizeof(e)))
		return -EFAULT;
	set = fd_borrow(epfd);
	target = fd_borrow(fd);
	if (set.file && target.file)
		r = epoll_control(set.file, op, target.file, fd, &e);
	fd_return(target);
	fd_return(set);
	return r;
}

static i64 wait_until(u64 epfd, u64 events, u64 max, u64 deadline)
{
	struct fd_ref set;
	i64 r = -EINVAL;

	if ((i32)max <= 0 || (u32)max > MAX_EVENTS)
		return -EINVAL;
	if (!user_range_ok(events, (u32)max * sizeof(struct epoll_event)))
		return -EFAULT;
	set = fd_borrow(epfd);
	if (!set.file)
		return -EBADF;
	if (file_is_epoll(set.file))
		r = epoll_collect(set.file, events, max, deadline);
	fd_return(set);
	return r;
}

/* @ms milliseconds from now, less than 0: for ever. */
static u64 deadline_ms(i32 ms)
{
	return ms < 0 ? ~0UL : deadline_after(ms * NSEC_PER_MSEC);
}

i64 sys_epoll_wait(u64 epfd, u64 events, u64 max, u64 timeout)
{
	return wait_until(epfd, events, max, deadline_ms(timeout));
}

static i64 wait_masked(u64 epfd, u64 events, u64 max, u64 deadline, u64 mask, u64 size)
{
	i64 r = sigmask_begin(mask, size);

	if (r)
		return r;
	r = wait_until(epfd, events, max, deadline);
	signal_mask_end(r == -EINTR);
	return r;
}

i64 sys_epoll_pwait(u64 epfd, u64 events, u64 max, u64 timeout, u64 mask, u64 size)
{
	return wait_masked(epfd, events, max, deadline_ms(timeout), mask, size);
}

i64 sys_epoll_pwait2(u64 epfd, u64 events, u64 max, u64 timeout, u64 mask, u64 size)
{
	u64 deadline;
	int r = deadline_get(timeout, &deadline);

	return r ? r : wait_masked(epfd, events, max, deadline, mask, size);
}
