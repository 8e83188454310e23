/* SPDX-License-Identifier: ISC */
/*
 * wait4: statuses, choice of the child, WNOHANG, errors, and what becomes of zombies and orphans.
 * Checklist line 26 as far as no signal handler is needed.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

static int exit_with(void *code)
{
	return (long)code;
}

static int raise_signal(void *sig)
{
	kill(getpid(), (long)sig);
	return 0;
}

static int null_pointer(void *arg)
{
	*(volatile int *)arg = 1;
	return 0;
}

static int wait_for_byte(void *ends)
{
	char c;

	close(((int *)ends)[1]);
	return read(((int *)ends)[0], &c, 1) == 0 ? 3 : 1;
}

static void statuses(void)
{
	static const int codes[] = { 0, 1, 42, 127, 128, 255 };

	for (int i = 0; i < 6; i++)
		is_status(in_child(exit_with, (void *)(long)codes[i]), EXITED(codes[i]), "exit %d",
			  codes[i]);
	is_status(in_child(exit_with, (void *)256), EXITED(0), "exit 256 is 0");
	is_status(in_child(exit_with, (void *)-1), EXITED(255), "exit -1 is 255");
	is_status(in_child(raise_signal, (void *)SIGTERM), KILLED(SIGTERM), "SIGTERM");
	is_status(in_child(raise_signal, (void *)SIGKILL), KILLED(SIGKILL), "SIGKILL");
	is_status(in_child(null_pointer, NULL), KILLED(SIGSEGV), "a null pointer");
}

static void without_waiting(void)
{
	int ends[2], status = 77;
	pid_t pid;

	if (pipe(ends) < 0)
		return;
	pid = start_child(wait_for_byte, ends);
	is_long(raw(SYS_wait4, pid, &status, WNOHANG, 0), 0, "WNOHANG while the child lives: 0");
	is_long(status, 77, "and the status is untouched");
	close(ends[0]);
	close(ends[1]);
	is_long(raw(SYS_wait4, pid, &status, 0, 0), pid, "then it ends");
	is_status(status, EXITED(3), "it saw the end of the pipe");
}

static void choosing(void)
{
	pid_t first = start_child(exit_with, (void *)1);
	pid_t second = start_child(exit_with, (void *)2);
	pid_t third = start_child(exit_with, (void *)3);
	int status;

	is_long(raw(SYS_wait4, third, &status, 0, 0), third, "the third is asked for");
	is_status(status, EXITED(3), "and its status comes");
	is_long(raw(SYS_wait4, first, &status, 0, 0), first, "the first is asked for");
	is_status(status, EXITED(1), "and its status comes");
	is_long(raw(SYS_wait4, -1, &status, 0, 0), second, "any: the second is left");
	is_status(status, EXITED(2), "and its status comes");
	is_long(raw(SYS_wait4, second, &status, 0, 0), -ECHILD, "a second wait for it");
}

static void group_and_null(void)
{
	pid_t pid = start_child(exit_with, (void *)5);

	is_long(raw(SYS_wait4, 0, 0, 0, 0), pid, "0 means the own group; a null status is fine");
	pid = start_child(exit_with, (void *)5);
	is_long(raw(SYS_wait4, pid, 8, 0, 0), -EFAULT, "a bad status pointer");
}

static void usage(void)
{
	struct rusage used;
	pid_t pid = start_child(exit_with, (void *)5);

	memset(&used, 0xff, sizeof(used));
	is_long(raw(SYS_wait4, pid, 0, 0, &used), pid, "with a rusage");
	ok(used.ru_utime.tv_usec >= 0 && used.ru_utime.tv_usec < 1000000, "it holds a time");
}

static void errors(void)
{
	int status;

	is_long(raw(SYS_wait4, -1, &status, 0, 0), -ECHILD, "no children: any");
	is_long(raw(SYS_wait4, -1, &status, WNOHANG, 0), -ECHILD, "no children: WNOHANG");
	is_long(raw(SYS_wait4, getpid(), &status, 0, 0), -ECHILD, "not a child: itself");
	is_long(raw(SYS_wait4, 1, &status, 0, 0), -ECHILD, "not a child: pid 1");
	is_long(raw(SYS_wait4, -1, &status, 0x100, 0), -EINVAL, "an unknown option");
}

/* The grandchild outlives its parent: it gets a new parent, and that one reaps it. */
static int leave_an_orphan(void *ends)
{
	int *to_test = ends;
	pid_t parent = getpid();

	if (fork() == 0) {
		char c;
		pid_t now;

		close(to_test[3]);
		if (read(to_test[2], &c, 1) < 0) /* until the test has reaped the parent */
			_exit(1);
		now = getppid();
		if (now == parent)
			now = -1;
		_exit(write(to_test[1], &now, sizeof(now)) != sizeof(now));
	}
	return 0;
}

static void orphan(void)
{
	int ends[4];
	pid_t now = -1;

	if (pipe(ends) < 0 || pipe(ends + 2) < 0)
		return;
	is_status(in_child(leave_an_orphan, ends), EXITED(0), "a child leaves an orphan");
	close(ends[2]);
	close(ends[3]);
	is_long(read(ends[0], &now, sizeof(now)), sizeof(now), "the orphan lives on");
	ok(now >= 1 && now != getpid(), "and has a new parent");
	is_long(raw(SYS_wait4, -1, 0, 0, 0), -ECHILD, "which is not this process");
	close(ends[0]);
	close(ends[1]);
}

static void zombie(void)
{
	int ends[2];
	pid_t pid;
	char c;

	if (pipe(ends) < 0)
		return;
	pid = start_child(exit_with, (void *)6);
	if (pid == 0)
		return;
	close(ends[1]);
	is_long(read(ends[0], &c, 1), 0, "the child has closed its pipe");
	is_long(raw(SYS_kill, pid, 0), 0, "a child not waited for can be named");
	is_long(raw(SYS_kill, pid, SIGKILL), 0, "even killed, whether zombie or not");
	ok(status_of(pid) != -1, "and is waited for");
	is_long(raw(SYS_kill, pid, 0), -ESRCH, "once reaped it is gone");
	close(ends[0]);
}

int main(void)
{
	errors();
	statuses();
	without_waiting();
	choosing();
	group_and_null();
	usage();
	zombie();
	orphan();
	errors();
	return done_testing();
}
