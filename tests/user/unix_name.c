/* SPDX-License-Identifier: ISC */
/* Named AF_UNIX sockets: paths and abstract names, connections, datagrams, options, hostile lengths. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define PATH "/tmp/leash-unix"
#define OTHER "/tmp/leash-unix2"

static char buf[4096];

static long sock(int type)
{
	return raw(SYS_socket, AF_UNIX, type, 0);
}

static struct sockaddr_un name_of(const char *text)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	strcpy(a.sun_path, text);
	return a;
}

static long bind_to(int fd, const char *text)
{
	struct sockaddr_un a = name_of(text);

	return raw(SYS_bind, fd, &a, sizeof(a));
}

static long connect_to(int fd, const char *text)
{
	struct sockaddr_un a = name_of(text);

	return raw(SYS_connect, fd, &a, sizeof(a));
}

/* An abstract name: its bytes, the NUL in front included. */
static socklen_t abstract(struct sockaddr_un *a, const char *text)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strcpy(a->sun_path + 1, text);
	return offsetof(struct sockaddr_un, sun_path) + 1 + strlen(text);
}

static short ready(int fd)
{
	struct pollfd p = { fd, POLLIN | POLLOUT | POLLRDHUP, 0 };

	return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

static long number(int fd, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);
	long r = raw(SYS_getsockopt, fd, SOL_SOCKET, name, &value, &len);

	return r < 0 ? r : value;
}

static void names(void)
{
	struct sockaddr_un a = { 0 };
	socklen_t len = sizeof(a);
	int s = sock(SOCK_STREAM), t = sock(SOCK_STREAM);
	struct stat st;

	is_long(raw(SYS_getsockname, s, &a, &len), 0, "no name yet");
	is_long(len, 2, "which is the family alone");
	umask(022);
	is_long(bind_to(s, PATH), 0, "a path");
	ok(stat(PATH, &st) == 0 && S_ISSOCK(st.st_mode), "is a socket in the file system");
	is_long(st.st_mode & 0777, 0755, "made with the umask");
	len = sizeof(a);
	raw(SYS_getsockname, s, &a, &len);
	is_long(len, 2 + sizeof(PATH), "its length has the NUL");
	ok(!strcmp(a.sun_path, PATH), "and it is that");
	len = 5;
	memset(&a, 0, sizeof(a));
	is_long(raw(SYS_getsockname, s, &a, &len), 0, "a short buffer");
	ok(len == 2 + sizeof(PATH) && !strcmp(a.sun_path, "/tm"),
	   "gets a part and the whole length");
	is_long(bind_to(s, OTHER), -EINVAL, "one name is enough");
	is_long(bind_to(t, PATH), -EADDRINUSE, "one socket a name");
	is_long(raw(SYS_open, PATH, O_RDWR), -ENXIO, "it cannot be opened");
	is_long(connect_to(t, PATH), -ECONNREFUSED, "nobody listens");
	is_long(connect_to(t, OTHER), -ENOENT, "nobody is there");
	close(raw(SYS_open, OTHER, O_CREAT, 0600));
	is_long(connect_to(t, OTHER), -ECONNREFUSED, "a plain file");
	is_long(bind_to(t, OTHER), -EADDRINUSE, "it is in the way as well");
	unlink(OTHER);
	close(s);
	is_long(connect_to(t, PATH), -ECONNREFUSED, "the path stays, the socket has gone");
	is_long(bind_to(t, PATH), -EADDRINUSE, "and is in the way");
	unlink(PATH);
	is_long(bind_to(t, PATH), 0, "until it is removed");
	close(t);
	unlink(PATH);
	is_long(bind_to(sock(SOCK_DGRAM), "/none/of/these"), -ENOENT, "a path to nowhere");
}

static void abstract_names(void)
{
	struct sockaddr_un a;
	socklen_t len = abstract(&a, "leash test"), got = sizeof(a);
	int s = sock(SOCK_DGRAM), t = sock(SOCK_DGRAM);

	is_long(raw(SYS_bind, s, &a, len), 0, "an abstract name");
	is_long(raw(SYS_bind, t, &a, len), -EADDRINUSE, "has one owner");
	is_long(raw(SYS_bind, t, &a, len - 1), 0, "another length is another name");
	is_long(raw(SYS_getsockname, s, &a, &got), 0, "it is told");
	is_long(got, len, "with its length");
	close(s);
	close(t);
	s = sock(SOCK_DGRAM);
	is_long(raw(SYS_bind, s, &a, len), 0, "it goes with its socket");
	close(s);
	s = sock(SOCK_DGRAM);
	is_long(raw(SYS_bind, s, &a, 2), 0, "any name");
	got = sizeof(a);
	raw(SYS_getsockname, s, &a, &got);
	ok(got == 8 && a.sun_path[0] == 0, "is five digits behind the NUL");
	close(s);
}

static void streams(void)
{
	int l = sock(SOCK_STREAM), c = sock(SOCK_STREAM | SOCK_NONBLOCK), a, n;
	struct sockaddr_un addr;
	socklen_t len = sizeof(addr);
	struct ucred cred;

	is_long(raw(SYS_listen, l, 2), -EINVAL, "who has no name cannot listen");
	bind_to(l, PATH);
	is_long(raw(SYS_accept, l, 0, 0), -EINVAL, "who does not listen cannot accept");
	is_long(ready(l), POLLOUT | POLLHUP, "poll: no connection");
	is_long(raw(SYS_listen, l, 2), 0, "it listens");
	is_long(number(l, SO_ACCEPTCONN), 1, "and says so");
	is_long(ready(l), 0, "poll: nothing yet");
	fcntl(l, F_SETFL, O_NONBLOCK);
	is_long(raw(SYS_accept, l, 0, 0), -EAGAIN, "nobody has come");
	is_long(write(c, "x", 1) < 0 ? -errno : 1, -ENOTCONN, "no sending before");
	is_long(read(c, buf, 1) < 0 ? -errno : 1, -EINVAL, "no receiving before");
	is_long(connect_to(c, PATH), 0, "connected at once");
	is_long(connect_to(c, PATH), -EISCONN, "once is enough");
	is_long(ready(l), POLLIN, "poll: somebody waits");
	is_long(write(c, "early", 5), 5, "it can send already");
	is_long(raw(SYS_read, l, buf, 1), -EINVAL, "the listener reads nothing");
	a = raw(SYS_accept4, l, &addr, &len, SOCK_CLOEXEC);
	ok(a >= 0, "accepted");
	is_long(len, 2, "its peer has no name");
	is_long(fcntl(a, F_GETFD), FD_CLOEXEC, "close-on-exec as asked");
	is_long(read(a, buf, 10), 5, "the early bytes");
	len = sizeof(addr);
	is_long(raw(SYS_getpeername, c, &addr, &len), 0, "whom it talks to");
	ok(!strcmp(addr.sun_path, PATH), "is the listener's name");
	len = sizeof(addr);
	raw(SYS_getsockname, a, &addr, &len);
	ok(!strcmp(addr.sun_path, PATH), "the accepted one has it too");
	len = sizeof(cred);
	getsockopt(c, SOL_SOCKET, SO_PEERCRED, &cred, &len);
	ok(cred.pid == getpid() && cred.uid == geteuid(), "the credentials of who listens");
	len = sizeof(cred);
	getsockopt(a, SOL_SOCKET, SO_PEERCRED, &cred, &len);
	ok(cred.pid == getpid(), "and of who connected");
	is_long(raw(SYS_getpeername, l, &addr, &len), -ENOTCONN, "the listener has no peer");
	for (n = 0; n < 10; n++)
		if (connect_to(sock(SOCK_STREAM | SOCK_NONBLOCK), PATH))
			break;
	is_long(n, 3, "one more than the backlog may wait");
	is_long(connect_to(sock(SOCK_STREAM | SOCK_NONBLOCK), PATH), -EAGAIN, "the next not");
	close(l);
	is_long(ready(c), POLLOUT, "an accepted connection outlives its listener");
	is_long(connect_to(sock(SOCK_STREAM), PATH), -ECONNREFUSED, "nobody listens any more");
	close(a);
	is_long(read(c, buf, 1), 0, "the end");
	close(c);
	unlink(PATH);
}

static int late_client(void *arg)
{
	int c = sock(SOCK_STREAM);

	(void)arg;
	if (connect_to(c, PATH))
		return 1;
	if (write(c, "hello", 5) != 5)
		return 2;
	return read(c, buf, 10) == 3 ? 0 : 3;
}

/* Sleeping: accept for a client, connect for room. */
static void waiting(void)
{
	int l = sock(SOCK_STREAM), a, c[3];
	pid_t pid[2];

	bind_to(l, PATH);
	raw(SYS_listen, l, 0);
	pid[0] = start_child(late_client, NULL);
	a = raw(SYS_accept, l, 0, 0);
	is_long(read(a, buf, 10), 5, "accept waits for a client");
	is_long(write(a, "bye", 3), 3, "which gets an answer");
	is_status(status_of(pid[0]), EXITED(0), "and is content");
	close(a);
	c[0] = sock(SOCK_STREAM);
	is_long(connect_to(c[0], PATH), 0, "one fills the backlog");
	pid[0] = start_child(late_client, NULL);
	pid[1] = start_child(late_client, NULL);
	close(raw(SYS_accept, l, 0, 0));
	for (int i = 0; i < 2; i++) {
		a = raw(SYS_accept, l, 0, 0);
		read(a, buf, 10);
		write(a, "bye", 3);
		close(a);
	}
	is_status(status_of(pid[0]), EXITED(0), "one waited for room");
	is_status(status_of(pid[1]), EXITED(0), "and another");
	c[1] = sock(SOCK_STREAM);
	connect_to(c[1], PATH);
	close(l);
	is_long(read(c[1], buf, 1) < 0 ? -errno : 0, -ECONNRESET, "never accepted: reset");
	is_long(read(c[1], buf, 1), 0, "told once");
	close(c[0]);
	close(c[1]);
	unlink(PATH);
}

static long send_to(int fd, const char *text, const char *to)
{
	struct sockaddr_un a = name_of(to);

	return raw(SYS_sendto, fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL, &a, sizeof(a));
}

static void datagrams(void)
{
	int s = sock(SOCK_DGRAM), t = sock(SOCK_DGRAM), u = sock(SOCK_DGRAM), v, n;
	struct sockaddr_un a, none = { .sun_family = AF_UNSPEC };
	socklen_t len = sizeof(a);

	bind_to(s, PATH);
	bind_to(t, OTHER);
	is_long(raw(SYS_sendto, t, "x", 1, 0, 0, 0), -ENOTCONN, "to nobody");
	is_long(send_to(t, "hello", PATH), 5, "to a name");
	is_long(raw(SYS_recvfrom, s, buf, 100, 0, &a, &len), 5, "it comes");
	ok(!strcmp(a.sun_path, OTHER), "and says from whom");
	is_long(send_to(u, "again", PATH), 5, "from who has no name");
	len = sizeof(a);
	is_long(raw(SYS_recvfrom, s, buf, 100, 0, &a, &len), 5, "it comes too");
	is_long(len, 0, "from nobody");
	is_long(connect_to(s, OTHER), 0, "talks to one only");
	is_long(send_to(u, "stranger", PATH), -EPERM, "others are refused");
	is_long(connect_to(u, PATH), -EPERM, "also to connect");
	is_long(send_to(t, "friend", PATH), 6, "not that one");
	is_long(raw(SYS_connect, s, &none, sizeof(none)), 0, "talks to all again");
	is_long(raw(SYS_recvfrom, s, buf, 100, MSG_DONTWAIT, 0, 0), -EAGAIN, "what came is lost");
	is_long(connect_to(u, PATH), 0, "now it may connect");
	for (n = 0; n < 100 && raw(SYS_sendto, u, "x", 1, MSG_DONTWAIT, 0, 0) == 1; n++)
		;
	is_long(n, 11, "eleven wait at the most");
	is_long(raw(SYS_sendto, u, "x", 1, MSG_DONTWAIT, 0, 0), -EAGAIN, "then it is full");
	is_long(ready(u), 0, "which poll tells");
	read(s, buf, 100);
	is_long(ready(u), POLLOUT, "and that it is not");
	is_long(raw(SYS_listen, s, 1), -EOPNOTSUPP, "no listening");
	is_long(raw(SYS_accept, s, 0, 0), -EOPNOTSUPP, "no accepting");
	v = sock(SOCK_STREAM);
	is_long(connect_to(v, PATH), -EPROTOTYPE, "a stream does not fit");
	close(s);
	is_long(raw(SYS_sendto, u, "x", 1, MSG_NOSIGNAL, 0, 0), -ECONNREFUSED, "gone");
	is_long(raw(SYS_sendto, u, "x", 1, MSG_NOSIGNAL, 0, 0), -ENOTCONN, "told once");
	is_long(connect_to(t, OTHER), 0, "to itself");
	is_long(write(t, "me", 2), 2, "it writes");
	is_long(read(t, buf, 10), 2, "and reads");
	close(t);
	close(u);
	close(v);
	unlink(PATH);
	unlink(OTHER);
}

static int connect_as_user(void *arg)
{
	(void)arg;
	if (raw(SYS_setresgid, 1000, 1000, 1000) || raw(SYS_setresuid, 1000, 1000, 1000))
		return 1;
	return connect_to(sock(SOCK_STREAM), PATH) == -EACCES ? 0 : 2;
}

static void permissions(void)
{
	int l = sock(SOCK_STREAM);

	bind_to(l, PATH);
	listen(l, 5);
	chmod(PATH, 0700);
	is_status(in_child(connect_as_user, NULL), EXITED(0), "writing is what connecting needs");
	chmod(PATH, 0722);
	is_status(in_child(connect_as_user, NULL), EXITED(2), "then it may");
	close(l);
	unlink(PATH);
}

static void options(void)
{
	int s = sock(SOCK_STREAM), one = 1;
	struct timeval t = { 0, 30000 }, got;
	socklen_t len = sizeof(got);
	int p[2];

	is_long(raw(SYS_setsockopt, s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), 0, "reuse");
	is_long(number(s, SO_REUSEADDR), 1, "is remembered");
	one = 10000;
	raw(SYS_setsockopt, s, SOL_SOCKET, SO_SNDBUF, &one, sizeof(one));
	is_long(number(s, SO_SNDBUF), 20000, "what is asked is doubled");
	one = 1;
	raw(SYS_setsockopt, s, SOL_SOCKET, SO_SNDBUF, &one, sizeof(one));
	ok(number(s, SO_SNDBUF) >= 2048, "a least there is");
	is_long(raw(SYS_setsockopt, s, SOL_SOCKET, SO_TYPE, &one, sizeof(one)), -ENOPROTOOPT,
		"not what it is");
	is_long(raw(SYS_setsockopt, s, SOL_SOCKET, SO_SNDBUF, &one, 2), -EINVAL, "half a number");
	is_long(raw(SYS_setsockopt, s, SOL_SOCKET, SO_SNDBUF, 8, 4), -EFAULT, "a bad pointer");
	is_long(raw(SYS_setsockopt, s, 6, 1, &one, sizeof(one)), -EOPNOTSUPP, "another level");
	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	is_long(raw(SYS_setsockopt, p[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)), 0, "a time");
	getsockopt(p[0], SOL_SOCKET, SO_RCVTIMEO, &got, &len);
	ok(got.tv_sec == 0 && got.tv_usec >= 28000 && got.tv_usec <= 40000, "is remembered");
	is_long(raw(SYS_read, p[0], buf, 1), -EAGAIN, "and over");
	t.tv_usec = 2000000;
	is_long(raw(SYS_setsockopt, p[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)), -EDOM,
		"no such time");
	close(p[0]);
	close(p[1]);
	close(s);
}

static void hostile(void)
{
	struct sockaddr_un a = name_of(PATH);
	int s = sock(SOCK_STREAM);

	is_long(raw(SYS_socket, AF_UNIX, 77, 0), -EINVAL, "an unknown type");
	is_long(raw(SYS_socket, AF_UNIX, 4, 0), -ESOCKTNOSUPPORT, "a type of others");
	is_long(raw(SYS_socket, 99, SOCK_STREAM, 0), -EAFNOSUPPORT, "an unknown family");
	is_long(raw(SYS_bind, s, &a, 0), -EINVAL, "no length");
	is_long(raw(SYS_bind, s, &a, 1), -EINVAL, "half a family");
	is_long(raw(SYS_bind, s, &a, 111), -EINVAL, "a byte too long");
	is_long(raw(SYS_bind, s, &a, -1), -EINVAL, "less than nothing");
	is_long(raw(SYS_bind, s, 8, sizeof(a)), -EFAULT, "a bad pointer");
	a.sun_family = 2;
	is_long(raw(SYS_bind, s, &a, sizeof(a)), -EINVAL, "another family");
	is_long(raw(SYS_connect, s, &a, sizeof(a)), -EINVAL, "to connect to, too");
	is_long(raw(SYS_connect, s, 8, sizeof(a)), -EFAULT, "from a bad pointer");
	is_long(raw(SYS_listen, 0, 1), -ENOTSOCK, "no socket");
	is_long(raw(SYS_listen, 999, 1), -EBADF, "no descriptor");
	is_long(raw(SYS_accept4, s, 0, 0, 1), -EINVAL, "unknown flags");
	is_long(raw(SYS_getsockname, s, &a, 8), -EFAULT, "no place for the length");
	a.sun_family = AF_UNIX;
	memset(a.sun_path, 'x', sizeof(a.sun_path));
	is_long(raw(SYS_connect, s, &a, sizeof(a)), -ENOENT, "a path without its NUL");
	close(s);
}

int main(void)
{
	unlink(PATH);
	unlink(OTHER);
	names();
	abstract_names();
	streams();
	waiting();
	datagrams();
	permissions();
	options();
	hostile();
	return done_testing();
}
