/* SPDX-License-Identifier: ISC */
/*
 * What limited direct execution costs (the homework of the chapter): cycles, by rdtsc, of a system
 * call that does nothing, of one that does a little, of a yield between two processes on one CPU and
 * of a byte's way there and back through two pipes; and of a yield with 2, 16, 128 and 1024 processes
 * that do nothing else. Under QEMU's -icount shift=0,sleep=off a "cycle"
 * is an instruction of the guest.
 *
 *   cost [ROUNDS]        1000 if not said
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#include "sys.h"

#define MAX_ROUNDS 100000
#define CROWD_ROUNDS 20

static unsigned cost[MAX_ROUNDS];
static int rounds = 1000;

static int by_size(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return (x > y) - (x < y);
}

static void report_rounds(const char *name, int n)
{
	qsort(cost, n, sizeof(cost[0]), by_size);
	printf("%-24s min %6u  median %6u\n", name, cost[0], cost[n / 2]);
}

static void report(const char *name)
{
	report_rounds(name, rounds);
}

static void measure_call(const char *name, long nr)
{
	for (int i = 0; i < rounds; i++) {
		unsigned long before = __rdtsc();

		sys6(nr, 0, 0, 0, 0, 0, 0);
		cost[i] = __rdtsc() - before;
	}
	report(name);
}

static void measure_nothing(void)
{
	for (int i = 0; i < rounds; i++) {
		unsigned long before = __rdtsc();

		cost[i] = __rdtsc() - before;
	}
	report("rdtsc itself");
}

/* Each yield goes to the other process and, by its yield, comes back: two switches. */
static void measure_yield(void)
{
	int p[2];
	pid_t pid;
	char c;

	if (pipe(p) < 0)
		return;
	pid = fork();
	if (pid == 0) {
		close(p[1]);
		for (int i = 0; i < 2 * rounds; i++)
			sys6(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
		_exit(read(p[0], &c, 1));
	}
	sched_yield(); /* until the other yields, too */
	for (int i = 0; i < rounds; i++) {
		unsigned long before = __rdtsc();

		sys6(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
		cost[i] = (__rdtsc() - before) / 2;
	}
	close(p[0]);
	close(p[1]);
	waitpid(pid, NULL, 0);
	report("yield, one way");
}

/* The same in a crowd: once around all of @others and this one, by the number of switches. */
static void measure_crowd(int others)
{
	static pid_t pid[1024];
	char name[32];
	int ready[2], n = 0;
	char c = 0;

	if (pipe(ready) < 0)
		return;
	for (; n < others; n++) {
		pid[n] = fork();
		if (pid[n] < 0)
			break;
		if (pid[n] == 0) {
			if (write(ready[1], &c, 1) != 1)
				_exit(1);
			for (;;)
				sys6(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
		}
	}
	for (int i = 0; i < n; i++)
		if (read(ready[0], &c, 1) != 1)
			break;
	sched_yield();
	for (int i = 0; i < CROWD_ROUNDS; i++) {
		unsigned long before = __rdtsc();

		sys6(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
		cost[i] = (__rdtsc() - before) / (n + 1);
	}
	for (int i = 0; i < n; i++)
		kill(pid[i], SIGKILL);
	while (wait(NULL) > 0)
		;
	close(ready[0]);
	close(ready[1]);
	snprintf(name, sizeof(name), "yield among %d", n + 1);
	report_rounds(name, CROWD_ROUNDS);
}

static void measure_pipe(void)
{
	int there[2], back[2];
	char c = 'x';
	pid_t pid;

	if (pipe(there) < 0 || pipe(back) < 0)
		return;
	pid = fork();
	if (pid == 0) {
		close(there[1]);
		while (read(there[0], &c, 1) == 1 && write(back[1], &c, 1) == 1)
			;
		_exit(0);
	}
	for (int i = 0; i < rounds; i++) {
		unsigned long before = __rdtsc();

		if (write(there[1], &c, 1) != 1 || read(back[0], &c, 1) != 1)
			break;
		cost[i] = __rdtsc() - before;
	}
	close(there[1]);
	waitpid(pid, NULL, 0);
	report("pipe, there and back");
}

int main(int argc, char **argv)
{
	cpu_set_t one;

	if (argc > 1)
		rounds = atoi(argv[1]);
	if (rounds < 1 || rounds > MAX_ROUNDS)
		rounds = MAX_ROUNDS;
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	measure_nothing();
	measure_call("an unknown call", 1000);
	measure_call("getppid", SYS_getppid);
	measure_yield();
	for (int n = 2; n <= 1024; n *= 8)
		measure_crowd(n - 1);
	measure_pipe();
	return 0;
}
