/* SPDX-License-Identifier: ISC */
/*
 * What becomes of a system call that a signal has interrupted (ABI page, section 2): it fails with
 * EINTR, is made again, or goes on with the time that is left. It is decided once, where the signal
 * is taken; calls themselves only return -EINTR. Locks: none, all fields are the thread's own.
 */
#include "abi/errno.h"
#include "abi/syscall_numbers.h"
#include "proc/signal.h"

/* Calls that go on by themselves after a handler with SA_RESTART. */
static bool restartable(u64 number)
{
	switch (number) {
	case SYS_read:
	case SYS_write:
	case SYS_readv:
	case SYS_writev:
	case SYS_pread64:
	case SYS_pwrite64:
	case SYS_preadv:
	case SYS_pwritev:
	case SYS_sendfile:
	case SYS_splice:
	case SYS_tee:
	case SYS_ioctl:
	case SYS_wait4:
	case SYS_waitid:
	case SYS_open:
	case SYS_openat:
	case SYS_creat:
	case SYS_fcntl:
	case SYS_flock:
	case SYS_futex:
	case SYS_getrandom:
	case SYS_connect:
	case SYS_accept:
	case SYS_accept4:
	case SYS_sendto:
	case SYS_sendmsg:
	case SYS_recvfrom:
	case SYS_recvmsg: return true;
	default: return false;
	}
}

/* Calls that go on where no handler has run (a stop and a SIGCONT): nothing has happened. */
static bool resumes(u64 number)
{
	switch (number) {
	case SYS_pause:
	case SYS_rt_sigsuspend:
	case SYS_poll:
	case SYS_ppoll:
	case SYS_select:
	case SYS_pselect6: return true;
	default: return restartable(number);
	}
}

i64 signal_restart_later(i64 (*fn)(const struct trap_frame *f, u64 deadline), u64 deadline)
{
	struct task *t = task_current();

	t->restart.fn = fn;
	t->restart.deadline = deadline;
	return -EINTR;
}

#define SYSCALL_BYTES 2 /* the length of `syscall` */

i64 signal_call_again(void)
{
	struct trap_frame *f = thread_frame(thread_current());

	f->rip -= SYSCALL_BYTES;
	return f->error; /* the number, where rax was */
}

/* Linux's, inside the kernel and in a tracer's eyes. */
#define ERESTARTSYS 512
#define ERESTARTNOHAND 514
#define ERESTART_RESTARTBLOCK 516

void signal_restart_show(struct trap_frame *f)
{
	if (!signal_call_interrupted(f))
		return;
	if (task_current()->restart.fn)
		f->rax = -ERESTART_RESTARTBLOCK;
	else if (restartable(f->error))
		f->rax = -ERESTARTSYS;
	else if (resumes(f->error))
		f->rax = -ERESTARTNOHAND;
}

void signal_restart_hide(struct trap_frame *f)
{
	if (f->vector == TRAP_SYSCALL && (i64)f->rax <= -ERESTARTSYS &&
	    (i64)f->rax >= -ERESTART_RESTARTBLOCK)
		f->rax = -EINTR;
}

void signal_restart_interrupted(struct trap_frame *f, bool handler_runs, bool sa_restart)
{
	struct task *t = task_current();
	bool timed = t->restart.fn;

	if (handler_runs)
		t->restart.fn = NULL; /* a timed wait that a handler interrupts is over */
	if (!signal_call_interrupted(f))
		return;
	if (handler_runs) {
		if (timed || !sa_restart || !restartable(f->error))
			return;
	} else if (!timed && !resumes(f->error)) {
		return;
	}
	f->rax = timed ? SYS_restart_syscall : f->error;
	f->rip -= SYSCALL_BYTES;
	f->error = ~0UL; /* once */
}
