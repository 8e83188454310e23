/* SPDX-License-Identifier: ISC */
/*
 * Pairs of AF_UNIX sockets: their life, and what they are as files. Each end has a vnode of
 * its own, for fstat. Locks: unix_private.h.
 */
#include "base/counter.h"
#include "fs/poll.h"
#include "fs/unix_private.h"
#include "machine/usercopy.h"
#include "mm/slab.h"

#define FIONREAD 0x541b

COUNTER(live_sockets, "unix sockets");

struct mutex unix_lock = MUTEX_INIT(unix_lock);

void unix_put(struct unix_socket *s, u32 refs)
{
	if (__atomic_sub_fetch(&s->refs, refs, __ATOMIC_ACQ_REL))
		return;
	kfree(s);
	counter_add(&live_sockets, -1);
}

static ssize_t unix_read(struct file *f, struct io *io, u64 *pos)
{
	size_t full;

	(void)pos;
	return unix_receive(f, io, 0, &full);
}

static ssize_t unix_write(struct file *f, struct io *io, u64 *pos)
{
	(void)pos;
	return unix_send(f, io, 0);
}

static u32 unix_poll(struct file *f, struct poll_table *pt)
{
	struct unix_socket *s = f->private;
	u32 events = 0;

	poll_wait(pt, &s->readable);
	poll_wait(pt, &s->writable);
	if (READ_ONCE(s->messages))
		events |= POLLIN | POLLRDNORM;
	if (READ_ONCE(s->read_ended))
		events |= POLLIN | POLLRDNORM | POLLRDHUP;
	if (READ_ONCE(s->read_ended) && READ_ONCE(s->write_ended))
		events |= POLLHUP;
	if (READ_ONCE(s->error))
		events |= POLLERR;
	if (READ_ONCE(s->charged) <= UNIX_BUFFER / 4)
		events |= POLLOUT | POLLWRNORM;
	return events;
}

static i64 unix_ioctl(struct file *f, u32 cmd, u64 arg)
{
	u32 n;

	if (cmd != FIONREAD)
		return -ENOTTY;
	mutex_lock(&unix_lock);
	n = unix_queued(f->private);
	mutex_unlock(&unix_lock);
	return user_write_u32(arg, n);
}

static void wake(struct unix_socket *s)
{
	wait_wake_all(&s->readable);
	wait_wake_all(&s->writable);
}

/* The end of @s is told to its peer, unless that sends packets to nobody in particular. */
static void end_peer(struct unix_socket *s, struct unix_socket *peer)
{
	if (s->type != SOCK_DGRAM) {
		WRITE_ONCE(peer->read_ended, true);
		WRITE_ONCE(peer->write_ended, true);
		if (s->messages)
			WRITE_ONCE(peer->error, -ECONNRESET);
	}
	peer->peer = NULL;
	s->peer = NULL;
}

static void unix_release(struct file *f)
{
	struct unix_socket *s = f->private, *peer;

	mutex_lock(&unix_lock);
	peer = s->peer;
	if (peer)
		end_peer(s, peer);
	WRITE_ONCE(s->read_ended, true);
	while (!list_empty(&s->queue))
		message_drop(s, list_first(&s->queue, struct message, link));
	mutex_unlock(&unix_lock);
	if (peer) {
		wake(peer);
		unix_put(peer, 1); /* ours of it */
	}
	unix_put(s, peer ? 2 : 1); /* the file's, and the peer's of us */
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
	return ((struct unix_socket *)f->private)->type;
}

struct ucred unix_peer_credentials(const struct file *f)
{
	return ((struct unix_socket *)f->private)->peer_cred;
}

bool unix_is_connected(const struct file *f)
{
	return READ_ONCE(((struct unix_socket *)f->private)->peer);
}

int unix_take_error(struct file *f)
{
	struct unix_socket *s = f->private;
	int error;

	mutex_lock(&unix_lock);
	error = s->error;
	WRITE_ONCE(s->error, 0);
	mutex_unlock(&unix_lock);
	return error;
}

static void shut(struct unix_socket *s, bool reading, bool writing)
{
	if (reading)
		WRITE_ONCE(s->read_ended, true);
	if (writing)
		WRITE_ONCE(s->write_ended, true);
}

int unix_shutdown(struct file *f, u32 how)
{
	struct unix_socket *s = f->private, *peer;
	bool reading = how != SHUT_WR, writing = how != SHUT_RD;

	if (how > SHUT_RDWR)
		return -EINVAL;
	mutex_lock(&unix_lock);
	peer = s->peer;
	shut(s, reading, writing);
	if (peer && s->type != SOCK_DGRAM)
		shut(peer, writing, reading);
	if (peer)
		wake(peer);
	wake(s);
	mutex_unlock(&unix_lock);
	return 0;
}

/* -- making ------------------------------------------------------------------------------------ */

static struct unix_socket *socket_alloc(u32 type, const struct ucred *cred)
{
	struct unix_socket *s = kzalloc(sizeof(*s));

	if (!s)
		return NULL;
	s->refs = 1;
	s->type = type;
	s->peer_cred = *cred;
	list_init(&s->queue);
	wait_queue_init(&s->readable);
	wait_queue_init(&s->writable);
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

/* An open file on a socket that nobody holds yet; NULL: out of memory. */
static struct file *socket_file(u32 type, u32 flags, const struct ucred *cred)
{
	struct unix_socket *s = socket_alloc(type, cred);
	struct vnode *v = kzalloc(sizeof(*v));
	struct file *f = s && v ? file_create(&socket_ops, O_RDWR | (flags & O_NONBLOCK)) : NULL;

	if (!f) {
		kfree(v);
		if (s)
			unix_put(s, 1);
		return NULL;
	}
	vnode_init(v, &socket_vnode_ops, NULL, S_IFSOCK | 0777);
	v->uid = cred->uid;
	v->gid = cred->gid;
	f->vnode = v;
	f->private = s;
	return f;
}

int unix_pair(u32 type, u32 flags, const struct ucred *cred, struct file *end[2])
{
	struct unix_socket *a, *b;

	end[0] = socket_file(type, flags, cred);
	end[1] = end[0] ? socket_file(type, flags, cred) : NULL;
	if (!end[1]) {
		if (end[0])
			file_put(end[0]);
		return -ENOMEM;
	}
	/* commit: nobody else knows them yet */
	a = end[0]->private;
	b = end[1]->private;
	a->refs = b->refs = 2;
	a->peer = b;
	b->peer = a;
	return 0;
}
