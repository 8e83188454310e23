/* SPDX-License-Identifier: ISC */
/* Two and more that share a CPU: pipes, rings of pipes, yields, futexes. */
#include "bench.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define RING_MAX 16
#define HOPS 400 /* of a batch in a ring, whatever its size */
#define FUTEX_WAIT_PRIVATE 128
#define FUTEX_WAKE_PRIVATE 129

static void make_pipe(int ends[2])
{
	must(pipe(ends) == 0, "pipe");
}

static pid_t must_fork(void)
{
	pid_t pid = fork();

	must(pid >= 0, "fork");
	return pid;
}

/* Passes on each byte from @in to @out until there is no writer left. */
static void pass_on(int in, int out)
{
	char c;

	while (call3(SYS_read, in, (long)&c, 1) == 1)
		call3(SYS_write, out, (long)&c, 1);
	_exit(0);
}

static void send_and_receive(int out, int in, char *c)
{
	call3(SYS_write, out, (long)c, 1);
	call3(SYS_read, in, (long)c, 1);
}

static void round_trip(void)
{
	int there[2], back[2];
	char c = 0;

	make_pipe(there);
	make_pipe(back);
	if (must_fork() == 0) {
		close(there[1]);
		close(back[0]);
		pass_on(there[0], back[1]);
	}
	close(there[0]);
	close(back[1]);
	ROW("pipe_roundtrip", 40, 100, send_and_receive(there[1], back[0], &c));
	close(there[1]);
	close(back[0]);
	wait(NULL);
}

static void keep_only(int (*ends)[2], int n, int in, int out)
{
	for (int i = 0; i < n; i++) {
		if (ends[i][0] != in)
			close(ends[i][0]);
		if (ends[i][1] != out)
			close(ends[i][1]);
	}
}

/* A byte goes round @n processes; process i reads pipe i and writes the next. A hop, pipe included. */
static void ring(int n)
{
	int ends[RING_MAX][2], in, out;
	char name[32], c = 0;
	long rounds = HOPS / n;

	snprintf(name, sizeof(name), "ctx_%dp_0k", n);
	if (!wanted(name))
		return;
	for (int i = 0; i < n; i++)
		make_pipe(ends[i]);
	for (int i = 1; i < n; i++) {
		if (must_fork() == 0) {
			in = ends[i][0];
			out = ends[(i + 1) % n][1];
			keep_only(ends, n, in, out);
			pass_on(in, out);
		}
	}
	in = ends[0][0];
	out = ends[1][1];
	keep_only(ends, n, in, out);
	BATCHES(k, 40)
	{
		uint64_t before = batch_begin(k);
		for (long i = 0; i < rounds; i++)
			send_and_receive(out, in, &c);
		batch_end(k, before);
	}
	report(name, 40, rounds * n);
	close(in);
	close(out);
	for (int i = 1; i < n; i++)
		wait(NULL);
}

void bench_pipes(void)
{
	int ends[2];
	char c = 0;

	make_pipe(ends);
	ROW("pipe_self_wr_rd", 30, 300, send_and_receive(ends[1], ends[0], &c));
	close(ends[0]);
	close(ends[1]);
	if (wanted("pipe_roundtrip"))
		round_trip();
	ring(2);
	ring(8);
	ring(16);
}

/* What the two that yield to each other share. */
struct seen {
	volatile long last, switches, stop, ready;
};
static struct seen *seen;

static inline void yield_as(long me)
{
	if (seen->last != me) {
		seen->last = me;
		seen->switches++;
	}
	call0(SYS_sched_yield);
}

static void *yield_on(void *unused)
{
	seen->ready = 1;
	while (!seen->stop)
		yield_as(1);
	return unused;
}

/* A switch, of those that really took place: two a yield of ours where all goes well. */
static void measure_yields(const char *name)
{
	enum { YIELDS = 100, YIELD_BATCHES = 40 };
	long before = 0;

	while (!seen->ready)
		call0(SYS_sched_yield);
	BATCHES(k, YIELD_BATCHES)
	{
		if (k == 0)
			before = seen->switches;
		uint64_t start = batch_begin(k);
		for (long i = 0; i < YIELDS; i++)
			yield_as(0);
		batch_end(k, start);
	}
	seen->stop = 1;
	report(name, YIELD_BATCHES, (seen->switches - before) / YIELD_BATCHES);
}

static void yield_processes(void)
{
	memset(seen, 0, sizeof(*seen));
	if (must_fork() == 0) {
		yield_on(NULL);
		_exit(0);
	}
	measure_yields("yield_2procs");
	wait(NULL);
}

static void yield_threads(void)
{
	pthread_t other;

	memset(seen, 0, sizeof(*seen));
	if (pthread_create(&other, NULL, yield_on, NULL)) {
		skip("yield_2threads", "pthread_create");
		return;
	}
	measure_yields("yield_2threads");
	pthread_join(other, NULL);
}

void bench_yields(void)
{
	seen = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(seen != MAP_FAILED, "shared memory");
	ROW("yield_alone", 30, 300, call0(SYS_sched_yield));
	if (wanted("yield_2procs"))
		yield_processes();
	if (wanted("yield_2threads"))
		yield_threads();
	munmap(seen, PAGE);
}

static volatile uint32_t ping, pong;
static volatile bool stop;

static void post(volatile uint32_t *word)
{
	*word = 1;
	call4(SYS_futex, (long)word, FUTEX_WAKE_PRIVATE, 1, 0);
}

static void await(volatile uint32_t *word)
{
	while (!*word)
		call4(SYS_futex, (long)word, FUTEX_WAIT_PRIVATE, 0, 0);
	*word = 0;
}

static void *answer(void *unused)
{
	for (;;) {
		await(&ping);
		if (stop)
			return unused;
		post(&pong);
	}
}

void bench_futexes(void)
{
	uint32_t word = 0;
	pthread_t other;

	ROW("futex_wake_nowaiter", 30, 500,
	    call4(SYS_futex, (long)&word, FUTEX_WAKE_PRIVATE, 1, 0));
	ROW("futex_wait_eagain", 30, 500, call4(SYS_futex, (long)&word, FUTEX_WAIT_PRIVATE, 1, 0));
	if (!wanted("futex_pingpong"))
		return;
	if (pthread_create(&other, NULL, answer, NULL)) {
		skip("futex_pingpong", "pthread_create");
		return;
	}
	ROW("futex_pingpong", 40, 100, {
		post(&ping);
		await(&pong);
	});
	stop = true;
	post(&ping);
	pthread_join(other, NULL);
}
