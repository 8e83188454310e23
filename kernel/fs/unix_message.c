/* SPDX-License-Identifier: ISC */
/*
 * Sending and receiving: what is sent becomes messages in the peer's queue. A stream is cut into
 * pieces of at most a page and its reader goes across them; packets stay whole. A message counts
 * against its sender until it is read, which bounds what a pair can hold; what all of them hold is
 * bounded by TOTAL_MAX. Locks: unix_private.h.
 */
#include "base/counter.h"
#include "fs/unix_private.h"
#include "mm/slab.h"

#define PIECE (PAGE_SIZE - sizeof(struct message))
#define TOTAL_MAX (32u << 20)

COUNTER(live_bytes, "unix bytes under way");

static u32 charge_of(const struct message *m)
{
	return m->size + sizeof(*m);
}

static void message_free(struct message *m)
{
	counter_add(&live_bytes, -(i64)charge_of(m));
	unix_put(m->from, 1);
	kfree(m);
}

void message_drop(struct unix_socket *to, struct message *m)
{
	struct unix_socket *from = m->from;

	list_remove(&m->link);
	WRITE_ONCE(to->messages, to->messages - 1);
	WRITE_ONCE(from->charged, from->charged - charge_of(m));
	wait_wake_all(&from->writable);
	message_free(m);
}

u32 unix_queued(const struct unix_socket *s)
{
	const struct message *m;
	u32 n = 0;

	list_for_each (m, &s->queue, link) {
		n += m->size - m->done;
		if (unix_is_packets(s))
			break;
	}
	return n;
}

/* -- sending ----------------------------------------------------------------------------------- */

/* A message of the next @n bytes of @io. 0, -ENOMEM, -ENOBUFS, -EFAULT. */
static int message_make(struct unix_socket *from, struct io *io, u32 n, struct message **out)
{
	struct message *m;

	if (READ_ONCE(live_bytes.value) >= TOTAL_MAX)
		return -ENOBUFS;
	m = kmalloc(sizeof(*m) + n);
	if (!m)
		return -ENOMEM;
	if (io_get(io, m->data, n)) {
		kfree(m);
		return -EFAULT;
	}
	__atomic_fetch_add(&from->refs, 1, __ATOMIC_RELAXED);
	list_init(&m->link);
	m->from = from;
	m->size = n;
	m->done = 0;
	counter_add(&live_bytes, charge_of(m));
	*out = m;
	return 0;
}

static bool has_room(const struct unix_socket *s, u32 charge)
{
	u32 charged = READ_ONCE(s->charged);

	return !charged || charged + charge <= UNIX_BUFFER;
}

/* Why nothing can be sent; 0: it can. Under unix_lock. */
static int send_error(const struct unix_socket *s)
{
	if (s->write_ended)
		return -EPIPE;
	if (!s->peer)
		return s->type == SOCK_DGRAM ? -ECONNREFUSED : -ENOTCONN;
	return s->peer->read_ended ? -EPIPE : 0;
}

/* Puts @m into the peer's queue. 1: done, 0: no room now, or why it cannot be. */
static int enqueue(struct unix_socket *s, struct message *m)
{
	int r;

	mutex_lock(&unix_lock);
	r = send_error(s);
	if (!r && has_room(s, charge_of(m))) {
		WRITE_ONCE(s->charged, s->charged + charge_of(m));
		list_push_back(&s->peer->queue, &m->link);
		WRITE_ONCE(s->peer->messages, s->peer->messages + 1);
		wait_wake_all(&s->peer->readable);
		r = 1;
	}
	mutex_unlock(&unix_lock);
	return r;
}

/* Sends @m, waiting for room. 0, or why not: then it is freed. */
static int deliver(struct unix_socket *s, struct message *m, bool wait)
{
	u32 charge = charge_of(m);
	int r;

	while (!(r = enqueue(s, m))) {
		r = -EAGAIN;
		if (wait)
			r = wait_event_interruptible(
				&s->writable, has_room(s, charge) || READ_ONCE(s->write_ended) ||
						      !READ_ONCE(s->peer));
		if (r)
			break;
	}
	if (r > 0)
		return 0;
	message_free(m);
	return r;
}

static int send_error_now(struct unix_socket *s)
{
	int r;

	mutex_lock(&unix_lock);
	r = send_error(s);
	mutex_unlock(&unix_lock);
	return r;
}

ssize_t unix_send(struct file *f, struct io *io, u32 flags)
{
	struct unix_socket *s = f->private;
	bool wait = !(flags & MSG_DONTWAIT) && !(f->flags & O_NONBLOCK);
	size_t start = io->left, moved = 0;
	int r = send_error_now(s);

	if (r)
		return r;
	if (unix_is_packets(s) && start > UNIX_BUFFER - sizeof(struct message))
		return -EMSGSIZE;
	while (!r && (moved < start || (!moved && unix_is_packets(s)))) {
		struct message *m;
		size_t n = unix_is_packets(s) ? start : MIN(start - moved, PIECE);

		r = message_make(s, io, n, &m);
		if (!r)
			r = deliver(s, m, wait);
		if (r)
			break;
		moved += n;
		if (unix_is_packets(s))
			break;
	}
	return moved ? (ssize_t)moved : r;
}

/* -- receiving --------------------------------------------------------------------------------- */

/* Waits for a message without the lock. 1: there is one, 0: the end, or an error. */
static int wait_message(struct unix_socket *s, bool wait)
{
	int r = 0;

	while (list_empty(&s->queue) && !r) {
		if (s->error) {
			r = s->error;
			WRITE_ONCE(s->error, 0);
			return r;
		}
		if (s->read_ended)
			return 0;
		if (!wait)
			return -EAGAIN;
		mutex_unlock(&unix_lock);
		r = wait_event_interruptible(&s->readable,
					     READ_ONCE(s->messages) || READ_ONCE(s->read_ended));
		mutex_lock(&unix_lock);
	}
	return r ? r : 1;
}

/* Bytes of a stream, across messages. 0 or -EFAULT; io->left tells. */
static int copy_stream(struct unix_socket *s, struct io *io, bool peek)
{
	int r = 0;

	while (io->left && !list_empty(&s->queue) && !r) {
		struct message *m = list_first(&s->queue, struct message, link);
		size_t before = io->left;

		r = io_put(io, m->data + m->done, MIN(before, (size_t)(m->size - m->done)));
		if (peek)
			return r;
		m->done += before - io->left;
		if (m->done == m->size)
			message_drop(s, m);
	}
	return r;
}

static int copy_packet(struct unix_socket *s, struct io *io, bool peek, size_t *full)
{
	struct message *m = list_first(&s->queue, struct message, link);
	int r = io_put(io, m->data, MIN(io->left, (size_t)m->size));

	*full = m->size;
	if (!peek)
		message_drop(s, m);
	return r;
}

ssize_t unix_receive(struct file *f, struct io *io, u32 flags, size_t *full)
{
	struct unix_socket *s = f->private;
	bool wait = !(flags & MSG_DONTWAIT) && !(f->flags & O_NONBLOCK);
	bool peek = flags & MSG_PEEK;
	size_t start = io->left;
	int r;

	*full = 0;
	if (!start && !unix_is_packets(s))
		return 0;
	mutex_lock(&unix_lock);
	r = wait_message(s, wait);
	if (r > 0)
		r = unix_is_packets(s) ? copy_packet(s, io, peek, full) : copy_stream(s, io, peek);
	mutex_unlock(&unix_lock);
	if (!unix_is_packets(s))
		*full = start - io->left;
	return io->left != start ? (ssize_t)(start - io->left) : r;
}
