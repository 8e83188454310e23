/* SPDX-License-Identifier: ISC */
/*
 * The neighbours: each fills memory with a pattern again and again, some of it mapped anew each
 * time, and looks whether it is still there.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hunger.h"

#define NEIGHBOURS 2
#define FRESH (256UL << 10)
#define PATIENCE_S 20

static const size_t sizes[NEIGHBOURS] = { 256UL << 10, 4UL << 20 };
static volatile unsigned long *rounds; /* shared with them */
static unsigned long seen[NEIGHBOURS];
static pid_t pids[NEIGHBOURS];

static void fill(unsigned *at, size_t bytes, unsigned seed)
{
	for (size_t i = 0; i < bytes / sizeof(*at); i += 64)
		at[i] = seed + (unsigned)i;
}

static void check(const unsigned *at, size_t bytes, unsigned seed)
{
	for (size_t i = 0; i < bytes / sizeof(*at); i += 64)
		if (at[i] != seed + (unsigned)i)
			_exit(1);
}

static void *map(size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

static void live(int which)
{
	unsigned *own = map(sizes[which]);

	if (!own)
		_exit(2);
	for (unsigned round = 1;; round++) {
		unsigned *fresh = map(FRESH); /* may be refused: that is an answer */

		fill(own, sizes[which], round);
		if (fresh)
			fill(fresh, FRESH, ~round);
		check(own, sizes[which], round);
		if (fresh)
			check(fresh, FRESH, ~round);
		if (fresh)
			munmap(fresh, FRESH);
		rounds[which]++;
	}
}

void neighbours_start(void)
{
	rounds = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < NEIGHBOURS; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			live(i);
	}
}

static bool is_well(int i)
{
	time_t end = time(NULL) + PATIENCE_S;

	while (rounds[i] == seen[i] && time(NULL) < end && waitpid(pids[i], NULL, WNOHANG) == 0)
		usleep(1000);
	if (rounds[i] == seen[i])
		return false;
	seen[i] = rounds[i];
	return kill(pids[i], 0) == 0;
}

bool neighbours_are_well(void)
{
	bool well = true;

	for (int i = 0; i < NEIGHBOURS; i++)
		well &= is_well(i);
	return well;
}

void neighbours_end(void)
{
	for (int i = 0; i < NEIGHBOURS; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
}
