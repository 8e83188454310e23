/* SPDX-License-Identifier: ISC */
/*
 * Storms of processes, with a seed: made, replaced and ended; pipes; signals against ends; memory mapped,
 * protected and unmapped; and all of it moved about the CPUs meanwhile. Each worker checks what it did;
 * that all end shows that no wake-up was lost.
 *
 *   storm            a short one
 *   storm N SEED     N quarters of that
 */
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define PAGE 4096UL
#define PAGES 64

static int scale = 4;
static char *self;

static uint64_t random_of(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s * 0x2545f4914f6cdd1d >> 16;
}

static void move_somewhere(pid_t pid, uint64_t *s)
{
	uint64_t mask = 1UL << random_of(s) % sysconf(_SC_NPROCESSORS_ONLN);

	raw(SYS_sched_setaffinity, pid, sizeof(mask), &mask);
}

/* -- made, replaced, ended ------------------------------------------------------------------------- */

static int live(void *arg)
{
	uint64_t s = (uint64_t)arg;
	char *argv[] = { self, "7", NULL };

	move_somewhere(0, &s);
	switch ((uint64_t)arg % 4) {
	case 0: return 5;
	case 1: execv(self, argv); return 1;
	case 2: raw(SYS_kill, getpid(), SIGKILL); return 1;
	default: return in_child(live, (void *)(random_of(&s) & ~3UL)) == EXITED(5) ? 6 : 1;
	}
}

static int processes(void *arg)
{
	static const int want[] = { EXITED(5), EXITED(7), KILLED(SIGKILL), EXITED(6) };
	uint64_t s = (uint64_t)arg;
	int wrong = 0;

	for (int i = 0; i < 12 * scale; i++) {
		uint64_t what = random_of(&s) | 4;

		wrong += in_child(live, (void *)what) != want[what % 4];
	}
	return wrong > 0;
}

/* -- pipes ------------------------------------------------------------------------------------------ */

static int write_numbers(void *arg)
{
	const int *ends = arg;
	uint64_t s = (uint64_t)getpid() | 1;
	uint32_t block[600], next = 0;

	close(ends[0]);
	while (next < 20000) {
		size_t n = 1 + random_of(&s) % 600;

		for (size_t i = 0; i < n; i++)
			block[i] = next++;
		for (size_t done = 0; done < n * 4;) {
			ssize_t w = write(ends[1], (char *)block + done, n * 4 - done);

			if (w <= 0)
				return 1;
			done += w;
		}
		if (random_of(&s) % 8 == 0)
			move_somewhere(0, &s);
	}
	return 0;
}

/* Pieces of any size: numbers may come in halves. */
static int numbers_come(int fd, uint64_t *s)
{
	uint64_t at = 0;
	unsigned char piece[3000];
	ssize_t n;

	while ((n = read(fd, piece, 1 + random_of(s) % sizeof(piece))) > 0)
		for (ssize_t i = 0; i < n; i++, at++)
			if (piece[i] != (unsigned char)(at / 4 >> at % 4 * 8))
				return 0;
	return n == 0 && at / 4 >= 20000 && at % 4 == 0;
}

static int pipes(void *arg)
{
	uint64_t s = (uint64_t)arg;
	int wrong = 0;

	for (int i = 0; i < 3 * scale; i++) {
		int ends[2];
		pid_t pid;

		if (pipe(ends))
			return 2;
		pid = start_child(write_numbers, ends);
		close(ends[1]);
		move_somewhere(pid, &s);
		wrong += !numbers_come(ends[0], &s);
		close(ends[0]);
		wrong += status_of(pid) != EXITED(0);
	}
	return wrong > 0;
}

/* -- signals against ends ----------------------------------------------------------------------------- */

static void on_signal(int sig)
{
	(void)sig;
}

static int end_soon(void *arg)
{
	uint64_t s = (uint64_t)arg;

	signal(SIGUSR1, on_signal);
	for (int n = random_of(&s) % 20; n; n--)
		sched_yield();
	return 9;
}

/* It is signalled, moved and stopped until it ends, or before it can tell what a signal does to it. */
static int signals(void *arg)
{
	uint64_t s = (uint64_t)arg;
	int wrong = 0;

	for (int i = 0; i < 20 * scale; i++) {
		pid_t pid = start_child(end_soon, (void *)(random_of(&s) | 1));
		int status;

		for (int n = random_of(&s) % 30; n; n--) {
			kill(pid, SIGUSR1);
			if (n % 4 == 0)
				kill(pid, n % 8 ? SIGSTOP : SIGCONT);
			move_somewhere(pid, &s);
		}
		kill(pid, SIGCONT);
		status = status_of(pid);
		wrong += status != EXITED(9) && status != KILLED(SIGUSR1);
		wrong += kill(pid, 0) == 0;
	}
	return wrong > 0;
}

/* -- memory ------------------------------------------------------------------------------------------ */

static char *area;
static uint64_t mark[PAGES]; /* what the page's words hold; 0: it is not mapped */

static void fill(int page, uint64_t *s)
{
	uint64_t *words = (uint64_t *)(area + page * PAGE);

	mark[page] = random_of(s) | 1;
	for (size_t i = 0; i < PAGE / 8; i++)
		words[i] = mark[page];
}

static int is_whole(int page)
{
	const uint64_t *words = (const uint64_t *)(area + page * PAGE);

	for (size_t i = 0; mark[page] && i < PAGE / 8; i++)
		if (words[i] != mark[page])
			return 0;
	return 1;
}

static int all_whole(void *arg)
{
	int wrong = 0;

	(void)arg;
	for (int i = 0; i < PAGES; i++)
		wrong += !is_whole(i);
	return wrong > 0;
}

static int change(int page, uint64_t *s)
{
	char *at = area + page * PAGE;
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;

	if (!mark[page]) {
		if (mmap(at, PAGE, PROT_READ | PROT_WRITE, flags, -1, 0) != at || *(uint64_t *)at)
			return 0;
		fill(page, s);
	} else if (random_of(s) % 3 == 0) {
		mark[page] = 0;
		return munmap(at, PAGE) == 0;
	} else if (random_of(s) % 2) {
		return mprotect(at, PAGE, PROT_READ) == 0 && is_whole(page) &&
		       mprotect(at, PAGE, PROT_READ | PROT_WRITE) == 0;
	}
	return is_whole(page);
}

static int memory(void *arg)
{
	uint64_t s = (uint64_t)arg;
	int wrong = 0;

	area = mmap(NULL, PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < 600 * scale; i++) {
		wrong += !change(random_of(&s) % PAGES, &s);
		if (i % 50 == 0) {
			move_somewhere(0, &s);
			wrong += in_child(all_whole, NULL) != EXITED(0) || all_whole(NULL);
		}
	}
	return wrong > 0;
}

/* -- all at once -------------------------------------------------------------------------------------- */

/* Two of each kind, which are moved about while they work. */
int main(int argc, char **argv)
{
	static child_fn *const kinds[] = { processes, pipes, signals, memory };
	static const char *const names[] = { "made, replaced and ended", "pipes",
					     "signals against ends", "memory" };
	static char path[128];
	uint64_t seed = 1;
	pid_t pid[4][2];

	if (argc == 2)
		return atoi(argv[1]);
	if (argc == 3) {
		scale = atoi(argv[1]);
		seed = strtoull(argv[2], NULL, 0) | 1;
	}
	if (readlink("/proc/self/exe", path, sizeof(path) - 1) < 0)
		strcpy(path, argv[0]);
	self = path;
	for (int i = 0; i < 8; i++)
		pid[i / 2][i % 2] = start_child(kinds[i / 2], (void *)(random_of(&seed) | 1));
	for (int i = 0; i < 400; i++) {
		move_somewhere(pid[random_of(&seed) % 4][i % 2], &seed);
		usleep(200);
	}
	for (int i = 0; i < 4; i++)
		ok(status_of(pid[i][0]) == EXITED(0) && status_of(pid[i][1]) == EXITED(0), "%s",
		   names[i]);
	return done_testing();
}
