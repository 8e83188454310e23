/* SPDX-License-Identifier: ISC */
/*
 * The kinds of hunger. One that is killed never returns; the others end where the kernel says no,
 * and all that they took must be back when they are gone.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "hunger.h"

#define MB (1UL << 20)
#define PAGE 4096
#define READ_WRITE (PROT_READ | PROT_WRITE)

static char block[PAGE];

static char *map(size_t bytes, int prot, int how)
{
	char *at = mmap(NULL, bytes, prot, how | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

/* Pieces that are each promised without a doubt, so that it is touching that fails. */
static void eat_pages(void)
{
	for (;;) {
		char *at = map(4 * MB, READ_WRITE, MAP_PRIVATE);

		for (size_t i = 0; at && i < 4 * MB; i += PAGE)
			at[i] = 1;
	}
}

static void eat_one_map(void)
{
	char *at = map(64UL << 30, READ_WRITE, MAP_PRIVATE);

	for (size_t i = 0; at && i < 64UL << 30; i += PAGE)
		at[i] = 1;
}

static void eat_shared(void)
{
	char *at = map(64UL << 30, READ_WRITE, MAP_SHARED);

	for (size_t i = 0; at && i < 64UL << 30; i += PAGE)
		at[i] = 1;
}

/* Reads alone: no page of its own, but a page table for each two megabytes. */
static void eat_tables(void)
{
	volatile char *at = map(64UL << 40, PROT_READ, MAP_PRIVATE);

	for (size_t i = 0; at && i < 64UL << 40; i += 2 * MB)
		(void)at[i];
}

/* Copies of itself, all of which write to what they share with the first. */
static void eat_by_children(void)
{
	char *at = map(8 * MB, READ_WRITE, MAP_PRIVATE);

	memset(at, 1, 8 * MB);
	for (int i = 0; i < 1000; i++) {
		pid_t pid = fork();

		if (pid < 0)
			break;
		if (pid == 0) {
			memset(at, 2, 8 * MB);
			pause();
		}
	}
	for (;;)
		memset(map(MB, READ_WRITE, MAP_PRIVATE), 3, MB);
}

/* Neighbouring pages of different rights are maps of their own. */
static void eat_maps(void)
{
	for (;;) {
		char *at = map(64 * MB, PROT_NONE, MAP_PRIVATE);

		if (!at)
			return;
		for (size_t i = 0; i < 64 * MB; i += 2 * PAGE)
			if (mprotect(at + i, PAGE, PROT_READ) < 0)
				return;
	}
}

static int fill_file(const char *name)
{
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	while (fd >= 0 && write(fd, block, sizeof(block)) == sizeof(block))
		;
	return fd;
}

static void eat_file(void)
{
	if (fill_file("full") >= 0)
		unlink("full");
}

/* A page here and there: the tree above the pages is more than they are. */
static void eat_sparse_file(void)
{
	int fd = open("sparse", O_RDWR | O_CREAT, 0600);

	for (unsigned long at = PAGE; at && pwrite(fd, block, 1, at % (1UL << 62)) == 1; at *= 5)
		at += (unsigned long)rand() * PAGE;
	for (int i = 0; i < 10000000; i++) {
		unsigned long at = ((unsigned long)rand() << 31 | rand()) % (1UL << 50) * PAGE;

		if (pwrite(fd, block, 1, at) != 1)
			break;
	}
	unlink("sparse");
}

static void eat_file_map(void)
{
	int fd = memfd_create("hunger", 0);
	char *at;

	if (ftruncate(fd, 64UL << 30) < 0)
		return;
	at = mmap(NULL, 64UL << 30, READ_WRITE, MAP_SHARED, fd, 0);
	for (size_t i = 0; at != MAP_FAILED && i < 64UL << 30; i += PAGE)
		at[i] = 1;
}

static void eat_names(void)
{
	static char target[4000], name[32];
	int i, made;

	memset(target, 'x', sizeof(target) - 1);
	for (made = 0; made < 10000000; made++) {
		snprintf(name, sizeof(name), "link-%d", made);
		if (symlink(target, name) < 0)
			break;
	}
	for (i = 0; i < made; i++) {
		snprintf(name, sizeof(name), "link-%d", i);
		unlink(name);
	}
	for (made = 0; made < 10000000; made++) {
		snprintf(name, sizeof(name), "node-%d", made);
		if (mknod(name, S_IFIFO | 0600, 0) < 0)
			break;
	}
	for (i = 0; i < made; i++) {
		snprintf(name, sizeof(name), "node-%d", i);
		unlink(name);
	}
}

static void fill_pipe(void)
{
	int ends[2];

	if (pipe2(ends, O_NONBLOCK) < 0)
		return;
	while (write(ends[1], block, sizeof(block)) > 0)
		;
}

static void fill_socket(void)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) < 0)
		return;
	while (send(ends[0], block, sizeof(block), MSG_NOSIGNAL) > 0)
		;
}

/* Each of some processes has as many of them as it may have open; when all have, they go. */
static void by_many(void (*fill)(void))
{
	int ready[2];
	char c;

	if (pipe(ready) < 0)
		return;
	for (int i = 0; i < 6; i++) {
		if (fork() == 0) {
			close(ready[0]);
			for (int j = 0; j < 2000; j++)
				fill();
			close(ready[1]);
			pause();
		}
	}
	close(ready[1]);
	(void)!read(ready[0], &c, 1);
	signal(SIGTERM, SIG_IGN);
	kill(0, SIGTERM);
}

static void eat_pipes(void)
{
	by_many(fill_pipe);
}

static void eat_sockets(void)
{
	by_many(fill_socket);
}

static void fill_descriptors(void)
{
	(void)open("/", O_RDONLY);
}

static void eat_files(void)
{
	by_many(fill_descriptors);
}

static void eat_locks(void)
{
	int fd = open("locked", O_RDWR | O_CREAT, 0600);
	struct flock l = { .l_type = F_WRLCK, .l_len = 1 };

	for (l.l_start = 0; fcntl(fd, F_SETLK, &l) == 0; l.l_start += 2)
		;
	unlink("locked");
}

static void eat_signals(void)
{
	union sigval v = { 0 };
	sigset_t set;

	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	while (sigqueue(getpid(), SIGRTMIN + 1, v) == 0)
		;
}

static void eat_timers(void)
{
	struct sigevent e = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	timer_t t;

	while (timer_create(CLOCK_MONOTONIC, &e, &t) == 0)
		;
}

/* All files that it may have, in as many sets as there may be. */
static void eat_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fds[4096], count = 0, set;

	for (int fd; count < 4000 && (fd = eventfd(0, 0)) >= 0;)
		fds[count++] = fd;
	while ((set = epoll_create1(0)) >= 0)
		for (int i = 0; i < count; i++)
			if (epoll_ctl(set, EPOLL_CTL_ADD, fds[i], &event) < 0)
				return;
}

/* Until there may be no more; then the first ends and takes its group along. */
static void eat_processes(void)
{
	pid_t pid;

	while ((pid = fork()) > 0)
		;
	if (pid == 0)
		for (;;)
			if (fork() < 0)
				usleep(10000);
	sleep(2);
	kill(0, SIGKILL);
}

const struct hunger hungers[] = {
	{ "pages", eat_pages, SIGKILL, 1 },
	{ "pages of one large map", eat_one_map, SIGKILL, 1 },
	{ "pages, several at once", eat_pages, SIGKILL, 4 },
	{ "shared memory", eat_shared, SIGKILL, 1 },
	{ "page tables", eat_tables, SIGKILL, 1 },
	{ "children that write", eat_by_children, SIGKILL, 1 },
	{ "maps", eat_maps, 0, 1 },
	{ "a file", eat_file, 0, 1 },
	{ "a file with holes", eat_sparse_file, 0, 1 },
	{ "a mapped file", eat_file_map, SIGBUS, 1 },
	{ "names", eat_names, 0, 1 },
	{ "pipes", eat_pipes, 0, 1 },
	{ "sockets", eat_sockets, 0, 1 },
	{ "open files", eat_files, 0, 1 },
	{ "locks", eat_locks, 0, 1 },
	{ "signals", eat_signals, 0, 1 },
	{ "timers", eat_timers, 0, 1 },
	{ "epoll", eat_epoll, 0, 1 },
	{ "processes", eat_processes, SIGKILL, 1 },
};
const unsigned hunger_count = sizeof(hungers) / sizeof(*hungers);
