/* SPDX-License-Identifier: ISC */
/* Pseudo-terminals for tests: pairs, settings, and reading what must come without waiting for ever. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "tap.h"

#define PATIENCE_MS 8000 /* until something that must come counts as missing */
#define QUIET_MS 50 /* without anything: nothing comes */

struct pair {
	int master, slave;
	char name[32];
};

/* The master alone, and the slave's name. */
static inline bool open_master(struct pair *p)
{
	int n = -1, off = 0;

	p->slave = -1;
	p->master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	if (p->master < 0 || ioctl(p->master, TIOCGPTN, &n) || ioctl(p->master, TIOCSPTLCK, &off))
		return false;
	snprintf(p->name, sizeof(p->name), "/dev/pts/%d", n);
	return true;
}

static inline bool open_pair(struct pair *p)
{
	if (!open_master(p))
		return false;
	p->slave = open(p->name, O_RDWR | O_NOCTTY);
	return p->slave >= 0;
}

static inline void close_pair(struct pair *p)
{
	close(p->slave);
	close(p->master);
}

/* False, and the tests are skipped: there are no pseudo-terminals. */
static inline bool there_are_pairs(void)
{
	struct pair p;

	if (!open_pair(&p)) {
		skip("there are none", "pseudo-terminals");
		return false;
	}
	close_pair(&p);
	return true;
}

static inline void set_nonblock(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

static inline bool wait_for(int fd, short events, int ms)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, ms) == 1 && p.revents & events;
}

/* The poll bits that hold now. */
static inline int poll_bits(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT | POLLPRI };

	return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

static inline void type(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		_exit(98);
}

/* Does exactly @want come? Waits for its length, and a little for more than that. */
static inline bool comes(int fd, const char *want)
{
	char got[512];
	size_t len = 0, n = strlen(want);
	ssize_t r;

	while (len < sizeof(got) && wait_for(fd, POLLIN, len < n ? PATIENCE_MS : QUIET_MS)) {
		r = read(fd, got + len, len < n ? n - len : sizeof(got) - len);
		if (r <= 0)
			break;
		len += r;
	}
	if (len == n && !memcmp(got, want, n))
		return true;
	printf("# got");
	for (size_t i = 0; i < len; i++)
		printf(got[i] < ' ' || got[i] > '~' ? "\\%03o" : "%c", (unsigned char)got[i]);
	printf("\n");
	fflush(stdout);
	return false;
}

/* The text of one read. */
static inline bool reads(int fd, const char *want)
{
	char got[512];
	ssize_t n;

	if (!wait_for(fd, POLLIN, PATIENCE_MS))
		return false;
	n = read(fd, got, sizeof(got));
	return n == (ssize_t)strlen(want) && !memcmp(got, want, n);
}

struct modes {
	tcflag_t in_on, in_off, out_on, out_off, local_on, local_off;
};

static inline void change(int fd, const struct modes *m)
{
	struct termios t;

	tcgetattr(fd, &t);
	t.c_iflag = (t.c_iflag | m->in_on) & ~m->in_off;
	t.c_oflag = (t.c_oflag | m->out_on) & ~m->out_off;
	t.c_lflag = (t.c_lflag | m->local_on) & ~m->local_off;
	tcsetattr(fd, TCSANOW, &t);
}

/* Bytes pass as they are. */
static inline void make_raw(int fd, int min, int time)
{
	struct termios t;

	tcgetattr(fd, &t);
	t.c_iflag &= ~(BRKINT | ICRNL | INLCR | IGNCR | ISTRIP | IXON);
	t.c_oflag &= ~OPOST;
	t.c_lflag &= ~(ECHO | ICANON | ISIG | IEXTEN);
	t.c_cc[VMIN] = min;
	t.c_cc[VTIME] = time;
	tcsetattr(fd, TCSANOW, &t);
}
