/* SPDX-License-Identifier: ISC */
/* select and pselect6: sets in and out, time that is left, masks, and what is refused. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

static int p[2];
static volatile int caught;

static void handler(int sig)
{
	caught = sig;
}

static fd_set set_of(int a, int b)
{
	fd_set s;

	FD_ZERO(&s);
	if (a >= 0)
		FD_SET(a, &s);
	if (b >= 0)
		FD_SET(b, &s);
	return s;
}

static long ask(fd_set *in, fd_set *out, long us)
{
	struct timeval tv = { us / 1000000, us % 1000000 };

	return raw(SYS_select, 64, in, out, 0, &tv);
}

static void readiness(void)
{
	fd_set in = set_of(p[0], -1), out = set_of(p[1], -1);
	struct timeval tv = { 0, 20000 };
	char c;

	is_long(ask(&in, &out, 0), 1, "an empty pipe: one of two");
	ok(!FD_ISSET(p[0], &in) && FD_ISSET(p[1], &out), "the writing end");
	in = set_of(p[0], -1);
	is_long(raw(SYS_select, 64, &in, 0, 0, &tv), 0, "waiting in vain");
	ok(tv.tv_sec == 0 && tv.tv_usec == 0, "no time is left");
	ok(!FD_ISSET(p[0], &in), "the set is empty");
	is_long(write(p[1], "x", 1), 1, "a byte");
	in = set_of(p[0], -1);
	out = set_of(p[1], -1);
	tv.tv_sec = 5;
	is_long(raw(SYS_select, 64, &in, &out, 0, &tv), 2, "both");
	ok(tv.tv_sec == 4 && tv.tv_usec > 0, "the time left is told");
	in = set_of(p[0], -1);
	tv = (struct timeval){ 0, 0 };
	is_long(raw(SYS_select, p[0], &in, 0, 0, &tv), 0, "nfds is one more than the highest");
	is_long(read(p[0], &c, 1), 1, "the byte out");
}

static int write_later(void *arg)
{
	(void)arg;
	usleep(20000);
	return write(p[1], "x", 1) != 1;
}

static void sleeping(void)
{
	fd_set in = set_of(p[0], -1);
	pid_t pid = start_child(write_later, 0);
	char c;

	is_long(raw(SYS_select, 64, &in, 0, 0, 0), 1, "without a time: until there is a byte");
	ok(FD_ISSET(p[0], &in), "which can be read");
	is_long(read(p[0], &c, 1), 1, "is read");
	is_status(status_of(pid), EXITED(0), "the writer is content");
}

/* A writing end whose reader has gone fails; a reading end at its end can be read. */
static void ends(void)
{
	fd_set in, out;
	int q[2], s[2];

	if (pipe(q) < 0 || pipe(s) < 0)
		return;
	close(q[0]);
	close(s[1]);
	in = set_of(s[0], -1);
	out = set_of(q[1], -1);
	is_long(ask(&in, &out, 0), 2, "broken ends are ready");
	out = set_of(s[0], -1);
	is_long(ask(0, &out, 10000), 0, "but the end of the bytes is nothing to a writer");
	close(q[1]);
	close(s[0]);
}

static void masks(void)
{
	struct sigaction sa = { .sa_handler = handler };
	unsigned long block = 1UL << (SIGUSR1 - 1), none = 0;
	struct {
		void *set;
		size_t size;
	} mask = { &none, 8 };
	struct timespec ts = { 5, 0 };
	fd_set in = set_of(p[0], -1);

	sigaction(SIGUSR1, &sa, 0);
	raw(SYS_rt_sigprocmask, SIG_BLOCK, &block, 0, 8);
	kill(getpid(), SIGUSR1);
	is_long(raw(SYS_pselect6, 64, &in, 0, 0, &ts, &mask), -EINTR, "a mask lets the signal in");
	is_long(caught, SIGUSR1, "its handler has run");
	raw(SYS_rt_sigprocmask, SIG_BLOCK, 0, &none, 8);
	is_long(none & block, block, "the old mask is back");
	ts.tv_sec = 0;
	is_long(raw(SYS_pselect6, 64, &in, 0, 0, &ts, 0), 0, "no mask at all");
	mask.size = 4;
	is_long(raw(SYS_pselect6, 64, &in, 0, 0, &ts, &mask), -EINVAL, "a mask of four bytes");
}

static void refused(void)
{
	struct timeval tv = { 0, -1 };
	fd_set in = set_of(63, -1);

	is_long(raw(SYS_select, -1, 0, 0, 0, 0), -EINVAL, "a negative number");
	is_long(raw(SYS_select, 0, 0, 0, 0, &tv), -EINVAL, "a negative time");
	tv.tv_usec = 0;
	is_long(raw(SYS_select, 64, &in, 0, 0, &tv), -EBADF, "a descriptor that is not open");
	is_long(raw(SYS_select, 64, 8, 0, 0, &tv), -EFAULT, "a bad set");
	is_long(raw(SYS_select, 64, 0, 0, 0, 8), -EFAULT, "a bad time");
	is_long(raw(SYS_select, 0, 0, 0, 0, &tv), 0, "nothing at all");
}

int main(void)
{
	if (pipe(p) < 0)
		return 1;
	readiness();
	sleeping();
	ends();
	masks();
	refused();
	return done_testing();
}
