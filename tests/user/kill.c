/* SPDX-License-Identifier: ISC */
/*
 * kill without handlers: what each signal does by default, what blocking it changes, and that every
 * sleeper can be killed.
 */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

static int raise_it(void *sig)
{
	return kill(getpid(), (long)sig) == 0 ? 33 : 1;
}

static void defaults(void)
{
	static const int deadly[] = { SIGHUP,  SIGINT,  SIGQUIT,   SIGILL,  SIGTRAP,
				      SIGABRT, SIGBUS,  SIGFPE,    SIGKILL, SIGUSR1,
				      SIGSEGV, SIGUSR2, SIGPIPE,   SIGALRM, SIGTERM,
				      SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGIO,
				      SIGPWR,  SIGSYS,  SIGSTKFLT, 34,      64 };
	static const int harmless[] = { SIGCHLD, SIGCONT, SIGURG, SIGWINCH };

	for (unsigned i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		is_status(in_child(raise_it, (void *)(long)deadly[i]), KILLED(deadly[i]),
			  "signal %d kills", deadly[i]);
	for (unsigned i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		is_status(in_child(raise_it, (void *)(long)harmless[i]), EXITED(33),
			  "signal %d doesn't", harmless[i]);
}

static void errors(void)
{
	is_long(raw(SYS_kill, getpid(), 0), 0, "signal 0 to oneself");
	is_long(raw(SYS_kill, getpid(), 65), -EINVAL, "signal 65");
	is_long(raw(SYS_kill, getpid(), -1), -EINVAL, "signal -1");
	is_long(raw(SYS_kill, 0x7ffffff, 0), -ESRCH, "no such process");
	is_long(raw(SYS_kill, 0x7ffffff, SIGKILL), -ESRCH, "no such process to kill");
}

static long mask(int how, int sig, unsigned long *old)
{
	unsigned long set = 1UL << (sig - 1);

	return raw(SYS_rt_sigprocmask, how, &set, old, 8);
}

static int blocked(void *arg)
{
	(void)arg;
	if (mask(SIG_BLOCK, SIGTERM, NULL) != 0 || kill(getpid(), SIGTERM) != 0)
		return 1;
	return 33;
}

static int unblocked(void *arg)
{
	(void)arg;
	mask(SIG_BLOCK, SIGTERM, NULL);
	kill(getpid(), SIGTERM);
	mask(SIG_UNBLOCK, SIGTERM, NULL);
	return 1;
}

static int block_kill(void *arg)
{
	(void)arg;
	mask(SIG_BLOCK, SIGKILL, NULL);
	kill(getpid(), SIGKILL);
	return 1;
}

/* A fault can't be put off: blocked or not, it kills. */
static int blocked_fault(void *arg)
{
	mask(SIG_BLOCK, SIGSEGV, NULL);
	return *(volatile int *)arg;
}

/* The mask goes through fork, the signal that waits does not. */
static int inherited(void *arg)
{
	unsigned long old = 0;
	pid_t pid;

	(void)arg;
	mask(SIG_BLOCK, SIGUSR1, NULL);
	kill(getpid(), SIGUSR1);
	pid = fork();
	if (pid == 0) {
		mask(SIG_BLOCK, SIGUSR2, &old);
		if (!(old & 1UL << (SIGUSR1 - 1)))
			_exit(1);
		mask(SIG_UNBLOCK, SIGUSR1, NULL);
		_exit(33);
	}
	return status_of(pid) == EXITED(33) ? 33 : 2;
}

static void masks(void)
{
	unsigned long old = 0, set = -1;

	is_status(in_child(blocked, NULL), EXITED(33), "a blocked signal waits");
	is_status(in_child(unblocked, NULL), KILLED(SIGTERM), "and kills when unblocked");
	is_status(in_child(block_kill, NULL), KILLED(SIGKILL), "SIGKILL can't be blocked");
	is_status(in_child(blocked_fault, NULL), KILLED(SIGSEGV), "nor can a fault");
	is_long(raw(SYS_rt_sigprocmask, SIG_SETMASK, &set, &old, 8), 0, "all are blocked");
	raw(SYS_rt_sigprocmask, SIG_SETMASK, &old, &set, 8);
	is_long(set, ~(1UL << (SIGKILL - 1) | 1UL << (SIGSTOP - 1)), "all but SIGKILL and SIGSTOP");
	is_long(raw(SYS_rt_sigprocmask, 9, &set, 0, 8), -EINVAL, "no such way to change the mask");
	is_long(raw(SYS_rt_sigprocmask, 0, 0, &old, 4), -EINVAL, "no such size of a mask");
}

/* --- sleepers: each tells through a pipe that it is about to sleep --- */

static int ready[2];

static void tell(void)
{
	if (write(ready[1], "r", 1) != 1)
		_exit(1);
}

static int in_nanosleep(void *arg)
{
	const struct timespec long_time = { 1000, 0 };

	(void)arg;
	tell();
	return nanosleep(&long_time, NULL);
}

static int in_read(void *arg)
{
	int p[2];
	char c;

	(void)arg;
	if (pipe(p) < 0)
		return 1;
	tell();
	return read(p[0], &c, 1);
}

static int in_write(void *arg)
{
	static char block[100000];
	int p[2];

	(void)arg;
	if (pipe(p) < 0)
		return 1;
	tell();
	return write(p[1], block, sizeof(block)) > 0;
}

static int until_the_end(void *arg)
{
	int *p = arg;
	char c;

	close(p[1]);
	tell();
	return read(p[0], &c, 1);
}

/* Its child ends with it: the pipe's other end goes. */
static int in_wait(void *arg)
{
	int p[2];

	(void)arg;
	if (pipe(p) < 0)
		return 1;
	start_child(until_the_end, p);
	return waitpid(-1, NULL, 0) < 0;
}

static int in_loop(void *arg)
{
	(void)arg;
	tell();
	for (;;)
		__asm__ volatile("");
	return 0;
}

static void kill_one(child_fn *fn, int sig, const char *name)
{
	pid_t pid = start_child(fn, NULL);
	char c;

	if (read(ready[0], &c, 1) != 1)
		diag("no word from the child");
	kill(pid, sig);
	is_status(status_of(pid), KILLED(sig), "%s, killed by %d", name, sig);
}

static void sleepers(void)
{
	static const int signals[] = { SIGKILL, SIGTERM };

	if (pipe(ready) < 0)
		return;
	for (int i = 0; i < 2; i++) {
		kill_one(in_nanosleep, signals[i], "asleep");
		kill_one(in_read, signals[i], "reading an empty pipe");
		kill_one(in_write, signals[i], "writing a full pipe");
		kill_one(in_wait, signals[i], "waiting for a child");
		kill_one(in_loop, signals[i], "in a loop");
	}
	close(ready[0]);
	close(ready[1]);
}

/* A harmless signal doesn't end a sleep before its time. */
static int sleeps_on(void *arg)
{
	struct timespec nap = { 0, 50000000 }, before, after;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &before);
	tell();
	if (nanosleep(&nap, NULL) != 0)
		return 1;
	clock_gettime(CLOCK_MONOTONIC, &after);
	return (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000 >=
			       49
		       ? 0
		       : 2;
}

static void harmless_while_asleep(void)
{
	pid_t pid;
	char c;

	if (pipe(ready) < 0)
		return;
	pid = start_child(sleeps_on, NULL);
	if (read(ready[0], &c, 1) == 1)
		for (int i = 0; i < 10; i++)
			kill(pid, SIGWINCH);
	is_status(status_of(pid), EXITED(0), "asleep, and ignored signals don't wake");
}

int main(void)
{
	struct rlimit no_core = { 0, 0 };

	setrlimit(RLIMIT_CORE, &no_core);
	errors();
	defaults();
	masks();
	is_status(in_child(inherited, NULL), EXITED(33), "fork takes the mask, not what waits");
	sleepers();
	harmless_while_asleep();
	return done_testing();
}
