/* SPDX-License-Identifier: ISC */
/*
 * Tasks and their numbers: which are given out, and whose they are (task.h).
 * Locks: process_lock guards the table of tids. A process's list of tasks changes under
 * process_lock, sig_lock and time_lock together, so that any one of them suffices to walk it.
 */
#include "proc/task.h"

#include "abi/errno.h"
#include "base/counter.h"
#include "lib/bitmap.h"
#include "lib/string.h"
#include "machine/clock.h"
#include "machine/smp.h"
#include "machine/usercopy.h"
#include "mm/kmap.h"
#include "mm/page.h"
#include "mm/slab.h"
#include "proc/process.h"
#include "proc/signal.h"

#define HASH_SIZE 1024

COUNTER(tasks, "tasks");

static struct slab_cache *task_cache;
static struct task *tid_hash[HASH_SIZE]; /* [process_lock] */
static u64 tid_used[PID_MAX / 64]; /* [process_lock] */
static i32 last_tid; /* [process_lock] */
static u32 given; /* [process_lock] numbers in use */
static u64 made; /* [process_lock] */
static u32 limit;

u32 task_room_init(void)
{
	task_cache = slab_create("task", sizeof(struct task), 64);
	/* As on Linux: as many as fill an eighth of memory with kernel stacks, half of that each user. */
	limit = MIN(PID_MAX / 2, page_total_count() * PAGE_SIZE / (8 * KSTACK_BYTES));
	bitmap_set(tid_used, 0);
	return limit / 2;
}

/* -- numbers ------------------------------------------------------------------------------------ */

/* The next free number after the last one given, so that a fresh one is not soon used again. */
static i32 next_free(void)
{
	size_t n = bitmap_find_first_zero(tid_used, PID_MAX, last_tid + 1);

	if (n >= PID_MAX)
		n = bitmap_find_first_zero(tid_used, PID_MAX, last_tid < 300 ? 1 : 300);
	return n < PID_MAX ? (i32)n : -EAGAIN;
}

/* @wanted or (0) a free one is in use from now on. The number, -EAGAIN, -EEXIST. */
static i32 tid_take(i32 wanted)
{
	const struct process *self = process_current();
	u64 flags = spin_lock_irq(&process_lock);
	i32 tid = -EAGAIN;

	if (given < limit && !(self && limits_forbid_process(self)))
		tid = wanted ? wanted : next_free();
	if (wanted && tid == wanted && bitmap_test(tid_used, tid))
		tid = -EEXIST;
	if (tid > 0) {
		bitmap_set(tid_used, tid);
		last_tid = wanted ? last_tid : tid;
		given++, made++;
	}
	spin_unlock_irq(&process_lock, flags);
	return tid;
}

static void tid_give_back(i32 tid)
{
	u64 flags = spin_lock_irq(&process_lock);

	bitmap_clear(tid_used, tid);
	given--;
	spin_unlock_irq(&process_lock, flags);
}

u32 task_count(void)
{
	return READ_ONCE(given);
}

i32 task_last_tid(void)
{
	return READ_ONCE(last_tid);
}

u64 task_made_count(void)
{
	return READ_ONCE(made);
}

/* -- life ---------------------------------------------------------------------------------------- */

struct task *task_create(struct process *p, i32 tid, int *err)
{
	struct task *t = slab_alloc(task_cache);
	const struct task *self = task_current();

	*err = -ENOMEM;
	if (!t)
		return NULL;
	memset(t, 0, offsetof(struct task, pending)); /* the rest is pending_init()'s */
	tid = tid_take(tid);
	if (tid < 0) {
		slab_free(task_cache, t);
		*err = tid;
		return NULL;
	}
	t->tid = tid;
	t->process = p;
	t->start_ns = clock_ns();
	list_init(&t->link);
	list_init(&t->pi_waiters);
	list_init(&t->tracees);
	list_init(&t->trace.link);
	t->maker = self ? self->tid : 0;
	pending_init(&t->pending);
	signal_frame_init(t);
	counter_add(&tasks, 1);
	return t;
}

void task_free(struct task *t)
{
	tid_give_back(t->tid);
	counter_add(&tasks, -1);
	slab_free(task_cache, t);
}

void task_hash(struct task *t)
{
	struct task **bucket = &tid_hash[t->tid % HASH_SIZE];

	t->hash_next = *bucket;
	*bucket = t;
}

void task_unhash(struct task *t)
{
	struct task **link = &tid_hash[t->tid % HASH_SIZE];

	while (*link != t)
		link = &(*link)->hash_next;
	*link = t->hash_next;
}

struct task *task_find(i32 tid)
{
	struct task *t;

	if (tid <= 0)
		return NULL;
	for (t = tid_hash[tid % HASH_SIZE]; t; t = t->hash_next)
		if (t->tid == tid)
			break;
	return t;
}

/* -- others' looks at it, and its own at others --------------------------------------------------- */

void cred_set(const struct credentials *c)
{
	u64 flags = spin_lock_irq(&process_lock);
	const struct credentials *old = cred_current();

	/* What it has read with other rights those who have its new ones may not see. */
	if (c->euid != old->euid || c->egid != old->egid || c->fsuid != old->fsuid ||
	    c->fsgid != old->fsgid)
		process_current()->secret = true;
	*cred_current() = *c;
	spin_unlock_irq(&process_lock, flags);
}

bool task_is_open_to(const struct task *t, u32 uid, u32 gid)
{
	const struct credentials *c = &t->cred;

	return !t->process->secret && uid == c->uid && uid == c->euid && uid == c->suid &&
	       gid == c->gid && gid == c->egid && gid == c->sgid;
}

bool task_may_inspect(const struct task *t)
{
	const struct task *me = task_current();
	const struct credentials *own = me ? &me->cred : NULL;

	if (!own || t->process == me->process || !own->fsuid)
		return true;
	return task_is_open_to(t, own->fsuid, own->fsgid);
}

void task_set_name(struct task *t, const char *name)
{
	u64 flags = spin_lock_irq(&process_lock);

	strlcpy(t->name, name, sizeof(t->name));
	spin_unlock_irq(&process_lock, flags);
}

void task_kick_other(struct task *t)
{
	if (!thread_wake(t->thread)) /* it may run: on its way back it sees the bit */
		cpu_kick(READ_ONCE(t->thread->cpu));
}

/* CPU time of @t, under time_lock or by itself. */
static u64 time_of(const struct task *t)
{
	return t->thread ? thread_cpu_time(t->thread) : 0;
}

void task_add_times(const struct task *t, struct cpu_time *sum)
{
	struct cpu_time time;

	if (!t->thread)
		return;
	thread_times(t->thread, &time);
	cpu_time_add(sum, &time);
}

void process_times(struct process *p, struct cpu_time *sum)
{
	u64 flags = spin_lock_irq(&p->time_lock);
	const struct task *t;

	*sum = p->ended;
	list_for_each (t, &p->tasks, link)
		task_add_times(t, sum);
	spin_unlock_irq(&p->time_lock, flags);
}

struct cpu_time process_child_times(void)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct cpu_time sum = process_current()->child_time;

	spin_unlock_irq(&process_lock, flags);
	return sum;
}

u64 process_cpu_time(struct process *p)
{
	struct cpu_time sum;

	process_times(p, &sum);
	return cpu_time_total(&sum);
}

u64 task_cpu_time(struct process *p, i32 tid)
{
	u64 flags = spin_lock_irq(&p->time_lock), ns = 0;
	const struct task *t;

	list_for_each (t, &p->tasks, link)
		if (t->tid == tid)
			ns = time_of(t);
	spin_unlock_irq(&p->time_lock, flags);
	return ns;
}

bool process_is_idle(struct process *p)
{
	u64 flags = spin_lock_irq(&p->time_lock);
	const struct task *t;
	bool idle = true;

	list_for_each (t, &p->tasks, link)
		idle = idle && (!t->thread || READ_ONCE(t->thread->state) == THREAD_BLOCKED);
	spin_unlock_irq(&p->time_lock, flags);
	return idle;
}
