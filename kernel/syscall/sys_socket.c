/* SPDX-License-Identifier: ISC */
/* System calls on connected pairs of AF_UNIX sockets. */
#include "fs/unix.h"
#include "machine/usercopy.h"
#include "proc/signal.h"
#include "syscall/fd_ref.h"
#include "syscall/syscalls.h"

#define MAX_IO 0x7ffff000UL

/* The descriptor's file if it is a socket. 0, -EBADF, -ENOTSOCK; fd_return() only after 0. */
static int borrow_socket(u64 fd, struct fd_ref *r)
{
	*r = fd_borrow(fd);
	if (!r->file)
		return -EBADF;
	if (file_is_socket(r->file))
		return 0;
	fd_return(*r);
	return -ENOTSOCK;
}

/* 0, or why there are no such sockets. */
static int check_kind(u32 family, u32 type, u32 protocol)
{
	if (type & ~(u32)(SOCK_TYPE_MASK | O_NONBLOCK | O_CLOEXEC))
		return -EINVAL;
	if (family != AF_UNIX)
		return -EAFNOSUPPORT;
	if (protocol && protocol != AF_UNIX)
		return -EPROTONOSUPPORT;
	switch (type & SOCK_TYPE_MASK) {
	case SOCK_STREAM:
	case SOCK_DGRAM:
	case SOCK_SEQPACKET: return 0;
	default: return -ESOCKTNOSUPPORT;
	}
}

/* Puts both ends into the table, for whom *fd are the numbers. On failure both are put. */
static i64 install_pair(struct file *end[2], bool cloexec, i32 fd[2])
{
	struct fd_table *t = task_current()->files;

	fd[0] = fd_install(t, end[0], 0, cloexec);
	if (fd[0] < 0) {
		file_put(end[0]);
		file_put(end[1]);
		return fd[0];
	}
	fd[1] = fd_install(t, end[1], 0, cloexec);
	if (fd[1] < 0) {
		file_put(end[1]);
		fd_close(t, fd[0]);
		return fd[1];
	}
	return 0;
}

i64 sys_socketpair(u64 family, u64 type, u64 protocol, u64 fds)
{
	struct ucred cred = { process_current()->pid, cred_current()->euid, cred_current()->egid };
	struct file *end[2];
	i32 fd[2];
	i64 r = check_kind(family, type, protocol);

	if (!r)
		r = unix_pair(type & SOCK_TYPE_MASK, type, &cred, end);
	if (!r)
		r = install_pair(end, type & O_CLOEXEC, fd);
	if (r)
		return r;
	if (!user_write(fds, fd, sizeof(fd)))
		return 0;
	fd_close(task_current()->files, fd[0]);
	fd_close(task_current()->files, fd[1]);
	return -EFAULT;
}

i64 sys_sendto(u64 fd, u64 buf, u64 count, u64 flags, u64 addr, u64 addr_len)
{
	struct io_segment seg;
	struct fd_ref r;
	struct io io;
	bool stream;
	i64 n;

	(void)addr_len;
	if (!user_range_ok(buf, count))
		return -EFAULT;
	n = borrow_socket(fd, &r);
	if (n)
		return n;
	io_init_user(&io, &seg, buf, MIN(count, MAX_IO));
	stream = unix_type(r.file) == SOCK_STREAM;
	if (addr && stream)
		n = unix_is_connected(r.file) ? -EISCONN : -EOPNOTSUPP;
	else if (addr)
		n = -ECONNREFUSED; /* no socket has a name */
	else
		n = unix_send(r.file, &io, flags);
	fd_return(r);
	if (n == -EPIPE && stream && !(flags & MSG_NOSIGNAL))
		signal_send_self(SIGPIPE);
	return n;
}

i64 sys_recvfrom(u64 fd, u64 buf, u64 count, u64 flags, u64 addr, u64 addr_len)
{
	struct io_segment seg;
	struct fd_ref r;
	struct io io;
	size_t full;
	i64 n;

	if (!user_range_ok(buf, count))
		return -EFAULT;
	n = borrow_socket(fd, &r);
	if (n)
		return n;
	io_init_user(&io, &seg, buf, MIN(count, MAX_IO));
	n = unix_receive(r.file, &io, flags, &full);
	fd_return(r);
	if (n >= 0 && addr && user_write_u32(addr_len, 0)) /* the sender has no name */
		return -EFAULT;
	return n >= 0 && (flags & MSG_TRUNC) ? (i64)full : n;
}

i64 sys_shutdown(u64 fd, u64 how)
{
	struct fd_ref r;
	i64 error = borrow_socket(fd, &r);

	if (error)
		return error;
	error = unix_shutdown(r.file, how);
	fd_return(r);
	return error;
}

/* -- options ----------------------------------------------------------------------------------- */

/* The value of a number option. 0, -ENOPROTOOPT. */
static int number_option(struct file *f, u32 name, u32 *value)
{
	switch (name) {
	case SO_TYPE: *value = unix_type(f); return 0;
	case SO_ERROR: *value = -unix_take_error(f); return 0;
	case SO_SNDBUF:
	case SO_RCVBUF: *value = UNIX_BUFFER; return 0;
	case SO_ACCEPTCONN:
	case SO_PROTOCOL: *value = 0; return 0;
	case SO_DOMAIN: *value = AF_UNIX; return 0;
	default: return -ENOPROTOOPT;
	}
}

static i64 get_option(struct file *f, u32 name, u64 value, u64 len_addr)
{
	struct ucred cred;
	u32 number, size, room;
	const void *src = &number;

	if (user_read_u32(&room, len_addr))
		return -EFAULT;
	if ((i32)room < 0)
		return -EINVAL;
	size = sizeof(number);
	if (name == SO_PEERCRED) {
		cred = unix_peer_credentials(f);
		src = &cred;
		size = sizeof(cred);
	} else if (number_option(f, name, &number)) {
		return -ENOPROTOOPT;
	}
	size = MIN(size, room);
	if (user_write(value, src, size))
		return -EFAULT;
	return user_write_u32(len_addr, size);
}

i64 sys_getsockopt(u64 fd, u64 level, u64 name, u64 value, u64 len)
{
	struct fd_ref r;
	i64 error = borrow_socket(fd, &r);

	if (error)
		return error;
	error = (u32)level == SOL_SOCKET ? get_option(r.file, name, value, len) : -EOPNOTSUPP;
	fd_return(r);
	return error;
}
