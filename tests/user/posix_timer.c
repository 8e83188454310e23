/* SPDX-License-Identifier: ISC */
/* timer_create and its sisters: siginfo, overruns, absolute times, CPU time, fork, exec, errors. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define SIG 45
#define BIT(sig) (1UL << ((sig)-1))

struct event {
	void *value;
	int signo, notify;
	int pad[12];
};

static long make(int clock, int notify, int sig, void *value, int *id)
{
	struct event e = { .value = value, .signo = sig, .notify = notify };

	return raw(SYS_timer_create, clock, &e, id);
}

static long set(int id, int flags, long first_ns, long interval_ns)
{
	struct itimerspec v = {
		{ interval_ns / 1000000000, interval_ns % 1000000000 },
		{ first_ns / 1000000000, first_ns % 1000000000 },
	};

	return raw(SYS_timer_settime, id, flags, &v, 0);
}

static long long now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static long take(siginfo_t *info)
{
	unsigned long bit = BIT(SIG);

	return raw(SYS_rt_sigtimedwait, &bit, info, 0, 8);
}

static void once(int clock, const char *name)
{
	long long begin;
	siginfo_t info;
	int id = -1;

	is_long(make(clock, SIGEV_SIGNAL, SIG, (void *)77, &id), 0, "%s: timer_create", name);
	begin = now_ns(clock);
	is_long(set(id, 0, 5000000, 0), 0, "in 5 ms");
	is_long(take(&info), SIG, "it comes");
	ok(now_ns(clock) - begin >= 5000000, "not earlier");
	is_long(info.si_code, SI_TIMER, "SI_TIMER");
	is_long(info.si_value.sival_int, 77, "with the value");
	is_long(info.si_timerid, id, "and the timer's id");
	is_long(info.si_overrun, 0, "no overrun");
	begin = now_ns(clock) + 4000000;
	is_long(set(id, TIMER_ABSTIME, begin, 0), 0, "at a time");
	is_long(take(&info), SIG, "it comes again");
	ok(now_ns(clock) >= begin, "not before the time");
	is_long(raw(SYS_timer_delete, id), 0, "timer_delete");
	is_long(raw(SYS_timer_delete, id), -EINVAL, "once");
}

static void overruns(void)
{
	struct timespec pause = { 0, 20000000 };
	struct itimerspec v;
	siginfo_t info;
	int id = -1;

	make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIG, NULL, &id);
	set(id, 0, 1000000, 1000000);
	nanosleep(&pause, NULL);
	is_long(take(&info), SIG, "each 1 ms, looked at after 20 ms");
	ok(info.si_overrun >= 10, "once, with the overruns");
	is_long(raw(SYS_timer_getoverrun, id), info.si_overrun, "timer_getoverrun says the same");
	is_long(raw(SYS_timer_gettime, id, &v), 0, "timer_gettime");
	ok(v.it_interval.tv_nsec == 1000000 && v.it_value.tv_nsec <= 1000000, "tells both times");
	set(id, 0, 0, 0);
	raw(SYS_timer_gettime, id, &v);
	ok(!v.it_value.tv_sec && !v.it_value.tv_nsec, "set to 0 it stands");
	raw(SYS_timer_delete, id);
}

static void several(void)
{
	siginfo_t info;
	int ids[4], sum = 0;

	for (int i = 0; i < 4; i++) {
		make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIG, (void *)(1L << i), &ids[i]);
		set(ids[i], 0, 1000000 * (4 - i), 0);
	}
	for (int i = 0; i < 4; i++) {
		take(&info);
		sum += info.si_value.sival_int;
	}
	is_long(sum, 15, "four timers, each its own signal");
	for (int i = 0; i < 4; i++)
		raw(SYS_timer_delete, ids[i]);
}

static void silent(void)
{
	struct itimerspec v;
	int id = -1;

	is_long(make(CLOCK_MONOTONIC, SIGEV_NONE, 0, NULL, &id), 0, "SIGEV_NONE");
	set(id, 0, 100000000000, 0);
	raw(SYS_timer_gettime, id, &v);
	ok(v.it_value.tv_sec >= 90 && v.it_value.tv_sec <= 100, "it can be read");
	raw(SYS_timer_delete, id);
}

static volatile int rings;

static void ring(int sig)
{
	(void)sig;
	rings++;
}

static void by_default(void)
{
	int id = -1;

	signal(SIGALRM, ring);
	is_long(raw(SYS_timer_create, CLOCK_REALTIME, 0, &id), 0, "without an event");
	set(id, 0, 1, 0);
	while (!rings)
		;
	ok(rings, "SIGALRM comes");
	raw(SYS_timer_delete, id);
}

static int timer_of_parent(void *id)
{
	return raw(SYS_timer_delete, *(int *)id) == -EINVAL ? 0 : 1;
}

static void errors(void)
{
	struct itimerspec v = { { 0, 0 }, { 0, 1000000000 } };
	int id = -1;

	is_long(make(99, SIGEV_SIGNAL, SIG, NULL, &id), -EINVAL, "no such clock");
	is_long(make(CLOCK_MONOTONIC, SIGEV_SIGNAL, 0, NULL, &id), -EINVAL, "no signal");
	is_long(make(CLOCK_MONOTONIC, SIGEV_SIGNAL, 65, NULL, &id), -EINVAL, "no such signal");
	is_long(make(CLOCK_MONOTONIC, 9, SIG, NULL, &id), -EINVAL, "no such way");
	is_long(make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIG, NULL, (int *)8), -EFAULT, "a bad id");
	is_long(raw(SYS_timer_create, CLOCK_MONOTONIC, 8, &id), -EFAULT, "a bad event");
	make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIG, NULL, &id);
	is_long(raw(SYS_timer_settime, id, 0, 0, 0), -EINVAL, "no time");
	is_long(raw(SYS_timer_settime, id, 0, &v, 0), -EINVAL, "a bad time");
	is_long(raw(SYS_timer_settime, id, 0, 8, 0), -EFAULT, "a bad pointer");
	is_long(raw(SYS_timer_settime, 12345, 0, &v, 0), -EINVAL, "no such timer");
	is_long(raw(SYS_timer_gettime, 12345, &v), -EINVAL, "no such timer to read");
	is_long(raw(SYS_timer_gettime, id, 8), -EFAULT, "a bad place");
	is_long(raw(SYS_timer_getoverrun, 12345), -EINVAL, "no such timer's overruns");
	is_status(in_child(timer_of_parent, &id), EXITED(0), "a child does not have it");
}

int main(void)
{
	unsigned long bit = BIT(SIG);

	raw(SYS_rt_sigprocmask, SIG_BLOCK, &bit, 0, 8);
	once(CLOCK_MONOTONIC, "monotonic");
	once(CLOCK_REALTIME, "real time");
	overruns();
	several();
	silent();
	by_default();
	errors();
	return done_testing();
}
