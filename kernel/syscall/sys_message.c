/* SPDX-License-Identifier: ISC */
/*
 * sendmsg, recvmsg and their plurals: a vector of bytes, a name, and what goes along: open files and
 * credentials. What is copied in is checked once, and what it says of lengths is never believed.
 */
#include "machine/clock.h"
#include "machine/usercopy.h"
#include "mm/slab.h"
#include "syscall/iovec.h"
#include "syscall/socket.h"
#include "syscall/syscalls.h"
#include "syscall/user_time.h"

#define CONTROL_MAX 20480u /* net.core.optmem_max */
#define MESSAGES_MAX 1024u /* of one sendmmsg or recvmmsg */
#define HEAD sizeof(struct cmsghdr_abi)

/* -- what is sent along ------------------------------------------------------------------------ */

static int add_files(struct unix_extra *x, const i32 *fds, size_t count)
{
	if (!x->rights)
		x->rights = unix_rights_create();
	if (!x->rights)
		return -ENOMEM;
	if (count + unix_rights_count(x->rights) > SCM_MAX_FD)
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		struct file *f = fd_get(task_current()->files, fds[i]);

		if (!f)
			return -EBADF;
		(void)unix_rights_add(x->rights, f); /* there is room */
	}
	return 0;
}

/* Only root may pretend to be somebody else. */
static int set_credentials(struct unix_extra *x, const struct ucred *said)
{
	const struct credentials *me = cred_current();
	bool own_pid = said->pid == process_current()->pid;
	bool own_uid = said->uid == me->uid || said->uid == me->euid || said->uid == me->suid;
	bool own_gid = said->gid == me->gid || said->gid == me->egid || said->gid == me->sgid;

	if (me->euid && !(own_pid && own_uid && own_gid))
		return -EPERM;
	x->cred = *said;
	x->has_cred = true;
	return 0;
}

static int parse_one(struct unix_extra *x, const struct cmsghdr_abi *h)
{
	const void *data = h + 1;
	size_t n = h->len - HEAD;

	if (h->level != SOL_SOCKET)
		return 0;
	switch (h->type) {
	case SCM_RIGHTS: return n ? add_files(x, data, n / sizeof(i32)) : 0;
	case SCM_CREDENTIALS: return n == sizeof(struct ucred) ? set_credentials(x, data) : -EINVAL;
	default: return -EINVAL;
	}
}

static int parse_control(struct unix_extra *x, const u8 *control, size_t len)
{
	int r = 0;

	for (size_t at = 0; !r && len - at >= HEAD;) {
		const struct cmsghdr_abi *h = (const struct cmsghdr_abi *)(control + at);
		size_t space;

		if (h->len < HEAD || h->len > len - at)
			return -EINVAL;
		r = parse_one(x, h);
		space = ALIGN_UP(h->len, sizeof(u64));
		if (space > len - at)
			break;
		at += space;
	}
	return r;
}

static int control_get(struct unix_extra *x, const struct msghdr_abi *m)
{
	u8 *control;
	int r;

	if (m->control_len > CONTROL_MAX)
		return -ENOBUFS;
	if (!m->control_len)
		return 0;
	control = kmalloc(m->control_len);
	if (!control)
		return -ENOBUFS;
	r = user_read(control, m->control, m->control_len)
		    ? -EFAULT
		    : parse_control(x, control, m->control_len);
	kfree(control);
	return r;
}

/* -- sending ----------------------------------------------------------------------------------- */

static int header_get(struct msghdr_abi *m, u64 addr)
{
	if (user_read(m, addr, sizeof(*m)))
		return -EFAULT;
	if (m->iov_count > UIO_MAXIOV)
		return -EMSGSIZE;
	return (i32)m->name_len < 0 ? -EINVAL : 0;
}

static i64 send_one(struct file *f, u64 addr, u32 flags)
{
	struct unix_extra x = { .rights = NULL };
	struct unix_address to;
	struct user_vector v;
	struct msghdr_abi m;
	struct io io;
	i64 n = header_get(&m, addr);

	if (!n && m.name && m.name_len) {
		n = address_get(&to, m.name, MIN(m.name_len, (u32)ADDRESS_MAX));
		x.to = &to;
	}
	if (n)
		return n;
	n = user_vector_get(&v, m.iov, m.iov_count, &io);
	if (n)
		return n;
	n = control_get(&x, &m);
	if (!n)
		n = socket_send(f, &io, flags, &x);
	unix_rights_free(x.rights);
	user_vector_put(&v);
	return n;
}

i64 sys_sendmsg(u64 fd, u64 msg, u64 flags)
{
	struct fd_ref r;
	i64 n = borrow_socket(fd, &r);

	if (n)
		return n;
	n = send_one(r.file, msg, flags);
	fd_return(r);
	return n;
}

static u64 message_at(u64 vec, u32 i)
{
	return vec + i * sizeof(struct mmsghdr_abi);
}

/* How many went, or why the first did not. */
i64 sys_sendmmsg(u64 fd, u64 vec, u64 count, u64 flags)
{
	u32 want = MIN((u32)count, MESSAGES_MAX), done;
	struct fd_ref r;
	i64 n = borrow_socket(fd, &r);

	if (n)
		return n;
	for (done = 0; done < want; done++) {
		n = send_one(r.file, message_at(vec, done), flags);
		if (n < 0)
			break;
		if (user_write_u32(message_at(vec, done) + offsetof(struct mmsghdr_abi, len), n)) {
			n = -EFAULT;
			break;
		}
	}
	fd_return(r);
	return done ? done : MIN(n, 0);
}

/* -- receiving --------------------------------------------------------------------------------- */

/* Where control messages go. */
struct control {
	u64 at, left;
	u32 flags; /* MSG_CTRUNC: something found no room */
};

/* The head of a message with @n bytes of data, and those. Cut where there is no room. */
static int control_put(struct control *c, i32 type, const void *data, size_t n)
{
	struct cmsghdr_abi h = { HEAD + n, SOL_SOCKET, type };
	u64 space;

	if (c->left < HEAD) {
		c->flags |= MSG_CTRUNC;
		return 0;
	}
	if (c->left < h.len) {
		c->flags |= MSG_CTRUNC;
		h.len = c->left;
	}
	if (user_write(c->at, &h, HEAD) || user_write(c->at + HEAD, data, h.len - HEAD))
		return -EFAULT;
	space = MIN(ALIGN_UP(h.len, sizeof(u64)), c->left);
	c->at += space;
	c->left -= space;
	return 0;
}

/* Gives the files numbers, as many as there is room for. */
static void rights_put(struct control *c, struct unix_rights *r, bool cloexec)
{
	u32 room = c->left < HEAD ? 0 : MIN((c->left - HEAD) / sizeof(i32), SCM_MAX_FD), n = 0;
	struct cmsghdr_abi h = { 0, SOL_SOCKET, SCM_RIGHTS };
	u64 space;

	while (n < room && unix_rights_count(r)) {
		struct file *f = unix_rights_take(r);
		i32 fd = fd_install(task_current()->files, f, 0, cloexec);

		if (fd < 0) {
			c->flags |= MSG_CTRUNC;
			break;
		}
		if (user_write_u32(c->at + HEAD + n * sizeof(fd), fd)) {
			fd_close(task_current()->files, fd);
			break;
		}
		n++;
	}
	if (unix_rights_count(r))
		c->flags |= MSG_CTRUNC;
	h.len = HEAD + n * sizeof(i32);
	if (!n || user_write(c->at, &h, HEAD))
		return;
	space = MIN(ALIGN_UP(h.len, sizeof(u64)), c->left);
	c->at += space;
	c->left -= space;
}

/* What came along, the name and the flags, to where *m says; @addr: of the header. */
static int tell(struct unix_extra *x, const struct msghdr_abi *m, u64 addr, u32 flags)
{
	struct control c = { m->control, m->control_len, flags };
	int r = 0;

	if (x->has_cred)
		r = control_put(&c, SCM_CREDENTIALS, &x->cred, sizeof(x->cred));
	if (x->rights)
		rights_put(&c, x->rights, flags & MSG_CMSG_CLOEXEC);
	address_of_sender(x);
	if (!r && m->name)
		r = address_put(&x->from, m->name, addr + offsetof(struct msghdr_abi, name_len));
	if (!r)
		r = user_write_u32(addr + offsetof(struct msghdr_abi, flags), c.flags);
	if (!r)
		r = user_write_u64(addr + offsetof(struct msghdr_abi, control_len),
				   m->control_len - c.left);
	return r;
}

static i64 receive_one(struct file *f, u64 addr, u32 flags)
{
	struct unix_extra x = { .rights = NULL };
	u32 told = flags & MSG_CMSG_CLOEXEC;
	struct user_vector v;
	struct msghdr_abi m;
	struct io io;
	size_t room;
	i64 n = header_get(&m, addr);

	if (n)
		return n;
	n = user_vector_get(&v, m.iov, m.iov_count, &io);
	if (n)
		return n;
	room = io.left;
	n = unix_receive(f, &io, flags, &x);
	if (n >= 0 && x.full > room)
		told |= MSG_TRUNC;
	if (n >= 0 && tell(&x, &m, addr, told))
		n = -EFAULT;
	unix_rights_free(x.rights);
	user_vector_put(&v);
	return n >= 0 && (flags & MSG_TRUNC) ? (i64)x.full : n;
}

i64 sys_recvmsg(u64 fd, u64 msg, u64 flags)
{
	struct fd_ref r;
	i64 n = borrow_socket(fd, &r);

	if (n)
		return n;
	n = receive_one(r.file, msg, flags);
	fd_return(r);
	return n;
}

static i64 receive_many(struct file *f, u64 vec, u32 want, u32 flags, u64 deadline)
{
	u32 done = 0;
	i64 n = 0;

	while (done < want && n >= 0) {
		n = receive_one(f, message_at(vec, done), flags & ~MSG_WAITFORONE);
		if (n < 0)
			break;
		if (user_write_u32(message_at(vec, done) + offsetof(struct mmsghdr_abi, len), n)) {
			n = -EFAULT;
			break;
		}
		done++;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (deadline != ~0UL && clock_ns() >= deadline)
			break;
	}
	return done ? done : MIN(n, 0);
}

/* As Linux the time is looked at after each message only. */
i64 sys_recvmmsg(u64 fd, u64 vec, u64 count, u64 flags, u64 timeout)
{
	struct fd_ref r;
	u64 deadline;
	i64 n = deadline_get(timeout, &deadline);

	if (!n)
		n = borrow_socket(fd, &r);
	if (n)
		return n;
	n = receive_many(r.file, vec, MIN((u32)count, MESSAGES_MAX), flags, deadline);
	fd_return(r);
	return n;
}
