/* SPDX-License-Identifier: ISC */
/*
 * The innocent process: it counts primes, sums a series in SSE and one in the x87, over and over,
 * and knows what must come out. Whatever the rogues do to the machine, its registers, its memory or
 * its share of the CPU shows here: in a wrong result, in no answer, or in no progress.
 */
#include "gallery.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

#define LIMIT 5000
#define PRIMES_BELOW_LIMIT 669
#define PRIME_SUM 1548136L
#define ANSWER_MS 20000

struct answer {
	long rounds, wrong;
};

static pid_t innocent_pid;
static int question_fd, answer_fd;
static long last_rounds;

static bool primes_are_right(void)
{
	static char composite[LIMIT];
	long count = 0, sum = 0;

	memset(composite, 0, sizeof(composite));
	for (int i = 2; i < LIMIT; i++) {
		if (composite[i])
			continue;
		count++;
		sum += i;
		for (int j = 2 * i; j < LIMIT; j += i)
			composite[j] = 1;
	}
	return count == PRIMES_BELOW_LIMIT && sum == PRIME_SUM;
}

/* 1 + 1/2 + 1/4 ... is exact in binary: any disturbance shows in the last bit. */
static bool sse_is_right(void)
{
	volatile double one = 1.0;
	double term = one, sum = 0.0;

	for (int i = 0; i < 50; i++) {
		sum += term;
		term *= 0.5;
	}
	return sum == 2.0 - term * 2.0;
}

static bool x87_is_right(void)
{
	volatile long double one = 1.0L;
	long double term = one, sum = 0.0L;

	for (int i = 0; i < 60; i++) {
		sum += term;
		term *= 0.5L;
	}
	return sum == 2.0L - term * 2.0L;
}

static void compute(int questions, int answers)
{
	struct answer state = { 0 };
	char c;

	for (;;) {
		struct pollfd fd = { .fd = questions, .events = POLLIN };

		state.wrong += !primes_are_right() + !sse_is_right() + !x87_is_right();
		state.rounds++;
		if (poll(&fd, 1, 0) == 0)
			continue;
		if (read(questions, &c, 1) != 1)
			_exit(state.wrong ? 1 : 0);
		if (write(answers, &state, sizeof(state)) != sizeof(state))
			_exit(2);
	}
}

void innocent_start(void)
{
	int questions[2], answers[2];

	if (pipe2(questions, O_CLOEXEC) < 0 || pipe2(answers, O_CLOEXEC) < 0)
		return;
	innocent_pid = fork();
	if (innocent_pid == 0) {
		close(questions[1]);
		close(answers[0]);
		compute(questions[0], answers[1]);
	}
	close(questions[0]);
	close(answers[1]);
	question_fd = questions[1];
	answer_fd = answers[0];
}

bool innocent_is_well(void)
{
	struct answer now = { 0 };
	bool progress;

	if (write(question_fd, "?", 1) != 1 || !readable_within(answer_fd, ANSWER_MS) ||
	    read(answer_fd, &now, sizeof(now)) != sizeof(now)) {
		diag("the innocent process does not answer");
		return false;
	}
	if (now.wrong)
		diag("the innocent process: %ld of %ld rounds wrong", now.wrong, now.rounds);
	progress = now.rounds > last_rounds;
	last_rounds = now.rounds;
	return progress && now.wrong == 0;
}

void innocent_end(void)
{
	int status = -1;

	close(question_fd);
	waitpid(innocent_pid, &status, 0);
	close(answer_fd);
	diag("the innocent process computed %ld rounds", last_rounds);
	is_status(status, EXITED(0), "the innocent process ends with all results right");
}
