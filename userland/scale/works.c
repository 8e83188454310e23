/* SPDX-License-Identifier: ISC */
/*
 * What is repeated (scale.h): things that processes do for themselves, so that nothing but the kernel
 * can stand between two of them. A body is short: it is the grain of what is counted.
 */
#include "scale.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys.h"

#define PAGE 4096
#define ROUNDS 10000
#define CALLS 32
#define PAGES 32

static _Noreturn void give_up(const char *what)
{
	perror(what);
	_exit(1);
}

/* Registers alone: what the machine under the kernel gives. */
static void loop(void)
{
	long n = ROUNDS;

	__asm__ volatile("1: dec %0; jnz 1b" : "+r"(n));
}

static void null_calls(void)
{
	for (int i = 0; i < CALLS; i++)
		raw(SYS_getppid);
}

/* -- a byte there and back, between two processes on one CPU --------------------------------------- */

static int there[2], back[2];

static _Noreturn void answer(void)
{
	char c;

	close(there[1]);
	while (raw(SYS_read, there[0], &c, 1) == 1)
		raw(SYS_write, back[1], &c, 1);
	_exit(0);
}

static void begin_pipes(void)
{
	pid_t pid;

	if (pipe(there) || pipe(back) || (pid = fork()) < 0)
		give_up("scale: pipes");
	if (pid == 0)
		answer(); /* until we are dead, and the pipe has no writer */
}

static void ping(void)
{
	char c = 0;

	if (raw(SYS_write, there[1], &c, 1) != 1 || raw(SYS_read, back[0], &c, 1) != 1)
		_exit(1);
}

/* -- pages ----------------------------------------------------------------------------------------- */

static volatile char *pages;

static void begin_pages(void)
{
	pages = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		     0);
	if (pages == MAP_FAILED)
		give_up("scale: mmap");
}

static void touch_pages(void)
{
	for (int i = 0; i < PAGES; i++)
		pages[i * PAGE] = 1;
	if (madvise((void *)pages, PAGES * PAGE, MADV_DONTNEED))
		_exit(1);
}

/* -- processes ------------------------------------------------------------------------------------- */

static void fork_and_wait(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(0);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		give_up("scale: fork");
}

const struct work works[] = {
	{ "user-mode loop", NULL, loop, ROUNDS },
	{ "null system call", NULL, null_calls, CALLS },
	{ "pipe, there and back", begin_pipes, ping, 1 },
	{ "page fault", begin_pages, touch_pages, PAGES },
	{ "fork, exit and wait", NULL, fork_and_wait, 1 },
};
const int work_count = sizeof(works) / sizeof(works[0]);
