/* SPDX-License-Identifier: ISC */
/* A program for Debian's strace and gdb (tests/boot/test_ptrace.py): files, a handler, a call that a
 * signal interrupts, a child. */
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int seen;

static void on_signal(int sig)
{
	seen = sig;
}

static int twice(int n)
{
	return 2 * n;
}

static int child(int fd)
{
	struct timespec t = { 0, 300000000 };

	nanosleep(&t, NULL);
	return write(fd, "x", 1) == 1 ? twice(2) : 1;
}

int main(void)
{
	struct itimerval soon = { { 0, 0 }, { 0, 50000 } };
	struct sigaction a = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	int fd = open("/nosuchfile", O_RDONLY), p[2], status;
	char c;

	sigaction(SIGUSR1, &a, NULL);
	sigaction(SIGALRM, &a, NULL);
	kill(getpid(), SIGUSR1);
	if (pipe(p) || fd >= 0)
		return 1;
	if (fork() == 0)
		_exit(child(p[1]));
	setitimer(ITIMER_REAL, &soon, NULL);
	if (read(p[0], &c, 1) != 1)
		return 2;
	wait(&status);
	seen = twice(seen);
	return seen == 2 * SIGALRM ? 7 : 8;
}
