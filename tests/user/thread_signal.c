/* SPDX-License-Identifier: ISC */
/*
 * Signals where there are many threads: to one of them or to the process, masks, alternate stacks,
 * faults, sigwait, timers, and stops of all.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "futex.h"
#include "raw_thread.h"
#include "sys.h"
#include "tap.h"

#ifndef sigev_notify_thread_id /* glibc has no name for it */
#define sigev_notify_thread_id _sigev_un._tid
#endif

static void block(int how, int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	pthread_sigmask(how, &set, NULL);
}

/* A thread that waits until it is told to end; `inside` says that it has begun. */
struct waiter {
	pthread_t thread;
	volatile pid_t tid;
	volatile int end;
	int blocks; /* this signal; 0: none */
};

static void *wait_there(void *arg)
{
	struct waiter *w = arg;

	if (w->blocks)
		block(SIG_BLOCK, w->blocks);
	w->tid = tid();
	while (!w->end)
		usleep(500);
	return NULL;
}

static void begin(struct waiter *w, int blocks)
{
	*w = (struct waiter){ .blocks = blocks };
	w->thread = start(wait_there, w);
	while (!w->tid)
		usleep(200);
}

static void finish(struct waiter *w)
{
	w->end = 1;
	join(w->thread);
}

static volatile pid_t taken_by;
static volatile int taken;

static void note(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	taken_by = tid();
	taken = sig * 100 - si->si_code;
}

static void catch (int sig, int flags)
{
	struct sigaction sa = { .sa_sigaction = note, .sa_flags = SA_SIGINFO | flags };

	sigaction(sig, &sa, NULL);
}

static int wait_taken(void)
{
	for (int i = 0; i < 5000 && !taken; i++)
		usleep(200);
	return taken;
}

/* -- who takes it ---------------------------------------------------------------------------------- */

static void directed(void)
{
	struct waiter w[3];

	catch (SIGUSR1, SA_RESTART);
	for (int i = 0; i < 3; i++)
		begin(&w[i], 0);
	for (int i = 0; i < 3; i++) {
		taken = 0;
		is_long(raw(SYS_tgkill, getpid(), w[i].tid, SIGUSR1), 0, "tgkill to thread %d", i);
		is_long(wait_taken(), SIGUSR1 * 100 + 6, "is taken, from tkill");
		ok(taken_by == w[i].tid, "by that one");
	}
	taken = 0;
	raw(SYS_tkill, w[1].tid, SIGUSR1);
	wait_taken();
	ok(taken_by == w[1].tid, "tkill too");
	is_long(raw(SYS_tgkill, getpid() + 1, w[1].tid, SIGUSR1), -ESRCH, "not in another process");
	is_long(raw(SYS_tgkill, 0, w[1].tid, SIGUSR1), -EINVAL, "nor in process 0");
	is_long(raw(SYS_tkill, w[1].tid, 65), -EINVAL, "no such signal");
	is_long(raw(SYS_tkill, 0, SIGUSR1), -EINVAL, "no such thread");
	taken = 0;
	raw(SYS_kill, w[2].tid, SIGUSR1);
	wait_taken();
	ok(taken_by == w[2].tid, "kill of a tid: that one takes it first");
	for (int i = 0; i < 3; i++)
		finish(&w[i]);
}

static void to_process(void)
{
	struct waiter w[3];
	sigset_t pending;

	begin(&w[0], SIGUSR1);
	begin(&w[1], 0);
	begin(&w[2], SIGUSR1);
	block(SIG_BLOCK, SIGUSR1);
	taken = 0;
	kill(getpid(), SIGUSR1);
	wait_taken();
	ok(taken_by == w[1].tid, "the one that does not block it takes it");
	finish(&w[1]);
	taken = 0;
	kill(getpid(), SIGUSR1);
	usleep(2000);
	sigpending(&pending);
	ok(!taken && sigismember(&pending, SIGUSR1), "blocked by all it waits");
	block(SIG_UNBLOCK, SIGUSR1);
	ok(taken && taken_by == getpid(), "for who unblocks it first");
	finish(&w[0]);
	finish(&w[2]);
}

static void *block_then_wait(void *arg)
{
	struct waiter *w = arg;

	w->tid = tid();
	while (!w->end) {
		block(SIG_BLOCK, SIGUSR1);
		block(SIG_UNBLOCK, SIGUSR1);
	}
	return NULL;
}

/* One that blocks and unblocks all the time: each signal is taken by somebody all the same. */
static void passed_on(void)
{
	struct waiter w = { 0 };
	int lost = 0;

	w.thread = start(block_then_wait, &w);
	while (!w.tid)
		usleep(200);
	for (int i = 0; i < 300; i++) {
		taken = 0;
		kill(getpid(), SIGUSR1);
		lost += !wait_taken();
	}
	is_long(lost, 0, "none is lost to one that begins to block it");
	finish(&w);
}

/* -- faults and stacks ----------------------------------------------------------------------------- */

static __thread sigjmp_buf back;
static __thread char *fault_at, *stack_low;

static void on_fault(int sig, siginfo_t *si, void *uc)
{
	char here;

	(void)sig, (void)uc;
	if (si->si_addr != fault_at || &here < stack_low || &here > stack_low + 16384)
		_exit(3);
	siglongjmp(back, 1);
}

static void *fault_often(void *arg)
{
	stack_t st = { .ss_sp = malloc(16384), .ss_size = 16384 };
	volatile long good = 0;

	stack_low = st.ss_sp;
	fault_at = arg;
	sigaltstack(&st, NULL);
	for (volatile int i = 0; i < 200; i++) {
		if (!sigsetjmp(back, 1))
			*(volatile char *)fault_at = 1;
		else
			good++;
	}
	return (void *)good;
}

static void faults(void)
{
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	char *pages = mmap(NULL, 4 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t t[4];
	long good = 0;

	sigaction(SIGSEGV, &sa, NULL);
	for (int i = 0; i < 4; i++)
		t[i] = start(fault_often, pages + i * 4096 + i);
	for (int i = 0; i < 4; i++)
		good += (long)join(t[i]);
	is_long(good, 800, "each thread gets its own faults, on its own stack");
	signal(SIGSEGV, SIG_DFL);
}

/* -- sigwait --------------------------------------------------------------------------------------- */

static volatile int waited_for;

static void *wait_for_one(void *arg)
{
	sigset_t set;
	int sig = 0;

	(void)arg;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 3);
	sigwait(&set, &sig);
	__atomic_fetch_add(&waited_for, 1, __ATOMIC_SEQ_CST);
	return (void *)(long)sig;
}

static void sigwaiting(void)
{
	pthread_t t[3];
	int good = 0;

	block(SIG_BLOCK, SIGRTMIN + 3);
	for (int i = 0; i < 3; i++)
		t[i] = start(wait_for_one, NULL);
	usleep(3000);
	for (int i = 1; i <= 3; i++) {
		kill(getpid(), SIGRTMIN + 3);
		for (int n = 0; n < 5000 && waited_for < i; n++)
			usleep(200);
		is_long(waited_for, i, "one of those in sigwait takes it");
	}
	for (int i = 0; i < 3; i++)
		good += (long)join(t[i]) == SIGRTMIN + 3;
	is_long(good, 3, "all of them had one");
	block(SIG_UNBLOCK, SIGRTMIN + 3);
}

/* -- timers ---------------------------------------------------------------------------------------- */

static void timers(void)
{
	struct sigevent e = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1 };
	struct itimerspec soon = { .it_value = { 0, 2000000 } };
	struct waiter w;
	timer_t id;

	begin(&w, 0);
	block(SIG_BLOCK, SIGUSR1);
	taken = 0;
	e.sigev_notify_thread_id = w.tid;
	ok(timer_create(CLOCK_MONOTONIC, &e, &id) == 0, "a timer for a thread");
	timer_settime(id, 0, &soon, NULL);
	wait_taken();
	ok(taken_by == w.tid, "which gets its signal");
	timer_delete(id);
	e.sigev_notify_thread_id = 1;
	ok(timer_create(CLOCK_MONOTONIC, &e, &id) < 0 && errno == EINVAL, "not for a stranger");
	finish(&w);
	block(SIG_UNBLOCK, SIGUSR1);
}

/* -- stops ----------------------------------------------------------------------------------------- */

#define SPINNERS 3

static volatile long *spins;

static _Noreturn void *spin(void *arg)
{
	volatile long *mine = &spins[(long)arg * 16];

	for (;;)
		++*mine;
}

static _Noreturn int spin_many(void *arg)
{
	(void)arg;
	for (long i = 0; i < SPINNERS; i++)
		start(spin, (void *)i);
	for (;;)
		pause();
}

static long sum(void)
{
	long n = 0;

	for (int i = 0; i < SPINNERS; i++)
		n += spins[i * 16];
	return n;
}

static int all_spin(void)
{
	for (int i = 0; i < SPINNERS; i++)
		if (!spins[i * 16])
			return 0;
	return 1;
}

static void stops(void)
{
	int status, good = 0;
	long before;
	pid_t pid;

	spins = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid = start_child(spin_many, NULL);
	while (!all_spin())
		usleep(1000);
	for (int i = 0; i < 20; i++) {
		kill(pid, SIGSTOP);
		waitpid(pid, &status, WUNTRACED);
		before = sum();
		usleep(500);
		good += WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP && sum() == before;
		kill(pid, SIGCONT);
		waitpid(pid, &status, WCONTINUED);
		good += WIFCONTINUED(status);
	}
	is_long(good, 40, "a stop holds all threads, and they go on");
	before = sum();
	for (int i = 0; i < 5000 && sum() == before; i++)
		usleep(200);
	ok(sum() != before, "they run again");
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	kill(pid, SIGKILL);
	is_status(status_of(pid), KILLED(SIGKILL), "a stopped one is killed");
	munmap((void *)spins, 4096);
}

int main(void)
{
	directed();
	to_process();
	passed_on();
	faults();
	sigwaiting();
	timers();
	stops();
	return done_testing();
}
