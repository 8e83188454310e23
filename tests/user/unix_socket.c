/* SPDX-License-Identifier: ISC */
/* Pairs of AF_UNIX sockets: streams, packets, their ends, how full they get, what they tell. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

static char block[1 << 20];
static char back[1 << 20];

static long pair(int type, int s[2])
{
	return raw(SYS_socketpair, AF_UNIX, type, 0, s);
}

static long put(int fd, const void *p, long n, int flags)
{
	return raw(SYS_sendto, fd, p, n, flags, 0, 0);
}

static long get(int fd, long n, int flags)
{
	return raw(SYS_recvfrom, fd, back, n, flags, 0, 0);
}

static long number(int fd, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);
	long r = raw(SYS_getsockopt, fd, SOL_SOCKET, name, &value, &len);

	return r < 0 ? r : value;
}

static short ready(int fd)
{
	struct pollfd p = { fd, POLLIN | POLLOUT | POLLRDHUP, 0 };

	return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

static void streams(void)
{
	struct stat st;
	int s[2], n;

	is_long(pair(SOCK_STREAM | SOCK_CLOEXEC, s), 0, "a pair of streams");
	is_long(fcntl(s[1], F_GETFD), FD_CLOEXEC, "close-on-exec");
	ok(fstat(s[0], &st) == 0 && S_ISSOCK(st.st_mode), "fstat says socket");
	is_long(ready(s[0]), POLLOUT, "nothing to read");
	is_long(get(s[0], 8, MSG_DONTWAIT), -EAGAIN, "really not");
	is_long(write(s[0], "hello", 5), 5, "five bytes");
	is_long(put(s[0], "world", 5, 0), 5, "and five more");
	is_long(ready(s[1]), POLLIN | POLLOUT, "can be read");
	is_long(ioctl(s[1], FIONREAD, &n) < 0 ? -1 : n, 10, "ten bytes are there");
	is_long(get(s[1], 3, MSG_PEEK), 3, "a look at three");
	is_long(get(s[1], 100, 0), 10, "a stream joins them");
	ok(memcmp(back, "helloworld", 10) == 0, "in the same order");
	is_long(write(s[1], "back", 4), 4, "the other way");
	is_long(read(s[0], back, 2), 2, "in parts");
	is_long(read(s[0], back, 2), 2, "too");
	is_long(raw(SYS_read, s[0], back, 0), 0, "none is asked, none comes");
	is_long(raw(SYS_lseek, s[0], 0, SEEK_SET), -ESPIPE, "no seeking");
	is_long(write(s[1], "rest", 4), 4, "four bytes, then the end");
	close(s[1]);
	is_long(ready(s[0]), POLLIN | POLLOUT | POLLHUP | POLLRDHUP, "which poll tells");
	is_long(get(s[0], 100, 0), 4, "they are still there");
	is_long(get(s[0], 100, 0), 0, "then the end");
	is_long(put(s[0], "x", 1, MSG_NOSIGNAL), -EPIPE, "nobody to send to");
	close(s[0]);
}

static void packets(int type, const char *name)
{
	int s[2];

	is_long(pair(type | SOCK_NONBLOCK, s), 0, "%s: a pair", name);
	is_long(number(s[0], SO_TYPE), type, "%s: its type", name);
	is_long(put(s[0], "first", 5, 0), 5, "%s: five bytes", name);
	is_long(put(s[0], "", 0, 0), 0, "%s: none", name);
	is_long(put(s[0], "third", 5, 0), 5, "%s: five", name);
	is_long(get(s[1], 2, MSG_PEEK | MSG_TRUNC), 5, "%s: its length is told", name);
	is_long(get(s[1], 2, 0), 2, "%s: a short buffer", name);
	is_long(get(s[1], 100, 0), 0, "%s: loses the rest; the empty one is next", name);
	is_long(get(s[1], 100, 0), 5, "%s: and the third", name);
	ok(memcmp(back, "third", 5) == 0, "%s: it is that", name);
	is_long(get(s[1], 100, 0), -EAGAIN, "%s: no more", name);
	is_long(put(s[0], block, sizeof(block), 0), -EMSGSIZE, "%s: too long", name);
	close(s[1]);
	is_long(put(s[0], "x", 1, MSG_NOSIGNAL), type == SOCK_DGRAM ? -ECONNREFUSED : -EPIPE,
		"%s: nobody is there", name);
	close(s[0]);
}

static int send_all(void *arg)
{
	int *s = arg;
	long done = 0, n;

	close(s[0]);
	while (done < (long)sizeof(block) &&
	       (n = write(s[1], block + done, sizeof(block) - done)) > 0)
		done += n;
	return done != sizeof(block);
}

static void fullness(void)
{
	long total = 0, n;
	pid_t pid;
	int s[2];

	for (unsigned i = 0; i < sizeof(block); i++)
		block[i] = i * 7 + i / 1000;
	pair(SOCK_STREAM, s);
	while ((n = put(s[0], block, 1024, MSG_DONTWAIT)) > 0)
		total += n;
	is_long(n, -EAGAIN, "full");
	ok(total >= 65536 && total <= 1 << 20, "after a bounded number of bytes");
	ok(!(ready(s[0]) & POLLOUT), "it cannot be written");
	for (n = 0; n < total;)
		n += get(s[1], 4096, 0);
	is_long(n, total, "all come out");
	ok(ready(s[0]) & POLLOUT, "it can be written again");
	close(s[0]);
	close(s[1]);
	pair(SOCK_STREAM, s);
	pid = start_child(send_all, s);
	close(s[1]);
	for (total = 0; (n = read(s[0], back + total, sizeof(back) - total)) > 0;)
		total += n;
	is_long(total, sizeof(block), "a megabyte from a child that sleeps when it is full");
	ok(memcmp(block, back, sizeof(block)) == 0, "unchanged");
	is_status(status_of(pid), EXITED(0), "the child is content");
	close(s[0]);
}

static int write_killed(void *arg)
{
	return write(*(int *)arg, "x", 1) != 1;
}

static int send_killed(void *arg)
{
	return put(*(int *)arg, "x", 1, 0) != 1;
}

static void ends(void)
{
	int s[2];

	pair(SOCK_STREAM, s);
	write(s[1], "x", 1);
	is_long(raw(SYS_shutdown, s[0], SHUT_WR), 0, "no more from here");
	is_long(get(s[1], 1, 0), 0, "the other side sees the end");
	is_long(get(s[0], 1, 0), 1, "and can send still");
	is_status(in_child(write_killed, s), KILLED(SIGPIPE), "writing after it: SIGPIPE");
	is_status(in_child(send_killed, s), KILLED(SIGPIPE), "sending too");
	is_long(put(s[0], "x", 1, MSG_NOSIGNAL), -EPIPE, "unless it is not wanted");
	is_long(raw(SYS_shutdown, s[0], 3), -EINVAL, "an unknown way");
	close(s[0]);
	close(s[1]);
	pair(SOCK_STREAM, s);
	write(s[0], "unread", 6);
	close(s[1]);
	is_long(get(s[0], 1, 0), -ECONNRESET, "the peer went without reading");
	is_long(get(s[0], 1, 0), 0, "which is told once");
	close(s[0]);
}

static void options(void)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int s[2], bad[2];

	pair(SOCK_SEQPACKET, s);
	is_long(number(s[0], SO_ERROR), 0, "no error");
	is_long(number(s[0], SO_DOMAIN), AF_UNIX, "its family");
	is_long(number(s[0], SO_ACCEPTCONN), 0, "it does not listen");
	ok(number(s[0], SO_SNDBUF) > 65536, "its room");
	is_long(number(s[0], 9999), -ENOPROTOOPT, "an unknown option");
	is_long(number(0, SO_TYPE) == -ENOTSOCK || number(0, SO_TYPE) > 0, 1, "descriptor 0");
	is_long(getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &cred, &len), 0, "who made it");
	ok(cred.pid == getpid() && cred.uid == geteuid(), "this process");
	is_long(raw(SYS_socketpair, AF_UNIX, 77, 0, bad) < 0, 1, "an unknown type");
	is_long(raw(SYS_socketpair, AF_UNIX, SOCK_STREAM, 9, bad), -EPROTONOSUPPORT, "a protocol");
	is_long(raw(SYS_socketpair, 99, SOCK_STREAM, 0, bad), -EAFNOSUPPORT, "a family");
	is_long(raw(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, 8), -EFAULT, "a bad pointer");
	is_long(put(s[0], (void *)8, 5, 0), -EFAULT, "sending from a bad pointer");
	close(s[0]);
	close(s[1]);
}

static void watched(void)
{
	struct epoll_event e = { EPOLLIN | EPOLLET, { 0 } };
	int ep = epoll_create1(0), s[2];

	pair(SOCK_STREAM, s);
	epoll_ctl(ep, EPOLL_CTL_ADD, s[0], &e);
	is_long(epoll_wait(ep, &e, 1, 0), 0, "epoll: nothing");
	write(s[1], "x", 1);
	is_long(epoll_wait(ep, &e, 1, 0), 1, "epoll: a byte");
	is_long(epoll_wait(ep, &e, 1, 0), 0, "epoll: told once");
	close(s[1]);
	is_long(epoll_wait(ep, &e, 1, 0), 1, "epoll: the end");
	close(s[0]);
	close(ep);
}

int main(void)
{
	streams();
	packets(SOCK_DGRAM, "datagrams");
	packets(SOCK_SEQPACKET, "sequenced");
	fullness();
	ends();
	options();
	watched();
	return done_testing();
}
