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
#define SMALL_BYTES (2 * PAGE_SIZE) /* the capacity of those above large_pipes_max() */

static struct slab_cache *pipe_cache;
static u32 large_pipes; /* [a] those of full capacity */

void pipe_init_caches(void)
{
	pipe_cache = slab_create("pipes", sizeof(struct pipe), 0);
}

/* As many as may fill an eighth of memory. */
static u32 large_pipes_max(void)
{
	return page_total_count() / 8 / PIPE_PAGES;
}

/* Nobody can have all memory in pipes: when there are many, further ones are small. */
static u32 capacity_take(void)
{
	if (__atomic_add_fetch(&large_pipes, 1, __ATOMIC_RELAXED) <= large_pipes_max())
		return PIPE_BYTES;
	__atomic_sub_fetch(&large_pipes, 1, __ATOMIC_RELAXED);
	return SMALL_BYTES;
}

struct pipe *pipe_alloc(void)
{
	struct pipe *p = page_memory_low() ? NULL : slab_alloc_zero(pipe_cache);

	if (!p)
		return NULL;
	mutex_init(&p->lock);
	wait_queue_init(&p->readable);
	wait_queue_init(&p->writable);
	list_init(&p->link);
	p->users = 1;
	p->capacity = capacity_take();
	p->ino = vnode_new_ino();
	p->born_ns = vnode_now();
	return p;
}

static void put_page(u8 *page)
{
	if (page)
		page_put(virt_to_page(page));
}

void pipe_free(struct pipe *p)
{
	for (unsigned i = 0; i < PIPE_PAGES; i++)
		put_page(p->page[i]);
	put_page(p->spare);
	if (p->capacity == PIPE_BYTES)
		__atomic_sub_fetch(&large_pipes, 1, __ATOMIC_RELAXED);
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

static inline u8 **slot_of(struct pipe *p, u32 pos)
{
	return &p->page[pos / PAGE_SIZE % PIPE_PAGES];
}

/* What is inside, under the lock. */
static inline u32 used(const struct pipe *p)
{
	return p->head - p->tail;
}

/* The page that byte @pos lies in, made if there is none; NULL: out of memory. */
static u8 *page_for(struct pipe *p, u32 pos)
{
	u8 **slot = slot_of(p, pos);
	struct page *fresh;

	if (likely(*slot))
		return *slot;
	*slot = p->spare;
	p->spare = NULL;
	if (!*slot) {
		fresh = page_alloc(0, ALLOC_USER);
		*slot = fresh ? page_to_virt(fresh) : NULL;
	}
	return *slot;
}

/*
 * The page of @pos is read to its end: keeps one for the next byte. A full pipe that does not begin
 * at a page's start comes round into the very page it began in: then that one is in use again.
 */
static void page_done(struct pipe *p, u32 pos)
{
	u8 **slot = slot_of(p, pos);

	if (p->head - ALIGN_DOWN(pos, (u32)PAGE_SIZE) > PIPE_BYTES)
		return;
	if (p->spare)
		put_page(*slot);
	else
		p->spare = *slot;
	*slot = NULL;
}

/* Empty: begin the page anew, so that small messages stay within one. */
static inline void begin_anew(struct pipe *p)
{
	WRITE_ONCE(p->ends, ALIGN_DOWN(p->tail, (u32)PAGE_SIZE) * 0x100000001UL);
}

/*
 * The usual read: all that there is or fits, short of the page's end, into one buffer. False: nothing
 * has happened, it is one of the others.
 */
static inline bool drain_little(struct pipe *p, struct io *io)
{
	u32 in_page = p->tail % PAGE_SIZE, have = used(p);
	size_t n = MIN(io->left, have);

	if (unlikely(in_page + n >= PAGE_SIZE || !io_is_simple(io, n) ||
		     user_write(io_address(io), *slot_of(p, p->tail) + in_page, n)))
		return false;
	io_advance(io, n);
	if (likely(n == have))
		begin_anew(p);
	else
		p->tail += n;
	return true;
}

/* Moves bytes out of one page. 0 or -EFAULT. */
static int drain_page(struct pipe *p, struct io *io)
{
	u32 at = p->tail, in_page = at % PAGE_SIZE;
	size_t before = io->left, n = MIN(before, PAGE_SIZE - in_page);
	int r = io_put(io, *slot_of(p, at) + in_page, MIN(n, used(p)));

	p->tail = at + (before - io->left);
	if (p->tail / PAGE_SIZE != at / PAGE_SIZE)
		page_done(p, at);
	return r;
}

/* Moves bytes out, as many as there are and fit. 0 or -EFAULT. */
static __attribute__((noinline)) int drain(struct pipe *p, struct io *io)
{
	int r;

	do
		r = drain_page(p, io);
	while (io->left && used(p) && !r);
	if (!used(p))
		begin_anew(p);
	return r;
}

/* The usual write: all of it into the page at hand. False: nothing has happened. */
static inline bool fill_little(struct pipe *p, struct io *io)
{
	u32 in_page = p->head % PAGE_SIZE;
	u8 *page = *slot_of(p, p->head);
	size_t n = io->left;

	if (unlikely(!p->readers || !page || in_page + n > PAGE_SIZE || used(p) + n > p->capacity ||
		     !io_is_simple(io, n) || user_read(page + in_page, io_address(io), n)))
		return false;
	io_advance(io, n);
	p->head += n;
	return true;
}

/* Moves at most @n bytes into one page. 0, -ENOMEM or -EFAULT. */
static int fill_page(struct pipe *p, struct io *io, size_t n)
{
	u32 at = p->head, in_page = at % PAGE_SIZE;
	u8 *page = page_for(p, at);
	size_t before = io->left;
	int r;

	if (unlikely(!page))
		return -ENOMEM;
	r = io_get(io, page + in_page, MIN(n, PAGE_SIZE - in_page));
	p->head = at + (before - io->left);
	return r;
}

/* Moves @n bytes in. 0, -ENOMEM or -EFAULT. */
static int fill(struct pipe *p, struct io *io, size_t n)
{
	size_t end = io->left - n;
	int r;

	do
		r = fill_page(p, io, io->left - end);
	while (io->left != end && !r);
	return r;
}

static u32 pipe_room(const struct pipe *p)
{
	return p->capacity - pipe_used(p);
}

/* Sleeps on @q without the lock until woken. 0: look again; or -EINTR, -EAGAIN. */
static inline int sleep_on(struct pipe *p, struct wait_queue *q, const struct file *f)
{
	return f->flags & O_NONBLOCK ? -EAGAIN : mutex_sleep_on(&p->lock, q);
}

/* Waits until there are bytes, or the end. 0 or -EINTR, -EAGAIN. */
static inline int wait_readable(struct pipe *p, const struct file *f)
{
	int r = 0;

	while (unlikely(!used(p)) && p->writers && !r)
		r = sleep_on(p, &p->readable, f);
	return r;
}

static ssize_t pipe_read(struct file *f, struct io *io, u64 *pos)
{
	struct pipe *p = f->private;
	size_t start = io->left;
	int r;

	(void)pos;
	if (unlikely(!start))
		return 0;
	mutex_lock(&p->lock);
	r = wait_readable(p, f);
	if (likely(used(p)) && unlikely(!drain_little(p, io)))
		r = drain(p, io);
	mutex_unlock(&p->lock);
	if (unlikely(io->left == start))
		return r;
	if (unlikely(wait_has_waiters(&p->writable)) && pipe_room(p) >= PIPE_BUF)
		wait_wake_some(&p->writable, ~0u);
	return start - io->left;
}

/* Writes on until all is in or nobody reads. */
static __attribute__((noinline)) int write_pieces(struct pipe *p, struct file *f, struct io *io)
{
	u32 need = io->left <= PIPE_BUF ? io->left : 1; /* room that a piece must find */
	int r;

	do {
		u32 room = p->capacity - used(p);

		if (unlikely(!p->readers))
			return -EPIPE;
		if (room >= need) {
			r = fill(p, io, MIN(io->left, room));
			wait_wake_all(&p->readable);
		} else {
			r = sleep_on(p, &p->writable, f);
		}
	} while (io->left && !r);
	return r;
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
	if (likely(fill_little(p, io))) {
		mutex_unlock(&p->lock);
		if (unlikely(wait_has_waiters(&p->readable)))
			wait_wake_some(&p->readable, ~0u);
		return start;
	}
	r = write_pieces(p, f, io);
	mutex_unlock(&p->lock);
	return io->left != start ? (ssize_t)(start - io->left) : r;
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
