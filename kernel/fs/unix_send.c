/* SPDX-License-Identifier: ISC */
/*
 * Sending: what is sent becomes messages in the receiver's queue. A stream is cut into pieces of at
 * most a page; packets stay whole. A message counts against its sender until it is read, which
 * bounds what one socket can have under way; a receiver of datagrams from many senders takes only so
 * many at a time; what all of them hold is bounded by TOTAL_MAX. Locks: unix_private.h.
 */
#include "base/counter.h"
#include "fs/unix_private.h"
#include "machine/clock.h"
#include "mm/page.h"
#include "mm/slab.h"

#define PIECE (PAGE_SIZE - sizeof(struct message))
#define TOTAL_MAX MIN(32UL << 20, page_total_count() * PAGE_SIZE / 8)
#define DATAGRAMS_MAX 10u /* net.unix.max_dgram_qlen: more than that are too many */

COUNTER(live_bytes, "unix bytes under way");

static u32 charge_of(const struct message *m)
{
	return m->size + sizeof(*m);
}

static void message_free(struct message *m)
{
	counter_add(&live_bytes, -(i64)charge_of(m));
	unix_put(m->from);
	kfree(m);
}

static bool is_crowded(const struct unix_socket *to)
{
	return READ_ONCE(to->messages) > DATAGRAMS_MAX;
}

void message_drop(struct unix_socket *to, struct message *m)
{
	bool was_crowded = is_crowded(to);
	struct unix_socket *from = m->from, *f;

	list_remove(&m->link);
	WRITE_ONCE(to->messages, to->messages - 1);
	WRITE_ONCE(from->charged, from->charged - charge_of(m));
	wait_wake_all(&from->writable);
	if (was_crowded && !is_crowded(to)) {
		wait_wake_all(&to->room);
		list_for_each (f, &to->followers, following)
			wait_wake_all(&f->writable);
	}
	if (m->rights) {
		unix_rights_land(m->rights);
		unix_rights_doom(m->rights);
	}
	message_free(m);
}

/* A message of the next @n bytes of @io. 0, -ENOMEM, -ENOBUFS, -EFAULT. */
static int message_make(struct unix_socket *from, struct io *io, u32 n, struct message **out)
{
	struct message *m;

	if (READ_ONCE(live_bytes.value) >= (i64)TOTAL_MAX)
		return -ENOBUFS;
	m = kmalloc_user(sizeof(*m) + n);
	if (!m)
		return -ENOMEM;
	if (io_get(io, m->data, n)) {
		kfree(m);
		return -EFAULT;
	}
	*m = (struct message){ .from = unix_get(from), .size = n };
	list_init(&m->link);
	counter_add(&live_bytes, charge_of(m));
	*out = m;
	return 0;
}

bool unix_has_room(const struct unix_socket *s, const struct unix_socket *to, u32 charge)
{
	u32 charged = READ_ONCE(s->charged);

	if (charged && charged + charge > READ_ONCE(s->send_room))
		return false;
	/* A datagram socket that talks to one other only is bounded by what that may send. */
	return !to || s->type != SOCK_DGRAM || to == s || to->peer == s || !is_crowded(to);
}

/* Why nothing can be sent from @s to @to; 0: it can. Under the lock. */
static int send_error(struct unix_socket *s, struct unix_socket *to)
{
	if (s->write_ended)
		return -EPIPE;
	if (!to)
		return -ENOTCONN;
	if (to->dead && s->type == SOCK_DGRAM) {
		if (to == s->peer)
			unix_set_peer(s, NULL); /* told once */
		return -ECONNREFUSED;
	}
	if (s->type == SOCK_DGRAM && to->peer && to->peer != s)
		return -EPERM;
	return to->read_ended ? -EPIPE : 0;
}

/* The credentials go along where either side wants to know, or they were said. */
static void put_credentials(struct message *m, const struct unix_socket *to,
			    const struct unix_extra *x)
{
	u32 wants = 1u << SO_PASSCRED;

	m->has_cred = x->has_cred || (m->from->switches & wants) || (to->switches & wants);
	m->cred = x->has_cred ? x->cred : unix_caller();
}

/* Puts @m into the queue of @to (NULL: the peer's). 1: done, 0: no room now, or why it cannot be. */
static int enqueue(struct unix_socket *s, struct unix_socket *to, struct message *m,
		   const struct unix_extra *x)
{
	int r;

	to = to ? to : s->peer;
	r = send_error(s, to);
	if (r || !unix_has_room(s, to, charge_of(m)))
		return r;
	if (m->rights && !m->rights->flying)
		r = unix_rights_launch(m->rights);
	if (r)
		return r;
	put_credentials(m, to, x);
	WRITE_ONCE(s->charged, s->charged + charge_of(m));
	list_push_back(&to->queue, &m->link);
	WRITE_ONCE(to->messages, to->messages + 1);
	wait_wake_all(&to->readable);
	return 1;
}

/* There is no sense in sleeping on. */
static bool is_over(const struct unix_socket *s, const struct unix_socket *to)
{
	return READ_ONCE(s->write_ended) || READ_ONCE(to->dead) || READ_ONCE(to->read_ended);
}

/*
 * Sleeps until there may be room: first for room of our own, then for @to's (counted), each on the queue
 * that is woken for it. If the one is there and the other is not, the caller comes again.
 */
static int wait_room(struct unix_socket *s, struct unix_socket *to, u32 charge, u64 deadline)
{
	if (!unix_has_room(s, NULL, charge))
		return wait_event_interruptible_until(
			&s->writable, unix_has_room(s, NULL, charge) || is_over(s, to), deadline);
	return wait_event_interruptible_until(
		&to->room,
		unix_has_room(s, to, charge) || !unix_has_room(s, NULL, charge) || is_over(s, to),
		deadline);
}

struct sending {
	struct unix_socket *s, *to; /* to: counted, by name; NULL: the peer */
	const struct unix_extra *x;
	bool wait;
	u64 deadline;
};

/* Sends @m, waiting for room. 0, or why not: then it is freed, but for its rights. */
static int deliver(const struct sending *d, struct message *m)
{
	struct unix_socket *to;
	int r;

	for (;;) {
		unix_lock_take();
		r = enqueue(d->s, d->to, m, d->x);
		to = r ? NULL : unix_get(d->to ? d->to : d->s->peer);
		unix_unlock();
		if (r)
			break;
		r = d->wait ? wait_room(d->s, to, charge_of(m), d->deadline) : -EAGAIN;
		unix_put(to);
		if (r)
			break;
	}
	if (r > 0)
		return 0;
	message_free(m);
	return r == -ETIMEDOUT ? -EAGAIN : r;
}

static ssize_t send_packet(const struct sending *d, struct io *io, struct unix_extra *x)
{
	size_t n = io->left;
	struct message *m;
	int r;

	if (n > d->s->send_room - sizeof(struct message))
		return -EMSGSIZE;
	r = message_make(d->s, io, n, &m);
	if (r)
		return r;
	m->rights = x->rights;
	r = deliver(d, m);
	if (!r)
		x->rights = NULL;
	return r ? r : (ssize_t)n;
}

/* The rights go with the first piece. */
static ssize_t send_stream(const struct sending *d, struct io *io, struct unix_extra *x)
{
	size_t moved = 0;
	int r = 0;

	while (io->left) {
		struct message *m;
		size_t n = MIN(io->left, PIECE);

		r = message_make(d->s, io, n, &m);
		if (r)
			break;
		m->rights = x->rights;
		r = deliver(d, m);
		if (r)
			break;
		x->rights = NULL;
		moved += n;
	}
	return moved ? (ssize_t)moved : r;
}

/* Whether the socket can send at all: told before anything is copied. */
static int check_sender(struct unix_socket *s, const struct unix_socket *to)
{
	int r = 0;

	unix_lock_take();
	if (s->write_ended)
		r = -EPIPE;
	else if (!to)
		r = send_error(s, s->peer);
	unix_unlock();
	return r;
}

/* The socket that x->to names, counted; *out NULL: the peer is meant. */
static int find_receiver(const struct unix_socket *s, const struct unix_extra *x,
			 struct unix_socket **out)
{
	struct vnode *at;
	int r;

	*out = NULL;
	if (!x->to || s->type == SOCK_SEQPACKET)
		return 0;
	if (s->type == SOCK_STREAM)
		return READ_ONCE(s->state) == UNIX_CONNECTED ? -EISCONN : -EOPNOTSUPP;
	r = unix_find_vnode(x->fs, x->to, &at);
	if (r)
		return r;
	unix_lock_take();
	r = unix_find(x->to, at, s->type, out);
	unix_unlock();
	vnode_put(at);
	return r;
}

ssize_t unix_send(struct file *f, struct io *io, u32 flags, struct unix_extra *x)
{
	struct unix_socket *s = f->private;
	struct sending d = { .s = s, .x = x };
	ssize_t r = flags & MSG_OOB ? -EOPNOTSUPP : find_receiver(s, x, &d.to);

	if (!r)
		r = check_sender(s, d.to);
	if (!r) {
		u64 timeout = READ_ONCE(s->send_timeout);

		d.wait = !(flags & MSG_DONTWAIT) && !(f->flags & O_NONBLOCK);
		d.deadline = timeout ? clock_ns() + timeout : ~0UL;
		r = unix_is_packets(s) ? send_packet(&d, io, x) : send_stream(&d, io, x);
	}
	unix_put(d.to);
	unix_rights_free(x->rights);
	x->rights = NULL;
	return r;
}
