/* SPDX-License-Identifier: ISC */
/*
 * Timers: a tree of deadlines a CPU. The callback runs with the tree unlocked, so it may arm
 * timers itself; timer_cancel() waits for one that runs on another CPU.
 */
#include "sched/timer.h"

#include "base/spinlock.h"
#include "sched/queue.h"

struct timer_queue {
	struct spinlock lock;
	struct rb_root tree; /* [lock] by deadline */
	u64 next; /* [lock] the first one's deadline; read without it by its own CPU */
	struct timer *running; /* [lock] whose callback runs now */
};

static struct timer_queue timer_queues[MAX_CPUS];

static bool earlier(const struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct timer, node)->deadline <
	       rb_entry(b, struct timer, node)->deadline;
}

static void update_next(struct timer_queue *q)
{
	struct rb_node *first = rb_first(&q->tree);

	q->next = first ? rb_entry(first, struct timer, node)->deadline : NEVER;
}

void timers_init(void)
{
	for (unsigned i = 0; i < MAX_CPUS; i++)
		timer_queues[i].next = NEVER;
}

void timer_init(struct timer *t, void (*fire)(struct timer *t))
{
	*t = (struct timer){ .fire = fire };
}

static void unlink_locked(struct timer_queue *q, struct timer *t)
{
	rb_remove(&q->tree, &t->node);
	t->armed = false;
	update_next(q);
}

void timer_arm(struct timer *t, u64 deadline)
{
	struct timer_queue *q;
	struct run_queue *run;
	u64 flags;

	timer_cancel(t);
	flags = irq_save();
	q = &timer_queues[cpu_id()];
	spin_lock(&q->lock);
	t->cpu = cpu_id();
	t->deadline = MIN(deadline, NEVER - 1);
	t->armed = true;
	rb_insert(&q->tree, &t->node, earlier);
	update_next(q);
	spin_unlock(&q->lock);
	run = run_queue_this();
	spin_lock(&run->lock);
	queue_arm_timer(run);
	spin_unlock_irq(&run->lock, flags);
}

/* Its queue, locked; it moves to another one only where it is armed there. */
static struct timer_queue *lock_queue_of(struct timer *t, u64 *flags)
{
	for (;;) {
		u32 cpu = READ_ONCE(t->cpu);
		struct timer_queue *q = &timer_queues[cpu];

		*flags = spin_lock_irq(&q->lock);
		if (likely(t->cpu == cpu))
			return q;
		spin_unlock_irq(&q->lock, *flags);
	}
}

/* A callback on another CPU may arm its timer again while it is waited for: then that goes, too. */
bool timer_cancel(struct timer *t)
{
	bool was_armed = false;

	for (;;) {
		u64 flags;
		struct timer_queue *q = lock_queue_of(t, &flags);
		bool runs = q->running == t && q != &timer_queues[cpu_id()];

		if (t->armed) {
			unlink_locked(q, t);
			was_armed = true;
		}
		spin_unlock_irq(&q->lock, flags);
		if (!runs)
			return was_armed;
		cpu_relax();
	}
}

void timers_run(u64 now)
{
	struct timer_queue *q = &timer_queues[cpu_id()];

	spin_lock(&q->lock);
	while (q->next <= now) {
		struct timer *t = rb_entry(rb_first(&q->tree), struct timer, node);

		unlink_locked(q, t);
		q->running = t;
		spin_unlock(&q->lock);
		t->fire(t);
		spin_lock(&q->lock);
		q->running = NULL;
	}
	spin_unlock(&q->lock);
}

u64 timers_next(void)
{
	return READ_ONCE(timer_queues[cpu_id()].next);
}
