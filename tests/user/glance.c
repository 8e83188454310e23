/* SPDX-License-Identifier: ISC */
/*
 * What happens while somebody looks: events that come between two looks of one call, on another CPU.
 * Each race is run often, at many distances.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "pty.h"
#include "raw_thread.h"
#include "where.h"

#define ROUNDS 400
#define ROUNDS_ALONE 20 /* on one CPU, where who spins has it to the end of its quantum */
#define LOST_MS 300 /* what has not come by then is lost */
#define PAGE 4096
#define MOST 0xfffffffffffffffeUL /* an eventfd that takes no more */

static int rounds = ROUNDS;
static volatile int round_begun, round_done;

static void spin(long ns)
{
	struct timespec a, b;

	clock_gettime(CLOCK_MONOTONIC, &a);
	do
		clock_gettime(CLOCK_MONOTONIC, &b);
	while ((b.tv_sec - a.tv_sec) * 1000000000 + b.tv_nsec - a.tv_nsec < ns);
}

static void wait_round(volatile int *counter, int round)
{
	while (*counter < round)
		usleep(50);
}

/* A fresh page to write each answer to: the kernel is interrupted by a fault where it tells. */
static char *fresh_pages(void)
{
	return mmap(NULL, ROUNDS * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
}

/* -- epoll: an edge of another kind comes while one is told ----------------------------------------- */

static void *fill_and_empty(void *arg)
{
	int fd = *(int *)arg;
	unsigned long n;

	for (int i = 1; i <= rounds; i++) {
		wait_round(&round_begun, i);
		n = MOST;
		if (write(fd, &n, sizeof(n)) != sizeof(n))
			_exit(3);
		spin(i % 100 * 1500);
		if (read(fd, &n, sizeof(n)) != sizeof(n))
			_exit(3);
		round_done = i;
	}
	return NULL;
}

/* Full it can only be read, empty only be written: after the last edge the latter has been told. */
static void edges(void)
{
	int set = epoll_create1(0), fd = eventfd(0, 0), lost = 0;
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLET };
	char *pages = fresh_pages();
	pthread_t t;

	epoll_ctl(set, EPOLL_CTL_ADD, fd, &e);
	epoll_wait(set, &e, 1, 0);
	round_begun = round_done = 0;
	t = start(fill_and_empty, &fd);
	for (int i = 1; i <= rounds; i++) {
		struct epoll_event *told = (void *)(pages + (i - 1L) * PAGE);
		int n;

		round_begun = i;
		do
			n = epoll_wait(set, told, 1, LOST_MS);
		while (n == 1 && !(told->events & EPOLLOUT));
		lost += n != 1;
		wait_round(&round_done, i);
		while (epoll_wait(set, &e, 1, 0) == 1)
			;
	}
	join(t);
	is_long(lost, 0, "epoll: no edge is lost while another is told");
	close(set);
	close(fd);
	munmap(pages, ROUNDS * PAGE);
}

/* -- epoll: two wait, two things happen ------------------------------------------------------------- */

struct collector {
	int set;
	char *pages;
	volatile int lost;
	volatile int done;
};

static void *collect_one(void *arg)
{
	struct collector *c = arg;

	for (int i = 1; i <= rounds; i++) {
		wait_round(&round_begun, i);
		c->lost +=
			epoll_wait(c->set, (void *)(c->pages + (i - 1L) * PAGE), 1, LOST_MS) != 1;
		c->done = i;
	}
	return NULL;
}

static void waiters(void)
{
	int set = epoll_create1(0), fd = eventfd(0, 0), copy = dup(fd);
	struct epoll_event e = { .events = EPOLLIN | EPOLLET };
	struct collector c[2];
	unsigned long n = 1;
	pthread_t t[2];

	epoll_ctl(set, EPOLL_CTL_ADD, fd, &e);
	epoll_ctl(set, EPOLL_CTL_ADD, copy, &e);
	round_begun = 0;
	for (int i = 0; i < 2; i++) {
		c[i] = (struct collector){ .set = set, .pages = fresh_pages() };
		t[i] = start(collect_one, &c[i]);
	}
	for (int i = 1; i <= rounds; i++) {
		round_begun = i;
		usleep(400);
		n = 1;
		if (write(fd, &n, sizeof(n)) != sizeof(n))
			_exit(3);
		for (int k = 0; k < 2; k++)
			wait_round(&c[k].done, i);
		if (read(fd, &n, sizeof(n)) != sizeof(n))
			_exit(3);
	}
	for (int i = 0; i < 2; i++) {
		join(t[i]);
		munmap(c[i].pages, ROUNDS * PAGE);
	}
	is_long(c[0].lost + c[1].lost, 0,
		"epoll: two waiters with room for one each get two events");
	close(set);
	close(fd);
	close(copy);
}

/* -- the last words before an end ------------------------------------------------------------------- */

struct writer {
	int fd;
	int round;
};

static void *last_words(void *arg)
{
	struct writer *w = arg;

	wait_round(&round_begun, w->round);
	spin(w->round % 50 * 500);
	if (write(w->fd, "last", 4) != 4)
		_exit(3);
	close(w->fd);
	return NULL;
}

/* Reads to the end, without sleeping: what was read. */
static long read_all(int fd)
{
	char bytes[16];
	long done = 0;
	ssize_t n;

	do {
		n = read(fd, bytes, sizeof(bytes));
		done += n > 0 ? n : 0;
	} while (n > 0 || (n < 0 && errno == EAGAIN));
	return done;
}

/* As many programs do it: reads while poll says so, and ends at a hang-up with nothing to read. */
static long poll_all(int fd)
{
	char bytes[16];
	long done = 0;
	ssize_t n;
	int bits;

	for (;;) {
		bits = poll_bits(fd);
		if (bits & POLLIN) {
			n = read(fd, bytes, sizeof(bytes));
			if (n <= 0)
				return done;
			done += n;
		} else if (bits & POLLHUP) {
			return done;
		}
	}
}

static bool open_pipe(struct pair *p)
{
	int end[2];

	if (pipe(end) < 0)
		return false;
	p->master = end[0];
	p->slave = end[1];
	return true;
}

static void ends(bool (*open)(struct pair *p), long (*all)(int fd), const char *name)
{
	struct writer w;
	struct pair p;
	pthread_t t;
	int lost = 0;

	round_begun = 0;
	for (int i = 1; i <= rounds; i++) {
		if (!open(&p))
			break;
		set_nonblock(p.master, true);
		w = (struct writer){ p.slave, i };
		t = start(last_words, &w);
		round_begun = i;
		lost += all(p.master) != 4;
		join(t);
		close(p.master);
	}
	/* Its n_tty_read() looks for input, then for the other end: one that writes and closes between the
	 * two is seen to have closed. */
	if (lost && open == open_pair && !on_leash())
		skip("Linux lost some", "%s", name);
	else
		ok(round_begun == rounds && !lost, "%s", name);
}

/* -- a session's terminal --------------------------------------------------------------------------- */

static void *take_terminal(void *arg)
{
	struct pair *p = arg;

	wait_round(&round_begun, 1);
	p->slave = open(p->name, O_RDWR);
	return NULL;
}

/* Two threads of a session's leader open a terminal each: one of them becomes the session's. */
static _Noreturn void lead_session(void)
{
	struct pair p[2];
	pthread_t t[2];
	int owned = 0;
	pid_t sid;

	setsid();
	for (int i = 0; i < 2; i++) {
		if (!open_master(&p[i]))
			_exit(9);
		t[i] = start(take_terminal, &p[i]);
	}
	usleep(300);
	round_begun = 1;
	for (int i = 0; i < 2; i++) {
		join(t[i]);
		owned += ioctl(p[i].master, TIOCGSID, &sid) == 0;
	}
	_exit(owned);
}

static void terminals(void)
{
	int status, wrong = 0;

	signal(SIGHUP, SIG_IGN);
	for (int i = 0; i < rounds / 4; i++) {
		round_begun = 0;
		pid_t pid = fork();

		if (pid == 0)
			lead_session();
		waitpid(pid, &status, 0);
		wrong += !WIFEXITED(status) || WEXITSTATUS(status) != 1;
	}
	is_long(wrong, 0, "a session has one terminal, whoever opens two at once");
}

int main(void)
{
	struct pair p;

	if (sysconf(_SC_NPROCESSORS_ONLN) == 1)
		rounds = ROUNDS_ALONE;
	edges();
	waiters();
	ends(open_pipe, read_all, "a pipe's last bytes are read before its end");
	ends(open_pipe, poll_all, "poll tells of them before it");
	if (open_pair(&p)) {
		close_pair(&p);
		ends(open_pair, read_all, "a terminal's last bytes are read before its end");
		ends(open_pair, poll_all, "poll tells of them before it");
		terminals();
	} else {
		skip("there are none", "pseudo-terminals");
	}
	return done_testing();
}
