/* SPDX-License-Identifier: ISC */
/*
 * Two programs that only compute, on one CPU: what takes it from one and gives it to the other is
 * the timer alone (OSTEP Figure 6.3). Time is asked of the vDSO, so no system call is made meanwhile.
 *
 *   two [MS]     how long each computes, 150 ms if not said
 */
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "now.h"
#include "words.h"

#define MAX_MS 600000

static const char usage[] =
	"usage: two [MS]   two processes compute for so long each, 150 ms if not said\n";

static void compute(long us)
{
	long end = now_us() + us;

	while (now_us() < end)
		;
}

int main(int argc, char **argv)
{
	long ms = 150, us;
	cpu_set_t one;
	pid_t child;

	if (help_wanted(argc, argv))
		return help(usage);
	if (argc > 2 || (argc > 1 && !word_is_number(argv[1], 0, MAX_MS, &ms)))
		return misused(usage);
	us = 1000 * ms;
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	child = fork();
	compute(us);
	if (child == 0)
		_exit(0);
	return child < 0 || waitpid(child, NULL, 0) != child;
}
