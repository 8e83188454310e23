/* SPDX-License-Identifier: ISC */
/*
 * The FPU's state is a process's own: x87 stack and control word, xmm, the upper halves of ymm, and
 * MXCSR. Several processes keep their own patterns in all of them while the timer takes the CPU from
 * one to the other; system calls, yields and forks leave them alone. Checklist line 9.
 */
#include <sched.h>

#include "child.h"
#include "hold.h"
#include "now.h"
#include "sys.h"
#include "tap.h"

#define PROCESSES 6
#define RUN_MS 300

static int hold_for_a_while(int n, long how, long what)
{
	struct state in, out;
	long end = now_ms() + RUN_MS;
	int lost = 0;

	make_pattern(&in, n);
	while (now_ms() < end && !lost) {
		hold(&in, &out, how, what, has_avx);
		lost = difference(&in, &out);
	}
	return lost;
}

static int spin(void *n)
{
	return hold_for_a_while((long)n, SPIN, 2000000);
}

static int yield(void *n)
{
	return hold_for_a_while((long)n, CALL, SYS_sched_yield);
}

/* All on one CPU, so that they must take turns. */
static void together(child_fn *fn, const char *name)
{
	static const char *const lost[] = { "nothing",          "xmm", "ymm", "x87", "MXCSR", "FCW",
					    "general registers" };
	pid_t pid[PROCESSES];

	for (long n = 0; n < PROCESSES; n++)
		pid[n] = start_child(fn, (void *)n);
	for (int n = 0; n < PROCESSES; n++) {
		int status = status_of(pid[n]);

		if (!is_status(status, EXITED(0), "%s: process %d has its own state", name, n) &&
		    WIFEXITED(status) && WEXITSTATUS(status) < 7)
			diag("lost: %s", lost[WEXITSTATUS(status)]);
	}
}

static int over_call(void *nr)
{
	struct state in, out;

	make_pattern(&in, 5);
	hold(&in, &out, CALL, (long)nr, has_avx);
	return difference(&in, &out);
}

/* The child of fork has its parent's FPU state. */
static int over_fork(void *arg)
{
	struct state in, out;
	pid_t parent = getpid();
	int lost, status;

	(void)arg;
	make_pattern(&in, 6);
	hold(&in, &out, CALL, SYS_fork, has_avx);
	lost = difference(&in, &out);
	if (getpid() != parent)
		_exit(lost);
	if (waitpid(-1, &status, 0) < 0)
		return 99;
	return lost ? lost : WEXITSTATUS(status);
}

int main(void)
{
	cpu_set_t one;

	find_avx();
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	is_status(in_child(over_call, (void *)SYS_getpid), EXITED(0), "getpid keeps the state");
	is_status(in_child(over_call, (void *)1000), EXITED(0), "an unknown call keeps the state");
	is_status(in_child(over_fork, NULL), EXITED(0), "fork gives the state to both");
	together(spin, "taken from");
	together(yield, "yielding");
	return done_testing();
}
