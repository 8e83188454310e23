/* SPDX-License-Identifier: ISC */
/*
 * poll and select: a caller collects wait queues while it asks each file what holds, then
 * sleeps until one of them is woken, then asks again.
 */
#pragma once

#include "fs/file.h"

#define POLLIN 0x001
#define POLLPRI 0x002
#define POLLOUT 0x004
#define POLLERR 0x008
#define POLLHUP 0x010
#define POLLNVAL 0x020
#define POLLRDNORM 0x040
#define POLLWRNORM 0x100
#define POLLRDHUP 0x2000

/* Who asks: told of a wake-up under the queue's lock, in any context; may not sleep. */
struct poll_sleep {
	void (*notify)(struct poll_sleep *s);
};

struct poll_entry {
	struct waiter waiter;
	struct poll_sleep *sleep;
};
struct poll_table {
	struct poll_sleep *sleep;
	struct poll_entry *entries; /* storage of the caller */
	u32 count, capacity;
	bool collect; /* false: only ask, enqueue nowhere */
	bool overflow; /* more queues than room */
};

/* For file_ops.poll: remember to wake this poll when @q is woken. */
void poll_wait(struct poll_table *pt, struct wait_queue *q);

struct poll_request {
	struct file *file; /* NULL: ignored */
	u32 events, revents;
	bool exact; /* POLLERR and POLLHUP count only if they are in events */
};
/*
 * Waits until one of @reqs holds, @deadline (clock_ns; ~0 never) or a signal. Returns the
 * number of requests with revents, 0 on time-out, -EINTR, -ENOMEM. POLLERR, POLLHUP count unasked.
 */
int poll_files(struct poll_request *reqs, u32 count, u64 deadline);
