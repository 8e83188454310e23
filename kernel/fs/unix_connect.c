/* SPDX-License-Identifier: ISC */
/*
 * Connections: listen, connect, accept, shutdown, and who is at the other end. A connection that
 * nobody has accepted yet is a socket without a file in the listener's list: its client may send to
 * it already. Locks: unix_private.h.
 */
#include "fs/unix_private.h"
#include "machine/clock.h"
#include "mm/slab.h"

/* When a wait that may take @timeout ns ends. */
static u64 deadline_of(u64 timeout)
{
	return timeout ? clock_ns() + timeout : ~0UL;
}

static bool may_wait(const struct file *f)
{
	return !(f->flags & O_NONBLOCK);
}

int unix_listen(struct file *f, u32 backlog)
{
	struct unix_socket *s = f->private;
	int r = 0;

	if (s->type == SOCK_DGRAM)
		return -EOPNOTSUPP;
	unix_lock_take();
	if (!s->name || s->state == UNIX_CONNECTED) {
		r = -EINVAL;
	} else {
		s->backlog = MIN(backlog, (u32)SOMAXCONN);
		s->own_cred = s->peer_cred = unix_caller();
		WRITE_ONCE(s->state, UNIX_LISTENING);
		wait_wake_all(&s->room);
	}
	unix_unlock();
	return r;
}

/* -- connect ----------------------------------------------------------------------------------- */

/* Datagrams: @to becomes where they go and whose are taken. */
static int connect_datagrams(struct unix_socket *s, struct unix_socket *to)
{
	if (to->peer && to->peer != s)
		return -EPERM;
	unix_set_peer(s, to);
	return 0;
}

static bool is_full(const struct unix_socket *listener)
{
	return READ_ONCE(listener->waiting_count) > READ_ONCE(listener->backlog);
}

/* Can @s be connected at all? */
static int check_client(const struct unix_socket *s)
{
	switch (s->state) {
	case UNIX_CONNECTED: return -EISCONN;
	case UNIX_LISTENING: return -EINVAL;
	default: return 0;
	}
}

/* Puts @fresh, which becomes the other end of @s, into @to's list. -EAGAIN: that is full. */
static int join_listener(struct unix_socket *s, struct unix_socket *to, struct unix_socket *fresh)
{
	int r = check_client(s);

	if (r)
		return r;
	if (to->state != UNIX_LISTENING || to->dead || to->read_ended)
		return -ECONNREFUSED;
	if (is_full(to))
		return -EAGAIN;
	s->own_cred = fresh->peer_cred = unix_caller();
	s->peer_cred = fresh->own_cred = to->own_cred;
	fresh->name = to->name;
	fresh->name->refs++;
	unix_join(s, fresh);
	list_push_back(&to->waiting, &unix_get(fresh)->waiting_link);
	WRITE_ONCE(to->waiting_count, to->waiting_count + 1);
	wait_wake_all(&to->readable);
	unix_wake(s);
	return 0;
}

/* Joins the socket that is at @a now. *full: the one with no room, counted, for -EAGAIN. */
static int connect_once(struct unix_socket *s, const struct unix_address *a, struct vnode *at,
			struct unix_socket *fresh, struct unix_socket **full)
{
	struct unix_socket *to = NULL;
	int r;

	*full = NULL;
	unix_lock_take();
	r = unix_find(a, at, s->type, &to);
	if (!r)
		r = fresh ? join_listener(s, to, fresh) : connect_datagrams(s, to);
	unix_unlock();
	if (r == -EAGAIN)
		*full = to;
	else
		unix_put(to);
	return r;
}

static int connect_waiting(struct file *f, const struct unix_address *a, struct vnode *at,
			   struct unix_socket *fresh)
{
	struct unix_socket *s = f->private, *full;
	u64 deadline = deadline_of(READ_ONCE(s->send_timeout));
	int r;

	while ((r = connect_once(s, a, at, fresh, &full)) == -EAGAIN) {
		if (may_wait(f))
			r = wait_event_interruptible_until(&full->room,
							   !is_full(full) ||
								   READ_ONCE(full->dead) ||
								   READ_ONCE(full->read_ended),
							   deadline);
		unix_put(full);
		if (r)
			return r == -ETIMEDOUT ? -EAGAIN : r;
	}
	return r;
}

/* AF_UNSPEC: datagrams go nowhere in particular again. */
static int disconnect(struct unix_socket *s)
{
	if (s->type != SOCK_DGRAM)
		return -EINVAL;
	unix_lock_take();
	unix_set_peer(s, NULL);
	unix_unlock();
	return 0;
}

int unix_connect(struct file *f, const struct fs_context *c, const struct unix_address *a)
{
	struct unix_socket *s = f->private, *fresh = NULL;
	struct vnode *at;
	int r;

	if (a->len < sizeof(a->sun.family))
		return -EINVAL;
	if (a->sun.family == AF_UNSPEC && s->type == SOCK_DGRAM)
		return disconnect(s);
	r = unix_find_vnode(c, a, &at);
	if (r)
		return r;
	if (s->type != SOCK_DGRAM)
		fresh = unix_socket_alloc(s->type);
	r = fresh || s->type == SOCK_DGRAM ? connect_waiting(f, a, at, fresh) : -ENOMEM;
	unix_put(fresh);
	vnode_put(at);
	return r;
}

/* -- accept ------------------------------------------------------------------------------------ */

/* The oldest that waits, the caller's now; NULL with *r: -EAGAIN or why there is none. */
static struct unix_socket *take_waiting(struct unix_socket *s, int *r)
{
	struct unix_socket *c = NULL;
	struct list *l;

	unix_lock_take();
	*r = s->state != UNIX_LISTENING || s->read_ended ? -EINVAL : -EAGAIN;
	l = *r == -EAGAIN ? list_pop_front(&s->waiting) : NULL;
	if (l) {
		c = list_entry(l, struct unix_socket, waiting_link);
		WRITE_ONCE(s->waiting_count, s->waiting_count - 1);
		wait_wake_all(&s->room);
		*r = 0;
	}
	unix_unlock();
	return c;
}

/* An end that gets no file after all. */
static void give_up(struct unix_socket *c)
{
	unix_lock_take();
	unix_end(c, true);
	unix_unlock();
}

int unix_accept(struct file *f, u32 flags, struct file **out)
{
	struct unix_socket *s = f->private, *c;
	u64 deadline = deadline_of(READ_ONCE(s->receive_timeout));
	int r;

	if (s->type == SOCK_DGRAM)
		return -EOPNOTSUPP;
	while (!(c = take_waiting(s, &r))) {
		if (r != -EAGAIN || !may_wait(f))
			return r;
		r = wait_event_interruptible_until(
			&s->readable, READ_ONCE(s->waiting_count) || READ_ONCE(s->read_ended),
			deadline);
		if (r)
			return r == -ETIMEDOUT ? -EAGAIN : r;
	}
	*out = unix_file(unix_get(c), flags);
	if (!*out)
		give_up(c);
	unix_put(c);
	return *out ? 0 : -ENOMEM;
}

/* -- the rest ---------------------------------------------------------------------------------- */

void unix_own_address(struct file *f, struct unix_address *a)
{
	unix_lock_take();
	unix_name_tell(unix_socket_of(f)->name, a);
	unix_unlock();
}

int unix_peer_address(struct file *f, struct unix_address *a)
{
	const struct unix_socket *s = f->private;
	int r = -ENOTCONN;

	unix_lock_take();
	if (s->peer) {
		unix_name_tell(s->peer->name, a);
		r = 0;
	}
	unix_unlock();
	return r;
}

struct ucred unix_peer_credentials(struct file *f)
{
	struct ucred cred;

	unix_lock_take();
	cred = unix_socket_of(f)->peer_cred;
	unix_unlock();
	return cred;
}

static void shut(struct unix_socket *s, bool reading, bool writing)
{
	if (reading)
		WRITE_ONCE(s->read_ended, true);
	if (writing)
		WRITE_ONCE(s->write_ended, true);
	unix_wake(s);
}

int unix_shutdown(struct file *f, u32 how)
{
	struct unix_socket *s = f->private;
	bool reading = how != SHUT_WR, writing = how != SHUT_RD;

	if (how > SHUT_RDWR)
		return -EINVAL;
	unix_lock_take();
	shut(s, reading, writing);
	if (s->peer && s->type != SOCK_DGRAM)
		shut(s->peer, writing, reading);
	unix_unlock();
	return 0;
}
