/* SPDX-License-Identifier: ISC */
/*
 * What limited direct execution costs (the homework of the chapter): cycles, by rdtsc, of a system
 * call that does nothing, of one that does a little, of a yield between two processes on one CPU and
 * of a byte's way there and back through two pipes. Under QEMU's -icount shift=0,sleep=off a "cycle"
 * is an instruction of the guest.
 *
 *   cost [ROUNDS]        1000 if not said
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#include "sys.h"

#define MAX_ROUNDS 100000

static unsigned cost[MAX_ROUNDS];
static int rounds = 1000;

static int by_size(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return (x > y) - (x < y);
}

static void report(const char *name)
{
	qsort(cost, rounds, sizeof(cost[0]), by_size);
	printf("%-24s min %6u  median %6u\n", name, cost[0], cost[rounds / 2]);
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
	measure_pipe();
	return 0;
}
