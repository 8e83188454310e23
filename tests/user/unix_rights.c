/* SPDX-License-Identifier: ISC */
/* Open files and credentials that go along with messages; sockets that only messages hold. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

static char buf[4096];

/* Room for control messages, aligned as their heads are. */
static union {
	struct cmsghdr head;
	char bytes[2048];
} control;

static struct msghdr plain(struct iovec *v, void *p, size_t n)
{
	*v = (struct iovec){ p, n };
	return (struct msghdr){ .msg_iov = v, .msg_iovlen = 1 };
}

static long put(int s, const struct msghdr *m, int flags)
{
	return raw(SYS_sendmsg, s, m, flags | MSG_NOSIGNAL);
}

/* Sends @text with @count descriptors. */
static long send_fds(int s, const char *text, const int *fds, int count)
{
	struct iovec v;
	struct msghdr m = plain(&v, (void *)text, strlen(text));

	control.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(count * sizeof(int)),
					 .cmsg_level = SOL_SOCKET,
					 .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&control.head), fds, count * sizeof(int));
	m.msg_control = &control;
	m.msg_controllen = CMSG_SPACE(count * sizeof(int));
	return put(s, &m, 0);
}

/* Receives with room for @room bytes of control; *m tells the rest. */
static long take(int s, struct msghdr *m, size_t room, int flags)
{
	static struct iovec v;

	memset(&control, 0, sizeof(control));
	*m = plain(&v, buf, sizeof(buf));
	m->msg_control = &control;
	m->msg_controllen = room;
	return raw(SYS_recvmsg, s, m, flags);
}

static int first_fd(void)
{
	int fd;

	memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
	return fd;
}

/* What the received control message holds. */
static long count_fds(const struct msghdr *m)
{
	if (m->msg_controllen < sizeof(struct cmsghdr) || control.head.cmsg_type != SCM_RIGHTS)
		return 0;
	return (control.head.cmsg_len - CMSG_LEN(0)) / sizeof(int);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void rights(void)
{
	struct msghdr m;
	struct stat st, mine;
	int s[2], p[2], many[253], fd;

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	pipe(p);
	is_long(send_fds(s[0], "x", p, 2), 1, "both ends of a pipe go along");
	fstat(p[1], &mine);
	close(p[0]);
	close(p[1]);
	is_long(take(s[1], &m, sizeof(control), MSG_CMSG_CLOEXEC), 1, "a byte comes");
	is_long(count_fds(&m), 2, "with two descriptors");
	is_long(m.msg_controllen, CMSG_SPACE(2 * sizeof(int)), "and says how much that was");
	memcpy(p, CMSG_DATA(&control.head), sizeof(p));
	ok(fstat(p[1], &st) == 0 && st.st_ino == mine.st_ino, "they are the same pipe's");
	is_long(fcntl(p[0], F_GETFD), FD_CLOEXEC, "close-on-exec as asked");
	is_long(write(p[1], "through", 7), 7, "and work");
	is_long(read(p[0], buf, 100), 7, "both");
	send_fds(s[0], "y", p, 2);
	is_long(take(s[1], &m, CMSG_LEN(sizeof(int)), 0), 1, "room for one");
	is_long(count_fds(&m), 1, "gets one");
	is_long(m.msg_flags, MSG_CTRUNC, "and is told");
	close(first_fd());
	send_fds(s[0], "z", p, 2);
	is_long(take(s[1], &m, 0, 0), 1, "room for none");
	is_long(m.msg_flags, MSG_CTRUNC, "is told too");
	send_fds(s[0], "z", p, 1);
	is_long(read(s[1], buf, 10), 1, "a plain read loses them");
	send_fds(s[0], "one", p, 1);
	write(s[0], "two", 3);
	is_long(take(s[1], &m, sizeof(control), MSG_PEEK), 3, "a look stops at them");
	fd = first_fd();
	ok(count_fds(&m) == 1 && is_open(fd), "and has them");
	close(fd);
	is_long(take(s[1], &m, sizeof(control), 0), 3, "a read as well");
	is_long(count_fds(&m), 1, "it has them again");
	close(first_fd());
	is_long(read(s[1], buf, 10), 3, "what follows comes next");
	for (int i = 0; i < 253; i++)
		many[i] = p[0];
	is_long(send_fds(s[0], "m", many, 253), 1, "253 at once");
	is_long(read(s[1], buf, 10), 1, "nobody wants them");
	fd = 999;
	is_long(send_fds(s[0], "b", &fd, 1), -EBADF, "one that is not open");
	fd = -1;
	is_long(send_fds(s[0], "b", &fd, 1), -EBADF, "less than none");
	close(p[0]);
	send_fds(s[0], "e", p + 1, 1);
	close(p[1]);
	close(s[0]);
	close(s[1]);
}

/* The end of a pipe is seen when the message that held the other one goes. */
static void ends(void)
{
	int s[2], p[2];

	socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
	pipe(p);
	send_fds(s[0], "x", p + 1, 1);
	close(p[1]);
	fcntl(p[0], F_SETFL, O_NONBLOCK);
	is_long(raw(SYS_read, p[0], buf, 1), -EAGAIN, "a pipe whose writer is under way");
	close(s[1]);
	close(s[0]);
	is_long(raw(SYS_read, p[0], buf, 1), 0, "ends with the message");
	close(p[0]);
}

/* Does the pipe end? What holds its writer may go a little later. */
static long end_of(int fd)
{
	struct pollfd p = { fd, 0, 0 };

	poll(&p, 1, 10000);
	return raw(SYS_read, fd, buf, 1);
}

/* Garbage is looked for when a socket is closed. */
static void collect(void)
{
	int s[2];

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	close(s[0]);
	close(s[1]);
}

/* Sockets that hold each other must not be there for ever: the pipe's end tells. */
static void cycles(void)
{
	int s[2], t[2], p[2], l, c;
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "\0leash cycle" };
	socklen_t len = offsetof(struct sockaddr_un, sun_path) + 12;

	pipe(p);
	fcntl(p[0], F_SETFL, O_NONBLOCK);
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	send_fds(s[0], "x", s, 2);
	send_fds(s[0], "x", p + 1, 1);
	close(s[0]);
	close(s[1]);
	is_long(raw(SYS_read, p[0], buf, 1), -EAGAIN, "a writer is open still");
	close(p[1]);
	collect();
	is_long(end_of(p[0]), 0, "a pair in its own queue goes");
	close(p[0]);
	pipe(p);
	fcntl(p[0], F_SETFL, O_NONBLOCK);
	socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
	socketpair(AF_UNIX, SOCK_DGRAM, 0, t);
	send_fds(s[0], "x", &t[1], 1);
	send_fds(t[0], "x", &s[1], 1);
	send_fds(t[0], "x", p + 1, 1);
	close(p[1]);
	close(s[0]);
	close(s[1]);
	is_long(raw(SYS_read, p[0], buf, 1), -EAGAIN, "one is held still");
	close(t[0]);
	close(t[1]);
	collect();
	is_long(end_of(p[0]), 0, "two in each other's queue go");
	close(p[0]);
	pipe(p);
	fcntl(p[0], F_SETFL, O_NONBLOCK);
	l = socket(AF_UNIX, SOCK_STREAM, 0);
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	bind(l, (void *)&a, len);
	listen(l, 5);
	connect(c, (void *)&a, len);
	send_fds(c, "x", &l, 1);
	send_fds(c, "x", p + 1, 1);
	close(p[1]);
	close(l);
	close(c);
	is_long(end_of(p[0]), 0, "a listener in a connection that it never accepted");
	close(p[0]);
}

/* What is reachable must stay: a socket in the queue of one that is in a third one's. */
static void kept(void)
{
	int s[2], t[2], u[2];
	struct msghdr m;

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	socketpair(AF_UNIX, SOCK_STREAM, 0, t);
	socketpair(AF_UNIX, SOCK_STREAM, 0, u);
	write(u[0], "inner", 5);
	send_fds(t[0], "t", &u[1], 1);
	close(u[1]);
	send_fds(s[0], "s", &t[1], 1);
	close(t[1]);
	close(t[0]);
	is_long(take(s[1], &m, sizeof(control), 0), 1, "the outer");
	t[1] = first_fd();
	is_long(take(t[1], &m, sizeof(control), 0), 1, "the one in it");
	u[1] = first_fd();
	is_long(read(u[1], buf, 100), 5, "and what was sent to the innermost");
	close(s[0]);
	close(s[1]);
	close(t[1]);
	close(u[0]);
	close(u[1]);
}

static long send_cred(int s, pid_t pid, uid_t uid)
{
	struct ucred cred = { pid, uid, getgid() };
	struct iovec v;
	struct msghdr m = plain(&v, "c", 1);

	control.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(cred)),
					 .cmsg_level = SOL_SOCKET,
					 .cmsg_type = SCM_CREDENTIALS };
	memcpy(CMSG_DATA(&control.head), &cred, sizeof(cred));
	m.msg_control = &control;
	m.msg_controllen = CMSG_SPACE(sizeof(cred));
	return put(s, &m, 0);
}

static int pretend(void *arg)
{
	int s = *(int *)arg;

	if (raw(SYS_setresuid, 1000, 1000, 1000))
		return 1;
	if (send_cred(s, getpid(), 0) != -EPERM || send_cred(s, 1, 1000) != -EPERM)
		return 2;
	return send_cred(s, getpid(), 1000) == 1 ? 0 : 3;
}

static bool has_cred(const struct msghdr *m, struct ucred *cred)
{
	if (m->msg_controllen < CMSG_SPACE(sizeof(*cred)) ||
	    control.head.cmsg_type != SCM_CREDENTIALS)
		return false;
	memcpy(cred, CMSG_DATA(&control.head), sizeof(*cred));
	return true;
}

static void credentials(void)
{
	struct ucred cred = { 0 };
	struct msghdr m;
	int s[2], on = 1;
	pid_t pid;

	socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
	write(s[0], "x", 1);
	setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
	take(s[1], &m, sizeof(control), 0);
	ok(has_cred(&m, &cred) && cred.pid == 0 && cred.uid == 65534, "sent before anybody asked");
	write(s[0], "x", 1);
	take(s[1], &m, sizeof(control), 0);
	ok(has_cred(&m, &cred) && cred.pid == getpid() && cred.uid == getuid(), "whose it is");
	is_long(send_cred(s[0], getpid(), getuid()), 1, "who one is may be said");
	take(s[1], &m, sizeof(control), 0);
	ok(has_cred(&m, &cred) && cred.pid == getpid(), "and is told");
	pid = start_child(pretend, &s[0]);
	is_status(status_of(pid), EXITED(0), "an ordinary user is who he is");
	take(s[1], &m, sizeof(control), 0);
	ok(has_cred(&m, &cred) && cred.pid == pid && cred.uid == 1000, "which is told");
	take(s[1], &m, 10, MSG_DONTWAIT);
	write(s[0], "x", 1);
	take(s[1], &m, 10, 0);
	is_long(m.msg_flags, MSG_CTRUNC, "no room for it");
	close(s[0]);
	close(s[1]);
}

int main(void)
{
	rights();
	ends();
	cycles();
	kept();
	credentials();
	return done_testing();
}
