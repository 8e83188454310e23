/* SPDX-License-Identifier: ISC */
/*
 * Nice values and scheduling policies: what is told, what is refused to whom, what children and
 * programs inherit, and what they do to the shares of one CPU.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define NOBODY 54321
#define IDLE_POLICY 5
#define RESET 0x40000000

struct attr {
	unsigned size, policy;
	unsigned long flags;
	int nice;
	unsigned priority;
	unsigned long more[3];
	unsigned util[2];
};

static int become_nobody(void)
{
	return raw(SYS_setresuid, NOBODY, NOBODY, NOBODY) != 0;
}

/* Root without CAP_SYS_RESOURCE, as in a container, cannot raise a limit: then there is nothing to see. */
static int limits_are_fixed(void)
{
	unsigned header[2] = { 0x20080522, 0 }, data[6] = { 0 };

	return raw(SYS_capget, header, data) == 0 && !(data[0] >> 24 & 1);
}

static int set_limit(int which, unsigned long value)
{
	struct rlimit r = { value, value };

	return setrlimit(which, &r);
}

/* -- nice values --------------------------------------------------------------------------------- */

static int set_and_get(void *arg)
{
	(void)arg;
	if (raw(SYS_getpriority, PRIO_PROCESS, 0) != 20)
		return 1;
	if (raw(SYS_setpriority, PRIO_PROCESS, 0, 5) || raw(SYS_getpriority, PRIO_PROCESS, 0) != 15)
		return 2;
	if (raw(SYS_setpriority, PRIO_PROCESS, 0, 100) ||
	    raw(SYS_getpriority, PRIO_PROCESS, 0) != 1)
		return 3;
	if (raw(SYS_setpriority, PRIO_PROCESS, 0, -100) ||
	    raw(SYS_getpriority, PRIO_PROCESS, getpid()) != 40)
		return 4;
	if (raw(SYS_setpriority, 3, 0, 0) != -EINVAL || raw(SYS_getpriority, -1, 0) != -EINVAL)
		return 5;
	if (raw(SYS_setpriority, PRIO_PROCESS, 0x7ffffff, 0) != -ESRCH ||
	    raw(SYS_getpriority, PRIO_PROCESS, 0x7ffffff) != -ESRCH ||
	    raw(SYS_getpriority, PRIO_USER, 0x7fffff) != -ESRCH)
		return 6;
	return 0;
}

static int told_nice(void *expected)
{
	return raw(SYS_getpriority, PRIO_PROCESS, 0) != *(long *)expected;
}

static int inherited(void *arg)
{
	long expected = 13;

	(void)arg;
	if (raw(SYS_setpriority, PRIO_PROCESS, 0, 7))
		return 1;
	return in_child(told_nice, &expected) == EXITED(0) ? 0 : 2;
}

static int group_and_user(void *arg)
{
	pid_t child;
	int r = 0;

	(void)arg;
	if (setpgid(0, 0) || raw(SYS_setresuid, NOBODY + 1, NOBODY + 1, NOBODY + 1))
		return 1;
	child = fork();
	if (child == 0) {
		pause();
		_exit(0);
	}
	if (raw(SYS_setpriority, PRIO_PGRP, 0, 3) ||
	    raw(SYS_getpriority, PRIO_PROCESS, child) != 17)
		r = 2;
	else if (raw(SYS_setpriority, PRIO_USER, 0, 4) ||
		 raw(SYS_getpriority, PRIO_PROCESS, child) != 16)
		r = 3;
	else if (raw(SYS_setpriority, PRIO_PROCESS, child, 9) ||
		 raw(SYS_getpriority, PRIO_PGRP, 0) != 16)
		r = 4; /* the greatest of the group's is told */
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return r;
}

static int refused(void *arg)
{
	(void)arg;
	if (become_nobody())
		return 1;
	if (raw(SYS_setpriority, PRIO_PROCESS, 0, -1) != -EACCES)
		return 2;
	if (raw(SYS_setpriority, PRIO_PROCESS, 0, 4) ||
	    raw(SYS_setpriority, PRIO_PROCESS, 0, 3) != -EACCES)
		return 3;
	if (raw(SYS_setpriority, PRIO_PROCESS, getppid(), 10) != -EPERM)
		return 4;
	return 0;
}

static int limited(void *arg)
{
	(void)arg;
	if (limits_are_fixed())
		return 0;
	if (set_limit(RLIMIT_NICE, 25) || become_nobody())
		return 1;
	if (raw(SYS_setpriority, PRIO_PROCESS, 0, -5))
		return 2;
	return raw(SYS_setpriority, PRIO_PROCESS, 0, -6) == -EACCES ? 0 : 3;
}

/* -- policies ------------------------------------------------------------------------------------ */

static long policy_of(pid_t pid)
{
	return raw(SYS_sched_getscheduler, pid);
}

static int priority_of(pid_t pid)
{
	int priority = -1;

	return raw(SYS_sched_getparam, pid, &priority) ? -2 : priority;
}

static long set_policy(long policy, int priority)
{
	return raw(SYS_sched_setscheduler, 0, policy, &priority);
}

static int real_time(void *arg)
{
	struct timespec fifo, rr;
	int priority = 30;

	(void)arg;
	if (set_policy(SCHED_FIFO, 20) || policy_of(0) != SCHED_FIFO || priority_of(0) != 20)
		return 1;
	if (raw(SYS_sched_rr_get_interval, 0, &fifo) || fifo.tv_sec || fifo.tv_nsec)
		return 2;
	if (raw(SYS_sched_setparam, 0, &priority) || priority_of(getpid()) != 30)
		return 3;
	if (set_policy(SCHED_RR, 99) || policy_of(0) != SCHED_RR)
		return 4;
	if (raw(SYS_sched_rr_get_interval, 0, &rr) || rr.tv_sec || rr.tv_nsec != 100000000)
		return 5;
	if (set_policy(SCHED_FIFO, 0) != -EINVAL || set_policy(SCHED_FIFO, 100) != -EINVAL ||
	    set_policy(SCHED_RR, 257) != -EINVAL || set_policy(SCHED_OTHER, 1) != -EINVAL ||
	    set_policy(-1, 0) != -EINVAL || set_policy(4, 0) != -EINVAL)
		return 6;
	if (set_policy(SCHED_OTHER, 0) || policy_of(0) != SCHED_OTHER || priority_of(0))
		return 7;
	return 0;
}

static int told_policy(void *expected)
{
	return policy_of(0) != *(long *)expected;
}

static int policy_inherited(void *arg)
{
	long fifo = SCHED_FIFO, other = SCHED_OTHER;

	(void)arg;
	if (set_policy(SCHED_FIFO, 10) || in_child(told_policy, &fifo) != EXITED(0))
		return 1;
	if (set_policy(SCHED_FIFO | RESET, 10) || policy_of(0) != (SCHED_FIFO | RESET))
		return 2;
	if (in_child(told_policy, &other) != EXITED(0))
		return 3;
	return policy_of(0) == (SCHED_FIFO | RESET) ? 0 : 4;
}

static int nice_reset(void *arg)
{
	long zero = 20;

	(void)arg;
	if (raw(SYS_setpriority, PRIO_PROCESS, 0, -3) || set_policy(SCHED_BATCH | RESET, 0))
		return 1;
	return in_child(told_nice, &zero) == EXITED(0) ? 0 : 2;
}

static int rt_refused(void *arg)
{
	int one = 1;

	(void)arg;
	if (become_nobody())
		return 1;
	if (set_policy(SCHED_FIFO, 1) != -EPERM || set_policy(SCHED_BATCH, 0) ||
	    set_policy(SCHED_OTHER, 0))
		return 2;
	if (raw(SYS_sched_setscheduler, getppid(), SCHED_BATCH, &(int){ 0 }) != -EPERM ||
	    raw(SYS_sched_setparam, 0, &one) != -EINVAL)
		return 3;
	if (set_policy(IDLE_POLICY, 0) || set_policy(SCHED_OTHER, 0) != -EPERM)
		return 4; /* out of SCHED_IDLE only who might raise it */
	return set_policy(SCHED_FIFO, 1) == -EPERM ? 0 : 5;
}

static int rt_limited(void *arg)
{
	(void)arg;
	if (limits_are_fixed())
		return 0;
	if (set_limit(RLIMIT_RTPRIO, 10) || become_nobody())
		return 1;
	if (set_policy(SCHED_FIFO, 11) != -EPERM || set_policy(SCHED_FIFO, 10))
		return 2;
	return set_policy(SCHED_RR | RESET, 5) || set_policy(SCHED_RR, 5) != -EPERM ? 3 : 0;
}

static int attributes(void *arg)
{
	struct attr a = { .size = 48, .policy = SCHED_OTHER, .nice = 6 }, b = { 0 };
	char big[128] = { 0 };

	(void)arg;
	if (raw(SYS_sched_setattr, 0, &a, 0) || raw(SYS_getpriority, PRIO_PROCESS, 0) != 14)
		return 1;
	if (raw(SYS_sched_getattr, 0, &b, 48, 0) || b.size != 48 || b.policy || b.nice != 6)
		return 2;
	a.policy = SCHED_RR;
	a.priority = 7;
	a.flags = 1;
	if (raw(SYS_sched_setattr, 0, &a, 0) || raw(SYS_sched_getattr, 0, &b, 48, 0) ||
	    b.policy != SCHED_RR || b.priority != 7 || b.flags != 1 || b.nice != 0)
		return 3;
	a.flags = 1UL << 40;
	if (raw(SYS_sched_setattr, 0, &a, 0) != -EINVAL ||
	    raw(SYS_sched_setattr, 0, NULL, 0) != -EINVAL ||
	    raw(SYS_sched_setattr, 0, &a, 1) != -EINVAL ||
	    raw(SYS_sched_getattr, 0, &b, 47, 0) != -EINVAL)
		return 4;
	memcpy(big, &(struct attr){ .size = 128 }, sizeof(struct attr));
	if (raw(SYS_sched_setattr, 0, big, 0))
		return 5;
	big[100] = 1;
	if (raw(SYS_sched_setattr, 0, big, 0) != -E2BIG || *(unsigned *)big != 56)
		return 6;
	return 0;
}

/* -- shares -------------------------------------------------------------------------------------- */

static volatile int *start;

static void pin(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

static int spin(void *arg)
{
	(void)arg;
	pin();
	while (!*start)
		sched_yield();
	for (;;)
		__asm__ volatile("");
	return 0;
}

static long cpu_time_of_dead(pid_t pid)
{
	struct rusage r;

	kill(pid, SIGKILL);
	if (wait4(pid, NULL, 0, &r) != pid)
		return 0;
	return (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000000 + r.ru_utime.tv_usec +
	       r.ru_stime.tv_usec;
}

/* The CPU time of a loop as it is, and of one that @change was done to, beside it on one CPU. */
static double share(void (*change)(pid_t), long ms)
{
	const struct timespec nap = { ms / 1000, ms % 1000 * 1000000 };
	pid_t a = start_child(spin, NULL), b = start_child(spin, NULL);
	long ta, tb;

	change(b);
	*start = 1;
	nanosleep(&nap, NULL);
	kill(b, SIGSTOP); /* the one with less first: it would have the CPU alone */
	kill(a, SIGSTOP);
	ta = cpu_time_of_dead(a);
	tb = cpu_time_of_dead(b);
	*start = 0;
	diag("%ld us and %ld us", ta, tb);
	return tb ? (double)ta / tb : 1e9;
}

static void leave(pid_t pid)
{
	(void)pid;
}

static void nice_5(pid_t pid)
{
	setpriority(PRIO_PROCESS, pid, 5);
}

static void make_idle(pid_t pid)
{
	raw(SYS_sched_setscheduler, pid, IDLE_POLICY, &(int){ 0 });
}

static void shares(void)
{
	double r;

	start = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	r = share(leave, 600);
	ok(r > 0.7 && r < 1.4, "equal loops get equal time");
	r = share(nice_5, 900);
	ok(r > 2.2 && r < 4.2, "nice 5 gets a third of what nice 0 gets");
	ok(share(make_idle, 900) > 20, "SCHED_IDLE gets next to nothing beside a loop");
}

/* Priorities of input and output: a class above 13 bits of level. */
#define IO_PRIORITY(class, level) ((class) << 13 | (level))
enum { IO_NONE, IO_REAL_TIME, IO_BEST_EFFORT, IO_IDLE, IO_NO_CLASS };
enum { IO_THREAD = 1, IO_GROUP, IO_USER };

static long io_get(int which, int who)
{
	return raw(SYS_ioprio_get, which, who);
}

static long io_set(int which, int who, int class, int level)
{
	return raw(SYS_ioprio_set, which, who, IO_PRIORITY(class, level));
}

static int io_inherited(void *arg)
{
	(void)arg;
	return io_get(IO_THREAD, 0) == IO_PRIORITY(IO_IDLE, 0) ? 0 : 1;
}

static int io_refused(void *arg)
{
	if (become_nobody())
		return 1;
	if (io_set(IO_THREAD, 0, IO_BEST_EFFORT, 7) || io_set(IO_THREAD, 0, IO_IDLE, 0))
		return 2;
	if (io_set(IO_THREAD, 0, IO_REAL_TIME, 0) != -EPERM)
		return 3;
	return io_set(IO_THREAD, *(int *)arg, IO_IDLE, 0) == -EPERM ? 0 : 4;
}

static void io_priorities(void)
{
	int me = getpid();

	setpgid(0, 0);
	is_long(io_get(IO_THREAD, 0), 0, "no priority of input and output at first");
	is_long(io_get(IO_GROUP, 0), IO_PRIORITY(IO_BEST_EFFORT, 4),
		"but what its nice value says");
	is_long(io_set(IO_THREAD, 0, IO_IDLE, 0), 0, "it is set");
	is_long(io_get(IO_THREAD, me), IO_PRIORITY(IO_IDLE, 0), "and told");
	is_long(in_child(io_inherited, NULL), 0, "a child inherits it");
	is_long(io_set(IO_GROUP, 0, IO_BEST_EFFORT, 2), 0, "a group's");
	is_long(io_get(IO_GROUP, me), IO_PRIORITY(IO_BEST_EFFORT, 2), "is its");
	is_long(io_set(IO_THREAD, 0, IO_NONE, 1), -EINVAL, "none has no level");
	is_long(io_set(IO_THREAD, 0, IO_NO_CLASS, 0), -EINVAL, "no such class");
	is_long(io_set(0, 0, IO_IDLE, 0), -EINVAL, "of nothing");
	is_long(io_get(IO_USER + 1, 0), -EINVAL, "no such kind");
	is_long(io_get(IO_THREAD, 0x3fffff), -ESRCH, "nobody's");
	is_long(in_child(io_refused, &me), 0, "users set their own, but not for real time");
}

int main(void)
{
	is_long(in_child(set_and_get, NULL), 0, "nice values are set and told");
	is_long(in_child(inherited, NULL), 0, "a child inherits");
	is_long(in_child(group_and_user, NULL), 0, "of a group, of a user");
	is_long(in_child(refused, NULL), 0, "users only go up");
	is_long(in_child(limited, NULL), 0, "or as far as RLIMIT_NICE says");
	is_long(in_child(real_time, NULL), 0, "real-time policies are set and told");
	is_long(in_child(policy_inherited, NULL), 0, "inherited, or reset on fork");
	is_long(in_child(nice_reset, NULL), 0, "so is a nice value below zero");
	is_long(in_child(rt_refused, NULL), 0, "users have no real-time policy");
	is_long(in_child(rt_limited, NULL), 0, "but by RLIMIT_RTPRIO");
	is_long(in_child(attributes, NULL), 0, "sched_setattr and sched_getattr");
	shares();
	io_priorities();
	return done_testing();
}
