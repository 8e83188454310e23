/* SPDX-License-Identifier: ISC */
/*
 * Real-time threads on one CPU: they go before the others at once, in the order of their priorities,
 * round and round where they are told to; and a real-time loop leaves something to the others.
 */
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "child.h"
#include "now.h"
#include "sys.h"
#include "tap.h"

struct shared {
	volatile int woken, order[8], count, rounds[2], stop;
};

static struct shared *s;

static void pin(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

static void become(int policy, int priority)
{
	struct sched_param p = { .sched_priority = priority };

	if (raw(SYS_sched_setscheduler, 0, policy, &p))
		diag("no real-time policy");
}

static int wait_for_byte(void *arg)
{
	char c;

	become(SCHED_FIFO, 10);
	if (read(*(int *)arg, &c, 1) != 1)
		return 1;
	s->woken = 1;
	return 0;
}

/* The woken one runs before the waker's call returns. */
static void preempts(void)
{
	int p[2], seen = -1;
	pid_t pid;

	if (pipe(p))
		return;
	s->woken = 0;
	pid = start_child(wait_for_byte, p);
	nanosleep(&(struct timespec){ 0, 50000000 }, NULL);
	if (write(p[1], "x", 1) == 1)
		seen = s->woken;
	is_long(seen, 1, "a woken real-time thread goes first");
	is_status(status_of(pid), EXITED(0), "and ends");
	close(p[0]);
	close(p[1]);
}

static int note_turn(void *priority)
{
	char c;
	int *arg = priority;

	become(SCHED_FIFO, arg[1]);
	if (read(arg[0], &c, 1) != 1)
		return 1;
	s->order[s->count++] = arg[1];
	return 0;
}

/* A thread of priority 50 wakes three at once: they run when it sleeps, the greatest first. */
static int wake_three(void *arg)
{
	static const int priorities[] = { 20, 40, 30 };
	int p[2], args[3][2], ok = 0;
	pid_t pid[3];

	(void)arg;
	if (pipe(p))
		return 1;
	for (int i = 0; i < 3; i++) {
		args[i][0] = p[0];
		args[i][1] = priorities[i];
		pid[i] = start_child(note_turn, args[i]);
	}
	nanosleep(&(struct timespec){ 0, 50000000 }, NULL);
	become(SCHED_FIFO, 50);
	s->count = 0;
	if (write(p[1], "xxx", 3) != 3 || s->count)
		return 2;
	for (int i = 0; i < 3; i++)
		ok += status_of(pid[i]) == EXITED(0);
	if (ok != 3)
		return 3;
	return s->order[0] == 40 && s->order[1] == 30 && s->order[2] == 20 ? 0 : 4;
}

static int take_rounds(void *arg)
{
	int me = *(int *)arg;
	long end;

	become(SCHED_RR, 10);
	end = now_ms() + 700;
	while (now_ms() < end)
		s->rounds[me]++;
	return 0;
}

static void round_robin(void)
{
	int who[2] = { 0, 1 };
	pid_t a, b;

	s->rounds[0] = s->rounds[1] = 0;
	become(SCHED_RR, 20); /* both begin when this one sleeps */
	a = start_child(take_rounds, &who[0]);
	b = start_child(take_rounds, &who[1]);
	is_status(status_of(a), EXITED(0), "one of two SCHED_RR loops ends");
	is_status(status_of(b), EXITED(0), "the other, too");
	ok(s->rounds[0] && s->rounds[1], "both had a turn before the time was over");
	become(SCHED_OTHER, 0);
}

static int loop(void *arg)
{
	(void)arg;
	become(SCHED_FIFO, 99);
	for (;;)
		__asm__ volatile("");
	return 0;
}

static void poison(void)
{
	pid_t pid = start_child(loop, NULL);
	long began = now_ms();

	nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
	is_long(kill(pid, SIGKILL), 0,
		"beside a SCHED_FIFO loop on the only CPU there is time to end it");
	is_status(status_of(pid), KILLED(SIGKILL), "it ends");
	ok(now_ms() - began < 5000, "within seconds");
}

int main(void)
{
	s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pin();
	preempts();
	is_status(in_child(wake_three, NULL), EXITED(0), "by priority");
	round_robin();
	poison();
	return done_testing();
}
