/* SPDX-License-Identifier: ISC */
/*
 * Tasks: what one thread of a program has for itself, above what the scheduler knows of it
 * (sched/thread.h). A process is a list of tasks; tids and pids are the same numbers.
 *
 * The first task, the leader, has the process's pid. It stays listed when its thread has ended
 * before others (`thread` is NULL then): the pid is in use until the process has been waited for.
 * The others go with their thread. A pointer to another's task is good under process_lock, or under
 * the sig_lock of its process.
 *
 * Legend: [i] immutable  [l] process_lock  [s] sig_lock of the process  [ls] changed under both
 *         [c] the thread itself alone  [a] atomic
 */
#pragma once

#include "abi/signal.h"
#include "abi/ucontext.h"
#include "lib/list.h"
#include "proc/fdtable.h"
#include "proc/fs_state.h"
#include "proc/tracee.h"
#include "sched/wait.h"

struct process;

/* On the stack of a thread that has called vfork, until its child is out of the memory. */
struct vfork_wait {
	struct wait_queue queue;
	struct task *child; /* [l] NULL: go on */
};

struct task {
	i32 tid; /* [ls] exec gives a thread the leader's */
	struct thread *thread; /* [ls] NULL: it has ended */
	struct process *process; /* [i] */
	struct list link; /* [ls] process.tasks, the leader first */
	struct task *hash_next; /* [l] by tid */
	u64 start_ns; /* [l] the leader's is the process's */
	char name[16]; /* [l] as in ps: of the program, or what the thread calls itself */

	/* Counted, one reference a task. Changed by itself under process_lock, where others may look;
	 * NULL once ended. */
	struct fd_table *files;
	struct fs_state *fs;
	struct credentials cred; /* [l] changed by itself */
	bool no_new_privs; /* [c] set-id bits mean nothing from now on */
	u16 io_priority; /* [l] as ioprio_set was told; 0: nothing. There are no queues of requests */
	u32 persona; /* [c] personality(2): what its next exec does otherwise */

	u32 memory_policy; /* [c] as set_mempolicy was told: there is one node */
	u64 memory_nodes; /* [c] */
	u64 clear_child_tid; /* [c] user address, 0: none */
	u64 robust_list; /* [l] user address, changed by itself; 0: none */
	struct list pi_waiters; /* [pi_lock] those that wait for its locks: futex_private.h */
	struct futex_waiter *pi_blocked; /* [pi_lock] the lock it waits for; NULL: none */
	bool pi_ended; /* [pi_lock] nobody may wait for it any more */
	struct vfork_wait *vfork; /* [l] who waits for it to leave the memory; NULL: nobody */
	bool in_vfork; /* [c] waits for such a child */

	/*
	 * [c] What the next handler's frame says beside the registers: always so the alternate stack
	 * (its size 0: none) and the last fault; of a signal in hand its siginfo.
	 */
	struct task_frame {
		u64 restorer;
		struct ucontext_abi uc;
		struct siginfo_kernel info;
		u8 zeroes[sizeof(struct siginfo_abi) - sizeof(struct siginfo_kernel)];
	} frame;
	i32 in_hand; /* [c] what it takes next, before all that is pending: its own fault, what it sent itself; 0: none */
	u64 sig_blocked; /* [s] changed by itself; where that takes nothing from others, without */
	u64 sig_saved; /* [c] mask to restore after sigsuspend */
	bool sig_restore; /* [c] sig_saved is in force */
	u64 sig_waited; /* [s] blocked ones that sigtimedwait sleeps for */
	bool in_stop; /* [l] has stopped */
	i32 maker; /* [i] tid of the thread that made it */
	struct tracee trace; /* what it is to its tracer */
	struct list tracees; /* [l] struct tracee.link: whom it traces */
	struct {
		i64 (*fn)(const struct trap_frame *f, u64 deadline);
		u64 deadline;
	} restart; /* [c] how an interrupted timed call goes on; see signal_restart_later() */
	struct {
		bool mapped; /* there is something at the address */
		const char *note; /* not a trap but this; NULL */
	} fault; /* [c] the last one, for the obituary; and in the frame */
	struct pending_signals pending; /* [s] for this thread alone; the last, see task_create() */
};
_Static_assert(sizeof(struct task_frame) == sizeof(struct sigframe_abi), "the ABI's layout");

/* NULL for threads of the kernel. */
static inline struct task *task_current(void)
{
	return thread_current()->task;
}

static inline struct credentials *cred_current(void)
{
	return &task_current()->cred;
}

/*
 * Credentials are changed as a whole: a copy is made, changed, and put in the place of the old ones
 * under process_lock, where others compare theirs with them.
 */
void cred_set(const struct credentials *c);

u32 task_room_init(void); /* once; returns how many tasks a user may have */
/*
 * A task of @p with the number @tid (0: a free one), in no list yet, all else zero. NULL: *err is
 * -EAGAIN (all numbers, or the user's limit), -EEXIST or -ENOMEM.
 */
struct task *task_create(struct process *p, i32 tid, int *err);
/* Frees one that is in no list; its number may be given out again. */
void task_free(struct task *t);
/* Into the table of tids, and out. Under process_lock. */
void task_hash(struct task *t);
void task_unhash(struct task *t);

/* What ps shows of it: at most 15 bytes of @name. */
void task_set_name(struct task *t, const char *name);
/* The task with @tid, ended leaders included; NULL: none. Under process_lock. */
struct task *task_find(i32 tid);
/* @tid, 0: the caller's. */
static inline struct task *task_find_or_self(i32 tid)
{
	return tid ? task_find(tid) : task_current();
}

/* May the caller look into @t (ptrace(2), "access mode checking")? Under process_lock. */
bool task_may_inspect(const struct task *t);
/* Has it these ids alone, and no secrets from others that do? Under process_lock. */
bool task_is_open_to(const struct task *t, u32 uid, u32 gid);

u32 task_count(void); /* of numbers in use */
i32 task_last_tid(void); /* the number given out last */
u64 task_made_count(void); /* since boot */

/* The rest of task_kick() where it does not kick itself. */
void task_kick_other(struct task *t);
/* Makes @t look at its signals and at the state of its process soon, whatever it does. Under
 * process_lock or its process's sig_lock; it has not ended. */
static inline void task_kick(struct task *t)
{
	context_set_work(&t->thread->ctx, WORK_SIGNAL);
	/* Who runs here and has not said that it will sleep looks before it does. */
	if (t->thread != thread_current() || READ_ONCE(t->thread->state) != THREAD_RUNNABLE)
		task_kick_other(t);
}

/*
 * The running thread leaves its memory (exec, exit), which is still loaded: who waits for its tid
 * word or in vfork for it goes on. May sleep.
 */
void task_leave_space(struct task *t);

/* Adds what @t's thread has used, if it has one. Under process_lock or its time_lock. */
void task_add_times(const struct task *t, struct cpu_time *sum);

/* Ends the running thread, and with the last one the process. @code: a wait status. */
noreturn void task_exit(i32 code);
