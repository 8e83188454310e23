/* SPDX-License-Identifier: ISC */
/*
 * Setting the clock: who may, to what, and that all who tell the time see it. On Linux the clock is
 * left alone: what must succeed is asked on Leash only.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>

#include "child.h"
#include "sys.h"
#include "tap.h"
#include "where.h"

#define FAR 2000000000L /* in 2033 */

static void is_there(long got, long want, const char *name)
{
	is_long(on_leash() ? got : want, want, "%s", name);
}

static int as_user(void *arg)
{
	struct timespec ts = { FAR, 0 };
	struct timeval tv = { FAR, 0 };
	struct timex t = { .modes = ADJ_SETOFFSET };

	(void)arg;
	if (raw(SYS_setresuid, 1000, 1000, 1000))
		return 1;
	if (raw(SYS_clock_settime, CLOCK_REALTIME, &ts) != -EPERM)
		return 2;
	if (raw(SYS_settimeofday, &tv, 0) != -EPERM)
		return 3;
	if (raw(SYS_adjtimex, &t) != -EPERM)
		return 4;
	t.modes = 0;
	return raw(SYS_adjtimex, &t) >= 0 ? 0 : 5;
}

static long try_set(long clock, long sec, long nsec)
{
	struct timespec ts = { sec, nsec };

	return raw(SYS_clock_settime, clock, &ts);
}

static void steps(void)
{
	struct timespec was, mono, now;
	struct timex t = { .modes = ADJ_SETOFFSET, .time = { 100, 0 } };
	struct stat st;

	clock_gettime(CLOCK_REALTIME, &was);
	clock_gettime(CLOCK_MONOTONIC, &mono);
	is_there(on_leash() ? try_set(CLOCK_REALTIME, FAR, 0) : 0, 0, "root may");
	clock_gettime(CLOCK_REALTIME, &now);
	is_there(now.tv_sec >= FAR && now.tv_sec < FAR + 60, 1, "the library sees it");
	raw(SYS_clock_gettime, CLOCK_REALTIME, &now);
	is_there(now.tv_sec >= FAR && now.tv_sec < FAR + 60, 1, "the kernel too");
	is_there(time(NULL) >= FAR, 1, "and time");
	clock_gettime(CLOCK_MONOTONIC, &now);
	is_there(now.tv_sec - mono.tv_sec < 60, 1, "the monotonic clock has not moved");
	if (on_leash()) {
		mkdir("/tmp/leash-clock", 0700);
		stat("/tmp/leash-clock", &st);
		rmdir("/tmp/leash-clock");
	}
	is_there(st.st_mtime >= FAR, 1, "files are made at that time");
	is_there(on_leash() ? raw(SYS_adjtimex, &t) : 5, 5, "adjtimex steps it");
	is_there(time(NULL) >= FAR + 100, 1, "by that");
	is_there(on_leash() ? try_set(CLOCK_REALTIME, 0, 0) : -EINVAL, -EINVAL,
		 "not before the machine was on");
	clock_gettime(CLOCK_MONOTONIC, &now);
	is_there(on_leash() ? try_set(CLOCK_REALTIME, was.tv_sec + now.tv_sec - mono.tv_sec,
				      was.tv_nsec)
			    : 0,
		 0, "back");
}

int main(void)
{
	struct timex t = { 0 };
	struct timeval tv = { 0, 1000000 };

	is_long(try_set(CLOCK_MONOTONIC, FAR, 0), -EINVAL, "nobody sets the monotonic clock");
	is_long(try_set(99, FAR, 0), -EINVAL, "or one that is not there");
	is_long(try_set(CLOCK_REALTIME, -1, 0), -EINVAL, "before 1970");
	is_long(try_set(CLOCK_REALTIME, FAR, 1000000000), -EINVAL, "no such nanosecond");
	is_long(raw(SYS_clock_settime, CLOCK_REALTIME, 8), -EFAULT, "a bad pointer");
	is_long(raw(SYS_settimeofday, &tv, 0), -EINVAL, "no such microsecond");
	is_long(raw(SYS_settimeofday, 8, 0), -EFAULT, "another");
	is_long(raw(SYS_adjtimex, 8), -EFAULT, "and another");
	ok(raw(SYS_adjtimex, &t) >= 0 && t.tick == 10000 && t.time.tv_sec > 0, "adjtimex tells");
	is_status(in_child(as_user, NULL), EXITED(0), "an ordinary user may not");
	steps();
	return done_testing();
}
