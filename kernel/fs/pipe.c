/* SPDX-License-Identifier: ISC */
/*
 * pipe(2): bytes from writers to readers, who sleep and wake each other directly.
 * A writer of more than a page gives the reader what it has as it goes. Locks: pipe.h.
 */
#include "fs/pipe.h"

#include "fs/poll.h"
#include "lib/string.h"
#include "machine/clock.h"
#include "machine/usercopy.h"
#include "mm/slab.h"

#define FIONREAD 0x541b

static struct slab_cache *pipe_cache;

void pipe_init_caches(void)
{
	pipe_cache = slab_create("pipes", sizeof(struct pipe), 0);
}

struct pipe *pipe_alloc(void)
{
	struct pipe *p = slab_alloc_zero(pipe_cache);

	if (!p)
		return NULL;
	mutex_init(&p->lock);
	wait_queue_init(&p->readable);
	wait_queue_init(&p->writable);
	list_init(&p->link);
	p->users = 1;
	p->ino = vnode_new_ino();
	p->born_ns = vnode_now();
	return p;
}

void pipe_free(struct pipe *p)
{
	for (unsigned i = 0; i < PIPE_PAGES; i++) {
		if (p->page[i])
			page_put(p->page[i]);
	}
	if (p->spare)
		page_put(p->spare);
	slab_free(pipe_cache, p);
}

void pipe_stat(const struct file *f, struct stat *st)
{
	const struct pipe *p = f->private;

	memset(st, 0, sizeof(*st));
	st->st_ino = p->ino;
	st->st_nlink = 1;
	st->st_mode = S_IFIFO | 0600;
	st->st_blksize = PAGE_SIZE;
	st->st_atim.tv_sec = p->born_ns / NSEC_PER_SEC;
	st->st_atim.tv_nsec = p->born_ns % NSEC_PER_SEC;
	st->st_mtim = st->st_ctim = st->st_atim;
}

static struct page **slot_of(struct pipe *p, u32 pos)
{
	return &p->page[pos / PAGE_SIZE % PIPE_PAGES];
}

/* The page that byte @pos lies in, made if there is none; NULL: out of memory. */
static struct page *page_for(struct pipe *p, u32 pos)
{
	struct page **slot = slot_of(p, pos);

	if (!*slot) {
		*slot = p->spare ? p->spare : page_alloc(0, ALLOC_USER);
		p->spare = NULL;
	}
	return *slot;
}

/*
 * The page of @pos is read to its end: keeps one for the next byte. A full pipe that does not begin
 * at a page's start comes round into the very page it began in: then that one is in use again.
 */
static void page_done(struct pipe *p, u32 pos)
{
	struct page **slot = slot_of(p, pos);

	if (p->head - ALIGN_DOWN(pos, (u32)PAGE_SIZE) > PIPE_BYTES)
		return;
	if (p->spare)
		page_put(*slot);
	else
		p->spare = *slot;
	*slot = NULL;
}

/* Moves bytes out, as many as there are and fit. 0 or -EFAULT. */
static int drain(struct pipe *p, struct io *io)
{
	int r = 0;

	while (io->left && pipe_used(p) && !r) {
		size_t n = MIN(io->left, PAGE_SIZE - p->tail % PAGE_SIZE);
		size_t before = io->left;
		u32 at = p->tail;

		n = MIN(n, pipe_used(p));
		r = io_put(io, (u8 *)page_to_virt(*slot_of(p, at)) + at % PAGE_SIZE, n);
		p->tail += before - io->left;
		if (p->tail / PAGE_SIZE != at / PAGE_SIZE)
			page_done(p, at);
	}
	/* Empty: begin the page anew, so that small messages stay within one. */
	if (!pipe_used(p))
		p->head = p->tail = ALIGN_DOWN(p->tail, (u32)PAGE_SIZE);
	return r;
}

/* Moves at most @n bytes in. 0, -ENOMEM or -EFAULT. */
static int fill(struct pipe *p, struct io *io, size_t n)
{
	size_t end = io->left - n;
	int r = 0;

	while (io->left != end && !r) {
		size_t piece = MIN(io->left - end, PAGE_SIZE - p->head % PAGE_SIZE);
		size_t before = io->left;
		struct page *page = page_for(p, p->head);

		if (!page)
			return -ENOMEM;
		r = io_get(io, (u8 *)page_to_virt(page) + p->head % PAGE_SIZE, piece);
		p->head += before - io->left;
	}
	return r;
}

static u32 pipe_room(const struct pipe *p)
{
	return PIPE_BYTES - pipe_used(p);
}

/* Sleeps without the lock until bytes or the end may have come. 0 or -EINTR, -EAGAIN. */
static int wait_readable(struct pipe *p, const struct file *f)
{
	int r;

	if (f->flags & O_NONBLOCK)
		return -EAGAIN;
	mutex_unlock(&p->lock);
	r = wait_event_interruptible(&p->readable, pipe_used(p) || !READ_ONCE(p->writers));
	mutex_lock(&p->lock);
	return r;
}

static int wait_writable(struct pipe *p, const struct file *f)
{
	int r;

	if (f->flags & O_NONBLOCK)
		return -EAGAIN;
	mutex_unlock(&p->lock);
	r = wait_event_interruptible(&p->writable,
				     pipe_room(p) >= PIPE_BUF || !READ_ONCE(p->readers));
	mutex_lock(&p->lock);
	return r;
}

static ssize_t pipe_read(struct file *f, struct io *io, u64 *pos)
{
	struct pipe *p = f->private;
	size_t start = io->left;
	int r = 0;

	(void)pos;
	if (unlikely(!start))
		return 0;
	mutex_lock(&p->lock);
	while (!pipe_used(p) && p->writers && !r)
		r = wait_readable(p, f);
	if (likely(pipe_used(p)))
		r = drain(p, io);
	mutex_unlock(&p->lock);
	if (io->left == start)
		return r;
	if (pipe_room(p) >= PIPE_BUF)
		wait_wake_all(&p->writable);
	return start - io->left;
}

/* Writes on until all is in or nobody reads; @need: room that a piece must find. */
static int write_locked(struct pipe *p, struct file *f, struct io *io, u32 need)
{
	while (io->left) {
		int r;

		if (!p->readers)
			return -EPIPE;
		if (pipe_room(p) >= need) {
			r = fill(p, io, MIN(io->left, pipe_room(p)));
			wait_wake_all(&p->readable);
		} else {
			r = wait_writable(p, f);
		}
		if (r)
			return r;
	}
	return 0;
}

static ssize_t pipe_write(struct file *f, struct io *io, u64 *pos)
{
	struct pipe *p = f->private;
	size_t start = io->left;
	int r;

	(void)pos;
	if (unlikely(!start))
		return 0;
	mutex_lock(&p->lock);
	r = write_locked(p, f, io, start <= PIPE_BUF ? start : 1);
	mutex_unlock(&p->lock);
	return io->left != start ? (ssize_t)(start - io->left) : r;
}

static u32 pipe_poll(struct file *f, struct poll_table *pt)
{
	struct pipe *p = f->private;
	u32 events = 0;

	if (file_readable(f)) {
		poll_wait(pt, &p->readable);
		if (pipe_used(p))
			events |= POLLIN | POLLRDNORM;
		if (!READ_ONCE(p->writers) && p->writer_opens)
			events |= POLLHUP;
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
	if (p->fifo)
		fifo_put(p);
	else if (__atomic_sub_fetch(&p->users, 1, __ATOMIC_ACQ_REL) == 0)
		pipe_free(p);
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
	f->ops = &pipe_ops;
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
		return -ENOMEM;
	}
	/* commit */
	p->users = 2;
	pipe_attach(p, r);
	pipe_attach(p, w);
	*read_end = r;
	*write_end = w;
	return 0;
}
