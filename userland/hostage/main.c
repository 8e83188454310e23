/* SPDX-License-Identifier: ISC */
/*
 * The cooperative demonstration. A ticker prints a line each 100 ms; after three ticks a hog begins
 * to compute and calls nothing any more. While the kernel takes the CPU back (sched rr), the ticker
 * goes on and at last ends the hog. Under sched coop it is silent from then on: the hog has the machine.
 *
 *   hostage [TICKS]      how many ticks in all, 10 if not said
 *   hostage both         both ways one after the other with a hog that ends, side by side
 *   hostage once         that hog, under the scheduler as it is
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hostage.h"
#include "words.h"

#define HOG_AFTER 3
#define MAX_TICKS 100000

static const char usage[] =
	"usage: hostage [TICKS]   a ticker, and a hog from its third tick on; 10 ticks\n"
	"       hostage both      with the timer and without it, side by side\n"
	"       hostage once      a hog that ends, under the scheduler as it is\n";

static pid_t start_hog(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			__asm__ volatile("");
	return pid;
}

static int tick_beside_a_hog(long ticks)
{
	const struct timespec tenth = { 0, 100000000 };
	pid_t hog = -1;

	for (int i = 1; i <= ticks; i++) {
		nanosleep(&tenth, NULL);
		printf("tick %d%s\n", i, hog > 0 ? ", beside the hog" : "");
		if (i == HOG_AFTER) {
			printf("a hog begins that never calls\n");
			hog = start_hog();
		}
	}
	if (hog > 0) {
		kill(hog, SIGKILL);
		waitpid(hog, NULL, 0);
	}
	printf("the ticker was never stopped\n");
	return 0;
}

int main(int argc, char **argv)
{
	long ticks = 10;
	cpu_set_t one;

	if (help_wanted(argc, argv))
		return help(usage);
	if (argc > 2 || (argc > 1 && strcmp(argv[1], "both") && strcmp(argv[1], "once") &&
			 !word_is_number(argv[1], 0, MAX_TICKS, &ticks)))
		return misused(usage);
	setvbuf(stdout, NULL, _IOLBF, 0);
	CPU_ZERO(&one); /* on one CPU, however many there are: that is the point */
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	if (argc > 1 && strcmp(argv[1], "both") == 0)
		return both();
	if (argc > 1 && strcmp(argv[1], "once") == 0)
		return once(NULL);
	return tick_beside_a_hog(ticks);
}
