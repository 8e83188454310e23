/* SPDX-License-Identifier: ISC */
/* System calls of signalfd and pidfd. */
#include "lib/string.h"
#include "machine/usercopy.h"
#include "proc/signal.h"
#include "proc/watch.h"
#include "syscall/fd_ref.h"
#include "syscall/siginfo.h"
#include "syscall/syscalls.h"

static i64 change_mask(u64 fd, u64 mask)
{
	struct fd_ref r = fd_borrow(fd);
	i64 error = -EBADF;

	if (r.file)
		error = signalfd_set_mask(r.file, mask);
	fd_return(r);
	return error ? error : (i64)(u32)fd;
}

i64 sys_signalfd4(u64 fd, u64 set, u64 size, u64 flags)
{
	u64 mask;

	if (((u32)flags & ~(u32)(O_CLOEXEC | O_NONBLOCK)) || size != sizeof(mask))
		return -EINVAL;
	if (user_read_u64(&mask, set))
		return -EFAULT;
	mask &= ~SIGNAL_UNBLOCKABLE;
	return (i32)fd == -1 ? fd_give(signalfd_create(mask, flags), flags) : change_mask(fd, mask);
}

i64 sys_signalfd(u64 fd, u64 set, u64 size)
{
	return sys_signalfd4(fd, set, size, 0);
}

i64 sys_pidfd_open(u64 pid, u64 flags)
{
	struct file *f;
	int r;

	if (((u32)flags & ~(u32)O_NONBLOCK) || (i32)pid <= 0)
		return -EINVAL;
	r = pidfd_create((i32)pid, flags, &f);
	return r ? r : fd_give(f, O_CLOEXEC);
}

i64 sys_pidfd_send_signal(u64 fd, u64 sig, u64 info, u64 flags)
{
	struct siginfo_kernel k = { .code = SI_USER,
				    .pid = process_current()->pid,
				    .uid = cred_current()->uid };
	struct fd_ref r;
	i64 error;

	if ((u32)flags)
		return -EINVAL;
	r = fd_borrow(fd);
	error = r.file ? pidfd_receiver(r.file) : -EBADF;
	if (error > 0)
		error = info ? siginfo_get_signo((i32)error, (i32)sig, info, &k) : 0;
	if (!error && ((i32)sig < 0 || (i32)sig > NSIG))
		error = -EINVAL;
	if (!error)
		error = pidfd_send(r.file, (i32)sig, &k);
	fd_return(r);
	return error;
}
