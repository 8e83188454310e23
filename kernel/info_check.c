/* SPDX-License-Identifier: ISC */
/*
 * /proc/leash/check: invariants of the kernel's data, looked at when the file is read. One line a
 * kind: what was looked at and "ok", or "BROKEN" and what is wrong. For tests, after the worst.
 *
 * Locks: each kind's own, one thing at a time.
 */
#include "fs/procfs.h"
#include "info.h"
#include "mm/page.h"
#include "proc/process.h"

#define PIDS_AT_A_TIME 512 /* looked up without letting interrupts in */

static void print_verdict(struct procfs_text *t, const char *kind, u64 looked_at, const char *wrong)
{
	procfs_print(t, "%s: %lu %s%s\n", kind, looked_at, wrong ? "BROKEN, " : "ok",
		     wrong ? wrong : "");
}

static void check_pages(struct procfs_text *t)
{
	u64 free;
	const char *wrong = page_check(&free);

	print_verdict(t, "free pages", free, wrong);
}

/* What must hold of one process in the list. Under process_lock. */
static const char *check_process(struct process *p)
{
	struct task *task;
	u32 ended = 0, all = 0;

	if (!p->parent != (p == process_init_task))
		return "a process without a parent";
	if (process_find(p->pid) != p || !p->leader || p->leader->tid != p->pid)
		return "a process that its pid does not find";
	list_for_each (task, &p->tasks, link) {
		if (task->process != p || task_find(task->tid) != task)
			return "a task of another process";
		ended += !task->thread;
		all++;
	}
	if (p->state == PROCESS_ZOMBIE && (p->space || p->live))
		return "a zombie that has something";
	return all - ended < p->live ? "more live tasks than there are" : NULL;
}

static void check_processes(struct procfs_text *t)
{
	const char *wrong = NULL;
	struct process *p;
	u64 flags = spin_lock_irq(&process_lock), count = 0;

	list_for_each (p, &process_list, all) {
		count++;
		wrong = check_process(p);
		if (wrong)
			break;
	}
	spin_unlock_irq(&process_lock, flags);
	print_verdict(t, "processes", count, wrong);
}

/* The memory of the first process from @pid on that has some, counted; *pid is moved behind it. */
static struct space *next_space(i32 *pid)
{
	struct space *s = NULL;

	while (!s && *pid < PID_MAX) {
		i32 end = MIN(*pid + PIDS_AT_A_TIME, PID_MAX);
		u64 flags = spin_lock_irq(&process_lock);

		while (!s && *pid < end) {
			const struct process *p = process_find((*pid)++);

			s = p ? p->space : NULL;
		}
		if (s)
			space_get(s);
		spin_unlock_irq(&process_lock, flags);
	}
	return s;
}

static void check_spaces(struct procfs_text *t)
{
	const char *wrong = NULL;
	struct space *s;
	u64 count = 0;
	i32 pid = 1;

	while (!wrong && (s = next_space(&pid))) {
		wrong = space_check(s);
		space_put(s);
		count++;
	}
	print_verdict(t, "address spaces", count, wrong);
}

ssize_t info_show_check(char *buf, size_t size)
{
	struct procfs_text t = { buf, size, 0 };

	check_pages(&t);
	check_processes(&t);
	check_spaces(&t);
	return t.at;
}
