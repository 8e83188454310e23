/* SPDX-License-Identifier: ISC */
/*
 * Descriptor tables (fdtable.h).
 *
 * Invariants: `lowest` is the lowest free number, exactly (it may equal `size`: then the table
 * must grow), and no number from `end` on is used. Locks: fd_table.lock; files are put after it is released, since that may sleep.
 */
#include "proc/fdtable.h"

#include "fs/locks.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "proc/process.h"

static void free_slots(struct fd_table *t)
{
	if (t->slots != t->first)
		kfree(t->slots);
}

/* Makes the table larger than @fd; under the lock, if anybody else has it. 0, -ENOMEM. */
static int grow_slow(struct fd_table *t, u32 fd)
{
	struct fd_slot *slots;
	u32 size = t->size;

	while (size <= fd)
		size *= 2;
	slots = kzalloc_user(size * sizeof(*slots)); /* a program can want them without end */
	if (!slots)
		return -ENOMEM;
	memcpy(slots, t->slots, t->size * sizeof(*slots));
	free_slots(t);
	t->slots = slots;
	t->size = size;
	return 0;
}

static inline int grow(struct fd_table *t, u32 fd)
{
	return likely(fd < t->size) ? 0 : grow_slow(t, fd);
}

struct fd_table *fd_table_create(void)
{
	struct fd_table *t = kzalloc(sizeof(*t));

	if (!t)
		return NULL;
	t->slots = t->first;
	t->refs = 1;
	t->size = FD_FIRST_SIZE;
	return t;
}

/* Looks for the end, which closing leaves behind. Under the lock. */
static void find_end(struct fd_table *t)
{
	while (t->end && !t->slots[t->end - 1].file)
		t->end--;
}

struct fd_table *fd_table_copy(struct fd_table *t)
{
	struct fd_table *copy = fd_table_create();

	if (!copy)
		return NULL;
	spin_lock(&t->lock);
	find_end(t);
	if (t->end && grow(copy, t->end - 1)) { /* does not sleep */
		kfree(copy);
		copy = NULL;
	} else {
		copy->lowest = t->lowest;
		copy->end = t->end;
		for (u32 i = 0; i < t->end; i++) {
			if (!t->slots[i].file)
				continue;
			copy->slots[i] = t->slots[i];
			file_get(copy->slots[i].file);
		}
	}
	spin_unlock(&t->lock);
	return copy;
}

void fd_table_put(struct fd_table *t)
{
	if (__atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL))
		return;
	locks_drop(t, NULL);
	for (u32 i = 0; i < t->end; i++) {
		if (t->slots[i].file)
			file_put(t->slots[i].file);
	}
	free_slots(t);
	kfree(t);
}

void fd_table_close_on_exec(struct fd_table *t)
{
	for (u32 i = 0; i < t->end; i++) {
		if (t->slots[i].cloexec)
			fd_close(t, i);
	}
}

struct file *fd_get(struct fd_table *t, int fd)
{
	struct file *f = NULL;

	spin_lock(&t->lock);
	if (likely((u32)fd < t->size)) {
		f = t->slots[fd].file;
		if (f)
			file_get(f);
	}
	spin_unlock(&t->lock);
	return f;
}

/* The lowest free number >= @from; under the lock. */
static u32 find_free(const struct fd_table *t, u32 from)
{
	while (from < t->size && t->slots[from].file)
		from++;
	return from;
}

static inline void set_slot(struct fd_table *t, u32 fd, struct file *f, bool cloexec)
{
	t->slots[fd].file = f;
	t->slots[fd].cloexec = cloexec;
	if (fd == t->lowest)
		t->lowest = find_free(t, fd + 1);
	t->end = MAX(t->end, fd + 1);
}

u32 fd_limit(void)
{
	const struct process *p = process_current();

	return likely(p) ? p->limits[RLIMIT_NOFILE].soft : FD_LIMIT;
}

/* fd_install() where the table is too small; under the lock. */
static __attribute__((noinline)) i64 install_beyond(struct fd_table *t, struct file *f, u32 fd,
						    bool cloexec)
{
	int r = grow_slow(t, fd);

	if (r)
		return r;
	set_slot(t, fd, f, cloexec);
	return fd;
}

i64 fd_install(struct fd_table *t, struct file *f, u32 from, bool cloexec)
{
	i64 r;
	u32 fd;

	spin_lock(&t->lock);
	r = fd = from <= t->lowest ? t->lowest : find_free(t, from);
	if (unlikely(fd >= fd_limit()))
		r = -EMFILE;
	else if (unlikely(fd >= t->size))
		r = install_beyond(t, f, fd, cloexec);
	else
		set_slot(t, fd, f, cloexec);
	spin_unlock(&t->lock);
	if (unlikely(r < 0))
		file_put(f);
	return r;
}

/* Closing any descriptor of a file ends the process's locks on it (POSIX). */
static void close_file(struct fd_table *t, struct file *f)
{
	/* Who sets a lock looks at the slot afterwards; we clear it, then look for locks. */
	if (unlikely(READ_ONCE(t->refs) > 1))
		wait_fence();
	locks_drop(t, lock_place(f));
	file_put(f);
}

int fd_replace(struct fd_table *t, struct file *f, u32 fd, bool cloexec)
{
	struct file *old = NULL;
	int r = -EBADF;

	spin_lock(&t->lock);
	if (fd < fd_limit())
		r = grow(t, fd);
	if (!r) {
		old = t->slots[fd].file;
		set_slot(t, fd, f, cloexec);
		r = fd;
	}
	spin_unlock(&t->lock);
	if (old)
		close_file(t, old);
	if (unlikely(r < 0))
		file_put(f);
	return r;
}

i64 fd_close(struct fd_table *t, int fd)
{
	struct file *f = NULL;

	spin_lock(&t->lock);
	if ((u32)fd < t->size)
		f = t->slots[fd].file;
	if (f) {
		t->slots[fd].file = NULL;
		t->slots[fd].cloexec = false;
		t->lowest = MIN(t->lowest, (u32)fd);
	}
	spin_unlock(&t->lock);
	if (!f)
		return -EBADF;
	close_file(t, f);
	return 0;
}

int fd_get_flags(struct fd_table *t, int fd)
{
	int r = -EBADF;

	spin_lock(&t->lock);
	if ((u32)fd < t->size && t->slots[fd].file)
		r = t->slots[fd].cloexec ? FD_CLOEXEC : 0;
	spin_unlock(&t->lock);
	return r;
}

int fd_set_flags(struct fd_table *t, int fd, int flags)
{
	int r = -EBADF;

	spin_lock(&t->lock);
	if ((u32)fd < t->size && t->slots[fd].file) {
		t->slots[fd].cloexec = flags & FD_CLOEXEC;
		r = 0;
	}
	spin_unlock(&t->lock);
	return r;
}
