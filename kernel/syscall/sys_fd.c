/* SPDX-License-Identifier: ISC */
/* System calls on descriptors: close, dup, pipe, fcntl, ioctl, and what works on an open file. */
#include "fs/pipe.h"
#include "machine/usercopy.h"
#include "syscall/at.h"
#include "syscall/fd_ref.h"
#include "syscall/lock.h"
#include "syscall/syscalls.h"

#define FIONREAD 0x541b
#define FIONBIO 0x5421
#define FIONCLEX 0x5450
#define FIOCLEX 0x5451
#define SETTABLE_FLAGS (O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME)

static struct fd_table *files(void)
{
	return task_current()->files;
}

/* The others' last changes are seen once their references are gone. */
struct file *fd_take_slow(struct fd_table *t, u64 fd)
{
	if (fd_table_is_mine(t))
		t->own = t->size;
	return fd_get(t, fd);
}

i64 sys_close(u64 fd)
{
	return fd_close(files(), fd);
}

static i64 dup_from(u64 old, u32 from, bool cloexec)
{
	struct file *f = fd_take(old);

	return f ? fd_install(files(), f, from, cloexec) : -EBADF;
}

static i64 dup_to(u64 old, u64 new, bool cloexec)
{
	struct file *f = fd_take(old);

	return f ? fd_replace(files(), f, new, cloexec) : -EBADF;
}

i64 sys_dup(u64 fd)
{
	return dup_from(fd, 0, false);
}

i64 sys_dup2(u64 old, u64 new)
{
	if ((u32)old == (u32) new)
		return fd_get_flags(files(), old) < 0 ? -EBADF : (i64)(u32) new;
	return dup_to(old, new, false);
}

i64 sys_dup3(u64 old, u64 new, u64 flags)
{
	if ((flags & ~(u64)O_CLOEXEC) || (u32)old == (u32) new)
		return -EINVAL;
	return dup_to(old, new, flags & O_CLOEXEC);
}

i64 fd_give_pair(u64 fds, struct file *end[2], u64 flags)
{
	i32 fd[2];
	i64 r;

	fd[0] = fd_give(end[0], flags);
	fd[1] = fd_give(end[1], flags);
	r = MIN(fd[0], fd[1]);
	if (r >= 0)
		r = user_write(fds, fd, sizeof(fd));
	for (u32 i = 0; r && i < 2; i++)
		fd_close(files(), fd[i]);
	return r;
}

i64 sys_pipe2(u64 fds, u64 flags)
{
	struct file *end[2];
	int r;

	if (flags & ~(u64)(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	r = pipe_create(&end[0], &end[1], flags);
	return r ? r : fd_give_pair(fds, end, flags);
}

i64 sys_pipe(u64 fds)
{
	return sys_pipe2(fds, 0);
}

static i64 set_flags(struct file *f, u32 flags)
{
	u32 old = READ_ONCE(f->flags);

	while (!__atomic_compare_exchange_n(&f->flags, &old,
					    (old & ~SETTABLE_FLAGS) | (flags & SETTABLE_FLAGS),
					    true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	return 0;
}

static i64 pipe_size(const struct file *f, u32 cmd, u64 arg)
{
	if (!file_is_pipe(f))
		return -EBADF;
	return cmd == F_SETPIPE_SZ ? pipe_resize(f->private, arg) : (i64)pipe_capacity(f->private);
}

/* Commands on the open file, not on the descriptor. */
static i64 fcntl_file(struct file *f, u32 cmd, u64 arg)
{
	switch (cmd) {
	case F_GETFL: return f->flags;
	case F_SETFL: return f->flags & O_PATH ? -EBADF : set_flags(f, arg);
	case F_GETPIPE_SZ:
	case F_SETPIPE_SZ: return pipe_size(f, cmd, arg);
	default: return -EINVAL;
	}
}

i64 sys_fcntl(u64 fd, u64 cmd, u64 arg)
{
	struct fd_ref r = fd_borrow_any(fd);
	i64 result;

	if (!r.file)
		return -EBADF;
	switch ((u32)cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		result = arg >= fd_limit() ? -EINVAL : dup_from(fd, arg, cmd == F_DUPFD_CLOEXEC);
		break;
	case F_GETFD: result = fd_get_flags(files(), fd); break;
	case F_SETFD: result = fd_set_flags(files(), fd, arg); break;
	default:
		result = fcntl_is_lock(cmd) ? fcntl_lock(fd, r.file, cmd, arg)
					    : fcntl_file(r.file, cmd, arg);
	}
	fd_return(r);
	return result;
}

static i64 set_nonblock(struct file *f, u64 arg)
{
	u32 on;

	if (user_read_u32(&on, arg))
		return -EFAULT;
	if (on)
		__atomic_or_fetch(&f->flags, O_NONBLOCK, __ATOMIC_RELAXED);
	else
		__atomic_and_fetch(&f->flags, ~O_NONBLOCK, __ATOMIC_RELAXED);
	return 0;
}

/* What a regular file still holds behind its position. */
static i64 bytes_left(struct file *f, u64 arg)
{
	return user_write_u32(arg, READ_ONCE(f->vnode->size) - f->pos);
}

static bool is_regular(const struct file *f)
{
	return f->vnode && (f->vnode->mode & S_IFMT) == S_IFREG;
}

static i64 ioctl_file(struct file *f, u64 fd, u32 cmd, u64 arg)
{
	switch (cmd) {
	case FIOCLEX: return fd_set_flags(files(), fd, FD_CLOEXEC);
	case FIONCLEX: return fd_set_flags(files(), fd, 0);
	case FIONBIO: return set_nonblock(f, arg);
	}
	if (f->ops->ioctl)
		return f->ops->ioctl(f, cmd, arg);
	if (cmd == FIONREAD && is_regular(f))
		return bytes_left(f, arg);
	return -ENOTTY;
}

i64 sys_ioctl(u64 fd, u64 cmd, u64 arg)
{
	struct fd_ref r = fd_borrow(fd);
	i64 result;

	if (!r.file)
		return -EBADF;
	result = ioctl_file(r.file, fd, cmd, arg);
	fd_return(r);
	return result;
}

static i64 list_directory(u64 fd, u64 buf, u64 count, bool old)
{
	struct fd_ref r = fd_borrow(fd);
	struct io io;
	i64 n = -EFAULT;

	if (!r.file)
		return -EBADF;
	count = MIN((u64)(u32)count, 0x7fffffffUL);
	if (io_init_user(&io, buf, count))
		n = file_getdents(r.file, &io, old);
	fd_return(r);
	return n;
}

i64 sys_getdents64(u64 fd, u64 buf, u64 count)
{
	return list_directory(fd, buf, count, false);
}

i64 sys_getdents(u64 fd, u64 buf, u64 count)
{
	return list_directory(fd, buf, count, true);
}

static i64 truncate_file(struct file *f, u64 size)
{
	if ((i64)size < 0 || !is_regular(f) || !file_writable(f))
		return -EINVAL;
	return vnode_truncate(f->vnode, size);
}

i64 sys_ftruncate(u64 fd, u64 size)
{
	struct fd_ref r = fd_borrow(fd);
	i64 result;

	if (!r.file)
		return -EBADF;
	result = truncate_file(r.file, size);
	fd_return(r);
	return result;
}

/* Is it of a kind that is kept somewhere? There is nothing behind memory to write it to. */
static bool can_sync(const struct file *f)
{
	u32 kind = f->vnode ? f->vnode->mode & S_IFMT : 0;

	return kind == S_IFREG || kind == S_IFDIR || kind == S_IFBLK;
}

i64 sys_fsync(u64 fd)
{
	struct fd_ref r = fd_borrow(fd);
	i64 result;

	if (!r.file)
		return -EBADF;
	result = can_sync(r.file) ? 0 : -EINVAL;
	fd_return(r);
	return result;
}

i64 sys_fdatasync(u64 fd)
{
	return sys_fsync(fd);
}

i64 sys_sync(void)
{
	return 0;
}
