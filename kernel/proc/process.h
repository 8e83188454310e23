/* SPDX-License-Identifier: ISC */
/*
 * Processes: the book's process list (OSTEP 4.5), one entry for each program that runs.
 *
 * A process is a group of threads that share an address space, descriptors and signals; it
 * lives from fork until its parent has waited for it (a zombie keeps pid and status only).
 *
 * Legend: [i] immutable  [l] process_lock  [s] sig.lock  [a] atomic  [c] its own threads only
 * Locks: process_lock (spinlock) guards the tree, the pid table and states.
 * Order: process_lock → sig.lock → wait queues → run queue.
 */
#pragma once

#include "abi/signal.h"
#include "abi/wait.h"
#include "fs/path.h"
#include "lib/list.h"
#include "proc/fdtable.h"
#include "proc/itimer.h"
#include "proc/limits.h"
#include "proc/sigqueue.h"
#include "sched/wait.h"
#include "vm/space.h"

enum process_state { PROCESS_ALIVE, PROCESS_ZOMBIE };

struct process {
	i32 pid; /* [i] */
	u32 state; /* [l] enum process_state */
	struct process *parent; /* [l] NULL: pid 1 */
	struct list children, sibling; /* [l] */
	struct list all; /* [l] the process list */
	struct process *hash_next; /* [l] by pid */
	i32 pgid, sid; /* [l] */
	bool has_execed; /* [l] its parent may not change its group any more */
	i32 exit_status; /* [l] as wait4 reports it */
	i32 exit_signal; /* [i] sent to the parent at the end, 0: none */
	i32 parent_death_signal; /* [l] PR_SET_PDEATHSIG; 0: none */
	struct wait_queue child_event; /* woken when a child changes state */
	bool vfork_held; /* [l] the parent sleeps until this child execs or exits */
	bool vfork_waiting; /* [l] sleeps for such a child */
	struct wait_queue vfork_queue; /* its own thread sleeps here while vfork_waiting */
	bool stop_taken; /* [s] a stop signal was taken and not yet acted on or made void */
	bool stopped; /* [l] by a job-control signal */
	i32 stop_report; /* [l] wait status not yet waited for: stopped or continued; 0 none */
	struct wait_queue stop_queue; /* its own thread sleeps here while stopped */

	struct thread *thread; /* [i] the main thread (one a process until CLONE_THREAD) */
	/* Counted; NULL once exited (a thread of the kernel: space). Its own threads read them without
	 * a lock and change them under process_lock, where others may take a reference. */
	struct space *space;
	struct fd_table *files;
	struct vnode *root, *cwd;
	struct vnode *exe; /* /proc/self/exe */
	u32 umask; /* [c] */
	struct credentials cred; /* [c] */
	u64 clear_child_tid; /* [c] user address */

	struct spinlock sig_lock;
	struct sigaction_kernel action[NSIG + 1]; /* [s] */
	u64 sig_blocked; /* [c] */
	u64 sig_saved; /* [c] mask to restore after sigsuspend */
	bool sig_restore; /* [c] sig_saved is in force */
	u64 sig_waited; /* [s] blocked ones that sigtimedwait sleeps for */
	struct {
		i64 (*fn)(const struct trap_frame *f, u64 deadline);
		u64 deadline;
	} restart; /* [c] how an interrupted timed call goes on; see signal_restart_later() */
	struct pending_signals pending; /* [s] */
	u32 sched_policy; /* [c] as sched_setscheduler was told; all share the CPU alike */
	bool no_new_privs; /* [c] set-id bits mean nothing from now on */
	struct rlimit_abi limits[RLIMIT_COUNT]; /* [l] */
	struct interval_timer cpu_limit; /* made when a limit is first set */
	struct interval_timer itimer[ITIMER_COUNT]; /* setitimer; made when first set */
	struct list posix_timers; /* [c] struct posix_timer.link */
	i32 next_timer_id; /* [c] */
	bool dying; /* [s] a fatal signal has been taken or exit has begun */
	struct {
		u64 sp, size;
		u32 flags;
	} altstack; /* [c] */
	struct {
		u64 vector, error, address;
		bool write, exec, mapped;
		const char *note; /* not a trap but this; NULL */
	} fault; /* [c] the last one, for signal frames and the obituary */

	u64 start_ns; /* [i] */
	u64 child_user_ns; /* [l] CPU time of waited-for children */
	u64 min_faults; /* [c] */
	bool unsupported_logged; /* [c] an unknown call was reported */
	char name[16]; /* [c] last component of the program */
};

static inline struct process *process_current(void)
{
	return thread_current()->process;
}

/* The process with @pid, zombies included; under process_lock. */
struct process *process_find(i32 pid);
extern struct spinlock process_lock;
extern struct list process_list;
extern struct process *process_init_task; /* pid 1 */
u32 process_count(void);
#define PID_MAX 32768 /* every pid is below it */
i32 process_last_pid(void); /* the number given out last */
u64 process_fork_count(void); /* processes made since boot */

/* Calls of the book's protocol. */
void process_room_init(void);
/* Makes pid 1 and runs @path in it with @argv/@envp (kernel strings). 0 or exec's error. */
int process_start_init(const char *path, const char *const argv[], const char *const envp[]);

struct clone_args {
	u64 flags; /* CLONE_* and exit signal in the low byte */
	u64 stack; /* 0: the parent's */
	u64 parent_tid, child_tid; /* user addresses */
	u64 tls;
};
/* fork, vfork, clone. Child's pid, -EAGAIN (limits), -ENOMEM, -EINVAL. */
i64 process_clone(const struct clone_args *args);

/* execve with strings copied in. On success the trap frame is the new program's. */
i64 process_exec(struct vnode *start, const char *path, u64 argv, u64 envp);

/* Ends the process with wait status @status. Does not return. */
noreturn void process_exit(int status);
/* What follows the end of pid 1; set once at boot, does not return. */
extern void (*process_init_ended)(int status);
/* A session's leader ends: its terminal is hung up. May sleep; set once at boot, or NULL. */
extern void (*process_session_ended)(void);
/* thread.interrupted of every process: an unblocked signal is pending. */
bool process_thread_interrupted(struct thread *t);
/*
 * exec or exit of the running process, its old space loaded still: the tid word is cleared, and the
 * parent that sleeps in vfork goes on. May sleep.
 */
void process_leave_space(struct process *p);

/* Wakes the parent's wait and sends it @sig (0: none) about @p. Under process_lock. */
void process_notify_parent(struct process *p, int sig, i32 code, i32 status);

struct wait_result {
	i32 pid;
	u32 uid;
	int status; /* as wait4 tells it */
	u64 cpu_ns;
};
/*
 * wait4 and waitid: P_ALL, P_PID or P_PGID with @id; @options as waitid's, at least one of WEXITED,
 * WSTOPPED, WCONTINUED. The child's pid with *r filled, 0 (WNOHANG), -ECHILD, -EINTR.
 */
i64 process_wait(int which, i32 id, u32 options, struct wait_result *r);

/* Rooms of proc among themselves. */
/* A process with a pid and nothing else, not yet listed. NULL: -EAGAIN (limit) or -ENOMEM in *err. */
struct process *process_create(int *err);
void process_free(struct process *p);
void process_list_add(struct process *p, struct process *parent); /* under process_lock */
void process_list_remove(struct process *p); /* under process_lock */
/* Takes a zombie off the list; the caller frees it after unlocking. Under process_lock. */
void process_unlist(struct process *zombie);

struct fs_context process_fs_context(struct process *p);
