/* SPDX-License-Identifier: ISC */
/*
 * Tracers and tracees that end, attach and detach at the same time, many times over: nobody is lost,
 * nothing hangs, and the kernel has everything back.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "tracer.h"

#define ROUNDS 60

static int works(void *arg)
{
	long n = *(int *)arg % 7 * 20;

	while (n--)
		syscall(SYS_getppid);
	return 5;
}

/* Attached at any moment of its life: all stops are let go, and its end is told once. */
static void attach_and_exit(int seize)
{
	int good = 0;

	for (int i = 0; i < ROUNDS; i++) {
		pid_t pid = start_child(works, &i);
		long r = trace(seize ? PTRACE_SEIZE : PTRACE_ATTACH, pid, 0, 0);
		int status = 0;

		if (seize && !r)
			trace(PTRACE_INTERRUPT, pid, 0, 0);
		while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status))
			trace(i % 3 ? PTRACE_SYSCALL : PTRACE_DETACH, pid, 0, 0);
		good += status == 5 << 8;
	}
	is_long(good, ROUNDS, "%s, and the end", seize ? "PTRACE_SEIZE" : "PTRACE_ATTACH");
}

static int attaches(void *arg)
{
	pid_t pid = *(pid_t *)arg;

	if (trace(PTRACE_SEIZE, pid, 0, 0))
		return 6;
	trace(PTRACE_INTERRUPT, pid, 0, 0);
	return 5;
}

static int for_ever(void *arg)
{
	for (;;)
		if (syscall(SYS_getppid, arg) < 0)
			return 6;
}

/* The tracer ends while its tracee comes to a stop, and another one takes its place. */
static void tracers_come_and_go(void)
{
	pid_t pid = start_child(for_ever, NULL);
	int good = 0;

	for (int i = 0; i < ROUNDS; i++)
		good += in_child(attaches, &pid) == 5 << 8;
	is_long(good, ROUNDS, "tracers come and go");
	kill(pid, SIGKILL);
	is_long(status_of(pid), SIGKILL, "their tracee is killed");
}

/* Killed in whatever stop it is, with the tracer at its registers. */
static void kill_in_stops(void)
{
	int good = 0;

	for (int i = 0; i < ROUNDS; i++) {
		char regs[216];
		int status = 0;
		pid_t killer, pid = fork();

		if (pid == 0) {
			trace(PTRACE_TRACEME, 0, 0, 0);
			raise(SIGSTOP);
			_exit(for_ever(NULL));
		}
		waitpid(pid, &status, __WALL);
		killer = fork();
		if (killer == 0) {
			for (int n = i % 10; n; n--)
				syscall(SYS_getppid);
			kill(pid, SIGKILL);
			_exit(0);
		}
		do {
			if (trace(PTRACE_GETREGS, pid, 0, (long)regs) == 0)
				trace(PTRACE_SETREGS, pid, 0, (long)regs);
			trace(PTRACE_SYSCALL, pid, 0, 0);
		} while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status));
		good += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
		status_of(killer);
	}
	is_long(good, ROUNDS, "killed in a stop");
}

static void *thread(void *arg)
{
	for (int i = 0; i < 20; i++)
		syscall(SYS_getppid);
	return arg;
}

static int makes_threads(void *arg)
{
	pthread_t t[3];

	for (int i = 0; i < 3; i++)
		if (pthread_create(&t[i], NULL, thread, arg))
			return 6;
	if (*(int *)arg % 2)
		return 5; /* ends them */
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	return 5;
}

/* All threads of a process that ends, each with its stops and its own end. */
static void threads_end(void)
{
	int good = 0;

	for (int i = 0; i < ROUNDS / 3; i++) {
		int status = 0, end = 0;
		pid_t pid = fork(), who;

		if (pid == 0) {
			trace(PTRACE_TRACEME, 0, 0, 0);
			raise(SIGSTOP);
			_exit(makes_threads(&i));
		}
		waitpid(pid, &status, __WALL);
		trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT);
		trace(PTRACE_SYSCALL, pid, 0, 0);
		while ((who = waitpid(-1, &status, __WALL)) > 0) {
			if (WIFSTOPPED(status))
				trace(PTRACE_SYSCALL, who, 0, 0);
			else if (who == pid)
				end = status;
		}
		good += end == 5 << 8 && errno == ECHILD;
	}
	is_long(good, ROUNDS / 3, "threads that end");
}

static void *stops(void *arg)
{
	syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR1);
	return arg;
}

static int exits_beside(void *arg)
{
	pthread_t t;

	if (pthread_create(&t, NULL, stops, arg))
		return 6;
	usleep(20000);
	return 5;
}

/* A thread in a stop that nobody lets go does not keep its process alive. */
static void exit_beside_stop(void)
{
	int status = 0;
	pid_t pid = fork(), who;

	if (pid == 0) {
		trace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(exits_beside(NULL));
	}
	waitpid(pid, &status, __WALL);
	trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACECLONE);
	trace(PTRACE_CONT, pid, 0, 0);
	while ((who = waitpid(-1, &status, __WALL)) > 0 && !(who == pid && WIFEXITED(status)))
		if (WIFSTOPPED(status) && WSTOPSIG(status) != SIGUSR1)
			trace(PTRACE_CONT, who, 0, 0);
	is_long(status, 5 << 8, "exit beside a stop");
}

static char *read_only;
static int zeroes, stop; /* stop: atomic */

/* How many writes to the page succeed until it is told to stop. */
static void *tries_to_write(void *arg)
{
	long hits = 0;

	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		hits += read(zeroes, read_only + 64, 1) == 1;
	return (void *)hits;
}

static int writes_beside(void *arg)
{
	pthread_t t;
	void *hits = arg;

	if (pthread_create(&t, NULL, tries_to_write, NULL))
		return 6;
	raise(SIGUSR1);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(t, &hits);
	return hits ? 7 : 5;
}

/* A tracer's way into a page that its tracee may not write is none for the tracee's other threads. */
static void right_of_the_tracer(void)
{
	long good = 0, got = 0;
	pid_t pid;

	read_only = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	zeroes = open("/dev/zero", O_RDONLY);
	traced(writes_beside, NULL, 0, &pid);
	is_long(go(PTRACE_CONT, pid, 0), STOPPED(SIGUSR1), "it has a thread that runs");
	for (long i = 1; i <= 50000; i++)
		good += !trace(PTRACE_POKEDATA, pid, (long)read_only, i) &&
			!trace(PTRACE_PEEKDATA, pid, (long)read_only, (long)&got) && got == i;
	is_long(good, 50000, "a page that it may not write is written");
	is_long(go(PTRACE_CONT, pid, 0), 5 << 8, "that thread never could");
	close(zeroes);
}

int main(void)
{
	right_of_the_tracer();
	attach_and_exit(0);
	attach_and_exit(1);
	tracers_come_and_go();
	kill_in_stops();
	threads_end();
	exit_beside_stop();
	return done_testing();
}
