/* SPDX-License-Identifier: ISC */
/*
 * Processes: the book's process list (OSTEP 4.5), one entry for each program that runs.
 *
 * A process is a group of tasks (task.h) that share an address space and signals; it lives from
 * fork until its parent has waited for it (a zombie keeps its leader task and its status only).
 *
 * Legend: [i] immutable  [l] process_lock  [s] sig_lock  [ls] changed under both  [a] atomic
 * Locks: process_lock (spinlock) guards the tree, the table of tids and states.
 * Order: process_lock → sig_lock → wait queues → run queue.
 */
#pragma once

#include "abi/wait.h"
#include "proc/itimer.h"
#include "proc/limits.h"
#include "proc/sigaction.h"
#include "proc/task.h"
#include "vm/space.h"

enum process_state { PROCESS_ALIVE, PROCESS_ZOMBIE };

struct process {
	i32 pid; /* [i] the leader's tid */
	u32 state; /* [l] enum process_state */
	struct process *parent; /* [l] NULL: pid 1 */
	i32 parent_pid; /* [l] read without: the parent itself may be gone then. 0: none */
	struct list children, sibling; /* [l] */
	struct list all; /* [l] the process list */
	i32 pgid, sid; /* [l] */
	i32 lost_foreground; /* [l] a leader whose terminal hung up: its foreground group; 0 none */
	bool secret; /* [l] others of the same ids may not look into it: PR_SET_DUMPABLE */
	bool reaps; /* [l] orphans below it become its children: PR_SET_CHILD_SUBREAPER */
	bool has_execed; /* [l] its parent may not change its group any more */
	i32 exit_status; /* [l] as wait4 reports it */
	i32 exit_signal; /* [l] sent to the parent at the end, 0: none */
	i32 parent_death_signal; /* [l] PR_SET_PDEATHSIG; 0: none */
	struct wait_queue child_event; /* woken when a child changes state */

	struct list tasks; /* [ls] struct task.link, the leader first */
	struct task *leader; /* [ls] */
	u32 live; /* [ls] tasks that have not ended */
	struct spinlock time_lock; /* leaf: tasks enter and leave the list under it, too */
	struct cpu_time ended; /* [time_lock] of tasks that have ended */
	bool group_exit; /* [s] all must end, with group_code */
	i32 group_code; /* [s] */
	struct task *execing; /* [s] all but this one must end */
	struct wait_queue exec_queue; /* it sleeps here until they have */

	bool stop_taken; /* [s] a stop signal was taken and not yet acted on or made void */
	i32 stop_signal; /* [l] all are to stop, or have stopped, by this one; 0: none */
	u32 stop_left; /* [l] tasks that have not stopped yet */
	bool stopped; /* [l] all have, and the parent was told */
	i32 stop_report; /* [l] wait status not yet waited for: stopped or continued; 0 none */
	struct wait_queue stop_queue; /* its threads sleep here while stopped */

	/* Counted; changed under process_lock, where others may take a reference. Its own threads read
	 * them without: only exec, when it is alone, and the last exit change them. */
	struct space *space; /* NULL once ended */
	struct path exe; /* /proc/self/exe; its vnode NULL once ended */

	struct spinlock sig_lock;
	struct sigaction_table *actions; /* counted [i]; what is in it: sigaction.h */
	struct pending_signals pending; /* [s] for any of its threads */
	bool dying; /* [s] nothing is sent any more */
	struct rlimit_abi limits[RLIMIT_COUNT]; /* [l] */
	struct mutex timers_lock; /* setting, making and deleting of timers */
	struct interval_timer cpu_limit; /* made when a limit is first set */
	struct interval_timer itimer[ITIMER_COUNT]; /* setitimer; made when first set */
	struct list posix_timers; /* [timers_lock] struct posix_timer.link */
	i32 next_timer_id; /* [timers_lock] */

	i16 oom_adj, oom_adj_min; /* [l] how it is judged when memory is out (oom.h), and the lowest
				   * that it may choose itself */
	bool oom_killed; /* [l] and now it has to go */
	u64 start_ns; /* [i] */
	struct cpu_time child_time; /* [l] of those waited for, and of theirs */
	bool unsupported_logged; /* [a] an unknown call of the program was reported */
	u32 membarriers; /* [a] commands of membarrier(2) that it has registered for */
};

/* @p is @parent's child from now on; the lists are the caller's. Under process_lock. */
static inline void process_set_parent(struct process *p, struct process *parent)
{
	p->parent = parent;
	WRITE_ONCE(p->parent_pid, parent ? parent->pid : 0);
}

/* The file a process runs: counted, and nobody may write to it meanwhile. -ETXTBSY: somebody does. */
static inline int exe_take(const struct path *p, struct path *out)
{
	int r = vnode_take_text(p->vnode);

	if (!r)
		*out = path_get(p);
	return r;
}
static inline void exe_put(const struct path *p)
{
	if (p->vnode)
		vnode_return_text(p->vnode);
	path_put(p);
}

static inline struct process *process_current(void)
{
	return thread_current()->process;
}

/* Must @t end, for all of its process end or one of it execs? Any lock or none: it only comes true. */
static inline bool task_must_end(const struct task *t)
{
	const struct process *p = t->process;
	const struct task *execing = READ_ONCE(p->execing);

	return READ_ONCE(p->group_exit) || (execing && execing != t);
}

/*
 * Has the running thread its process's actions for itself? So it stays until the thread makes another
 * or a process that shares them. What those that have ended wrote is seen: hence acquire.
 */
static inline bool process_owns_actions(const struct process *p)
{
	return likely(__atomic_load_n(&p->actions->refs, __ATOMIC_ACQUIRE) == 1);
}
/*
 * The running thread takes @sig: its action, where it stands or in @copy. It stays as it is until the
 * thread is back in its program.
 */
static inline const struct sigaction_kernel *process_use_action(struct process *p, int sig,
								struct sigaction_kernel *copy)
{
	const struct sigaction_kernel *a = &p->actions->action[sig];

	if (process_owns_actions(p) && likely(!(a->flags & SA_RESETHAND)))
		return a;
	sigaction_use(p->actions, sig, copy);
	return copy;
}

/* CPU time of all its threads, those that have ended included. Any context; sig_lock may be held. */
void process_times(struct process *p, struct cpu_time *sum);
u64 process_cpu_time(struct process *p);
/* Of the children that the caller's process has waited for. */
struct cpu_time process_child_times(void);
/* Of its thread @tid; 0: there is none any more. */
u64 task_cpu_time(struct process *p, i32 tid);
/* Do all its threads sleep? A momentary value. */
bool process_is_idle(struct process *p);

/* The process with @pid, zombies included; of a thread's tid: NULL. Under process_lock. */
struct process *process_find(i32 pid);
/* That of any thread with @tid; 0: the caller's. Under process_lock. */
static inline struct process *process_of(i32 tid)
{
	struct task *t = task_find_or_self(tid);

	return t ? t->process : NULL;
}
extern struct spinlock process_lock;
extern struct list process_list;
extern struct process *process_init_task; /* pid 1 */
#define PID_MAX 32768 /* every pid and tid is below it */

/* Calls of the book's protocol. */
void process_room_init(void);
/* Makes pid 1 and runs @path in it with @argv/@envp (kernel strings). 0 or exec's error. */
int process_start_init(const char *path, const char *const argv[], const char *const envp[]);

struct clone_args {
	u64 flags; /* CLONE_*, without an exit signal */
	i32 exit_signal;
	i32 tid; /* the number wanted; 0: any */
	u64 stack; /* the stack pointer; 0: the parent's */
	u64 parent_tid, child_tid; /* user addresses */
	u64 tls;
};
/* fork, vfork, clone: a process or a thread. Its tid, -EAGAIN (limits), -ENOMEM, -EINVAL, -EPERM. */
i64 process_clone(const struct clone_args *args);

/* execve with strings copied in. On success the trap frame is the new program's. */
i64 process_exec(const struct path *start, const char *path, u64 argv, u64 envp);

/* From now on what is orphaned below @p becomes its child, or (not @reaps) does not any more. */
void process_set_reaps(struct process *p, bool reaps);
/* Ends the running thread's process with wait status @status, all its threads with it. */
noreturn void process_exit(int status);
/* exec: ends all others and becomes the leader. 0, -EAGAIN: this one must end itself. May sleep. */
int process_end_others(void);
/* What follows the end of pid 1; set once at boot, does not return. */
extern void (*process_init_ended)(int status);
/* A session's leader ends: its terminal is hung up. May sleep; set once at boot, or NULL. */
extern void (*process_session_ended)(void);
/* thread.interrupted of every task: a signal that is not blocked is pending, or it must end or stop. */
bool process_thread_interrupted(struct thread *t);

/* Wakes the parent's wait and sends it @sig (0: none) about @p. Under process_lock. */
void process_notify_parent(struct process *p, int sig, i32 code, i32 status);

struct wait_result {
	i32 pid;
	u32 uid;
	int status; /* as wait4 tells it */
	struct cpu_time time; /* with that of its own children */
	bool trapped; /* a tracee's stop: status has an event above the signal */
};
/*
 * wait4 and waitid: P_ALL, P_PID or P_PGID with @id; @options as waitid's, at least one of WEXITED,
 * WSTOPPED, WCONTINUED. The child's pid with *r filled, 0 (WNOHANG), -ECHILD, -EINTR.
 */
i64 process_wait(int which, i32 id, u32 options, struct wait_result *r);

/* fs_drop_beyond. */
void process_drop_beyond(const struct backing *b, u64 from);

/* Rooms of proc among themselves. */
/*
 * A process with a leader task, whose number is @pid (0: a free one), and nothing else; not listed
 * yet. NULL: as task_create().
 */
struct process *process_create(i32 pid, int *err);
void process_free(struct process *p);
void process_free_all(struct list *unlisted); /* by struct process.sibling */
void process_list_add(struct process *p, struct process *parent); /* under process_lock */
void process_list_remove(struct process *p); /* under process_lock */
/* Takes a zombie off the list; the caller frees it after unlocking. Under process_lock. */
void process_unlist(struct process *zombie);
/* The parent's turn to hear of @zombie's end; if it does not want to, off the list and to @unwanted, whose
 * processes the caller frees after unlocking. Under process_lock. */
void process_tell_end(struct process *zombie, struct list *unwanted);
