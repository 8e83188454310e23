/* SPDX-License-Identifier: ISC */
/*
 * Pipes: order, blocking, their two ends, non-blocking use, and atomic writes up to PIPE_BUF.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define CAPACITY 65536
#define TRANSFER (1 << 20)

static char block[TRANSFER];

static void basics(void)
{
	struct stat st;
	char back[16] = { 0 };
	int p[2];

	is_long(raw(SYS_pipe, p), 0, "a pipe");
	is_long(write(p[1], "hello", 5), 5, "five bytes in");
	is_long(write(p[1], "world", 5), 5, "and five more");
	is_long(read(p[0], back, 3), 3, "three bytes out");
	is_long(read(p[0], back + 3, 12), 7, "and what there is");
	ok(strcmp(back, "helloworld") == 0, "in the same order");
	is_long(raw(SYS_read, p[0], back, 0), 0, "nothing is asked, nothing comes, no waiting");
	is_long(raw(SYS_read, p[1], back, 1), -EBADF, "no reading from the writing end");
	is_long(raw(SYS_write, p[0], back, 1), -EBADF, "no writing to the reading end");
	is_long(raw(SYS_lseek, p[0], 0, SEEK_CUR), -ESPIPE, "no seeking");
	ok(fstat(p[0], &st) == 0 && S_ISFIFO(st.st_mode), "fstat says FIFO");
	is_long(write(p[1], "rest", 4), 4, "four bytes, then the writer closes");
	close(p[1]);
	is_long(read(p[0], back, 16), 4, "they are still there");
	is_long(read(p[0], back, 16), 0, "then the end");
	is_long(read(p[0], back, 16), 0, "again and again");
	close(p[0]);
}

static void making(void)
{
	int p[2], q[2], next = dup(0);

	close(next);
	is_long(raw(SYS_pipe2, p, O_CLOEXEC | O_NONBLOCK), 0, "pipe2 with both flags");
	ok(p[0] == next && p[1] == next + 1, "the lowest descriptors");
	is_long(fcntl(p[0], F_GETFD), FD_CLOEXEC, "close-on-exec is set");
	is_long(fcntl(p[0], F_GETFL), O_NONBLOCK | O_RDONLY, "the reading end's flags");
	is_long(fcntl(p[1], F_GETFL), O_NONBLOCK | O_WRONLY, "the writing end's flags");
	is_long(raw(SYS_pipe2, q, 0x40000000), -EINVAL, "an unknown flag");
	is_long(raw(SYS_pipe, 8), -EFAULT, "a bad pointer");
	is_long(dup(0), next + 2, "which left nothing open");
	close(next + 2);
	close(p[0]);
	close(p[1]);
}

static void without_blocking(void)
{
	long total = 0, n;
	int p[2];

	if (pipe2(p, O_NONBLOCK) < 0)
		return;
	is_long(raw(SYS_read, p[0], block, 1), -EAGAIN, "empty: EAGAIN");
	while ((n = raw(SYS_write, p[1], block, 4096)) == 4096)
		total += n;
	is_long(n, -EAGAIN, "full: EAGAIN");
	is_long(total, CAPACITY, "full is 64 KiB");
	is_long(read(p[0], block, 4096), 4096, "a page out");
	is_long(raw(SYS_write, p[1], block, 4096), 4096, "makes room for a page");
	is_long(read(p[0], block, CAPACITY), CAPACITY, "all out");
	is_long(raw(SYS_write, p[1], block, 100000), CAPACITY, "a large write is cut short");
	close(p[1]);
	for (total = 0; (n = read(p[0], block, 1000)) > 0;)
		total += n;
	is_long(total, CAPACITY, "and comes out whole");
	is_long(n, 0, "with the end after it");
	close(p[0]);
}

static int write_blocked(void *arg)
{
	int *p = arg;
	unsigned long pipe_signal = 1UL << (SIGPIPE - 1);

	close(p[0]);
	raw(SYS_rt_sigprocmask, SIG_BLOCK, &pipe_signal, 0, 8);
	return raw(SYS_write, p[1], "x", 1) == -EPIPE ? 0 : 1;
}

static int write_killed(void *arg)
{
	int *p = arg;

	close(p[0]);
	return write(p[1], "x", 1) != 1;
}

/* More than the pipe holds: the writer sleeps, and the last reader's end wakes it. */
static int write_much(void *arg)
{
	int *p = arg;

	close(p[0]);
	return write(p[1], block, TRANSFER) != TRANSFER;
}

static void without_readers(void)
{
	int p[2];
	pid_t pid;
	char c;

	if (pipe(p) < 0)
		return;
	pid = start_child(write_much, p);
	is_long(read(p[0], &c, 1), 1, "a writer fills the pipe");
	close(p[0]);
	is_status(status_of(pid), KILLED(SIGPIPE), "SIGPIPE ends it when the reader goes");
	close(p[1]);

	if (pipe(p) < 0)
		return;
	close(dup(p[0]));
	pid = fork();
	if (pid == 0) {
		char byte;

		close(p[1]);
		_exit(read(p[0], &byte, 1) == 1 && byte == 'x' ? 0 : 1);
	}
	close(p[0]);
	is_long(write(p[1], "x", 1), 1, "one reader of two is left: fine");
	is_status(status_of(pid), EXITED(0), "and it reads");
	is_status(in_child(write_killed, p), KILLED(SIGPIPE), "no reader: SIGPIPE");
	is_status(in_child(write_blocked, p), EXITED(0), "no reader, SIGPIPE blocked: EPIPE");
	close(p[1]);
}

static int write_pattern(void *arg)
{
	int *p = arg;
	size_t at = 0, size = 1;

	for (size_t i = 0; i < TRANSFER; i++)
		block[i] = i * 7 + (i >> 11);
	while (at < TRANSFER) {
		ssize_t n;

		if (size > TRANSFER - at)
			size = TRANSFER - at;
		n = write(p[1], block + at, size);
		if (n <= 0)
			return 1;
		at += n;
		size = size * 3 % 9973 + 1;
	}
	return 0;
}

/* A megabyte in odd pieces, read in other odd pieces. */
static void large_transfer(void)
{
	size_t at = 0, wrong = 0, size = 1;
	int p[2];
	pid_t pid;
	ssize_t n;

	if (pipe(p) < 0)
		return;
	pid = start_child(write_pattern, p);
	close(p[1]);
	while ((n = read(p[0], block, size)) > 0) {
		for (ssize_t i = 0; i < n; i++, at++)
			wrong += block[i] != (char)(at * 7 + (at >> 11));
		size = size * 5 % 7919 + 1;
	}
	is_long(at, TRANSFER, "a megabyte passes");
	is_long(wrong, 0, "unchanged");
	is_status(status_of(pid), EXITED(0), "its writer is content");
	close(p[0]);
}

struct writer {
	int fd;
	char letter;
};

static int write_blocks(void *arg)
{
	struct writer *w = arg;
	char mine[PIPE_BUF];

	memset(mine, w->letter, sizeof(mine));
	for (int i = 0; i < 50; i++)
		if (write(w->fd, mine, sizeof(mine)) != sizeof(mine))
			return 1;
	return 0;
}

static void read_exactly(int fd, char *to, size_t size)
{
	ssize_t n;

	for (; size > 0 && (n = read(fd, to, size)) > 0; size -= n)
		to += n;
}

/* Three writers of PIPE_BUF each: no block may hold two letters. */
static void atomicity(void)
{
	struct writer writers[3];
	pid_t pids[3];
	int p[2], mixed = 0, counts[3] = { 0 };

	if (pipe(p) < 0)
		return;
	for (int i = 0; i < 3; i++) {
		writers[i] = (struct writer){ p[1], 'a' + i };
		pids[i] = start_child(write_blocks, &writers[i]);
	}
	for (int i = 0; i < 150; i++) {
		read_exactly(p[0], block, PIPE_BUF);
		for (int k = 1; k < PIPE_BUF; k++)
			mixed += block[k] != block[0];
		if (block[0] >= 'a' && block[0] <= 'c')
			counts[block[0] - 'a']++;
	}
	is_long(mixed, 0, "writes of PIPE_BUF are never mixed");
	ok(counts[0] == 50 && counts[1] == 50 && counts[2] == 50, "and none is lost");
	for (int i = 0; i < 3; i++)
		is_status(status_of(pids[i]), EXITED(0), "writer %d ended well", i);
	close(p[0]);
	close(p[1]);
}

/* A small write goes as a whole or not at all, even without blocking. */
static void small_is_whole(void)
{
	int p[2];

	if (pipe2(p, O_NONBLOCK) < 0)
		return;
	is_long(write(p[1], block, CAPACITY), CAPACITY, "a full pipe");
	is_long(read(p[0], block, 100), 100, "a hundred bytes out");
	is_long(raw(SYS_write, p[1], block, PIPE_BUF), -EAGAIN, "PIPE_BUF doesn't go in by parts");
	close(p[0]);
	close(p[1]);
}

static short events(int fd, short asked)
{
	struct pollfd item = { .fd = fd, .events = asked };

	return poll(&item, 1, 0) < 0 ? -1 : item.revents;
}

static void polling(void)
{
	int p[2];

	if (pipe(p) < 0)
		return;
	is_long(events(p[0], POLLIN), 0, "poll: empty, nothing to read");
	is_long(events(p[1], POLLOUT), POLLOUT, "poll: empty, room to write");
	is_long(write(p[1], block, CAPACITY), CAPACITY, "fill it");
	is_long(events(p[0], POLLIN), POLLIN, "poll: full, something to read");
	is_long(events(p[1], POLLOUT), 0, "poll: full, no room");
	close(p[1]);
	is_long(events(p[0], POLLIN), POLLIN | POLLHUP, "poll: the writer has gone, data is left");
	is_long(read(p[0], block, CAPACITY), CAPACITY, "read it");
	is_long(events(p[0], POLLIN), POLLHUP, "poll: the writer has gone, nothing is left");
	close(p[0]);
	if (pipe(p) < 0)
		return;
	close(p[0]);
	is_long(events(p[1], POLLOUT) & POLLERR, POLLERR, "poll: the reader has gone");
	close(p[1]);
	is_long(events(p[1], POLLOUT), POLLNVAL, "poll: a closed descriptor");
}

static int poll_then_read(void *arg)
{
	int *p = arg;
	struct pollfd item = { .fd = p[0], .events = POLLIN };
	char c;

	return poll(&item, 1, -1) == 1 && read(p[0], &c, 1) == 1 ? 0 : 1;
}

static int read_byte(void *arg)
{
	char c;

	return read(*(int *)arg, &c, 1) == 1 ? 0 : 1;
}

static void sleepers(void)
{
	int p[2];
	pid_t pid;

	if (pipe(p) < 0)
		return;
	pid = start_child(poll_then_read, p);
	is_long(write(p[1], "x", 1), 1, "a byte for who polls");
	is_status(status_of(pid), EXITED(0), "wakes it");
	pid = start_child(read_byte, p);
	is_long(write(p[1], "x", 1), 1, "a byte for who reads");
	is_status(status_of(pid), EXITED(0), "wakes it");
	pid = start_child(read_byte, p);
	kill(pid, SIGKILL);
	is_status(status_of(pid), KILLED(SIGKILL), "a reader that waits can be killed");
	close(p[0]);
	close(p[1]);
}

/* F_SETPIPE_SZ gives what is asked for, rounded up, if what is inside fits. */
static void resizing(void)
{
	int ends[2];

	raw(SYS_pipe2, ends, O_NONBLOCK);
	is_long(raw(SYS_fcntl, ends[0], F_GETPIPE_SZ), 65536, "its room at first");
	is_long(raw(SYS_fcntl, ends[1], F_SETPIPE_SZ, 0), 4096, "a page at least");
	is_long(raw(SYS_fcntl, ends[0], F_GETPIPE_SZ), 4096, "which is of both ends");
	is_long(raw(SYS_write, ends[1], block, 5000), 4096, "no more goes in");
	is_long(events(ends[1], POLLOUT), 0, "it is full");
	is_long(raw(SYS_fcntl, ends[1], F_SETPIPE_SZ, 4097), 8192, "a power of two of pages");
	is_long(events(ends[1], POLLOUT), POLLOUT, "there is room again");
	is_long(raw(SYS_write, ends[1], block, 4096), 4096, "for a page");
	is_long(raw(SYS_write, ends[1], block, 1), -EAGAIN, "and no more");
	is_long(raw(SYS_fcntl, ends[1], F_SETPIPE_SZ, 4096), -EBUSY, "what is inside does not fit");
	is_long(raw(SYS_read, ends[0], block, 8192), 8192, "all of it comes out");
	is_long(raw(SYS_fcntl, ends[1], F_SETPIPE_SZ, 4096), 4096, "now it would");
	is_long(raw(SYS_fcntl, ends[1], F_SETPIPE_SZ, 65536), 65536, "as large as at first");
	is_long(raw(SYS_write, ends[1], block, 70000), 65536, "and it holds that");
	is_long(raw(SYS_fcntl, ends[1], F_SETPIPE_SZ, -1), -EINVAL, "senseless");
	raw(SYS_close, ends[0]);
	raw(SYS_close, ends[1]);
}

int main(void)
{
	basics();
	making();
	without_blocking();
	without_readers();
	large_transfer();
	atomicity();
	small_is_whole();
	polling();
	sleepers();
	resizing();
	return done_testing();
}
