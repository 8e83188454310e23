/* SPDX-License-Identifier: ISC */
/* The queues of who watches processes (watch.h). */
#include "proc/watch.h"

#define QUEUES 64

static struct wait_queue signal_queues[QUEUES], end_queues[QUEUES];

void watch_room_init(void)
{
	for (u32 i = 0; i < QUEUES; i++) {
		wait_queue_init(&signal_queues[i]);
		wait_queue_init(&end_queues[i]);
	}
}

struct wait_queue *watch_signal_queue(i32 pid)
{
	return &signal_queues[(u32)pid % QUEUES];
}

struct wait_queue *watch_end_queue(i32 pid)
{
	return &end_queues[(u32)pid % QUEUES];
}

void watch_signal(const struct process *p)
{
	wait_wake_all(watch_signal_queue(p->pid));
}

void watch_end(const struct process *p)
{
	wait_wake_all(watch_end_queue(p->pid));
}
