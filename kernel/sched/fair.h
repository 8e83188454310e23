/* SPDX-License-Identifier: ISC */
/*
 * Fair shares: who has had least of the CPU for its weight runs next (OSTEP 9, "stride scheduling";
 * Linux calls the measure virtual runtime). Equal threads that use up their quantum take turns:
 * among them it is the book's round robin.
 *
 * Virtual time is looked at in steps of a millisecond. Threads of one step form a ring, first come,
 * first served, and a ring is one node of a tree. The ring that is being served is not in the tree but
 * a list of its own, so that picking from it and joining its end or the last ring's touch no tree:
 * threads that take turns cost the same, two of them or a thousand. In general it is O(log steps).
 *
 * Virtual time only means something within a queue; `offset` makes it the machine's (balance.c).
 * Lock: all of it is [q], the run queue's.
 */
#pragma once

#include "machine/clock.h"
#include "machine/rarely.h"
#include "sched/thread.h"

#define FAIR_STEP_SHIFT 20 /* ns of virtual time a step: 1.05 ms */
#define FAIR_NICE_0 1024 /* the weight of nice 0 */

struct fair_queue {
	struct list front; /* thread.run_link: served now; whatever is in the tree comes later */
	u64 front_key; /* the step that front was taken out for */
	struct rb_root tree; /* rings by key; the node is the leader's */
	u64 next_key; /* the step of the tree's first ring; ~0: the tree is empty */
	struct thread *last; /* leader of the tree's last ring; NULL: the tree is empty */
	u64 now; /* virtual time of the latest pick; never goes back */
	u64 offset; /* + virtual time of this queue = the machine's */
};

void fair_init(struct fair_queue *f);
/* Puts @t where its virtual time belongs, before or behind the front. */
RARE void fair_insert(struct fair_queue *f, struct thread *t);
/* The tree's first ring becomes the front, which is empty. The tree is not. */
void fair_refill(struct fair_queue *f);
/* The one to run next, left where it is; NULL: none. */
struct thread *fair_peek(const struct fair_queue *f);
/* Takes out @t, which waits in the queue. */
void fair_dequeue(struct fair_queue *f, struct thread *t);
/* A thread comes from another queue, with its virtual time in the machine's; @idle: to an idle CPU. */
void fair_arrive(struct fair_queue *f, struct thread *t, bool idle);
/* @f is a busy CPU's, and up to date: what time it is on the machine. */
void fair_note_time(const struct fair_queue *f, u64 now);
/* One of the first in line that may run on @cpu; NULL: none. */
struct thread *fair_find(const struct fair_queue *f, u32 cpu);
/* The queue's time goes on to where the least of @running (NULL: none) and those waiting are. */
void fair_advance(struct fair_queue *f, const struct thread *running);
/* The weight that its policy and nice value give it, and whether it is plain. */
void fair_set_weight(struct thread *t);
u64 fair_weigh_slow(const struct thread *t, u64 ns);

/* CPU time as virtual time of @t. */
static inline u64 fair_weigh(const struct thread *t, u64 ns)
{
	return likely(t->weight == FAIR_NICE_0) ? ns : fair_weigh_slow(t, ns);
}

/* A sleeper may be so much behind those that computed meanwhile, and a newcomer ahead. */
#define FAIR_SLEEPER_CREDIT (5 * NSEC_PER_MSEC)
#define FAIR_NEWCOMER_DEBT (50 * NSEC_PER_MSEC)

/* Its virtual time is made one of today: at most @credit behind the queue's, and @debt ahead of it. */
static inline void fair_clamp(const struct fair_queue *f, struct thread *t, u64 credit, u64 debt)
{
	i64 ahead = (i64)(t->vruntime - f->now);

	if (unlikely(ahead < -(i64)credit))
		t->vruntime = f->now - credit;
	else if (unlikely(ahead > (i64)debt))
		t->vruntime = f->now + debt;
}

/* A thread that slept. */
static inline void fair_place(const struct fair_queue *f, struct thread *t)
{
	fair_clamp(f, t, FAIR_SLEEPER_CREDIT, fair_weigh(t, FAIR_NEWCOMER_DEBT));
}

static inline bool fair_is_empty(const struct fair_queue *f)
{
	return list_empty(&f->front) && !f->last;
}

/*
 * As fair_advance() and fair_place() for @t, which wakes where @running goes on; both are plain. The
 * queue's time, which is not after what @running has come to, counts only where one is far from it.
 * False: the general way is to be gone.
 */
static inline bool fair_place_beside(struct fair_queue *f, const struct thread *running,
				     struct thread *t)
{
	u64 of_age = t->vruntime + FAIR_SLEEPER_CREDIT;

	if (likely((i64)(of_age - running->vruntime) >= 0 &&
		   of_age - f->now <= FAIR_SLEEPER_CREDIT + FAIR_NEWCOMER_DEBT))
		return true;
	if (!fair_is_empty(f))
		return false;
	f->now = MAX(f->now, running->vruntime);
	fair_clamp(f, t, FAIR_SLEEPER_CREDIT, FAIR_NEWCOMER_DEBT);
	return true;
}

/* The step of the one that runs next; ~0: there is none. */
static inline u64 fair_first_key(const struct fair_queue *f)
{
	return list_empty(&f->front) ? f->next_key
				     : list_first(&f->front, struct thread, run_link)->key;
}

/* Puts @t behind those of the same step. */
static inline void fair_enqueue(struct fair_queue *f, struct thread *t)
{
	t->key = t->vruntime >> FAIR_STEP_SHIFT;
	if (t->key < fair_first_key(f)) {
		if (list_empty(&f->front))
			f->front_key = t->key;
		list_push_front(&f->front, &t->run_link);
	} else if (t->key == f->front_key)
		list_push_back(&f->front, &t->run_link);
	else if (f->last && t->key == f->last->key)
		list_push_back(&f->last->run_link, &t->run_link);
	else
		call_rarely2(fair_insert, f, t);
}

/* Behind everybody: for one that yields. It keeps no claim to what it gives away. */
static inline void fair_enqueue_last(struct fair_queue *f, struct thread *t)
{
	u64 last = f->last ? f->last->vruntime : f->front_key << FAIR_STEP_SHIFT;

	t->vruntime = MAX(t->vruntime, last);
	fair_enqueue(f, t);
}

/* Takes out the one that runs next. The queue is not empty. */
static inline struct thread *fair_pick(struct fair_queue *f)
{
	struct thread *t;

	if (unlikely(list_empty(&f->front)))
		fair_refill(f);
	t = list_first(&f->front, struct thread, run_link);
	list_unlink_first(&f->front);
	f->now = MAX(f->now, t->vruntime);
	return t;
}

/* Would fair_pick() take another one than @t once that is put back? The queue is not empty. */
static inline bool fair_goes_before(const struct fair_queue *f, const struct thread *t)
{
	return fair_first_key(f) <= t->vruntime >> FAIR_STEP_SHIFT;
}
