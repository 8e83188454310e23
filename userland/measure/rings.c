/* SPDX-License-Identifier: ISC */
/*
 * Context switches by the number of processes and what each of them works on in between, after
 * lmbench's lat_ctx: a byte goes round a ring of pipes, and who has it sums up an array. What the same
 * costs in one process is taken off. The larger the sum of the arrays, the more a switch costs in
 * caches: on an emulator, which has none, it doesn't.
 */
#include "measure.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys.h"

#define RING_MAX 96
#define ROUNDS 30
#define BYTES_MAX 65536

static const int counts[] = { 2, 4, 8, 16, 24, 32, 64, 96 };
static const int sizes[] = { 0, 4096, 16384, 65536 };
#define COLUMNS (int)(sizeof(sizes) / sizeof(sizes[0]))

static int ends[RING_MAX][2];
static uint64_t array[BYTES_MAX / sizeof(uint64_t)];
static volatile uint64_t sink;

static void work(int bytes)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < bytes / sizeof(array[0]); i++)
		sum += array[i];
	sink = sum;
}

static bool pass(int in, int out, int bytes)
{
	char c;

	if (raw(SYS_read, in, &c, 1) != 1)
		return false;
	work(bytes);
	return raw(SYS_write, out, &c, 1) == 1;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Ticks of the median round; the byte begins and ends with us. */
static uint64_t rounds(int in, int out, int bytes, int hops)
{
	uint64_t took[ROUNDS];
	char c = 0;

	for (int i = -2; i < ROUNDS; i++) {
		uint64_t before = ticks();

		raw(SYS_write, out, &c, 1);
		for (int hop = 1; hop < hops; hop++) /* alone: all the hops are ours */
			pass(ends[hop][0], ends[(hop + 1) % hops][1], bytes);
		raw(SYS_read, in, &c, 1);
		work(bytes);
		if (i >= 0)
			took[i] = ticks() - before;
	}
	qsort(took, ROUNDS, sizeof(took[0]), by_size);
	return took[ROUNDS / 2];
}

/* Process @i of @n reads pipe i and writes the next one. */
static pid_t start_member(int i, int n, int bytes)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	work(BYTES_MAX); /* its own copy of the array is there */
	array[0] = 1;
	while (pass(ends[i][0], ends[(i + 1) % n][1], bytes))
		;
	_exit(0);
}

/* Nanoseconds of a switch among @n; negative: it could not be measured. */
static double ring(int n, int bytes)
{
	pid_t pid[RING_MAX];
	uint64_t alone = rounds(ends[0][0], ends[n == 1 ? 0 : 1][1], bytes, n), together;
	int made = 1;

	for (; made < n; made++) {
		pid[made] = start_member(made, n, bytes);
		if (pid[made] < 0)
			break;
	}
	together = made == n ? rounds(ends[0][0], ends[1][1], bytes, 1) : 0;
	while (--made > 0) {
		kill(pid[made], SIGKILL);
		waitpid(pid[made], NULL, 0);
	}
	if (!together)
		return -1;
	return together > alone ? to_ns((double)(together - alone) / n) : 0;
}

static bool make_pipes(void)
{
	for (int i = 0; i < RING_MAX; i++)
		if (pipe(ends[i]))
			return false;
	return true;
}

static void print_row(int n)
{
	if (settings.csv)
		printf("ring,%d", n);
	else
		printf("%9d", n);
	for (int i = 0; i < COLUMNS; i++)
		printf(settings.csv ? ",%.1f" : " %9.0f", ring(n, sizes[i]));
	printf("\n");
}

void measure_rings(void)
{
	if (!wanted("ring") || !make_pipes())
		return;
	if (settings.csv)
		printf("ring,processes,0,4096,16384,65536\n");
	else
		printf("\nA switch in a ring of pipes, ns, by processes and what each works on\n"
		       "processes     0 KiB     4 KiB    16 KiB    64 KiB\n");
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		print_row(counts[i]);
}
