/* SPDX-License-Identifier: ISC */
/*
 * The processes of a crew (scale.h). What they share with us is a page each, so that counting takes
 * no line of memory from another CPU. They go on working while their counts are read: neither their
 * start nor their end is in a slice.
 */
#include "scale.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sys.h"

#define PAGE 4096
#define WARM_UP_MS 2
#define FUTEX_WAIT 0
#define FUTEX_WAKE 1

enum { NEW, RESTS, WORKS };

struct member {
	volatile uint64_t operations;
	volatile uint32_t wanted, state; /* told by us, and by it: RESTS or WORKS */
};

struct crew {
	char *pages; /* one a member */
	int count;
	pid_t pid[MOST_CPUS];
};

static struct member *member(const struct crew *c, int i)
{
	return (struct member *)(c->pages + (long)i * PAGE);
}

static void set(volatile uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
	raw(SYS_futex, word, FUTEX_WAKE, 1);
}

/* Until *@word is @value. False: it was not for a second. */
static bool await(volatile uint32_t *word, uint32_t value)
{
	static const struct timespec second = { .tv_sec = 1 };
	uint32_t seen;

	while ((seen = *word) != value)
		if (raw(SYS_futex, word, FUTEX_WAIT, seen, &second) == -ETIMEDOUT)
			return *word == value;
	return true;
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void nap(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static bool stay_on(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	return sched_setaffinity(0, sizeof(one), &one) == 0;
}

int cpus_usable(int *cpu, int most)
{
	cpu_set_t set;
	int n = 0;

	CPU_ZERO(&set);
	if (raw(SYS_sched_getaffinity, 0, sizeof(set), &set) < 0)
		return 0;
	for (int i = 0; i < CPU_SETSIZE && n < most; i++)
		if (CPU_ISSET(i, &set))
			cpu[n++] = i;
	return n;
}

static _Noreturn void work_for_ever(const struct work *w, struct member *m, int cpu)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!stay_on(cpu))
		_exit(1);
	if (w->begin)
		w->begin();
	for (;;) {
		set(&m->state, RESTS);
		while (!await(&m->wanted, WORKS))
			;
		set(&m->state, WORKS);
		while (m->wanted == WORKS) {
			w->body();
			m->operations += w->operations;
		}
	}
}

struct crew *crew_start(const struct work *w, const int *cpu, int n)
{
	struct crew *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->pages = mmap(NULL, (size_t)n * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (c->pages == MAP_FAILED) {
		free(c);
		return NULL;
	}
	for (; c->count < n; c->count++) {
		pid_t pid = fork();

		if (pid < 0) {
			crew_end(c);
			return NULL;
		}
		if (pid == 0)
			work_for_ever(w, member(c, c->count), cpu[c->count]);
		c->pid[c->count] = pid;
	}
	return c;
}

/* The first @n of it are told to, and do. False: one is dead. */
static bool tell(struct crew *c, int n, uint32_t state)
{
	for (int i = 0; i < n; i++)
		set(&member(c, i)->wanted, state);
	for (int i = 0; i < n; i++)
		while (!await(&member(c, i)->state, state))
			if (waitpid(c->pid[i], NULL, WNOHANG) != 0)
				return false;
	return true;
}

static uint64_t operations(const struct crew *c, int n)
{
	uint64_t sum = 0;

	for (int i = 0; i < n; i++)
		sum += member(c, i)->operations;
	return sum;
}

double crew_rate(struct crew *c, int n, long ms)
{
	uint64_t done;
	double start;

	if (!tell(c, c->count, RESTS) || !tell(c, n, WORKS))
		return -1;
	nap(WARM_UP_MS);
	start = now_s();
	done = operations(c, n);
	nap(ms);
	start = now_s() - start;
	done = operations(c, n) - done;
	return tell(c, n, RESTS) ? (double)done / start : -1;
}

void crew_end(struct crew *c)
{
	for (int i = 0; i < c->count; i++)
		kill(c->pid[i], SIGKILL);
	for (int i = 0; i < c->count; i++)
		waitpid(c->pid[i], NULL, 0);
	munmap(c->pages, (size_t)c->count * PAGE);
	free(c);
}
