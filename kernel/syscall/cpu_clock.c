/* SPDX-License-Identifier: ISC */
/* See cpu_clock.h. */
#include "syscall/cpu_clock.h"

#include "proc/process.h"

#define CLOCK_OF_THREAD 4u
#define CLOCK_KIND 3u
enum { KIND_ALL, KIND_USER, KIND_RUNNING, KIND_DEVICE }; /* the first and third are the same here */

/* Whose @clock is, NULL: nobody's that the caller may ask for. Under process_lock. */
static const struct task *find(u32 clock)
{
	const struct task *me = task_current(), *t;
	i32 id = ~((i32)clock >> 3);

	if ((clock & CLOCK_KIND) == KIND_DEVICE)
		return NULL;
	t = id ? task_find(id) : me;
	if (!t || t == me)
		return t;
	if (clock & CLOCK_OF_THREAD)
		return t->process == me->process ? t : NULL;
	return t == t->process->leader ? t : NULL;
}

/* Apart, so that the clocks everybody asks for need no stack frame. */
__attribute__((noinline)) i64 cpu_clock_read(u32 clock)
{
	u64 flags = spin_lock_irq(&process_lock);
	const struct task *t = find(clock);
	struct cpu_time sum = { 0 };

	if (t && clock & CLOCK_OF_THREAD)
		task_add_times(t, &sum);
	else if (t)
		process_times(t->process, &sum);
	spin_unlock_irq(&process_lock, flags);
	if (!t)
		return -EINVAL;
	return (i64)((clock & CLOCK_KIND) == KIND_USER ? sum.user : cpu_time_total(&sum));
}

int cpu_clock_owner(u32 clock, i32 *tid)
{
	u64 flags = spin_lock_irq(&process_lock);
	const struct task *t = find(clock);
	bool own = t && t->process == process_current() && (clock & CLOCK_KIND) != KIND_USER;

	*tid = own && clock & CLOCK_OF_THREAD ? t->tid : 0;
	spin_unlock_irq(&process_lock, flags);
	return own ? 0 : -EINVAL;
}
