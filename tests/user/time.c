/* SPDX-License-Identifier: ISC */
/*
 * Clocks and sleeping: time goes forwards, clocks agree, no sleep is too short, and the errors.
 */
#include <errno.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "sys.h"
#include "tap.h"

#define NS 1000000000L

static long ns(clockid_t clock)
{
	struct timespec ts = { 0 };

	raw(SYS_clock_gettime, clock, &ts);
	return ts.tv_sec * NS + ts.tv_nsec;
}

static void forwards(void)
{
	long last = ns(CLOCK_MONOTONIC), first = last, back = 0;

	for (int i = 0; i < 10000; i++) {
		long now = ns(CLOCK_MONOTONIC);

		back += now < last;
		last = now;
	}
	is_long(back, 0, "the monotonic clock never goes back");
	ok(last > first, "but on");
}

static void agreement(void)
{
	struct timeval tv;
	struct timespec ts;
	long seconds;

	is_long(raw(SYS_clock_gettime, CLOCK_REALTIME, &ts), 0, "clock_gettime");
	is_long(raw(SYS_gettimeofday, &tv, 0), 0, "gettimeofday");
	seconds = raw(SYS_time, 0);
	ok(ts.tv_sec > 1600000000, "the year is after 2020");
	ok(tv.tv_sec - ts.tv_sec <= 1 && tv.tv_sec >= ts.tv_sec, "gettimeofday agrees");
	ok(seconds - ts.tv_sec <= 1 && seconds >= ts.tv_sec, "time agrees");
	ok(tv.tv_usec >= 0 && tv.tv_usec < 1000000 && ts.tv_nsec >= 0 && ts.tv_nsec < NS,
	   "fractions are fractions");
	is_long(raw(SYS_clock_getres, CLOCK_MONOTONIC, &ts), 0, "clock_getres");
	ok(ts.tv_sec == 0 && ts.tv_nsec > 0, "gives less than a second");
	is_long(raw(SYS_clock_gettime, 99, &ts), -EINVAL, "no such clock");
	is_long(raw(SYS_clock_getres, 99, &ts), -EINVAL, "no such clock's resolution");
	is_long(raw(SYS_clock_gettime, CLOCK_BOOTTIME, &ts), 0, "the clock since boot");
	is_long(raw(SYS_clock_gettime, CLOCK_TAI, &ts), 0, "the clock without leap seconds");
	is_long(raw(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, &ts), 0,
		"the process's own clock");
}

static void sleeping(void)
{
	static const long lengths[] = { 0, 1, 100000, 5000000, 30000000 };

	for (int i = 0; i < 5; i++) {
		struct timespec nap = { 0, lengths[i] };
		long before = ns(CLOCK_MONOTONIC), slept;

		is_long(raw(SYS_nanosleep, &nap, 0), 0, "nanosleep %ld ns", lengths[i]);
		slept = ns(CLOCK_MONOTONIC) - before;
		if (!ok(slept >= lengths[i] && slept < lengths[i] + 2 * NS, "takes that long"))
			diag("took %ld ns", slept);
	}
}

static void absolute(void)
{
	long wake = ns(CLOCK_MONOTONIC) + 20000000;
	struct timespec ts = { wake / NS, wake % NS };

	is_long(raw(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, 0), 0,
		"until a time");
	ok(ns(CLOCK_MONOTONIC) >= wake, "it is not earlier than that");
	is_long(raw(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, 0), 0,
		"until a time that is over");
	wake = ns(CLOCK_REALTIME) + 10000000;
	ts = (struct timespec){ wake / NS, wake % NS };
	is_long(raw(SYS_clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, &ts, 0), 0,
		"by the wall clock");
	ok(ns(CLOCK_REALTIME) >= wake, "it is not earlier than that");
}

static void errors(void)
{
	static const struct timespec bad[] = { { 0, NS }, { 0, -1 }, { -1, 0 } };
	const struct timespec nap = { 0, 1 };

	for (int i = 0; i < 3; i++)
		is_long(raw(SYS_nanosleep, &bad[i], 0), -EINVAL, "no such length of time, %d", i);
	is_long(raw(SYS_clock_nanosleep, 99, 0, &nap, 0), -EINVAL, "sleep by no such clock");
	is_long(raw(SYS_clock_nanosleep, CLOCK_MONOTONIC_COARSE, 0, &nap, 0), -EOPNOTSUPP,
		"sleep by a coarse clock");
	is_long(raw(SYS_clock_nanosleep, CLOCK_MONOTONIC_RAW, 0, &nap, 0), -EOPNOTSUPP,
		"sleep by a raw clock");
	is_long(raw(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &bad[0], 0), -EINVAL,
		"no such length");
}

int main(void)
{
	forwards();
	agreement();
	sleeping();
	absolute();
	errors();
	return done_testing();
}
