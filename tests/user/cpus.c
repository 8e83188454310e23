/* SPDX-License-Identifier: ISC */
/*
 * Several CPUs as programs see them: a process stays where it is told, moves at once when it is told
 * otherwise, its children with it; and loops that may run anywhere share all CPUs alike.
 * With one CPU the same results come out of fewer choices.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "child.h"
#include "now.h"
#include "stat.h"
#include "sys.h"
#include "tap.h"
#include "where.h"

#define MOST 3 /* CPUs taken part */
#define LOOPS (2 * MOST + 1)
#define FAIR_MS 500 /* before the first look */
#define LOOK_MS 500
#define MOST_LOOKS 12
#define FAIR 50 /* thousandths */
/* It counts threads a CPU, and lets three on two be unequal for long; and others may need the CPUs. */
#define FAIR_ON_LINUX 400
#define BUSY_PERCENT 85
#define ROUNDS_AT_ONCE 60

struct shared {
	volatile int cpu, wanted, strays;
	volatile long looks;
	volatile long used[LOOPS]; /* microseconds */
};

static struct shared *s;
static int cpus;

static int current_cpu(void)
{
	unsigned cpu = 999;

	raw(SYS_getcpu, &cpu, NULL, NULL);
	return (int)cpu;
}

static long bind_to(pid_t pid, int first, int count)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int i = first; i < first + count; i++)
		CPU_SET(i, &set);
	return raw(SYS_sched_setaffinity, pid, sizeof(set), &set);
}

static void nap(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* -- a process moves itself ---------------------------------------------------------------------- */

static void moves_itself(void)
{
	int wrong = 0;

	for (int round = 0; round < 200; round++) {
		int cpu = round % cpus;

		if (bind_to(0, cpu, 1) || current_cpu() != cpu)
			wrong++;
		sched_yield();
		wrong += current_cpu() != cpu;
	}
	is_long(wrong, 0, "after sched_setaffinity it is on the CPU");
	bind_to(0, 0, cpus);
}

static int look(void *arg)
{
	(void)arg;
	return current_cpu() == cpus - 1 ? 0 : 1 + current_cpu();
}

static void children_follow(void)
{
	int wrong = 0;

	bind_to(0, cpus - 1, 1);
	for (int i = 0; i < 50; i++)
		wrong += in_child(look, NULL) != EXITED(0);
	is_long(wrong, 0, "children are bound as their parent");
	bind_to(0, 0, cpus);
}

/* -- others move it while it runs ----------------------------------------------------------------- */

static void look_once(void)
{
	int wanted = s->wanted, cpu = current_cpu();

	/* Told after it was moved: from then on nothing else is right. */
	if (wanted >= 0 && cpu != wanted && s->wanted == wanted)
		s->strays++;
	s->cpu = cpu;
	s->looks++;
}

static int report_cpu(void *arg)
{
	(void)arg;
	for (;;)
		look_once();
	return 0;
}

/* The field `processor` of /proc/PID/stat. */
static int processor_of(pid_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	return (int)stat_field(path, 39);
}

static int comes_to(int cpu)
{
	long looks = s->looks;

	for (int i = 0; i < 2000; i++) {
		if (s->cpu == cpu && s->looks > looks)
			return 1;
		nap(1);
	}
	return 0;
}

static void is_moved(void)
{
	int came = 0;
	pid_t pid;

	s->wanted = -1;
	pid = start_child(report_cpu, NULL);
	for (int round = 0; round < 60; round++) {
		s->wanted = -1;
		if (bind_to(pid, round % cpus, 1))
			break;
		came += comes_to(round % cpus);
		s->wanted = round % cpus;
		nap(3);
	}
	is_long(came, 60, "a running process goes where it is bound to");
	is_long(s->strays, 0, "and is nowhere else then");
	kill(pid, SIGKILL);
	is_status(status_of(pid), KILLED(SIGKILL), "it ends");
}

/* Whoever computes on a forbidden CPU is off it when the call is back, not a little later. */
static int moved_at_once(pid_t tid, int *late)
{
	int come = 0;

	for (int round = 0; round < ROUNDS_AT_ONCE; round++) {
		int to = round % cpus;

		s->wanted = -1;
		if (bind_to(tid, to, 1))
			break;
		s->wanted = to; /* who looks from now on must be there */
		*late += processor_of(tid) != to;
		for (long looks = s->looks; s->looks < looks + 2;)
			sched_yield();
		come++;
	}
	return come;
}

static void is_moved_at_once(void)
{
	int late = 0, come;
	pid_t pid;

	s->wanted = -1;
	s->strays = 0;
	pid = start_child(report_cpu, NULL);
	come = moved_at_once(pid, &late);
	kill(pid, SIGKILL);
	status_of(pid);
	is_long(come, ROUNDS_AT_ONCE, "a process that computes is moved by each call");
	is_long(late, 0, "when the call is back, it is on the other CPU");
	is_long(s->strays, 0, "and finds itself there from then on");
}

struct peer {
	volatile int tid, end;
};

static void *report_until(void *arg)
{
	struct peer *p = arg;

	p->tid = (int)raw(SYS_gettid);
	while (!p->end)
		look_once();
	return NULL;
}

static void a_thread_is_moved_at_once(void)
{
	struct peer p = { 0 };
	int late = 0, come;
	pthread_t thread;

	s->wanted = -1;
	s->strays = 0;
	if (pthread_create(&thread, NULL, report_until, &p))
		return;
	while (!p.tid)
		sched_yield();
	come = moved_at_once(p.tid, &late);
	p.end = 1;
	pthread_join(thread, NULL);
	is_long(come, ROUNDS_AT_ONCE, "so is another thread");
	is_long(late, 0, "it is on the other CPU at once");
	is_long(s->strays, 0, "and stays there");
}

/* -- two move each other ------------------------------------------------------------------------- */

static int move_other(void *arg)
{
	pid_t other = *(pid_t *)arg;

	for (int i = 0; !bind_to(other, i % cpus, 1); i++)
		s->looks = i;
	return 1;
}

/* Each waits until the other has left its CPU: none may wait for ever. */
static void they_move_each_other(void)
{
	pid_t self = getpid(), pid;
	int wrong = 0;

	s->looks = 0;
	pid = start_child(move_other, &self);
	for (int i = 0; !wrong && s->looks < ROUNDS_AT_ONCE; i++)
		wrong += bind_to(pid, i % cpus, 1) != 0;
	is_long(wrong, 0, "one moves another that moves it");
	kill(pid, SIGKILL);
	is_status(status_of(pid), KILLED(SIGKILL), "and the other way about");
	bind_to(0, 0, cpus);
}

/* -- fairness ------------------------------------------------------------------------------------- */

/* CPU time of the caller as the kernel accounts it, in microseconds. */
static long used_by_me(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Number @i begins when the other end of the pipe is closed, and says all the time what it has used. */
static void loop(int i, const int *start)
{
	char c;

	close(start[1]);
	if (read(start[0], &c, 1) != 0)
		_exit(1);
	for (;;) {
		for (int n = 0; n < 100000; n++)
			__asm__ volatile("");
		s->used[i] = used_by_me();
	}
}

/* @n loops that may run on the first @on CPUs, in @pid; they have begun. */
static int start_loops(int n, int on, pid_t *pid)
{
	int start[2];

	if (pipe(start))
		return -1;
	bind_to(0, 0, on);
	for (int i = 0; i < n; i++) {
		s->used[i] = 0;
		pid[i] = fork();
		if (pid[i] == 0)
			loop(i, start);
	}
	bind_to(0, 0, cpus);
	nap(20);
	close(start[1]);
	close(start[0]);
	return 0;
}

/* How far the one farthest from the mean is from it now, in thousandths of the mean; their sum in *@sum. */
static long unfairness(int n, long *used, long *sum)
{
	long worst = 0;

	*sum = 0;
	for (int i = 0; i < n; i++)
		*sum += used[i] = s->used[i];
	for (int i = 0; i < n; i++)
		worst = labs(used[i] * n - *sum) > worst ? labs(used[i] * n - *sum) : worst;
	return *sum ? worst * 1000 / *sum : 1000;
}

/*
 * What a scheduler that shares alike owes somebody at a time is bounded, and less of the whole the longer
 * they run: each look is at all of the time since the beginning. An emulator whose own CPUs are kept
 * from running charges that to whoever had one, and owes more for a while; one that is not fair does not
 * become so. Two looks in turn must agree: one may fall where a debt is just being paid.
 */
static void share_alike(int n, int on)
{
	long used[LOOPS], begin, sum = 0, far, all = 0;
	int good = 0;
	pid_t pid[LOOPS];

	if (start_loops(n, on, pid)) {
		ok(0, "loops");
		return;
	}
	begin = now_us();
	nap(FAIR_MS);
	for (int looks = 0; good < 2 && looks < MOST_LOOKS; looks++) {
		nap(LOOK_MS);
		far = unfairness(n, used, &sum);
		all = sum * 100 / on / (now_us() - begin);
		good = far <= (on_leash() ? FAIR : FAIR_ON_LINUX) ? good + 1 : 0;
		diag("%d loops on %d: within %ld/1000 of %ld ms, %ld %% of the CPUs", n, on, far,
		     sum / n / 1000, all);
	}
	ok(good == 2, "equal loops, more than CPUs, get equal time");
	ok(all >= (on_leash() ? BUSY_PERCENT : 1), "and no CPU is idle beside them");
	for (int i = 0; i < n; i++)
		kill(pid[i], SIGKILL);
	for (int i = 0; i < n; i++)
		status_of(pid[i]);
}

int main(void)
{
	cpu_set_t all;

	s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	raw(SYS_sched_getaffinity, 0, sizeof(all), &all);
	while (cpus < MOST && CPU_ISSET(cpus, &all))
		cpus++;
	moves_itself();
	children_follow();
	is_moved();
	is_moved_at_once();
	a_thread_is_moved_at_once();
	they_move_each_other();
	share_alike(cpus + 1, cpus);
	share_alike(2 * cpus + 1, cpus);
	return done_testing();
}
