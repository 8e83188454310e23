/* SPDX-License-Identifier: ISC */
/*
 * A thread makes processes that share its descriptors and signal actions (CLONE_FILES, CLONE_SIGHAND) while
 * another one of its process calls exec: the new program's tables are its own, whenever the last of those
 * was made, so that what exec closes and resets stays as it is for them.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

#define ROUNDS 400
#define STEP_NS 2000 /* later each round */
#define SHARERS 2 /* of a round, at most */

static struct {
	volatile int begun, over, alive, lost;
} * shared;
static char stacks[SHARERS][8192] __attribute__((aligned(16)));
static int fd;

static void add(volatile int *n, int by)
{
	__atomic_add_fetch(n, by, __ATOMIC_SEQ_CST);
}

static void on_signal(int sig)
{
	(void)sig;
}

/* Shares the tables of who execs: it has the descriptor and the handler to the end. */
static int share(void *unused)
{
	struct sigaction a = { .sa_handler = SIG_DFL };

	(void)unused;
	while (!shared->over)
		sched_yield();
	sigaction(SIGUSR1, NULL, &a);
	if (fcntl(fd, F_GETFD) != FD_CLOEXEC || a.sa_handler != on_signal)
		add(&shared->lost, 1);
	add(&shared->alive, -1);
	syscall(SYS_exit, 0);
	return 0;
}

static void spin(long ns)
{
	struct timespec a, b;

	clock_gettime(CLOCK_MONOTONIC, &a);
	do
		clock_gettime(CLOCK_MONOTONIC, &b);
	while ((b.tv_sec - a.tv_sec) * 1000000000 + b.tv_nsec - a.tv_nsec < ns);
}

static void *make_sharers(void *round)
{
	shared->begun = 1;
	spin((long)round * STEP_NS);
	for (int i = 0; i < SHARERS; i++) {
		int pid;

		add(&shared->alive, 1);
		pid = clone(share, stacks[i] + sizeof(stacks[i]),
			    CLONE_VM | CLONE_SIGHAND | CLONE_FILES | SIGCHLD, NULL);
		if (pid < 0)
			add(&shared->alive, -1);
	}
	return NULL;
}

/* The thread that makes them may be ended between the count and the call. */
static void run(long round)
{
	char *argv[] = { "true", NULL };
	pthread_t thread;

	pthread_create(&thread, NULL, make_sharers, (void *)round);
	while (!shared->begun)
		;
	execv("/bin/true", argv);
	_exit(1);
}

int main(void)
{
	int failed = 0, status;

	sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = on_signal }, NULL);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (long round = 0; round < ROUNDS; round++) {
		pid_t pid = fork();

		if (pid == 0)
			run(round);
		waitpid(pid, &status, 0);
		failed += status != 0;
		shared->over = 1;
		while (shared->alive > 1)
			usleep(100);
		usleep(shared->alive ? 20000 : 0); /* one that was never made, or a late one */
		shared->over = shared->begun = shared->alive = 0;
	}
	is_long(failed, 0, "the new program runs");
	is_long(shared->lost, 0, "and closes and resets nothing that others have");
	return done_testing();
}
