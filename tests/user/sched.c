/* SPDX-License-Identifier: ISC */
/*
 * Scheduling as programs see it: loops that never call don't stop others, sleepers wake beside them,
 * those who yield take turns, those who compute get about the same, and the affinity calls.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "child.h"
#include "now.h"
#include "sys.h"
#include "tap.h"

#define LOOPS 3

static int loop(void *arg)
{
	(void)arg;
	for (;;)
		__asm__ volatile("");
	return 0;
}

static void pin(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	is_long(sched_setaffinity(0, sizeof(one), &one), 0, "pinned to one CPU");
}

/* A hundred round trips between two processes, beside the loops. */
static int answer(void *arg)
{
	int *p = arg;
	char c;

	for (int i = 0; i < 20; i++)
		if (read(p[0], &c, 1) != 1 || write(p[3], &c, 1) != 1)
			return 1;
	return 0;
}

static void round_trips(void)
{
	int p[4], done = 0;
	pid_t pid;
	char c = 'x';

	if (pipe(p) < 0 || pipe(p + 2) < 0)
		return;
	pid = start_child(answer, p);
	for (int i = 0; i < 20; i++)
		done += write(p[1], &c, 1) == 1 && read(p[2], &c, 1) == 1;
	is_long(done, 20, "twenty round trips through pipes");
	is_status(status_of(pid), EXITED(0), "the other side is content");
	for (int i = 0; i < 4; i++)
		close(p[i]);
}

static void beside_loops(void)
{
	const struct timespec nap = { 0, 30000000 };
	pid_t loops[LOOPS];
	long before;

	for (int i = 0; i < LOOPS; i++)
		loops[i] = start_child(loop, NULL);
	before = now_ms();
	is_long(nanosleep(&nap, NULL), 0, "a sleeper wakes beside %d loops", LOOPS);
	ok(now_ms() - before >= 30, "not too early");
	round_trips();
	for (int i = 0; i < LOOPS; i++)
		is_long(raw(SYS_wait4, loops[i], 0, WNOHANG, 0), 0, "loop %d still runs", i);
	for (int i = 0; i < LOOPS; i++)
		kill(loops[i], SIGKILL);
	for (int i = 0; i < LOOPS; i++)
		is_status(status_of(loops[i]), KILLED(SIGKILL), "loop %d is killed", i);
}

static int count_for_a_while(void *fd)
{
	long end = now_ms() + 400, count = 0;

	while (now_ms() < end) {
		for (volatile int i = 0; i < 1000; i++)
			;
		count++;
	}
	return write(*(int *)fd, &count, sizeof(count)) != sizeof(count);
}

static int by_size(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

static void fairness(void)
{
	pid_t pid[4];
	long counts[4] = { 0 };
	int p[2];

	if (pipe(p) < 0)
		return;
	for (int i = 0; i < 4; i++)
		pid[i] = start_child(count_for_a_while, &p[1]);
	for (int i = 0; i < 4; i++)
		is_status(status_of(pid[i]), EXITED(0), "counter %d ends", i);
	for (int i = 0; i < 4; i++)
		if (read(p[0], &counts[i], sizeof(long)) != sizeof(long))
			diag("no count");
	qsort(counts, 4, sizeof(long), by_size);
	if (!ok(counts[0] > 0 && counts[3] < 4 * counts[0], "none gets four times another's share"))
		diag("%ld %ld %ld %ld", counts[0], counts[1], counts[2], counts[3]);
	close(p[0]);
	close(p[1]);
}

/*
 * Two who yield on one CPU must alternate, near enough: the one hears from the other after few yields
 * of its own.
 */
static int yield_until_told(void *arg)
{
	int *p = arg;
	char c;

	for (int i = 0; i < 100000; i++) {
		sched_yield();
		if (read(p[0], &c, 1) == 1)
			return 0;
	}
	return 1;
}

static void yielding(void)
{
	int p[2];
	pid_t pid;

	is_long(raw(SYS_sched_yield), 0, "sched_yield");
	if (raw(SYS_pipe2, p, 04000) < 0)
		return;
	pid = start_child(yield_until_told, p);
	for (int i = 0; i < 1000; i++)
		sched_yield();
	is_long(write(p[1], "x", 1), 1, "after a thousand yields, a byte");
	is_status(status_of(pid), EXITED(0), "reaches one who yields too");
	close(p[0]);
	close(p[1]);
}

static void affinity(void)
{
	unsigned long mask[128] = { 0 };
	long size = raw(SYS_sched_getaffinity, 0, sizeof(mask), mask);

	ok(size >= 8 && size % 8 == 0, "sched_getaffinity tells its size in bytes");
	ok(mask[0] & 1, "CPU 0 is there");
	is_long(raw(SYS_sched_getaffinity, 0, 1, mask), -EINVAL, "a mask of one byte");
	is_long(raw(SYS_sched_getaffinity, 0x7ffffff, sizeof(mask), mask), -ESRCH,
		"no such process");
	memset(mask, 0, sizeof(mask));
	is_long(raw(SYS_sched_setaffinity, 0, sizeof(mask), mask), -EINVAL, "no CPU at all");
	mask[100] = 1;
	is_long(raw(SYS_sched_setaffinity, 0, sizeof(mask), mask), -EINVAL, "a CPU there is not");
	mask[0] = 1;
	is_long(raw(SYS_sched_setaffinity, 0, sizeof(mask), mask), 0, "one there is, too");
	is_long(raw(SYS_sched_setaffinity, 0x7ffffff, 8, mask), -ESRCH, "no such process to set");
}

int main(void)
{
	pin();
	yielding();
	beside_loops();
	fairness();
	affinity();
	return done_testing();
}
