/* SPDX-License-Identifier: ISC */
/*
 * The process list, and who is whose child. Their numbers are their leaders' (task.c).
 * Lock: process_lock guards list, tree and states; see process.h for the order.
 */
#include "proc/process.h"

#include "base/counter.h"
#include "base/trace.h"
#include "fs/unix.h"
#include "lib/format.h"
#include "lib/string.h"
#include "machine/clock.h"
#include "mm/slab.h"
#include "proc/futex.h"
#include "proc/signal.h"
#include "proc/watch.h"

COUNTER(processes, "processes");

struct spinlock process_lock = SPINLOCK_INIT;
struct list process_list = LIST_INIT(process_list);
struct process *process_init_task;
void (*process_init_ended)(int status);
void (*process_session_ended)(void);

static struct slab_cache *process_cache;
static u32 user_limit; /* RLIMIT_NPROC's default */

static void describe_current(char *buf, size_t size)
{
	struct thread *t = thread_current();

	if (t && t->task)
		snprintf(buf, size, "%s[%d]", t->task->name, t->task->tid);
	else
		snprintf(buf, size, "%s", t ? t->name : "nobody");
}

static struct ucred current_ucred(void)
{
	const struct task *t = task_current();

	if (!t)
		return (struct ucred){ 0, 0, 0 };
	return (struct ucred){ t->process->pid, t->cred.euid, t->cred.egid };
}

static bool caller_is_root(void)
{
	const struct thread *t = thread_current();

	return !t || !t->process || cred_current()->euid == 0;
}

void process_room_init(void)
{
	process_cache = slab_create("process", sizeof(struct process), 64);
	user_limit = task_room_init();
	sigaction_room_init();
	futex_room_init();
	signal_room_init();
	fs_size_limit = limits_file_size;
	fs_drop_beyond = process_drop_beyond;
	unix_caller = current_ucred;
	watch_room_init();
	file_caller_is_root = caller_is_root;
	panic_describe_current = describe_current;
}

static void init_fields(struct process *p)
{
	memset(p, 0, sizeof(*p));
	list_init(&p->children);
	list_init(&p->sibling);
	list_init(&p->all);
	list_init(&p->tasks);
	list_init(&p->posix_timers);
	mutex_init(&p->timers_lock);
	pending_init(&p->pending);
	wait_queue_init(&p->child_event);
	wait_queue_init(&p->stop_queue);
	wait_queue_init(&p->exec_queue);
}

struct process *process_create(i32 pid, int *err)
{
	struct process *p = slab_alloc(process_cache), *self = process_current();

	*err = -ENOMEM;
	if (!p)
		return NULL;
	init_fields(p);
	p->leader = task_create(p, pid, err);
	if (!p->leader) {
		slab_free(process_cache, p);
		return NULL;
	}
	p->pid = p->pgid = p->sid = p->leader->tid;
	p->start_ns = p->leader->start_ns;
	if (self)
		memcpy(p->limits, self->limits, sizeof(p->limits));
	else
		limits_init(p->limits, user_limit);
	counter_add(&processes, 1);
	trace(TRACE_CREATED, (u32)p->pid);
	return p;
}

void process_free(struct process *p)
{
	sigaction_put(p->actions);
	task_free(p->leader);
	counter_add(&processes, -1);
	slab_free(process_cache, p);
}

void process_free_all(struct list *unlisted)
{
	struct list *l;

	while ((l = list_pop_front(unlisted)))
		process_free(list_entry(l, struct process, sibling));
}

void process_list_add(struct process *p, struct process *parent)
{
	process_set_parent(p, parent);
	if (parent)
		list_push_back(&parent->children, &p->sibling);
	list_push_back(&process_list, &p->all);
	list_push_back(&p->tasks, &p->leader->link);
	p->live = 1;
	task_hash(p->leader);
}

void process_list_remove(struct process *p)
{
	task_unhash(p->leader);
	list_remove(&p->all);
	list_remove(&p->sibling);
}

struct process *process_find(i32 pid)
{
	struct task *t = task_find(pid);

	return t && t->process->pid == pid ? t->process : NULL;
}

void process_notify_parent(struct process *p, int sig, i32 code, i32 status)
{
	struct siginfo_kernel info = {
		.code = code, .pid = p->pid, .uid = p->leader->cred.uid, .status = status
	};

	if (!p->parent)
		return;
	if (sig > 0 && sig <= NSIG)
		signal_send(p->parent, sig, &info);
	wait_wake_all(&p->parent->child_event);
}
