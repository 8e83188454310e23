/* SPDX-License-Identifier: ISC */
/*
 * The cooperative demonstration. A ticker prints a line each 100 ms; after three ticks a hog begins
 * to compute and calls nothing any more. While the kernel takes the CPU back (sched rr), the ticker
 * goes on and at last ends the hog. Under sched coop it is silent from then on: the hog has the machine.
 *
 *   hostage [TICKS]      how many ticks in all, 10 if not said
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HOG_AFTER 3

static pid_t start_hog(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			__asm__ volatile("");
	return pid;
}

int main(int argc, char **argv)
{
	const struct timespec tenth = { 0, 100000000 };
	int ticks = argc > 1 ? atoi(argv[1]) : 10;
	pid_t hog = -1;

	setvbuf(stdout, NULL, _IOLBF, 0);
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
