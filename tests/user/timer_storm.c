/* SPDX-License-Identifier: ISC */
/*
 * As many timers as there may be, all with the shortest period: others run beside them, and their
 * owner can be killed.
 */
#include <signal.h>
#include <time.h>

#include "child.h"
#include "now.h"
#include "sys.h"
#include "tap.h"

#define BOUND_MS 5000
#define MAX_TIMERS 4000

static __attribute__((noreturn)) int make_timers(void *unused)
{
	const struct itimerspec often = { { 0, 1 }, { 0, 1 } };
	struct sigevent silent = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	sigset_t all;
	int id;

	(void)unused;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	for (int i = 0; i < MAX_TIMERS; i++)
		if (raw(SYS_timer_create, CLOCK_MONOTONIC, &silent, &id) == 0)
			raw(SYS_timer_settime, id, 0, &often, NULL);
	for (;;)
		raw(SYS_sched_yield);
}

int main(void)
{
	const struct timespec moment = { 0, 10000000 };
	pid_t child = start_child(make_timers, NULL);
	long began = now_ms();

	for (int i = 0; i < 30; i++)
		nanosleep(&moment, NULL);
	ok(now_ms() - began < BOUND_MS, "others run beside a storm of timers");
	began = now_ms();
	kill(child, SIGKILL);
	is_status(status_of(child), KILLED(SIGKILL), "their owner can be killed");
	ok(now_ms() - began < BOUND_MS, "and that takes effect soon");
	return done_testing();
}
