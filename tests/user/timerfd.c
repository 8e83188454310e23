/* SPDX-License-Identifier: ISC */
/* timerfd: expirations are counted, read once, polled for, and forgotten when it is set anew. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "sys.h"
#include "tap.h"

#define MS 1000000L

static uint64_t value;

static long get(int fd)
{
	value = 0;
	return raw(SYS_read, fd, &value, 8);
}

static long set(int fd, int flags, long ns, long interval)
{
	struct itimerspec t = { { interval / 1000000000, interval % 1000000000 },
				{ ns / 1000000000, ns % 1000000000 } };

	return raw(SYS_timerfd_settime, fd, flags, &t, 0);
}

static long now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000L + ts.tv_nsec;
}

static void once(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	struct pollfd p = { fd, POLLIN, 0 };
	struct itimerspec t;
	long start;

	ok(fd >= 0, "a timer");
	is_long(get(fd), -EAGAIN, "not armed: nothing to read");
	start = now(CLOCK_MONOTONIC);
	is_long(set(fd, 0, 300 * MS, 0), 0, "armed for 300 ms");
	is_long(get(fd), -EAGAIN, "nothing yet");
	is_long(timerfd_gettime(fd, &t), 0, "asked what is left");
	ok(t.it_value.tv_sec == 0 && t.it_value.tv_nsec > 0 && t.it_value.tv_nsec <= 300 * MS,
	   "less than 300 ms");
	is_long(poll(&p, 1, 2000), 1, "poll waits for it");
	ok(now(CLOCK_MONOTONIC) - start >= 300 * MS, "long enough");
	is_long(get(fd), 8, "it can be read");
	is_long(value, 1, "one expiration");
	is_long(get(fd), -EAGAIN, "once");
	timerfd_gettime(fd, &t);
	ok(t.it_value.tv_sec == 0 && t.it_value.tv_nsec == 0, "it is not armed any more");
	is_long(raw(SYS_write, fd, &value, 8), -EINVAL, "it cannot be written");
	close(fd);
}

static void repeated(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	struct itimerspec t;

	is_long(set(fd, 0, 10 * MS, 10 * MS), 0, "every 10 ms");
	usleep(65000);
	is_long(get(fd), 8, "read after 65 ms");
	ok(value >= 6, "at least six expirations in one number");
	is_long(get(fd), 8, "a reader sleeps for the next");
	ok(value >= 1, "and gets it");
	timerfd_gettime(fd, &t);
	is_long(t.it_interval.tv_nsec, 10 * MS, "the interval is told");
	usleep(15000);
	is_long(set(fd, 0, 0, 0), 0, "disarmed");
	fcntl(fd, F_SETFL, O_NONBLOCK);
	is_long(get(fd), -EAGAIN, "which forgets what was not read");
	close(fd);
}

static void absolute(clockid_t clock, const char *name)
{
	int fd = timerfd_create(clock, 0);

	is_long(set(fd, TFD_TIMER_ABSTIME, now(clock) + 20 * MS, 0), 0, "%s: absolute", name);
	is_long(get(fd), 8, "%s: comes", name);
	is_long(set(fd, TFD_TIMER_ABSTIME, now(clock) - 20 * MS, 0), 0, "%s: in the past", name);
	is_long(get(fd), 8, "%s: comes at once", name);
	is_long(value, 1, "%s: one expiration", name);
	close(fd);
}

static void refused(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	struct itimerspec t = { { 0, 0 }, { 0, 1000000000 } };
	char small[4];

	is_long(raw(SYS_timerfd_create, 99, 0), -EINVAL, "an unknown clock");
	is_long(raw(SYS_timerfd_create, CLOCK_PROCESS_CPUTIME_ID, 0), -EINVAL, "CPU time");
	is_long(raw(SYS_timerfd_create, CLOCK_MONOTONIC, 1), -EINVAL, "an unknown flag");
	is_long(raw(SYS_timerfd_settime, fd, 0, &t, 0), -EINVAL, "a whole second of ns");
	t.it_value.tv_nsec = 0;
	is_long(raw(SYS_timerfd_settime, fd, 16, &t, 0), -EINVAL, "an unknown flag to set");
	is_long(raw(SYS_timerfd_settime, fd, 0, 8, 0), -EFAULT, "a bad pointer");
	is_long(raw(SYS_timerfd_settime, 1, 0, &t, 0), -EINVAL, "not a timer");
	is_long(raw(SYS_timerfd_gettime, 1, &t), -EINVAL, "nor to be asked");
	is_long(raw(SYS_timerfd_gettime, 999, &t), -EBADF, "not open");
	is_long(raw(SYS_timerfd_gettime, fd, 8), -EFAULT, "a bad pointer to fill");
	is_long(raw(SYS_read, fd, small, 4), -EINVAL, "a buffer of four bytes");
	close(fd);
}

int main(void)
{
	once();
	repeated();
	absolute(CLOCK_MONOTONIC, "monotonic");
	absolute(CLOCK_REALTIME, "real time");
	refused();
	return done_testing();
}
