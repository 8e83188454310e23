/* SPDX-License-Identifier: ISC */
/*
 * The process list, process ids, and who is whose child.
 * Lock: process_lock guards list, hash table, tree and states; see process.h for the order.
 */
#include "proc/process.h"

#include "base/counter.h"
#include "lib/bitmap.h"
#include "lib/format.h"
#include "lib/string.h"
#include "machine/clock.h"
#include "machine/usercopy.h"
#include "mm/page.h"
#include "mm/slab.h"
#include "proc/signal.h"

#define HASH_SIZE 1024

COUNTER(processes, "processes");

struct spinlock process_lock = SPINLOCK_INIT;
struct list process_list = LIST_INIT(process_list);
struct process *process_init_task;
void (*process_init_ended)(int status);
void (*process_session_ended)(void);

static struct slab_cache *process_cache;
static struct process *pid_hash[HASH_SIZE]; /* [process_lock] */
static u64 pid_used[PID_MAX / 64]; /* [process_lock] */
static i32 last_pid; /* [process_lock] */
static u32 live; /* [process_lock] */
static u64 made; /* [process_lock] */
static u32 limit;

static void describe_current(char *buf, size_t size)
{
	struct thread *t = thread_current();

	if (t && t->process)
		snprintf(buf, size, "%s[%d]", t->process->name, t->process->pid);
	else
		snprintf(buf, size, "%s", t ? t->name : "nobody");
}

void process_room_init(void)
{
	process_cache = slab_create("process", sizeof(struct process), 64);
	signal_room_init();
	/* As Linux sizes RLIMIT_NPROC: an eighth of memory in kernel stacks, half of that each. */
	limit = MIN(PID_MAX / 2, page_total_count() * PAGE_SIZE / (16 * 16384));
	bitmap_set(pid_used, 0);
	fs_size_limit = limits_file_size;
	panic_describe_current = describe_current;
}

/* The next free number after the last one given, so that a fresh pid is not soon reused. */
static i32 pid_take(void)
{
	size_t n = bitmap_find_first_zero(pid_used, PID_MAX, last_pid + 1);

	if (n >= PID_MAX)
		n = bitmap_find_first_zero(pid_used, PID_MAX, last_pid < 300 ? 1 : 300);
	if (n >= PID_MAX)
		return -1;
	bitmap_set(pid_used, n);
	last_pid = n;
	return n;
}

static void init_fields(struct process *p, i32 pid)
{
	memset(p, 0, sizeof(*p));
	p->pid = p->pgid = p->sid = pid;
	list_init(&p->children);
	list_init(&p->sibling);
	list_init(&p->all);
	list_init(&p->posix_timers);
	pending_init(&p->pending);
	wait_queue_init(&p->child_event);
	wait_queue_init(&p->vfork_queue);
	wait_queue_init(&p->stop_queue);
	p->start_ns = clock_ns();
}

struct process *process_create(int *err)
{
	struct process *p = slab_alloc(process_cache), *self = process_current();
	i32 pid = -1;
	u64 flags;

	*err = -ENOMEM;
	if (!p)
		return NULL;
	flags = spin_lock_irq(&process_lock);
	if (live < limit && !(self && limits_forbid_process(self)))
		pid = pid_take();
	if (pid > 0)
		live++, made++;
	spin_unlock_irq(&process_lock, flags);
	if (pid < 0) {
		slab_free(process_cache, p);
		*err = -EAGAIN;
		return NULL;
	}
	init_fields(p, pid);
	if (self)
		memcpy(p->limits, self->limits, sizeof(p->limits));
	else
		limits_init(p->limits, limit);
	counter_add(&processes, 1);
	return p;
}

void process_free(struct process *p)
{
	u64 flags = spin_lock_irq(&process_lock);

	bitmap_clear(pid_used, p->pid);
	live--;
	spin_unlock_irq(&process_lock, flags);
	counter_add(&processes, -1);
	slab_free(process_cache, p);
}

void process_list_add(struct process *p, struct process *parent)
{
	struct process **bucket = &pid_hash[p->pid % HASH_SIZE];

	p->parent = parent;
	if (parent)
		list_push_back(&parent->children, &p->sibling);
	list_push_back(&process_list, &p->all);
	p->hash_next = *bucket;
	*bucket = p;
}

void process_list_remove(struct process *p)
{
	struct process **link = &pid_hash[p->pid % HASH_SIZE];

	while (*link != p)
		link = &(*link)->hash_next;
	*link = p->hash_next;
	list_remove(&p->all);
	list_remove(&p->sibling);
}

struct process *process_find(i32 pid)
{
	struct process *p;

	if (pid <= 0)
		return NULL;
	for (p = pid_hash[pid % HASH_SIZE]; p; p = p->hash_next)
		if (p->pid == pid)
			break;
	return p;
}

u32 process_count(void)
{
	return READ_ONCE(live);
}

i32 process_last_pid(void)
{
	return READ_ONCE(last_pid);
}

u64 process_fork_count(void)
{
	return READ_ONCE(made);
}

struct fs_context process_fs_context(struct process *p)
{
	return (struct fs_context){ p->root, p->cwd, p->umask, &p->cred };
}

void process_notify_parent(struct process *p, int sig, i32 code, i32 status)
{
	struct siginfo_kernel info = {
		.code = code, .pid = p->pid, .uid = p->cred.uid, .status = status
	};

	if (!p->parent)
		return;
	if (sig)
		signal_send(p->parent, sig, &info);
	wait_wake_all(&p->parent->child_event);
}

void process_leave_space(struct process *p)
{
	u64 flags;

	if (p->clear_child_tid) /* before the parent goes on: the memory may be its own */
		(void)user_write_u32(p->clear_child_tid, 0);
	p->clear_child_tid = 0;
	flags = spin_lock_irq(&process_lock);
	if (p->vfork_held) { /* the parent cannot end while it sleeps in there */
		p->vfork_held = p->parent->vfork_waiting = false;
		wait_wake_all(&p->parent->vfork_queue);
	}
	spin_unlock_irq(&process_lock, flags);
}
