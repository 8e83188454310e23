/* SPDX-License-Identifier: ISC */
/*
 * pipe(2): bytes from writers to readers, who sleep and wake each other directly.
 * A writer of more than a page gives the reader what it has as it goes. Locks: pipe.h.
 */
#include "fs/pipe_private.h"

#include "fs/poll.h"
#include "lib/string.h"
#include "machine/clock.h"
#include "machine/usercopy.h"

#define FIONREAD 0x541b

void pipe_stat(const struct file *f, struct stat *st)
{
	const struct pipe *p = f->private;

	memset(st, 0, sizeof(*st));
	st->st_ino = p->ino;
	st->st_nlink = 1;
	st->st_mode = S_IFIFO | 0600;
	st->st_blksize = PAGE_SIZE;
	st->st_atim = st->st_mtim = st->st_ctim = file_time_to_timespec(p->born);
}

static u32 pipe_room(const struct pipe *p)
{
	u32 inside = pipe_used(p), capacity = pipe_capacity(p);

	return capacity > inside ? capacity - inside : 0; /* it may change */
}

/* Sleeps on @q without the lock until woken. 0: look again; or -EINTR, -EAGAIN. */
static inline int sleep_on(struct pipe *p, struct wait_queue *q, const struct file *f)
{
	return f->flags & O_NONBLOCK ? -EAGAIN : mutex_sleep_on(&p->lock, q);
}

/*
 * The usual read: all that there is or fits, short of the page's end, into one buffer. How many bytes;
 * 0: nothing has happened, it is empty or one of the others.
 */
static inline size_t drain_little(struct pipe *p, struct io *io)
{
	u32 in_page = p->tail % PAGE_SIZE, have = used(p);
	size_t n = MIN(io->left, have);

	/* Nothing inside: at a page's start, so the sum wraps. */
	if (unlikely(in_page + n - 1 >= PAGE_SIZE - 1 ||
		     !io_put_simple(io, *slot_of(p, p->tail) + in_page, n)))
		return 0;
	if (likely(n == used(p)))
		begin_anew(p);
	else
		p->tail += n;
	return n;
}

/* Writers sleep: is there room for one of them? */
static void wake_writers(struct pipe *p)
{
	if (pipe_room(p) >= PIPE_BUF)
		wait_wake_sleepers(&p->writable);
}

/* The end of any other read: of what there is, or with @r. Unlocks. */
static __attribute__((noinline)) ssize_t read_any(struct pipe *p, struct io *io, int r)
{
	size_t start = io->left;

	if (used(p))
		r = pipe_drain(p, io);
	mutex_unlock(&p->lock);
	if (io->left == start)
		return r;
	if (wait_has_waiters(&p->writable))
		wake_writers(p);
	return start - io->left;
}

static ssize_t pipe_read(struct file *f, struct io *io, u64 *pos)
{
	struct pipe *p = f->private;
	size_t n;

	(void)pos;
	if (unlikely(!io->left))
		return 0;
	mutex_lock(&p->lock);
	while (unlikely(!(n = drain_little(p, io)))) {
		int r = 0;

		if (used(p) || !p->writers || (r = sleep_on(p, &p->readable, f)))
			return read_any(p, io, r);
	}
	mutex_unlock(&p->lock);
	if (unlikely(wait_has_waiters(&p->writable)))
		wake_writers(p);
	return n;
}

/* The usual write: all of it into the page at hand. False: nothing has happened. */
static inline bool fill_little(struct pipe *p, struct io *io, size_t n)
{
	u32 in_page = p->head % PAGE_SIZE;
	u8 *page = *slot_of(p, p->head);

	if (unlikely(!p->readers || !page || in_page + n > PAGE_SIZE || used(p) + n > p->capacity ||
		     !io_get_simple(io, page + in_page, n)))
		return false;
	p->head += n;
	return true;
}

/* Writes on until all is in or nobody reads. */
static int write_pieces(struct pipe *p, struct file *f, struct io *io)
{
	u32 need = io->left <= PIPE_BUF ? io->left : 1; /* room that a piece must find */
	int r;

	do {
		u32 room = p->capacity - used(p);

		if (unlikely(!p->readers))
			return -EPIPE;
		if (room >= need) {
			r = pipe_fill(p, io, MIN(io->left, room));
			wait_wake_all(&p->readable);
		} else {
			r = sleep_on(p, &p->writable, f);
		}
	} while (io->left && !r);
	return r;
}

/* Any other write. Unlocks. */
static __attribute__((noinline)) ssize_t write_any(struct pipe *p, struct file *f, struct io *io)
{
	size_t start = io->left;
	int r = write_pieces(p, f, io);

	mutex_unlock(&p->lock);
	return io->left != start ? (ssize_t)(start - io->left) : r;
}

static ssize_t pipe_write(struct file *f, struct io *io, u64 *pos)
{
	struct pipe *p = f->private;
	size_t n = io->left;

	(void)pos;
	if (unlikely(!n))
		return 0;
	mutex_lock(&p->lock);
	if (unlikely(!fill_little(p, io, n)))
		return write_any(p, f, io);
	mutex_unlock(&p->lock);
	if (unlikely(wait_has_waiters(&p->readable)))
		wait_wake_sleepers(&p->readable);
	return n;
}

static u32 pipe_poll(struct file *f, struct poll_table *pt)
{
	struct pipe *p = f->private;
	u32 events = 0;

	if (file_readable(f)) {
		poll_wait(pt, &p->readable);
		/* First: what the last writer left behind is seen then. */
		if (!__atomic_load_n(&p->writers, __ATOMIC_ACQUIRE) && p->writer_opens)
			events |= POLLHUP;
		if (pipe_used(p))
			events |= POLLIN | POLLRDNORM;
	}
	if (file_writable(f)) {
		poll_wait(pt, &p->writable);
		if (pipe_room(p) >= PIPE_BUF)
			events |= POLLOUT | POLLWRNORM;
		if (!READ_ONCE(p->readers))
			events |= POLLERR;
	}
	return events;
}

static i64 pipe_ioctl(struct file *f, u32 cmd, u64 arg)
{
	if (cmd != FIONREAD)
		return -ENOTTY;
	return user_write_u32(arg, pipe_used(f->private));
}

static void pipe_release(struct file *f)
{
	struct pipe *p = f->private;

	mutex_lock(&p->lock);
	if (file_readable(f))
		p->readers--;
	if (file_writable(f))
		p->writers--;
	mutex_unlock(&p->lock);
	wait_wake_all(&p->readable);
	wait_wake_all(&p->writable);
	fifo_put(p);
}

static const struct file_ops pipe_ops = {
	.read = pipe_read,
	.write = pipe_write,
	.ioctl = pipe_ioctl,
	.poll = pipe_poll,
	.release = pipe_release,
	.flags = FILE_NO_POS_LOCK,
};

bool file_is_pipe(const struct file *f)
{
	return f->ops == &pipe_ops;
}

bool pipe_is_broken(const struct file *f)
{
	return file_is_pipe(f) && !READ_ONCE(((struct pipe *)f->private)->readers);
}

void pipe_attach(struct pipe *p, struct file *f)
{
	file_set_ops(f, &pipe_ops);
	f->private = p;
	mutex_lock(&p->lock);
	if (file_readable(f)) {
		p->readers++;
		p->reader_opens++;
	}
	if (file_writable(f)) {
		p->writers++;
		p->writer_opens++;
	}
	mutex_unlock(&p->lock);
}

/* A file of no pipe yet: releasing it does nothing. */
static struct file *end_create(u32 flags)
{
	static const struct file_ops loose;

	return file_create(&loose, flags);
}

static void put_all(struct pipe *p, struct file *r, struct file *w)
{
	if (p)
		pipe_free(p);
	if (r)
		file_put(r);
	if (w)
		file_put(w);
}

int pipe_create(struct file **read_end, struct file **write_end, u32 flags)
{
	struct pipe *p = pipe_alloc();
	struct file *r = end_create(O_RDONLY | (flags & O_NONBLOCK));
	struct file *w = end_create(O_WRONLY | (flags & O_NONBLOCK));

	if (!p || !r || !w) {
		put_all(p, r, w);
		return file_create_error();
	}
	/* commit */
	p->users = 2;
	pipe_attach(p, r);
	pipe_attach(p, w);
	*read_end = r;
	*write_end = w;
	return 0;
}
