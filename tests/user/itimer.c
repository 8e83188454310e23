/* SPDX-License-Identifier: ISC */
/* alarm and setitimer: on the wall's clock and on CPU time, once and again, read, and what fork does. */
#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include "child.h"
#include "sys.h"
#include "tap.h"
#include "where.h"

static volatile int rings;

static void ring(int sig)
{
	(void)sig;
	rings++;
}

static long long now_us(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

static void set(int which, long first_us, long interval_us)
{
	struct itimerval v = {
		{ interval_us / 1000000, interval_us % 1000000 },
		{ first_us / 1000000, first_us % 1000000 },
	};

	is_long(raw(SYS_setitimer, which, &v, 0), 0, "setitimer");
}

static void sleep_for(int count)
{
	sigset_t blocked, open;

	sigfillset(&blocked);
	sigemptyset(&open);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	while (rings < count)
		sigsuspend(&open);
	sigprocmask(SIG_SETMASK, &open, NULL);
}

static void wall(void)
{
	long long begin = now_us(CLOCK_MONOTONIC), took;
	struct itimerval v;

	rings = 0;
	set(ITIMER_REAL, 20000, 0);
	sleep_for(1);
	took = now_us(CLOCK_MONOTONIC) - begin;
	ok(took >= 20000, "20 ms are not less");
	raw(SYS_getitimer, ITIMER_REAL, &v);
	ok(!v.it_value.tv_sec && !v.it_value.tv_usec, "then it has run out");
	rings = 0;
	begin = now_us(CLOCK_MONOTONIC);
	set(ITIMER_REAL, 1000, 2000);
	sleep_for(5);
	took = now_us(CLOCK_MONOTONIC) - begin;
	ok(took >= 9000, "five times in no less than 9 ms");
	raw(SYS_getitimer, ITIMER_REAL, &v);
	is_long(v.it_interval.tv_usec, 2000, "the interval is told");
	set(ITIMER_REAL, 0, 0);
}

static void cpu(int which, int sig, const char *name)
{
	long long begin, took;

	signal(sig, ring);
	rings = 0;
	begin = now_us(CLOCK_PROCESS_CPUTIME_ID);
	set(which, 20000, 0);
	while (!rings)
		;
	took = now_us(CLOCK_PROCESS_CPUTIME_ID) - begin;
	if (took < 19000 &&
	    !on_leash()) /* it counts whole ticks, also those of which it had a part */
		skip("this Linux counts by ticks", "%s after 20 ms of work", name);
	else
		ok(took >= 19000, "%s after 20 ms of work", name);
}

static int left_in_child(void *arg)
{
	struct itimerval v;

	(void)arg;
	getitimer(ITIMER_REAL, &v);
	return v.it_value.tv_sec || v.it_value.tv_usec;
}

static void alarms(void)
{
	is_long(raw(SYS_alarm, 100), 0, "no alarm before");
	is_status(in_child(left_in_child, NULL), EXITED(0), "a child has none of it");
	is_long(raw(SYS_alarm, 50), 100, "a new one tells what was left");
	is_long(raw(SYS_alarm, 0), 50, "none any more");
	is_long(raw(SYS_alarm, 0), 0, "indeed");
}

static int die_of_it(void *arg)
{
	struct itimerval v = { { 0, 0 }, { 0, 1000 } };

	(void)arg;
	signal(SIGALRM, SIG_DFL);
	setitimer(ITIMER_REAL, &v, NULL);
	pause();
	return 0;
}

static void errors(void)
{
	struct itimerval v = { { 0, 0 }, { 0, 1000000 } };

	is_long(raw(SYS_setitimer, ITIMER_REAL, &v, 0), -EINVAL, "a million us");
	v.it_value = (struct timeval){ -1, 0 };
	is_long(raw(SYS_setitimer, ITIMER_REAL, &v, 0), -EINVAL, "before now");
	v.it_value = (struct timeval){ 0, 0 };
	is_long(raw(SYS_setitimer, 3, &v, 0), -EINVAL, "no such timer");
	is_long(raw(SYS_getitimer, 3, &v), -EINVAL, "no such timer to read");
	is_long(raw(SYS_setitimer, ITIMER_REAL, 8, 0), -EFAULT, "a bad pointer");
	is_long(raw(SYS_getitimer, ITIMER_REAL, 8), -EFAULT, "a bad pointer to write to");
	is_long(raw(SYS_setitimer, ITIMER_REAL, &v, &v), 0, "old and new in one place");
}

int main(void)
{
	signal(SIGALRM, ring);
	wall();
	cpu(ITIMER_VIRTUAL, SIGVTALRM, "ITIMER_VIRTUAL");
	cpu(ITIMER_PROF, SIGPROF, "ITIMER_PROF");
	alarms();
	is_status(in_child(die_of_it, NULL), SIGALRM, "by default it kills");
	errors();
	return done_testing();
}
