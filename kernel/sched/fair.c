/* SPDX-License-Identifier: ISC */
/* The fair queue's slower half: weights, the tree of rings, where sleepers come back (fair.h). */
#include "sched/fair.h"

#include "abi/sched.h"
#include "machine/clock.h"

/* Virtual time begins here, so that nothing is ever before zero. */
#define EPOCH (1UL << 40)
#define MIGRANT_CREDIT (500 * NSEC_PER_MSEC) /* what one comes to catch up with */
/* How many are asked whether they may go to another CPU. */
#define FIND_LOOKS 16
/* An early comer looks at so many of the front for its place. */
#define FRONT_LOOK 4
#define WEIGHT_IDLE 3 /* of SCHED_IDLE, as Linux's */

/* A step of nice is a quarter more or less: Linux's figures, since programs count on the ratios. */
static const u32 weights[NICE_MAX - NICE_MIN + 1] = {
	88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
	9548,  7620,  6100,  4904,  3906,  3121,  2501,  1991,  1586,  1277,
	1024,  820,   655,   526,   423,   335,   272,   215,   172,   137,
	110,   87,    70,    56,    45,    36,    29,    23,    18,    15,
};

void fair_init(struct fair_queue *f)
{
	*f = (struct fair_queue){ .now = EPOCH,
				  .front_key = EPOCH >> FAIR_STEP_SHIFT,
				  .next_key = ~0UL };
	list_init(&f->front);
}

void fair_set_weight(struct thread *t)
{
	t->weight = t->sched.policy == SCHED_IDLE ? WEIGHT_IDLE : weights[t->sched.nice - NICE_MIN];
	t->inverse = (1UL << CLOCK_SHIFT) / t->weight;
	t->plain = t->sched.policy == SCHED_OTHER && t->weight == FAIR_NICE_0 && !t->priority;
}

u64 fair_weigh_slow(const struct thread *t, u64 ns)
{
	return clock_scale(ns * FAIR_NICE_0, t->inverse);
}

/* -- the tree of rings ------------------------------------------------------------------------ */

/* Becomes the leader of a new ring at the tree's empty place child[@side] of @parent. */
static void lead(struct fair_queue *f, struct thread *t, struct rb_node *parent, int side)
{
	t->leads = true;
	list_init(&t->run_link);
	rb_link(&f->tree, &t->node, parent, side);
	if (!f->last || t->key > f->last->key)
		f->last = t;
	f->next_key = MIN(f->next_key, t->key);
}

static struct thread *leader_of(struct rb_node *n)
{
	return n ? rb_entry(n, struct thread, node) : NULL;
}

/* @t's ring is no part of the tree any more. */
static void remove_ring(struct fair_queue *f, struct thread *t)
{
	const struct thread *next = leader_of(rb_next(&t->node));

	if (f->last == t)
		f->last = leader_of(rb_prev(&t->node));
	if (f->next_key == t->key)
		f->next_key = next ? next->key : ~0UL;
	rb_remove(&f->tree, &t->node);
	t->leads = false;
}

/* The next of @t's ring takes its place in the tree. */
static void hand_over(struct fair_queue *f, struct thread *t)
{
	struct thread *heir = list_first(&t->run_link, struct thread, run_link);

	list_unlink(&t->run_link);
	rb_replace(&f->tree, &t->node, &heir->node);
	heir->leads = true;
	t->leads = false;
	f->last = f->last == t ? heir : f->last;
}

static void insert_into_tree(struct fair_queue *f, struct thread *t)
{
	struct rb_node *at = f->tree.node, *parent = NULL;
	int side = 0;

	if (f->last && t->key > f->last->key) {
		lead(f, t, &f->last->node, 1);
		return;
	}
	while (at) {
		struct thread *other = leader_of(at);

		if (other->key == t->key) {
			list_push_back(&other->run_link, &t->run_link);
			return;
		}
		parent = at;
		side = t->key > other->key;
		at = at->child[side];
	}
	lead(f, t, parent, side);
}

/*
 * Among those at the front that are early, too. Only the first few are compared: a crowd of sleepers
 * that wake at once may stand in another order than a few milliseconds of virtual time say.
 */
static void insert_at_front(struct fair_queue *f, struct thread *t)
{
	struct list *at = f->front.next;

	for (unsigned i = 0; i < FRONT_LOOK && at != &f->front; i++, at = at->next)
		if (list_entry(at, struct thread, run_link)->key > t->key)
			break;
	list_insert_between(&t->run_link, at->prev, at);
}

RARE void fair_insert(struct fair_queue *f, struct thread *t)
{
	if (t->key > f->front_key)
		insert_into_tree(f, t);
	else
		insert_at_front(f, t);
}

void fair_refill(struct fair_queue *f)
{
	struct thread *t = rb_entry(rb_first(&f->tree), struct thread, node);

	remove_ring(f, t);
	list_insert_between(&f->front, t->run_link.prev, &t->run_link);
	f->front_key = t->key;
}

struct thread *fair_peek(const struct fair_queue *f)
{
	if (!list_empty(&f->front))
		return list_first(&f->front, struct thread, run_link);
	return leader_of(rb_first(&f->tree));
}

void fair_dequeue(struct fair_queue *f, struct thread *t)
{
	if (!t->leads)
		list_unlink(&t->run_link);
	else if (list_empty(&t->run_link))
		remove_ring(f, t);
	else
		hand_over(f, t);
}

/* -- sleepers ------------------------------------------------------------------------------- */

static i64 ahead_of(const struct fair_queue *f, u64 vruntime)
{
	return (i64)(vruntime - f->now);
}

/* The machine's virtual time less the wall's, as a busy CPU saw it last; atomic. */
static u64 machine_lead;

void fair_note_time(const struct fair_queue *f, u64 now)
{
	__atomic_store_n(&machine_lead, f->now + f->offset - now, __ATOMIC_RELAXED);
}

void fair_arrive(struct fair_queue *f, struct thread *t, bool idle)
{
	if (idle) /* its time stood still: it takes over that of those who worked meanwhile */
		f->offset = clock_ns_loose() + __atomic_load_n(&machine_lead, __ATOMIC_RELAXED) -
			    f->now;
	t->vruntime -= f->offset;
	fair_clamp(f, t, t->fresh ? FAIR_SLEEPER_CREDIT : MIGRANT_CREDIT,
		   fair_weigh(t, FAIR_NEWCOMER_DEBT));
	t->fresh = false;
}

void fair_advance(struct fair_queue *f, const struct thread *running)
{
	const struct thread *first = fair_peek(f);
	u64 least = running ? running->vruntime : first ? first->vruntime : f->now;

	if (first && (i64)(first->vruntime - least) < 0)
		least = first->vruntime;
	if (ahead_of(f, least) > 0)
		f->now = least;
}

struct thread *fair_find(const struct fair_queue *f, u32 cpu)
{
	unsigned looks = FIND_LOOKS;
	struct thread *t;
	struct rb_node *n;

	list_for_each (t, &f->front, run_link)
		if (t->affinity >> cpu & 1)
			return t;
		else if (!--looks)
			return NULL;
	for (n = rb_first(&f->tree); n && looks; n = rb_next(n), looks--)
		if (leader_of(n)->affinity >> cpu & 1)
			return leader_of(n);
	return NULL;
}
