/* SPDX-License-Identifier: ISC */
/*
 * Waiting for several files at once. The caller's entries are enqueued once at all queues;
 * a wake-up of any of them sets `woken` and wakes the caller's own queue, and the caller asks
 * all files again.
 *
 * Locks: a file's wait_queue.lock → the lock of poll_caller.queue (a leaf of its own).
 */
#include "fs/poll.h"

#include "mm/slab.h"

#define ENTRIES_ON_STACK 8
#define QUEUES_A_FILE 2

struct poll_caller {
	struct poll_sleep sleep;
	struct wait_queue queue;
	bool woken; /* atomic */
};

static void wake_caller(struct poll_sleep *s)
{
	struct poll_caller *c = container_of(s, struct poll_caller, sleep);

	__atomic_store_n(&c->woken, true, __ATOMIC_SEQ_CST);
	wait_wake_all(&c->queue);
}

static void poll_notify(struct waiter *w)
{
	struct poll_sleep *s = container_of(w, struct poll_entry, waiter)->sleep;

	s->notify(s);
}

void poll_wait(struct poll_table *pt, struct wait_queue *q)
{
	struct poll_entry *e;

	if (!pt->collect)
		return;
	if (pt->count == pt->capacity) {
		pt->overflow = true;
		return;
	}
	e = &pt->entries[pt->count++];
	e->sleep = pt->sleep;
	e->waiter = (struct waiter){ .thread = thread_current(), .notify = poll_notify };
	wait_enqueue(q, &e->waiter);
}

/* Asks every file once; the number of requests that have an answer. */
static int ask_all(struct poll_request *reqs, u32 count, struct poll_table *pt)
{
	int ready = 0;

	for (u32 i = 0; i < count; i++) {
		struct file *f = reqs[i].file;
		u32 now = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;

		if (!f)
			continue;
		if (f->ops->poll)
			now = f->ops->poll(f, pt);
		reqs[i].revents = now & (reqs[i].events | (reqs[i].exact ? 0 : POLLERR | POLLHUP));
		if (reqs[i].revents) {
			ready++;
			pt->collect = false; /* we shall not sleep */
		}
	}
	return ready;
}

static int sleep_until_ready(struct poll_request *reqs, u32 count, u64 deadline,
			     struct poll_table *pt)
{
	struct poll_caller *c = container_of(pt->sleep, struct poll_caller, sleep);

	for (;;) {
		int ready, r;

		__atomic_store_n(&c->woken, false, __ATOMIC_SEQ_CST);
		ready = ask_all(reqs, count, pt);
		if (ready)
			return ready;
		if (pt->overflow)
			return -ENOMEM;
		pt->collect = false; /* enqueued everywhere */
		r = wait_event_interruptible_until(&c->queue, READ_ONCE(c->woken), deadline);
		if (r)
			return r == -ETIMEDOUT ? 0 : r;
	}
}

int poll_files(struct poll_request *reqs, u32 count, u64 deadline)
{
	struct poll_entry on_stack[ENTRIES_ON_STACK];
	struct poll_caller caller = { .sleep.notify = wake_caller };
	struct poll_table pt = { .sleep = &caller.sleep,
				 .entries = on_stack,
				 .capacity = ENTRIES_ON_STACK };
	int r = ask_all(reqs, count, &pt);

	if (r || !deadline)
		return r;
	wait_queue_init(&caller.queue);
	if (count > ENTRIES_ON_STACK / QUEUES_A_FILE) {
		pt.capacity = count * QUEUES_A_FILE;
		pt.entries = kmalloc(pt.capacity * sizeof(struct poll_entry));
		if (!pt.entries)
			return -ENOMEM;
	}
	pt.collect = true;
	r = sleep_until_ready(reqs, count, deadline, &pt);
	for (u32 i = 0; i < pt.count; i++)
		wait_finish(&pt.entries[i].waiter);
	if (pt.entries != on_stack)
		kfree(pt.entries);
	return r;
}
