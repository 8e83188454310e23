/* SPDX-License-Identifier: ISC */
/*
 * Context switches between processes that share a CPU: by two pipes (as lmbench, and the book's
 * homework), by yields, by a futex; and with many that wait.
 */
#include "measure.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys.h"

#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define CROWD_ROUNDS 20

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Answers each byte until there is no one left who asks. */
static void answer_bytes(int in, int out)
{
	char c;

	while (raw(SYS_read, in, &c, 1) == 1)
		raw(SYS_write, out, &c, 1);
	_exit(0);
}

/* A byte there and back is two switches and two pipes; what the pipes cost alone is taken off. */
static void by_pipes(void)
{
	struct row *r = row_begin("context switch", settings.samples);
	const struct row *alone = row_find("pipe to itself");
	uint64_t pipe_cost = alone ? row_quantile(alone, 0.5) : 0;
	int there[2], back[2];
	char c = 0;
	pid_t pid;

	if (!r)
		return;
	if (pipe(there) || pipe(back) || (pid = fork()) < 0) {
		row_fail(r, "no pipe or no process");
		return;
	}
	if (pid == 0) {
		close(there[1]);
		answer_bytes(there[0], back[1]);
	}
	for (int i = -2; i < r->count; i++) {
		uint64_t before = ticks(), half;

		raw(SYS_write, there[1], &c, 1);
		raw(SYS_read, back[0], &c, 1);
		half = (ticks() - before) / 2;
		sample_set(r, i, half > pipe_cost ? half - pipe_cost : 0);
	}
	row_end(r);
	close(there[1]);
	close(there[0]);
	close(back[0]);
	close(back[1]);
	waitpid(pid, NULL, 0);
}

/* A process that yields for ever, once it has said on @ready that it is there. */
static pid_t start_yielder(int ready[2])
{
	pid_t pid = fork();
	char c = 0;

	if (pid)
		return pid;
	raw(SYS_write, ready[1], &c, 1);
	for (;;)
		raw(SYS_sched_yield);
}

static bool await_yielders(int ready[2], int n)
{
	char c;

	while (n > 0 && raw(SYS_read, ready[0], &c, 1) == 1)
		n--;
	sched_yield(); /* until the last of them yields, too */
	return n == 0;
}

/* Each yield goes to the other one and, by its yield, comes back. */
static void by_yield(void)
{
	struct row *r = row_begin("yield, one way", settings.samples);
	int ready[2];
	pid_t pid;

	if (!r)
		return;
	if (pipe(ready) || (pid = start_yielder(ready)) < 0) {
		row_fail(r, "no process");
		return;
	}
	await_yielders(ready, 1);
	for (int i = -2; i < r->count; i++) {
		uint64_t before = ticks();

		raw(SYS_sched_yield);
		sample_set(r, i, (ticks() - before) / 2);
	}
	row_end(r);
	end_child(pid);
	close(ready[0]);
	close(ready[1]);
}

struct words {
	volatile uint32_t ping, pong;
};

static void post(volatile uint32_t *word)
{
	*word = 1;
	raw(SYS_futex, word, FUTEX_WAKE, 1);
}

static bool await(volatile uint32_t *word)
{
	while (!*word)
		if (raw(SYS_futex, word, FUTEX_WAIT, 0, 0) == -38) /* ENOSYS */
			return false;
	*word = 0;
	return true;
}

static void answer_words(struct words *w)
{
	while (await(&w->ping))
		post(&w->pong);
	_exit(0);
}

/* A word there and back, between two processes: two wake-ups and two switches. */
static void by_futex(void)
{
	struct row *r = row_begin("futex there and back", settings.samples / 2);
	struct words *w;
	pid_t pid;

	if (!r)
		return;
	w = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w == MAP_FAILED || raw(SYS_futex, &w->pong, FUTEX_WAIT, 1, 0) == -38 ||
	    (pid = fork()) < 0) {
		row_fail(r, "no futex here");
		return;
	}
	if (pid == 0)
		answer_words(w);
	for (int i = -2; i < r->count; i++) {
		uint64_t before = ticks();

		post(&w->ping);
		(void)await(&w->pong);
		sample_set(r, i, ticks() - before);
	}
	row_end(r);
	end_child(pid);
	munmap(w, PAGE);
}

void measure_switches(void)
{
	by_pipes();
	by_yield();
	by_futex();
}

/* A switch among @n processes that do nothing but yield: our turn comes after all the others'. */
static void crowd(const char *name, int n)
{
	struct row *r = row_begin(name, CROWD_ROUNDS);
	static pid_t pid[1024];
	int made = 0, ready[2];
	bool all;

	if (!r || pipe(ready))
		return;
	for (; made < n - 1; made++) {
		pid[made] = start_yielder(ready);
		if (pid[made] < 0)
			break;
	}
	all = await_yielders(ready, made) && made == n - 1;
	for (int i = -2; all && i < r->count; i++) {
		uint64_t before = ticks();

		raw(SYS_sched_yield);
		sample_set(r, i, (ticks() - before) / n);
	}
	if (all)
		row_end(r);
	else
		row_fail(r, "not so many processes");
	while (made-- > 0)
		end_child(pid[made]);
	close(ready[0]);
	close(ready[1]);
}

void measure_crowds(void)
{
	crowd("yield among 2", 2);
	crowd("yield among 16", 16);
	crowd("yield among 128", 128);
	crowd("yield among 1024", 1024);
}
