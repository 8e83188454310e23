/* SPDX-License-Identifier: ISC */
/*
 * AF_UNIX sockets: their life, and what they are as files. Each that is open has a vnode of its own,
 * for fstat. Locks: unix_private.h.
 */
#include "base/counter.h"
#include "fs/poll.h"
#include "fs/unix_private.h"
#include "machine/usercopy.h"
#include "mm/slab.h"

#define FIONREAD 0x541b
#define TIOCOUTQ 0x5411

COUNTER(live_sockets, "unix sockets");

struct mutex unix_lock = MUTEX_INIT(unix_lock);
struct ucred (*unix_caller)(void);

void unix_put(struct unix_socket *s)
{
	if (!s || __atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL))
		return;
	kfree(s);
	counter_add(&live_sockets, -1);
}

static ssize_t unix_read(struct file *f, struct io *io, u64 *pos)
{
	struct unix_extra x = { .rights = NULL };
	ssize_t n;

	(void)pos;
	n = unix_receive(f, io, 0, &x);
	unix_rights_free(x.rights); /* nobody asked for them */
	return n;
}

static ssize_t unix_write(struct file *f, struct io *io, u64 *pos)
{
	struct unix_extra x = { .to = NULL };

	(void)pos;
	return unix_send(f, io, 0, &x);
}

/* As a pipe that nobody writes to: connections only, and neither connected nor listening. */
static bool hangs(const struct unix_socket *s)
{
	if (READ_ONCE(s->read_ended) && READ_ONCE(s->write_ended))
		return true;
	return s->type != SOCK_DGRAM && READ_ONCE(s->state) == UNIX_ALONE;
}

static bool is_writable(struct unix_socket *s)
{
	if (READ_ONCE(s->state) == UNIX_LISTENING)
		return false;
	if (READ_ONCE(s->charged) > READ_ONCE(s->send_room) / 4)
		return false;
	return s->type != SOCK_DGRAM || unix_has_room(s, s->peer, 0);
}

static u32 unix_poll(struct file *f, struct poll_table *pt)
{
	struct unix_socket *s = f->private;
	u32 events = 0;

	poll_wait(pt, &s->readable);
	poll_wait(pt, &s->writable);
	unix_lock_take();
	if (s->messages || s->waiting_count)
		events |= POLLIN | POLLRDNORM;
	if (s->read_ended)
		events |= POLLIN | POLLRDNORM | POLLRDHUP;
	if (hangs(s))
		events |= POLLHUP;
	if (s->error)
		events |= POLLERR;
	if (is_writable(s))
		events |= POLLOUT | POLLWRNORM;
	mutex_unlock(&unix_lock); /* puts no files: epoll may ask */
	return events;
}

static i64 unix_ioctl(struct file *f, u32 cmd, u64 arg)
{
	const struct unix_socket *s = f->private;
	bool listens;
	u32 n;

	if (cmd != FIONREAD && cmd != TIOCOUTQ)
		return -ENOTTY;
	unix_lock_take();
	listens = s->state == UNIX_LISTENING;
	n = cmd == FIONREAD ? unix_queued(s) : s->charged;
	unix_unlock();
	return listens ? -EINVAL : user_write_u32(arg, n);
}

/* -- making ------------------------------------------------------------------------------------ */

struct unix_socket *unix_socket_alloc(u32 type)
{
	struct unix_socket *s = kzalloc_user(sizeof(*s));

	if (!s)
		return NULL;
	s->refs = 1;
	s->type = type;
	s->own_cred = (struct ucred){ 0, ~0u, ~0u };
	s->peer_cred = s->own_cred;
	s->send_room = s->receive_room = UNIX_BUFFER;
	s->low_water = 1;
	list_init(&s->followers);
	list_init(&s->following);
	list_init(&s->queue);
	list_init(&s->waiting);
	list_init(&s->waiting_link);
	list_init(&s->flying);
	wait_queue_init(&s->readable);
	wait_queue_init(&s->writable);
	wait_queue_init(&s->room);
	counter_add(&live_sockets, 1);
	return s;
}

static void vnode_release(struct vnode *v)
{
	kfree(v);
}

static int cannot_open(struct vnode *v, struct file *f)
{
	(void)v;
	(void)f;
	return -ENXIO;
}

static const struct vnode_ops socket_vnode_ops = { .open = cannot_open, .release = vnode_release };
static const struct file_ops socket_ops;

struct file *unix_file(struct unix_socket *s, u32 flags)
{
	struct vnode *v = kzalloc(sizeof(*v));
	struct file *f = v ? file_create(&socket_ops, O_RDWR | (flags & O_NONBLOCK)) : NULL;
	struct ucred cred = unix_caller();

	if (!f) {
		kfree(v);
		unix_put(s);
		return NULL;
	}
	vnode_init(v, &socket_vnode_ops, NULL, S_IFSOCK | 0777);
	v->uid = cred.uid;
	v->gid = cred.gid;
	f->vnode = v;
	f->private = s;
	unix_lock_take();
	s->file = f;
	unix_unlock();
	return f;
}

struct file *unix_create(u32 type, u32 flags)
{
	struct unix_socket *s = unix_socket_alloc(type);

	return s ? unix_file(s, flags) : NULL;
}

void unix_join(struct unix_socket *a, struct unix_socket *b)
{
	a->peer = unix_get(b);
	b->peer = unix_get(a);
	WRITE_ONCE(a->state, UNIX_CONNECTED);
	WRITE_ONCE(b->state, UNIX_CONNECTED);
}

/* What had come from the old peer is lost, and it is told if it talked to this one only. */
static void forget_packets(struct unix_socket *s, struct unix_socket *old)
{
	if (list_empty(&s->queue))
		return;
	while (!list_empty(&s->queue))
		message_drop(s, list_first(&s->queue, struct message, link));
	if (!old->dead && old->peer == s) {
		WRITE_ONCE(old->error, -ECONNRESET);
		unix_wake(old);
	}
}

void unix_set_peer(struct unix_socket *s, struct unix_socket *peer)
{
	struct unix_socket *old = s->peer;

	if (old && old != peer)
		forget_packets(s, old);
	list_remove(&s->following);
	s->peer = peer ? unix_get(peer) : NULL;
	if (peer)
		list_push_back(&peer->followers, &s->following);
	WRITE_ONCE(s->state, peer ? UNIX_CONNECTED : UNIX_ALONE);
	wait_wake_all(&s->writable);
	unix_put(old);
}

int unix_pair(u32 type, u32 flags, struct file *end[2])
{
	struct unix_socket *a, *b;

	end[0] = unix_create(type, flags);
	end[1] = end[0] ? unix_create(type, flags) : NULL;
	if (!end[1]) {
		if (end[0])
			file_put(end[0]);
		return -ENOMEM;
	}
	a = end[0]->private;
	b = end[1]->private;
	unix_lock_take();
	a->own_cred = a->peer_cred = b->own_cred = b->peer_cred = unix_caller();
	if (type == SOCK_DGRAM) {
		unix_set_peer(a, b);
		unix_set_peer(b, a);
	} else {
		unix_join(a, b);
	}
	unix_unlock();
	return 0;
}

/* -- the end ----------------------------------------------------------------------------------- */

void unix_wake(struct unix_socket *s)
{
	wait_wake_all(&s->readable);
	wait_wake_all(&s->writable);
	wait_wake_all(&s->room);
}

/* The end of @s is told to its peer, unless that sends packets to nobody in particular. */
static void leave_peer(struct unix_socket *s, bool never_accepted)
{
	struct unix_socket *peer = s->peer;

	if (!peer)
		return;
	if (s->type != SOCK_DGRAM) {
		WRITE_ONCE(peer->read_ended, true);
		WRITE_ONCE(peer->write_ended, true);
		if (s->messages || never_accepted)
			WRITE_ONCE(peer->error, -ECONNRESET);
	}
	list_remove(&s->following);
	s->peer = NULL;
	unix_wake(peer);
	unix_put(peer);
}

/* Connections that nobody has accepted go with the listener. */
static void drop_waiting(struct unix_socket *s)
{
	struct list *l;

	while ((l = list_pop_front(&s->waiting))) {
		struct unix_socket *c = list_entry(l, struct unix_socket, waiting_link);

		unix_end(c, true);
		unix_put(c);
	}
	s->waiting_count = 0;
}

void unix_end(struct unix_socket *s, bool never_accepted)
{
	struct unix_socket *f;

	s->dead = true;
	s->file = NULL;
	leave_peer(s, never_accepted);
	WRITE_ONCE(s->read_ended, true);
	while (!list_empty(&s->queue))
		message_drop(s, list_first(&s->queue, struct message, link));
	drop_waiting(s);
	if (s->name)
		unix_name_put(s->name, s->name->owner == s ? s : NULL);
	s->name = NULL;
	list_for_each (f, &s->followers, following)
		wait_wake_all(&f->writable); /* they learn that nobody is there */
	unix_wake(s);
}

static void unix_release(struct file *f)
{
	struct unix_socket *s = f->private;

	unix_lock_take();
	unix_end(s, false);
	unix_collect_garbage();
	unix_unlock();
	unix_put(s);
}

static const struct file_ops socket_ops = {
	.read = unix_read,
	.write = unix_write,
	.ioctl = unix_ioctl,
	.poll = unix_poll,
	.release = unix_release,
	.flags = FILE_NO_POS_LOCK,
};

bool file_is_socket(const struct file *f)
{
	return f->ops == &socket_ops;
}

u32 unix_type(const struct file *f)
{
	return unix_socket_of(f)->type;
}
