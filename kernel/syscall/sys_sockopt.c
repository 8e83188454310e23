/* SPDX-License-Identifier: ISC */
/* getsockopt and setsockopt. */
#include "machine/clock.h"
#include "machine/usercopy.h"
#include "syscall/socket.h"
#include "syscall/syscalls.h"

#define SECONDS_MAX 0xffffffffL /* longer is for ever */

struct timeval_abi {
	i64 sec, usec;
};

struct linger_abi {
	i32 on, seconds;
};

/* One option's value, whatever it is. */
union option_value {
	u32 number;
	struct ucred cred;
	struct timeval_abi time;
	struct linger_abi linger;
};

static struct timeval_abi to_timeval(u64 ns)
{
	return (struct timeval_abi){ ns / NSEC_PER_SEC, ns % NSEC_PER_SEC / NSEC_PER_USEC };
}

/* Fills *v: its bytes, or -ENOPROTOOPT. */
static i64 option_of(struct file *f, u32 name, union option_value *v)
{
	switch (name) {
	case SO_PEERCRED: v->cred = unix_peer_credentials(f); return sizeof(v->cred);
	case SO_RCVTIMEO:
	case SO_SNDTIMEO:
		v->time = to_timeval(unix_get_timeout(f, name == SO_SNDTIMEO));
		return sizeof(v->time);
	case SO_LINGER: v->linger = (struct linger_abi){ 0, 0 }; return sizeof(v->linger);
	default:
		return unix_get_option(f, name, &v->number) ? -ENOPROTOOPT : (i64)sizeof(v->number);
	}
}

static i64 get_option(struct file *f, u32 name, u64 value, u64 len_addr)
{
	union option_value v;
	u32 room;
	i64 size;

	if (user_read_u32(&room, len_addr))
		return -EFAULT;
	if ((i32)room < 0)
		return -EINVAL;
	size = option_of(f, name, &v);
	if (size < 0)
		return size;
	size = MIN((u32)size, room);
	if (user_write(value, &v, size))
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

static i64 set_timeout(struct file *f, u32 name, u64 value, u32 len)
{
	struct timeval_abi t;
	u64 ns;

	if (len < sizeof(t))
		return -EINVAL;
	if (user_read(&t, value, sizeof(t)))
		return -EFAULT;
	if (t.usec < 0 || t.usec >= 1000000)
		return -EDOM;
	/* A negative time is over at once, as the shortest is; too long is for ever. */
	ns = t.sec < 0 ? 1 : (u64)t.sec * NSEC_PER_SEC + t.usec * NSEC_PER_USEC;
	unix_set_timeout(f, name == SO_SNDTIMEO, t.sec > SECONDS_MAX ? 0 : ns);
	return 0;
}

static i64 set_option(struct file *f, u32 name, u64 value, u32 len)
{
	struct linger_abi l;
	u32 number;

	if (len < sizeof(number))
		return -EINVAL;
	if (user_read_u32(&number, value))
		return -EFAULT;
	switch (name) {
	case SO_RCVTIMEO:
	case SO_SNDTIMEO: return set_timeout(f, name, value, len);
	case SO_LINGER:
		if (len < sizeof(l))
			return -EINVAL;
		return user_read(&l, value, sizeof(l)) ? -EFAULT : 0; /* closing never waits */
	default: return unix_set_option(f, name, number, !cred_current()->euid);
	}
}

i64 sys_setsockopt(u64 fd, u64 level, u64 name, u64 value, u64 len)
{
	struct fd_ref r;
	i64 error;

	if ((i32)len < 0)
		return -EINVAL;
	error = borrow_socket(fd, &r);
	if (error)
		return error;
	error = (u32)level == SOL_SOCKET ? set_option(r.file, name, value, len) : -EOPNOTSUPP;
	fd_return(r);
	return error;
}
