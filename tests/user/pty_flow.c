/* SPDX-License-Identifier: ISC */
/* Much data through a pseudo-terminal, and more than fits: nothing is lost, nothing is without end. */
#include "child.h"
#include "pty.h"
#include "tap.h"

#define BULK (200 * 1024)

static unsigned char byte_at(long i)
{
	return (i * 7 + i / 251) & 0xff;
}

static int send_bulk(void *arg)
{
	unsigned char part[777];
	long done = 0;

	while (done < BULK) {
		long n = BULK - done < (long)sizeof(part) ? BULK - done : (long)sizeof(part);

		for (long i = 0; i < n; i++)
			part[i] = byte_at(done + i);
		n = write(*(int *)arg, part, n);
		if (n <= 0)
			return 1;
		done += n;
	}
	return 0;
}

static long receive_bulk(int fd)
{
	unsigned char part[555];
	long done = 0;
	ssize_t n;

	while (done < BULK && (n = read(fd, part, sizeof(part))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			if (part[i] != byte_at(done + i))
				return -1;
		done += n;
	}
	return done;
}

static void bulk(void)
{
	struct pair p;
	pid_t pid;

	open_pair(&p);
	make_raw(p.slave, 1, 0);
	pid = start_child(send_bulk, &p.slave);
	is_long(receive_bulk(p.master), BULK, "all of 200 KiB out");
	is_status(status_of(pid), EXITED(0), "and its writer ends");
	pid = start_child(send_bulk, &p.master);
	is_long(receive_bulk(p.slave), BULK, "all of 200 KiB in");
	is_status(status_of(pid), EXITED(0), "and its writer ends, too");
	close_pair(&p);
}

/* Writes until EAGAIN; how much that was, -1: it never ended. */
static long fill(int fd)
{
	unsigned char part[100];
	long done = 0;

	set_nonblock(fd, true);
	while (done < 1 << 20) {
		ssize_t n;

		for (int i = 0; i < (int)sizeof(part); i++)
			part[i] = byte_at(done + i);
		n = write(fd, part, sizeof(part));
		if (n < 0 && errno == EAGAIN && !wait_for(fd, POLLOUT, QUIET_MS))
			return done;
		if (n > 0)
			done += n;
	}
	return -1;
}

static bool drains(int fd, long want)
{
	unsigned char c;
	long done = 0;

	while (wait_for(fd, POLLIN, done < want ? PATIENCE_MS : QUIET_MS) && read(fd, &c, 1) == 1)
		if (c != byte_at(done++))
			return false;
	return done == want;
}

static void full(void)
{
	struct pair p;
	long n;

	open_pair(&p);
	make_raw(p.slave, 1, 0);
	n = fill(p.slave);
	ok(n >= 4096, "output nobody reads has an end");
	ok(drains(p.master, n), "and nothing of it is lost");
	n = fill(p.master);
	ok(n >= 4000, "typing nobody reads has an end");
	ok(drains(p.slave, n), "and nothing of that is lost");
	close_pair(&p);
}

int main(void)
{
	if (!there_are_pairs())
		return done_testing();
	bulk();
	full();
	return done_testing();
}
