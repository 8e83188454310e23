/* SPDX-License-Identifier: ISC */
/* System calls on AF_UNIX sockets: making, names, connections, bytes. Messages: sys_message.c. */
#include "syscall/socket.h"

#include "machine/usercopy.h"
#include "proc/process.h"
#include "syscall/syscalls.h"

#define FAMILIES 46 /* all of Linux's are below */

int borrow_socket(u64 fd, struct fd_ref *r)
{
	*r = fd_borrow(fd);
	if (!r->file)
		return -EBADF;
	if (file_is_socket(r->file))
		return 0;
	fd_return(*r);
	return -ENOTSOCK;
}

/* -- making ------------------------------------------------------------------------------------ */

/* 0, or why there are no such sockets; *type: without flags. */
static int check_kind(u32 family, u32 flags, u32 protocol, u32 *type)
{
	*type = flags & SOCK_TYPE_MASK;
	if (flags & ~(u32)(SOCK_TYPE_MASK | O_NONBLOCK | O_CLOEXEC))
		return -EINVAL;
	if (family >= FAMILIES)
		return -EAFNOSUPPORT;
	if (*type >= SOCK_TYPES)
		return -EINVAL;
	if (family != AF_UNIX)
		return -EAFNOSUPPORT;
	if (protocol && protocol != AF_UNIX)
		return -EPROTONOSUPPORT;
	switch (*type) {
	case SOCK_RAW: *type = SOCK_DGRAM; return 0; /* as it has always been */
	case SOCK_STREAM:
	case SOCK_DGRAM:
	case SOCK_SEQPACKET: return 0;
	default: return -ESOCKTNOSUPPORT;
	}
}

i64 sys_socket(u64 family, u64 type, u64 protocol)
{
	u32 kind;
	i64 r = check_kind(family, type, protocol, &kind);

	return r ? r : fd_give(unix_create(kind, type), type);
}

i64 sys_socketpair(u64 family, u64 type, u64 protocol, u64 fds)
{
	struct file *end[2];
	u32 kind;
	i64 r = check_kind(family, type, protocol, &kind);

	if (!r)
		r = unix_pair(kind, type, end);
	return r ? r : fd_give_pair(fds, end, type);
}

/* -- names ------------------------------------------------------------------------------------- */

int address_get(struct unix_address *a, u64 addr, u32 len)
{
	*a = (struct unix_address){ .len = len };
	if (len > ADDRESS_MAX)
		return -EINVAL;
	return user_read(&a->sun, addr, MIN(len, sizeof(a->sun))) ? -EFAULT : 0;
}

int address_put(const struct unix_address *a, u64 addr, u64 len_addr)
{
	u32 room;

	if (user_read_u32(&room, len_addr))
		return -EFAULT;
	if ((i32)room < 0)
		return -EINVAL;
	if (user_write(addr, &a->sun, MIN(room, a->len)))
		return -EFAULT;
	return user_write_u32(len_addr, a->len);
}

/* bind and connect: @call with the name at @addr. */
static i64 with_address(u64 fd, u64 addr, u64 len,
			int (*call)(struct file *, const struct fs_context *,
				    const struct unix_address *))
{
	struct unix_address a;
	struct fs_context c;
	struct fd_ref r;
	i64 error = borrow_socket(fd, &r);

	if (error)
		return error;
	error = address_get(&a, addr, len);
	if (!error) {
		c = fs_context_begin();
		error = call(r.file, &c, &a);
		fs_context_end(&c);
	}
	fd_return(r);
	return error;
}

i64 sys_bind(u64 fd, u64 addr, u64 len)
{
	return with_address(fd, addr, len, unix_bind);
}

i64 sys_connect(u64 fd, u64 addr, u64 len)
{
	return with_address(fd, addr, len, unix_connect);
}

i64 sys_getsockname(u64 fd, u64 addr, u64 len)
{
	struct unix_address a;
	struct fd_ref r;
	i64 error = borrow_socket(fd, &r);

	if (error)
		return error;
	unix_own_address(r.file, &a);
	fd_return(r);
	return address_put(&a, addr, len);
}

i64 sys_getpeername(u64 fd, u64 addr, u64 len)
{
	struct unix_address a;
	struct fd_ref r;
	i64 error = borrow_socket(fd, &r);

	if (error)
		return error;
	error = unix_peer_address(r.file, &a);
	fd_return(r);
	return error ? error : address_put(&a, addr, len);
}

/* -- connections ------------------------------------------------------------------------------- */

i64 sys_listen(u64 fd, u64 backlog)
{
	struct fd_ref r;
	i64 error = borrow_socket(fd, &r);

	if (error)
		return error;
	error = unix_listen(r.file, backlog);
	fd_return(r);
	return error;
}

/* A number for the accepted @f, and its peer's name where it is wanted. */
static i64 give_number(struct file *f, u64 addr, u64 len, u64 flags)
{
	struct unix_address a;
	i64 error = 0;

	if (addr) {
		error = unix_peer_address(f, &a);
		if (error == -ENOTCONN)
			error = -ECONNABORTED; /* it has gone already */
		if (!error)
			error = address_put(&a, addr, len);
	}
	if (!error)
		return fd_give(f, flags);
	file_put(f);
	return error;
}

i64 sys_accept4(u64 fd, u64 addr, u64 len, u64 flags)
{
	struct file *f;
	struct fd_ref r;
	i64 error;

	if ((u32)flags & ~(u32)(O_NONBLOCK | O_CLOEXEC))
		return -EINVAL;
	error = borrow_socket(fd, &r);
	if (error)
		return error;
	error = READ_ONCE(task_current()->files->lowest) >= fd_limit()
			? -EMFILE
			: unix_accept(r.file, flags, &f);
	fd_return(r);
	return error ? error : give_number(f, addr, len, flags);
}

i64 sys_accept(u64 fd, u64 addr, u64 len)
{
	return sys_accept4(fd, addr, len, 0);
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

/* -- bytes ------------------------------------------------------------------------------------- */

i64 socket_send(struct file *f, struct io *io, u32 flags, struct unix_extra *x)
{
	struct fs_context c = fs_context_begin();
	i64 n;

	x->fs = &c; /* cppcheck-suppress autoVariables ; taken back below */
	n = unix_send(f, io, flags, x);
	x->fs = NULL;
	fs_context_end(&c);
	if (n == -EPIPE && unix_type(f) == SOCK_STREAM && !(flags & MSG_NOSIGNAL))
		signal_send_self(SIGPIPE);
	return n;
}

i64 sys_sendto(u64 fd, u64 buf, u64 count, u64 flags, u64 addr, u64 addr_len)
{
	struct unix_extra x = { .to = NULL };
	struct unix_address to;
	struct fd_ref r;
	struct io io;
	i64 n;

	if (!io_init_user(&io, buf, count))
		return -EFAULT;
	n = borrow_socket(fd, &r);
	if (n)
		return n;
	if (addr) {
		n = address_get(&to, addr, addr_len);
		x.to = &to;
	}
	if (!n)
		n = socket_send(r.file, &io, flags, &x);
	fd_return(r);
	return n;
}

/* The sender's name as recvfrom and recvmsg tell it: nothing at all where there is none. */
void address_of_sender(struct unix_extra *x)
{
	if (x->from.len == sizeof(x->from.sun.family))
		x->from.len = 0;
}

i64 sys_recvfrom(u64 fd, u64 buf, u64 count, u64 flags, u64 addr, u64 addr_len)
{
	struct unix_extra x = { .rights = NULL };
	struct fd_ref r;
	struct io io;
	i64 n;

	if (!io_init_user(&io, buf, count))
		return -EFAULT;
	n = borrow_socket(fd, &r);
	if (n)
		return n;
	n = unix_receive(r.file, &io, flags, &x);
	fd_return(r);
	unix_rights_free(x.rights); /* there is nowhere to put them */
	address_of_sender(&x);
	if (n >= 0 && addr && address_put(&x.from, addr, addr_len))
		return -EFAULT;
	return n >= 0 && (flags & MSG_TRUNC) ? (i64)x.full : n;
}
