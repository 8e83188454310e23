/* SPDX-License-Identifier: ISC */
/* The queue of real-time threads and their budget (rt.h). */
#include "sched/rt.h"

#include "lib/bitmap.h"

void rt_init(struct rt_queue *r)
{
	*r = (struct rt_queue){ 0 };
	for (unsigned i = 0; i < RT_LEVELS; i++)
		list_init(&r->level[i]);
}

static unsigned level_of(const struct thread *t)
{
	return SCHED_PRIORITY_MAX - t->priority;
}

void rt_enqueue(struct rt_queue *r, struct thread *t, bool first)
{
	struct list *level = &r->level[level_of(t)];

	if (first)
		list_push_front(level, &t->run_link);
	else
		list_push_back(level, &t->run_link);
	bitmap_set(r->present, level_of(t));
	r->count++;
}

void rt_dequeue(struct rt_queue *r, struct thread *t)
{
	list_remove(&t->run_link);
	if (list_empty(&r->level[level_of(t)]))
		bitmap_clear(r->present, level_of(t));
	r->count--;
}

struct thread *rt_peek(const struct rt_queue *r)
{
	unsigned level;

	if (!r->count)
		return NULL;
	level = r->present[0] ? (unsigned)__builtin_ctzl(r->present[0])
			      : 64 + (unsigned)__builtin_ctzl(r->present[1]);
	return list_first(&r->level[level], struct thread, run_link);
}

static void renew(struct rt_queue *r, u64 now)
{
	if (now - r->period < RT_PERIOD)
		return;
	r->period = now;
	r->used = 0;
}

void rt_charge(struct rt_queue *r, u64 ns, u64 now)
{
	r->used += ns;
	renew(r, now);
}

u64 rt_limit(struct rt_queue *r, u64 now)
{
	renew(r, now);
	return r->used < RT_BUDGET ? now + RT_BUDGET - r->used : now;
}
