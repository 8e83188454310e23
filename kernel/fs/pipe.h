/* SPDX-License-Identifier: ISC */
/*
 * Pipes and FIFOs: a ring of pages that are there only while they hold bytes.
 *
 * Locks: pipe.lock (mutex). It is held while user memory is copied: a page fault can never
 * want it, since a pipe cannot be mapped. Order: pipe.lock → space.lock; fifo_lock is taken
 * before pipe.lock (fifo.c). The wait queues follow the pattern of sched/wait.h.
 */
#pragma once

#include "fs/file.h"
#include "lib/list.h"

#define PIPE_PAGES 16
#define PIPE_BYTES (PIPE_PAGES * PAGE_SIZE)
#define PIPE_BUF 4096u /* writes up to this size are atomic (POSIX) */

struct pipe {
	struct mutex lock;
	struct wait_queue readable; /* sleeping readers: bytes came, or the last writer went */
	struct wait_queue writable; /* sleeping writers: PIPE_BUF bytes are free, or no reader */
	union { /* [lock] bytes read and written; `ends` is both, for who looks without the lock */
		struct {
			u32 tail, head;
		};
		u64 ends;
	};
	u32 readers, writers; /* [lock] open files of either kind */
	u32 reader_opens, writer_opens; /* [lock] opens ever: what a FIFO's open waits for */
	u32 users; /* open files and opens under way: [a]; a FIFO's under fifo_lock */
	u64 ino, born; /* [i] born: a file time */
	u32 capacity; /* [lock] bytes, a power of two of pages */
	struct vnode *fifo; /* [i] whose pipe it is, NULL: pipe(2) */
	struct list link; /* [fifo_lock] */
	u8 *page[PIPE_PAGES]; /* [lock] a page each; NULL: nothing in it */
	u8 *spare; /* [lock] an emptied page kept for the next byte, NULL */
};

static inline u32 pipe_used(const struct pipe *p)
{
	u64 ends = READ_ONCE(p->ends);

	return (u32)(ends >> 32) - (u32)ends;
}

/* A pipe without ends and with one user; NULL: out of memory. */
struct pipe *pipe_alloc(void);
void pipe_free(struct pipe *p);
static inline u32 pipe_capacity(const struct pipe *p)
{
	return READ_ONCE(p->capacity);
}
/*
 * Room for @bytes, rounded up to a power of two of pages. What there is room for then; -EBUSY: more is
 * inside; -EPERM: over PIPE_BYTES, or there are too many large pipes; -EINVAL: senseless. May sleep.
 */
int pipe_resize(struct pipe *p, u64 bytes);
/* The file's operations for its access mode; counts it as a reader, a writer or both. */
void pipe_attach(struct pipe *p, struct file *f);
bool file_is_pipe(const struct file *f);
bool pipe_is_broken(const struct file *f); /* a pipe, and its last reader has gone */
void pipe_stat(const struct file *f, struct stat *st);
/* A vnode of pipe(2)'s file @f, counted: opening it makes another end (/proc/<pid>/fd). @uid and
 * @gid own it. NULL: out of memory. */
struct vnode *pipe_vnode(const struct file *f, u32 uid, u32 gid);
/* For release: drops a user; the last one frees the pipe. */
void fifo_put(struct pipe *p);

/* open(2) of FIFO @v: waits for the other side unless O_NONBLOCK. -ENXIO, -EINTR, -ENOMEM. */
int fifo_open(struct vnode *v, struct file *f);

void pipe_init_caches(void);
