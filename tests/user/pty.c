/* SPDX-License-Identifier: ISC */
/*
 * Pseudo-terminals: names and locks, both ends' reads, writes and polls, what the end of one side
 * does to the other, packet mode, and what must be refused.
 */
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "child.h"
#include "pty.h"
#include "sys.h"
#include "tap.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

/* Is this what ttyname(3) would find? */
static bool is_named(int fd, const char *name)
{
	char link[64], path[64];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	len = readlink(path, link, sizeof(link) - 1);
	link[len < 0 ? 0 : len] = '\0';
	return strcmp(link, name) == 0;
}

static void names(void)
{
	struct pair p, q;
	struct stat st;
	int on = 1, n = -1;

	ok(open_pair(&p) && open_pair(&q), "two pairs");
	ok(stat(p.name, &st) == 0 && S_ISCHR(st.st_mode), "a slave is a character device");
	ioctl(p.master, TIOCGPTN, &n);
	ok(major(st.st_rdev) == 136 && (int)minor(st.st_rdev) == n, "136, and its number");
	ok(st.st_uid == geteuid() && !(st.st_mode & 07), "it is its opener's alone");
	ok(strcmp(p.name, q.name) != 0, "each has its own name");
	ok(isatty(p.slave) && isatty(p.master), "both ends are terminals");
	ok(is_named(p.slave, p.name), "the slave's descriptor tells the name");
	ok(chmod(p.name, 0640) == 0 && fstat(p.slave, &st) == 0 && (st.st_mode & 0777) == 0640,
	   "its mode can be changed");
	ioctl(q.master, TIOCSPTLCK, &on);
	is_long(open(q.name, O_RDWR | O_NOCTTY), -1, "a locked slave");
	is_long(errno, EIO, "is EIO");
	n = 0;
	ok(ioctl(q.master, TIOCGPTLCK, &n) == 0 && n == 1, "the lock can be asked");
	close_pair(&p);
	is_long(open(p.name, O_RDWR | O_NOCTTY), -1, "the name goes with the master");
	is_long(errno, ENOENT, "and is ENOENT");
	close_pair(&q);
	is_long(mknod("/dev/pts/x", S_IFIFO | 0600, 0), -1, "nothing else can be made there");
}

static void both_ways(void)
{
	struct pair p;

	open_pair(&p);
	type(p.slave, "out\n");
	ok(comes(p.master, "out\r\n"), "output with its carriage return");
	type(p.master, "in\r");
	ok(reads(p.slave, "in\n"), "a line typed");
	ok(comes(p.master, "in\r\n"), "and echoed");
	set_nonblock(p.master, true);
	set_nonblock(p.slave, true);
	is_long(raw(SYS_read, p.master, p.name, 1), -EAGAIN, "nothing for the master");
	is_long(raw(SYS_read, p.slave, p.name, 1), -EAGAIN, "nothing for the slave");
	is_long(poll_bits(p.master), POLLOUT, "the master can be written");
	is_long(poll_bits(p.slave), POLLOUT, "the slave too");
	type(p.slave, "x");
	ok(wait_for(p.master, POLLIN, PATIENCE_MS), "then read");
	type(p.master, "half");
	ok(!wait_for(p.slave, POLLIN, QUIET_MS), "half a line is nothing to read");
	type(p.master, "\n");
	ok(wait_for(p.slave, POLLIN, PATIENCE_MS), "the whole is");
	close_pair(&p);
}

static void by_epoll(void)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLET };
	int set = epoll_create1(0);
	struct pair p;

	open_pair(&p);
	epoll_ctl(set, EPOLL_CTL_ADD, p.master, &e);
	e.data.u32 = 1;
	epoll_ctl(set, EPOLL_CTL_ADD, p.slave, &e);
	type(p.slave, "x");
	ok(epoll_wait(set, &e, 1, PATIENCE_MS) == 1 && e.data.u32 == 0, "epoll: the master");
	type(p.master, "y\n");
	while (epoll_wait(set, &e, 1, PATIENCE_MS) == 1 && e.data.u32 == 0)
		;
	is_long(e.data.u32, 1, "epoll: the slave");
	close_pair(&p);
	close(set);
}

static void slave_ends(void)
{
	struct pair p;
	char c;

	open_master(&p);
	set_nonblock(p.master, true);
	is_long(raw(SYS_read, p.master, &c, 1), -EAGAIN, "before there is a slave nothing is read");
	set_nonblock(p.master, false);
	type(p.master, "a\n");
	ok(comes(p.master, "a\r\n"), "but what is typed is echoed");
	p.slave = open(p.name, O_RDWR | O_NOCTTY);
	ok(reads(p.slave, "a\n"), "and there when one opens it");
	type(p.slave, "last");
	close(p.slave);
	ok(reads(p.master, "last"), "what it printed last is there");
	is_long(raw(SYS_read, p.master, &c, 1), -EIO, "then EIO");
	is_long(poll_bits(p.master) & (POLLIN | POLLHUP), POLLHUP, "and POLLHUP");
	p.slave = open(p.name, O_RDWR | O_NOCTTY);
	is_long(poll_bits(p.master), POLLOUT, "it can be opened again");
	type(p.slave, "new");
	ok(reads(p.master, "new"), "and used");
	close_pair(&p);
}

static int sleep_in_read(void *arg)
{
	struct pair *p = arg;
	char c;

	close(p->master);
	return raw(SYS_read, p->slave, &c, 1) != -EIO;
}

static int sleep_in_poll(void *arg)
{
	struct pair *p = arg;

	close(p->master);
	return !wait_for(p->slave, POLLHUP, PATIENCE_MS);
}

static void master_ends(void)
{
	struct termios t;
	struct pair p;
	pid_t reader, poller;
	char c;

	open_pair(&p);
	type(p.master, "unread\n");
	wait_for(p.slave, POLLIN, PATIENCE_MS);
	tcflush(p.slave, TCIFLUSH);
	reader = start_child(sleep_in_read, &p);
	poller = start_child(sleep_in_poll, &p);
	usleep(20000);
	close(p.master);
	is_status(status_of(reader), EXITED(0), "a sleeping reader gets EIO");
	is_status(status_of(poller), EXITED(0), "a sleeping poll sees the hang-up");
	is_long(raw(SYS_read, p.slave, &c, 1), 0, "reading from then on gives the end");
	is_long(raw(SYS_write, p.slave, "a", 1), -EIO, "writing EIO");
	is_long(raw(SYS_ioctl, p.slave, TCGETS, &t), -EIO, "settings EIO");
	is_long(raw(SYS_ioctl, p.slave, TIOCSPGRP, &t), -ENOTTY, "the foreground ENOTTY");
	is_long(poll_bits(p.slave), POLLIN | POLLOUT | POLLERR | POLLHUP, "poll says all of it");
	ok(!isatty(p.slave), "it is no terminal any more");
	close(p.slave);
}

static void window(void)
{
	struct winsize a = { 24, 80, 1, 2 }, b = { 0 };
	struct pair p;

	open_pair(&p);
	ok(ioctl(p.slave, TIOCGWINSZ, &b) == 0 && !b.ws_row && !b.ws_col, "no size at first");
	ioctl(p.master, TIOCSWINSZ, &a);
	ok(ioctl(p.slave, TIOCGWINSZ, &b) == 0 && !memcmp(&a, &b, sizeof(a)),
	   "set at the master, seen at the slave");
	a.ws_row = 50;
	ioctl(p.slave, TIOCSWINSZ, &a);
	ok(ioctl(p.master, TIOCGWINSZ, &b) == 0 && b.ws_row == 50, "and the other way");
	close_pair(&p);
}

static void peer(void)
{
	struct pair p;
	int fd, on = 1;

	open_master(&p);
	fd = ioctl(p.master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	ok(fd >= 0, "the slave by its master");
	is_long(fcntl(fd, F_GETFD), FD_CLOEXEC, "with close-on-exec");
	is_long(fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK | O_NOCTTY), O_RDWR, "as flags say");
	ok(is_named(fd, p.name), "its descriptor tells the name, too");
	type(fd, "peer");
	ok(reads(p.master, "peer"), "it works");
	close(fd);
	ioctl(p.master, TIOCSPTLCK, &on);
	is_long(raw(SYS_ioctl, p.master, TIOCGPTPEER, O_RDWR | O_NOCTTY), -EIO, "not if locked");
	close(p.master);
}

static void packets(void)
{
	static const struct modes no_flow = { .in_off = IXON }, flow = { .in_on = IXON };
	struct pair p;
	int on = 1;
	char c = 0;

	open_pair(&p);
	ioctl(p.master, TIOCPKT, &on);
	ok(ioctl(p.master, TIOCGPKT, &on) == 0 && on == 1, "packet mode");
	type(p.slave, "data");
	wait_for(p.master, POLLIN, PATIENCE_MS);
	is_long(read(p.master, &c, 1), 1, "one byte of it");
	is_long(c, TIOCPKT_DATA, "says data");
	{
		char got[8] = "";

		is_long(read(p.master, got, sizeof(got)), 5, "then with the data");
		ok(!memcmp(got, "\0data", 5), "behind it");
	}
	type(p.master, "\023");
	ok(wait_for(p.master, POLLPRI, PATIENCE_MS), "^S is an event");
	is_long(read(p.master, &c, 1), 1, "it is read");
	is_long(c, TIOCPKT_STOP, "as a stop");
	type(p.master, "\021");
	wait_for(p.master, POLLPRI, PATIENCE_MS);
	ok(read(p.master, &c, 1) == 1 && c == TIOCPKT_START, "^Q as a start");
	tcflush(p.slave, TCIFLUSH);
	ok(read(p.master, &c, 1) == 1 && c == TIOCPKT_FLUSHREAD, "a flush");
	change(p.slave, &no_flow);
	ok(read(p.master, &c, 1) == 1 && c == TIOCPKT_NOSTOP, "flow control off");
	change(p.slave, &flow);
	ok(read(p.master, &c, 1) == 1 && c == TIOCPKT_DOSTOP, "and on");
	close_pair(&p);
}

/* -- hostile ----------------------------------------------------------------------------------- */

static int open_as_nobody(void *arg)
{
	if (setuid(65534))
		return 2;
	return open(arg, O_RDWR | O_NOCTTY) < 0 && errno == EACCES ? 0 : 1;
}

static void refused(void)
{
	static const long numbers[] = { TCGETS,   TCSETS,     TIOCGWINSZ, TIOCSWINSZ,
					TIOCGPTN, TIOCSPTLCK, TIOCGPTLCK, TIOCPKT,
					TIOCGPKT, FIONREAD,   TIOCGETD };
	struct pair p;
	int n;

	open_pair(&p);
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		is_long(raw(SYS_ioctl, p.master, numbers[i], 8), -EFAULT, "a bad pointer, %u", i);
	is_long(raw(SYS_read, p.master, 8, 0), 0, "reading no bytes");
	type(p.slave, "x");
	wait_for(p.master, POLLIN, PATIENCE_MS);
	is_long(raw(SYS_read, p.master, 8, 1), -EFAULT, "reading into nowhere");
	is_long(raw(SYS_write, p.master, 8, 1), -EFAULT, "typing from nowhere");
	is_long(raw(SYS_write, p.slave, 8, 1), -EFAULT, "printing from nowhere");
	is_long(raw(SYS_ioctl, p.slave, TIOCGPTN, &n), -ENOTTY, "a slave has no number");
	is_long(raw(SYS_ioctl, p.slave, TIOCPKT, &n), -ENOTTY, "nor packets");
	is_long(raw(SYS_ioctl, p.master, TIOCSIG, SIGKILL), -EINVAL, "no SIGKILL by TIOCSIG");
	is_long(raw(SYS_ioctl, p.master, TCFLSH, 3), -EINVAL, "no such queue to flush");
	is_long(raw(SYS_ioctl, p.slave, TCXONC, 4), -EINVAL, "no such flow");
	is_long(raw(SYS_ioctl, p.slave, 0x54ff, 0), -ENOTTY, "no such ioctl");
	is_long(raw(SYS_lseek, p.slave, 0, 0), -ESPIPE, "no position");
	is_long(raw(SYS_pread64, p.master, &n, 1, 0), -ESPIPE, "at either end");
	is_long(open("/dev/pts/4294967296", O_RDWR), -1, "no such name");
	is_long(open("/dev/pts/00", O_RDWR), -1, "nor this");
	if (geteuid())
		skip("not root", "another user may not open it");
	else
		is_status(in_child(open_as_nobody, p.name), EXITED(0),
			  "another user may not open it");
	close_pair(&p);
}

/* As many as one may: all, or an error that says why; none is left over. */
static void many(void)
{
	static struct pair pairs[300];
	int n = 0;

	while (n < 300 && open_master(&pairs[n]))
		n++;
	ok(n == 300 || (n >= 64 && errno == ENOSPC), "hundreds, or ENOSPC");
	while (n)
		close(pairs[--n].master);
	ok(open_pair(&pairs[0]), "and again");
	close_pair(&pairs[0]);
}

int main(void)
{
	if (!there_are_pairs())
		return done_testing();
	names();
	both_ways();
	by_epoll();
	slave_ends();
	master_ends();
	window();
	peer();
	packets();
	refused();
	many();
	return done_testing();
}
