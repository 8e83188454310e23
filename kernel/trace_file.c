/* SPDX-License-Identifier: ISC */
/*
 * /proc/trace: the rings of all CPUs and the boot's table as lines of text, merged by time stamp.
 *
 * Each open file has places of its own in the rings, so that readers do not take from each
 * other. A read at the end gives 0; a later one goes on with what has come since. What was
 * overwritten before it was read appears as a line "lost".
 * Locks: reader.lock (mutex) guards what an open file keeps; user memory is written under it,
 * and no page fault wants it.
 */
#include "trace_file.h"

#include "abi/errno.h"
#include "base/trace.h"
#include "fs/poll.h"
#include "fs/procfs.h"
#include "lib/format.h"
#include "machine/clock.h"
#include "mm/page.h"
#include "mm/slab.h"

struct source {
	const struct trace_ring *ring;
	u64 pos; /* in the ring, behind `head` */
	u64 lost; /* not told yet */
	bool full; /* `head` is the next record to show */
	struct trace_record head;
};

struct reader {
	struct mutex lock;
	u32 count; /* of sources: the boot's table, then the CPUs */
	bool boot_lost_told;
	u32 len, at; /* of `line`: its length, and what has been read of it */
	char line[TRACE_LINE_BYTES];
	struct source sources[];
};

static struct wait_queue readers = WAIT_QUEUE_INIT(readers);

void trace_tell_readers(void)
{
	if (trace_ring_due(trace_ring_of(cpu_id())))
		wait_wake_all(&readers);
}

static void reader_init(struct reader *r)
{
	mutex_init(&r->lock);
	r->count = cpu_count + 1;
	r->sources[0].ring = trace_boot_ring();
	for (u32 cpu = 0; cpu < cpu_count; cpu++) {
		r->sources[cpu + 1].ring = trace_ring_of(cpu);
		r->sources[cpu + 1].pos = READ_ONCE(trace_ring_of(cpu)->start);
	}
	r->len = snprintf(r->line, sizeof(r->line), "# leash-trace 1 tsc_hz=%lu cpus=%u\n",
			  clock_tsc_hz(), cpu_count);
}

static void refill(struct reader *r)
{
	for (u32 i = 0; i < r->count; i++) {
		struct source *s = &r->sources[i];

		if (!s->full)
			s->full = trace_ring_get(s->ring, &s->pos, &s->head, &s->lost);
	}
	if (!r->sources[0].full && !r->boot_lost_told) {
		r->sources[0].lost += trace_boot_lost();
		r->boot_lost_told = true;
	}
}

/* The source with the oldest thing to show; NULL: none has any. */
static struct source *oldest(struct reader *r)
{
	struct source *best = NULL;

	for (u32 i = 0; i < r->count; i++) {
		struct source *s = &r->sources[i];

		if (!s->full && !s->lost)
			continue;
		if (!s->full)
			return s; /* lost, and nothing behind it */
		if (!best || s->head.tsc < best->head.tsc)
			best = s;
	}
	return best;
}

/* Makes the next line. False: there is none now. */
static bool next_line(struct reader *r)
{
	struct source *s;

	refill(r);
	s = oldest(r);
	if (!s)
		return false;
	if (s->lost) {
		r->len = snprintf(r->line, sizeof(r->line), "%lu %u 0 0 lost count=%lu\n",
				  s->full ? s->head.tsc : tsc_read(), s->head.cpu, s->lost);
		s->lost = 0;
	} else {
		r->len = MIN(trace_format(&s->head, r->line, sizeof(r->line)),
			     (int)sizeof(r->line) - 1);
		s->full = false;
	}
	r->at = 0;
	return true;
}

static ssize_t trace_read(struct file *f, struct io *io, u64 *pos)
{
	struct reader *r = f->private;
	size_t start = io->left;
	int err = 0;

	(void)pos;
	mutex_lock(&r->lock);
	while (io->left && !err && (r->at < r->len || next_line(r))) {
		size_t before = io->left;

		err = io_put(io, r->line + r->at, MIN((size_t)(r->len - r->at), before));
		r->at += before - io->left;
		sched_point();
		if (thread_interrupted(thread_current()))
			break;
	}
	mutex_unlock(&r->lock);
	return io->left != start ? (ssize_t)(start - io->left) : err;
}

/* Readable once a quarter of a ring waits: a tracer that is woken for each event would fill it. */
static u32 trace_poll(struct file *f, struct poll_table *pt)
{
	struct reader *r = f->private;
	u32 events = 0;

	poll_wait(pt, &readers);
	mutex_lock(&r->lock);
	for (u32 i = 1; i < r->count; i++) {
		const struct source *s = &r->sources[i];

		if (s->ring->size && trace_ring_end(s->ring) - s->pos >= s->ring->size / 4)
			events = POLLIN | POLLRDNORM;
	}
	mutex_unlock(&r->lock);
	return events;
}

static void trace_release(struct file *f)
{
	kfree(f->private);
}

static const struct file_ops trace_ops = {
	.read = trace_read,
	.poll = trace_poll,
	.release = trace_release,
	.flags = FILE_NO_POS_LOCK,
};

int trace_open(struct vnode *v, struct file *f)
{
	struct reader *r = NULL;

	(void)v;
	if (!page_memory_low())
		r = kzalloc(sizeof(*r) + (cpu_count + 1) * sizeof(struct source));
	if (!r)
		return -ENOMEM;
	reader_init(r);
	f->private = r;
	file_set_ops(f, &trace_ops);
	return 0;
}
