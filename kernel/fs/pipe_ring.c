/* SPDX-License-Identifier: ISC */
/*
 * A pipe's memory: the struct, and a ring of pages, each there only while it holds bytes. How bytes of
 * any number move through it; the usual few go a shorter way (pipe.c). Locks: pipe.h.
 */
#include "fs/pipe_private.h"

#include "mm/slab.h"

#define SMALL_BYTES (2 * PAGE_SIZE) /* the capacity of those above large_pipes_max() */

static struct slab_cache *pipe_cache;
static u32 large_pipes; /* [a] those of more than SMALL_BYTES */

void pipe_init_caches(void)
{
	pipe_cache = slab_create("pipes", sizeof(struct pipe), 0);
}

/* As many as may fill an eighth of memory. */
static u32 large_pipes_max(void)
{
	return page_total_count() / 8 / PIPE_PAGES;
}

/* Nobody can have all memory in pipes: when there are many, further ones are small. False: this one is. */
static bool large_take(void)
{
	if (__atomic_add_fetch(&large_pipes, 1, __ATOMIC_RELAXED) <= large_pipes_max())
		return true;
	__atomic_sub_fetch(&large_pipes, 1, __ATOMIC_RELAXED);
	return false;
}

static void large_give(void)
{
	__atomic_sub_fetch(&large_pipes, 1, __ATOMIC_RELAXED);
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
	p->capacity = large_take() ? PIPE_BYTES : SMALL_BYTES;
	p->ino = vnode_new_ino();
	p->born = file_time_now();
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
	if (p->capacity > SMALL_BYTES)
		large_give();
	slab_free(pipe_cache, p);
}

/* Under the lock. 0, -EBUSY, -EPERM. */
static int set_capacity(struct pipe *p, u32 capacity)
{
	bool was_large = p->capacity > SMALL_BYTES, large = capacity > SMALL_BYTES;

	if (used(p) > capacity)
		return -EBUSY;
	if (large && !was_large && !large_take())
		return -EPERM;
	if (was_large && !large)
		large_give();
	WRITE_ONCE(p->capacity, capacity);
	return 0;
}

int pipe_resize(struct pipe *p, u64 bytes)
{
	u32 capacity = PAGE_SIZE, wanted = (u32)bytes;
	int r;

	if (wanted > 1u << 31)
		return -EINVAL;
	if (wanted > PIPE_BYTES)
		return -EPERM;
	while (capacity < wanted)
		capacity *= 2;
	mutex_lock(&p->lock);
	r = set_capacity(p, capacity);
	mutex_unlock(&p->lock);
	wait_wake_all(&p->writable);
	return r ? r : (int)capacity;
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

int pipe_drain(struct pipe *p, struct io *io)
{
	int r;

	do
		r = drain_page(p, io);
	while (io->left && used(p) && !r);
	if (!used(p))
		begin_anew(p);
	return r;
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

int pipe_fill(struct pipe *p, struct io *io, size_t n)
{
	size_t end = io->left - n;
	int r;

	do
		r = fill_page(p, io, io->left - end);
	while (io->left != end && !r);
	return r;
}
