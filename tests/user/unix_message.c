/* SPDX-License-Identifier: ISC */
/* Messages of sockets: vectors, many at once, and lies about what goes along. */
#include <errno.h>
#include <string.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define LETTER 1500 /* bytes; a few fill the smallest room */

static char buf[4096];

static union {
	struct cmsghdr head;
	char bytes[2048];
} control;

static long put(int s, const struct msghdr *m, int flags)
{
	return raw(SYS_sendmsg, s, m, flags | MSG_NOSIGNAL);
}

static void vectors(void)
{
	struct iovec out[3] = { { "one ", 4 }, { "", 0 }, { "two", 3 } }, in[2];
	struct msghdr m = { .msg_iov = out, .msg_iovlen = 3 };
	char a[3], b[10];
	int s[2];

	socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s);
	is_long(put(s[0], &m, 0), 7, "a vector is sent as one packet");
	in[0] = (struct iovec){ a, 3 };
	in[1] = (struct iovec){ b, 2 };
	m = (struct msghdr){ .msg_iov = in, .msg_iovlen = 2 };
	is_long(raw(SYS_recvmsg, s[1], &m, 0), 5, "and received into another");
	ok(!memcmp(a, "one", 3) && !memcmp(b, " t", 2), "in order");
	is_long(m.msg_flags, MSG_TRUNC, "it was too short, which is told");
	m = (struct msghdr){ .msg_iov = out, .msg_iovlen = 1025 };
	is_long(put(s[0], &m, 0), -EMSGSIZE, "too many buffers");
	m = (struct msghdr){ .msg_iov = (void *)8, .msg_iovlen = 1 };
	is_long(put(s[0], &m, 0), -EFAULT, "a bad vector");
	is_long(put(s[0], (void *)8, 0), -EFAULT, "a bad header");
	is_long(raw(SYS_recvmsg, s[0], 8, 0), -EFAULT, "to receive, too");
	close(s[0]);
	close(s[1]);
}

static void many(void)
{
	struct iovec v[4] = { { "a", 1 }, { "bb", 2 }, { "ccc", 3 }, { "dddd", 4 } }, w[4];
	struct mmsghdr m[4] = { { { 0 }, 0 } };
	int s[2];

	socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
	for (int i = 0; i < 4; i++) {
		m[i].msg_hdr.msg_iov = &v[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	is_long(raw(SYS_sendmmsg, s[0], m, 4, 0), 4, "four messages in one call");
	is_long(m[2].msg_len, 3, "each says how long");
	for (int i = 0; i < 4; i++) {
		w[i] = (struct iovec){ buf + 100 * i, 100 };
		m[i].msg_hdr.msg_iov = &w[i];
		m[i].msg_len = 0;
	}
	is_long(raw(SYS_recvmmsg, s[1], m, 3, 0, NULL), 3, "three come in one");
	ok(m[1].msg_len == 2 && !memcmp(buf + 200, "ccc", 3), "as they were");
	is_long(raw(SYS_recvmmsg, s[1], m, 4, MSG_WAITFORONE, NULL), 1, "the last, and no waiting");
	is_long(raw(SYS_recvmmsg, s[1], m, 4, MSG_DONTWAIT, NULL), -EAGAIN, "no more");
	is_long(raw(SYS_recvmmsg, s[1], 8, 1, MSG_DONTWAIT, NULL), -EFAULT, "a bad vector");
	close(s[0]);
	close(s[1]);
}

static void lies(void)
{
	struct iovec v;
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	int s[2];

	v = (struct iovec){ "x", 1 };
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	m.msg_control = &control;
	m.msg_controllen = sizeof(control);
	control.head = (struct cmsghdr){ .cmsg_len = 3,
					 .cmsg_level = SOL_SOCKET,
					 .cmsg_type = SCM_RIGHTS };
	is_long(put(s[0], &m, 0), -EINVAL, "a head that is shorter than itself");
	control.head.cmsg_len = sizeof(control) + 1;
	is_long(put(s[0], &m, 0), -EINVAL, "longer than there is");
	control.head.cmsg_len = -1U;
	is_long(put(s[0], &m, 0), -EINVAL, "than anything");
	control.head.cmsg_len = CMSG_LEN(4);
	control.head.cmsg_type = 77;
	is_long(put(s[0], &m, 0), -EINVAL, "an unknown kind");
	control.head.cmsg_type = SCM_CREDENTIALS;
	is_long(put(s[0], &m, 0), -EINVAL, "half of somebody");
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(254 * sizeof(int));
	is_long(put(s[0], &m, 0), -EINVAL, "too many descriptors");
	m.msg_controllen = 1 << 20;
	is_long(put(s[0], &m, 0), -ENOBUFS, "more than anybody needs");
	m.msg_controllen = 8;
	is_long(put(s[0], &m, 0), 1, "less than a head is nothing");
	m.msg_control = (void *)8;
	m.msg_controllen = 64;
	is_long(put(s[0], &m, 0), -EFAULT, "a bad pointer");
	read(s[1], buf, 10);
	close(s[0]);
	close(s[1]);
}

/* -- who sleeps ------------------------------------------------------------------------------------ */

static struct sockaddr_un address_of(char which)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path + 1, sizeof(a.sun_path) - 1, "leash-%d-%c", (int)getpid(), which);
	return a;
}

static long send_to(int s, const struct sockaddr_un *to, size_t bytes, int flags)
{
	return raw(SYS_sendto, s, buf, bytes, flags, to, sizeof(*to));
}

/* Sends until there is no room. */
static int fill(int s, const struct sockaddr_un *to, size_t bytes)
{
	int n = 0;

	while (n < 1000 && send_to(s, to, bytes, MSG_DONTWAIT) > 0)
		n++;
	return n;
}

static void drain(int s)
{
	while (raw(SYS_recvfrom, s, buf, sizeof(buf), MSG_DONTWAIT, 0, 0) > 0)
		;
}

struct letter {
	int from;
	struct sockaddr_un to;
};

static int send_one(void *arg)
{
	struct letter *l = arg;

	return send_to(l->from, &l->to, LETTER, 0) != LETTER;
}

/* Does the child end within a while? It is no more afterwards. */
static int ends(pid_t pid)
{
	int status, i = 0;

	while (i++ < 3000 && waitpid(pid, &status, WNOHANG) == 0)
		usleep(1000);
	if (i > 3000) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* A sender waits for room of its own, and then for the receiver's. */
static void two_rooms(void)
{
	struct sockaddr_un a = address_of('a'), b = address_of('b');
	int near = socket(AF_UNIX, SOCK_DGRAM, 0), far = socket(AF_UNIX, SOCK_DGRAM, 0);
	int from = socket(AF_UNIX, SOCK_DGRAM, 0), other = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct letter l = { from, b };
	int room = 1, status;
	pid_t pid;

	bind(near, (void *)&a, sizeof(a));
	bind(far, (void *)&b, sizeof(b));
	setsockopt(from, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	ok(fill(from, &a, LETTER) > 0 && fill(other, &b, 1) > 0,
	   "one's room is used up, another is crowded");
	pid = start_child(send_one, &l);
	until_asleep(pid);
	drain(near);
	usleep(30000);
	is_long(waitpid(pid, &status, WNOHANG), 0,
		"with room of its own the sender waits for the other");
	drain(far);
	ok(ends(pid), "which has room, and it goes on");
	close(near);
	close(far);
	close(from);
	close(other);
}

static int receive_reset(void *arg)
{
	return raw(SYS_recvfrom, *(int *)arg, buf, 1, 0, 0, 0) != -ECONNRESET;
}

/* Who has talked to one socket is told that it talks to another now, though it sleeps. */
static void turned_away(void)
{
	struct sockaddr_un a = address_of('c');
	int other = socket(AF_UNIX, SOCK_DGRAM, 0), s[2];
	pid_t pid;

	bind(other, (void *)&a, sizeof(a));
	socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
	is_long(raw(SYS_write, s[0], "x", 1), 1, "a message that nobody reads");
	pid = start_child(receive_reset, &s[0]);
	until_asleep(pid);
	is_long(raw(SYS_connect, s[1], &a, sizeof(a)), 0, "its receiver turns to another");
	ok(ends(pid), "the sender, asleep, is told");
	close(s[0]);
	close(s[1]);
	close(other);
}

int main(void)
{
	vectors();
	many();
	lies();
	two_rooms();
	turned_away();
	return done_testing();
}
