/* SPDX-License-Identifier: ISC */
/*
 * Receiving: a stream's reader goes across messages until one that carries files or comes from
 * somebody else; a packet is read once, however short the buffer. Locks: unix_private.h; user
 * memory is written under it.
 */
#include "fs/unix_private.h"
#include "lib/string.h"
#include "machine/clock.h"

#define OVERFLOW_ID 65534u /* for credentials that were not sent along */

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

struct receiving {
	struct unix_socket *s;
	struct unix_extra *x;
	bool wait, peek, all; /* all: until the buffer is full */
	bool told; /* whose bytes they are stands in *x */
	u64 deadline;
};

/* Waits for a message without the lock. 1: there is one, 0: the end, or an error. */
static int wait_message(const struct receiving *d)
{
	struct unix_socket *s = d->s;
	int r = 0;

	while (list_empty(&s->queue) && !r) {
		if (s->error) {
			r = s->error;
			WRITE_ONCE(s->error, 0);
			return r;
		}
		if (s->read_ended)
			return 0;
		if (!d->wait)
			return -EAGAIN;
		unix_unlock();
		r = wait_event_interruptible_until(
			&s->readable,
			READ_ONCE(s->messages) || READ_ONCE(s->read_ended) || READ_ONCE(s->error),
			d->deadline);
		unix_lock_take();
	}
	if (r == -ETIMEDOUT)
		return -EAGAIN;
	return r ? r : 1;
}

static struct ucred credentials_of(const struct message *m)
{
	return m->has_cred ? m->cred : (struct ucred){ 0, OVERFLOW_ID, OVERFLOW_ID };
}

/* Says whose @m is. Of a stream: false if the bytes before were somebody else's and it matters. */
static bool tell_sender(struct receiving *d, const struct message *m)
{
	struct ucred cred = credentials_of(m);

	if (d->told)
		return !d->x->has_cred || !memcmp(&cred, &d->x->cred, sizeof(cred));
	d->told = true;
	d->x->has_cred = d->s->switches & 1u << SO_PASSCRED;
	d->x->cred = cred;
	unix_name_tell(m->from->name, &d->x->from);
	return true;
}

/* The files of @m, or of a look at it copies, to the caller. */
static int hand_over_rights(struct receiving *d, struct message *m)
{
	if (!m->rights)
		return 0;
	if (d->peek) {
		d->x->rights = unix_rights_copy(m->rights);
		return d->x->rights ? 0 : -ENOMEM;
	}
	unix_rights_land(m->rights);
	d->x->rights = m->rights;
	m->rights = NULL;
	return 0;
}

/* Bytes of @m. 1: there may be more behind it, 0: stop here, -EFAULT, -ENOMEM. */
static int copy_piece(struct receiving *d, struct message *m, struct io *io)
{
	size_t before = io->left;
	bool carries = m->rights;
	int r;

	if (!tell_sender(d, m))
		return 0;
	r = io_put(io, m->data + m->done, MIN(before, (size_t)(m->size - m->done)));
	if (r && before == io->left)
		return r;
	r = r ? r : hand_over_rights(d, m);
	if (!d->peek) {
		m->done += before - io->left;
		if (m->done == m->size)
			message_drop(d->s, m);
	}
	return r ? r : !carries;
}

/* A look at what is there now. */
static int peek_stream(struct receiving *d, struct io *io)
{
	struct message *m;
	int r = wait_message(d);

	if (r <= 0)
		return r;
	list_for_each (m, &d->s->queue, link) {
		r = copy_piece(d, m, io);
		if (r <= 0 || !io->left)
			break;
	}
	return MIN(r, 0);
}

static int receive_stream(struct receiving *d, struct io *io)
{
	size_t start = io->left;
	int r = 1;

	while (io->left && r > 0) {
		if (list_empty(&d->s->queue) && start != io->left && !d->all)
			break;
		r = wait_message(d);
		if (r > 0)
			r = copy_piece(d, list_first(&d->s->queue, struct message, link), io);
	}
	return MIN(r, 0);
}

static int receive_packet(struct receiving *d, struct io *io)
{
	struct message *m;
	int r = wait_message(d);

	if (r <= 0)
		return r;
	m = list_first(&d->s->queue, struct message, link);
	tell_sender(d, m);
	r = io_put(io, m->data, MIN(io->left, (size_t)m->size));
	d->x->full = m->size;
	if (!r)
		r = hand_over_rights(d, m);
	if (!d->peek)
		message_drop(d->s, m);
	return r;
}

/* Can anything be received at all? */
static int check_receiver(const struct unix_socket *s)
{
	if (s->type == SOCK_DGRAM || s->state == UNIX_CONNECTED)
		return 0;
	return s->type == SOCK_STREAM ? -EINVAL : -ENOTCONN;
}

ssize_t unix_receive(struct file *f, struct io *io, u32 flags, struct unix_extra *x)
{
	struct unix_socket *s = f->private;
	struct receiving d = { .s = s, .x = x, .peek = flags & MSG_PEEK };
	u64 timeout = READ_ONCE(s->receive_timeout);
	size_t start = io->left;
	int r;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	d.wait = !(flags & MSG_DONTWAIT) && !(f->flags & O_NONBLOCK);
	d.all = (flags & MSG_WAITALL) && !d.peek;
	d.deadline = timeout ? clock_ns() + timeout : ~0UL;
	x->full = 0;
	unix_lock_take();
	unix_name_tell(NULL, &x->from);
	r = check_receiver(s);
	if (!r && unix_is_packets(s))
		r = receive_packet(&d, io);
	else if (!r && start)
		r = d.peek ? peek_stream(&d, io) : receive_stream(&d, io);
	unix_unlock();
	if (!unix_is_packets(s))
		x->full = start - io->left;
	return io->left != start ? (ssize_t)(start - io->left) : r;
}
