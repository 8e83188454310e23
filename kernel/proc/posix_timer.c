/* SPDX-License-Identifier: ISC */
/* POSIX timers: see posix_timer.h. Running out happens in an interrupt, all else in the process. */
#include "proc/posix_timer.h"

#include "abi/errno.h"
#include "mm/slab.h"
#include "proc/signal.h"

/* To its thread as long as that lives, else to the process. Under process_lock. */
static void send(struct process *p, struct posix_timer *t)
{
	struct task *to = t->to ? task_find(t->to) : NULL;

	if (!t->to)
		signal_send_entry(p, NULL, &t->entry);
	else if (to && to->process == p)
		signal_send_entry(p, to, &t->entry);
}

static void expired(struct interval_timer *timer, u64 times)
{
	struct posix_timer *t = container_of(timer, struct posix_timer, timer);
	struct process *p = timer->process;
	u64 flags, sig_flags;

	if (!t->sends || t->untaken)
		interval_timer_unnoticed(timer);
	if (!t->sends)
		return;
	flags = spin_lock_irq(&process_lock);
	sig_flags = spin_lock_irq(&p->sig_lock);
	if (list_empty(&t->entry.link))
		t->overrun = times - 1;
	else
		t->overrun += times;
	t->untaken = true;
	spin_unlock_irq(&p->sig_lock, sig_flags);
	send(p, t);
	spin_unlock_irq(&process_lock, flags);
}

/* Its signal is being taken: now the overruns are known. Under sig_lock. */
static void taken(struct sigqueue *q)
{
	struct posix_timer *t = container_of(q, struct posix_timer, entry);

	t->untaken = false;
	t->overrun += interval_timer_noticed(&t->timer);
	t->overrun_last = MIN(t->overrun, (u64)INT32_MAX);
	q->info.overrun = t->overrun_last;
	t->overrun = 0;
}

struct posix_timer *posix_timer_create(const struct posix_timer_request *r, int *err)
{
	struct process *p = process_current();
	struct posix_timer *t;
	u32 uid = cred_current()->uid;

	*err = -EAGAIN;
	if (!sigqueue_charge(uid))
		return NULL;
	t = kzalloc_user(sizeof(*t));
	if (!t) {
		sigqueue_credit(uid);
		return NULL;
	}
	t->id = p->next_timer_id;
	p->next_timer_id = t->id == INT32_MAX ? 0 : t->id + 1;
	t->clock = r->clock;
	t->sends = r->sig;
	t->to = r->to;
	t->entry = (struct sigqueue){ .sig = r->sig, .uid = uid, .taken = taken };
	t->entry.info.code = SI_TIMER;
	t->entry.info.timer_id = t->id;
	t->entry.info.timer_value = r->value ? *r->value : (u64)t->id;
	list_init(&t->entry.link);
	interval_timer_init(&t->timer, p, r->cpu_time, expired);
	t->timer.of_thread = r->of;
	list_push_back(&p->posix_timers, &t->link);
	return t;
}

struct posix_timer *posix_timer_find(i32 id)
{
	struct posix_timer *t;

	list_for_each (t, &process_current()->posix_timers, link)
		if (t->id == id)
			return t;
	return NULL;
}

/* From where it was queued; a thread that has ended has dropped it. Under sig_lock. */
static void remove_entry(struct process *p, struct posix_timer *t)
{
	struct pending_signals *from = t->to ? NULL : &p->pending;
	struct task *task;

	list_for_each (task, &p->tasks, link)
		if (task->tid == t->to)
			from = &task->pending;
	if (from)
		pending_remove_entry(from, &t->entry);
}

/* Off the list already. */
static void destroy(struct posix_timer *t)
{
	struct process *p = t->timer.process;
	u64 flags;

	interval_timer_cancel(&t->timer);
	flags = spin_lock_irq(&p->sig_lock);
	remove_entry(p, t);
	spin_unlock_irq(&p->sig_lock, flags);
	sigqueue_credit(t->entry.uid);
	kfree(t);
}

void posix_timer_delete(struct posix_timer *t)
{
	list_remove(&t->link);
	destroy(t);
}

void posix_timers_delete_all(void)
{
	struct list *timers = &process_current()->posix_timers, *l;

	while ((l = list_pop_front(timers)))
		destroy(list_entry(l, struct posix_timer, link));
}

void posix_timer_reset_overrun(struct posix_timer *t)
{
	u64 flags = spin_lock_irq(&t->timer.process->sig_lock);

	t->overrun = t->overrun_last = 0;
	spin_unlock_irq(&t->timer.process->sig_lock, flags);
}
