/* SPDX-License-Identifier: ISC */
/*
 * Two programs that only compute, on one CPU: what takes it from one and gives it to the other is
 * the timer alone (OSTEP Figure 6.3). Time is asked of the vDSO, so no system call is made meanwhile.
 *
 *   two [MS]     how long each computes, 150 ms if not said
 */
#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

static void compute(long us)
{
	long end = now_us() + us;

	while (now_us() < end)
		;
}

int main(int argc, char **argv)
{
	long us = 1000L * (argc > 1 ? atoi(argv[1]) : 150);
	cpu_set_t one;
	pid_t child;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	child = fork();
	compute(us);
	if (child == 0)
		_exit(0);
	return child < 0 || waitpid(child, NULL, 0) != child;
}
