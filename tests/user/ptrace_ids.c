/* SPDX-License-Identifier: ISC */
/*
 * ptrace and rights that change: a set-id program is not its ids' for a tracer without rights, nor may
 * one look into it later, nor is a parent made the tracer of a child that can do more. Lies of a tracer.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>

#include "tracer.h"

#define COPY "/tmp/leash-ptrace-ids"
#define USER 12345
#define BAD ((long)0xffff800000000000)

static int gate[2];

static void pass_gate(void)
{
	char c;

	while (read(gate[0], &c, 1) != 1)
		;
}

static void open_gate(void)
{
	(void)!write(gate[1], "x", 1);
}

static int become_user(void)
{
	return setgid(USER) || setuid(USER);
}

/* -- set-id programs ------------------------------------------------------------------------------ */

static int exec_copy(const char *what)
{
	char number[12], *argv[] = { COPY, (char *)what, number, NULL };

	snprintf(number, sizeof(number), "%d", gate[0]);
	execv(COPY, argv);
	return 6;
}

/* The ids with which the set-id program runs, begun by a user. */
static int untraced(void *arg)
{
	return become_user() ? 7 : exec_copy(arg);
}

static int waits_and_runs(void *arg)
{
	if (become_user())
		return 7;
	pass_gate();
	return exec_copy(arg);
}

/* @me, a user, is the tracer of who runs it. */
static int user_traces(void *arg)
{
	pid_t pid;

	if (become_user())
		return 7;
	pid = fork();
	if (pid == 0) {
		trace(PTRACE_TRACEME, 0, 0, 0);
		_exit(exec_copy(arg));
	}
	if (wait_all(pid) != STOPPED(SIGTRAP) || trace(PTRACE_CONT, pid, 0, 0))
		return 8;
	return WEXITSTATUS(wait_all(pid));
}

/* A user looks into a program that runs with other ids than his. */
static int user_attaches(void *arg)
{
	struct iovec mine = { arg, 1 }, its = { arg, 1 };
	char path[32];
	pid_t pid;

	if (become_user())
		return 7;
	pid = fork();
	if (pid == 0)
		_exit(exec_copy("gate"));
	while (!waitpid(pid, NULL, WNOHANG) && access(COPY ".there", F_OK))
		sched_yield();
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	if (trace(PTRACE_ATTACH, pid, 0, 0) != -EPERM || trace(PTRACE_SEIZE, pid, 0, 0) != -EPERM)
		return 8;
	if (process_vm_readv(pid, &mine, 1, &its, 1, 0) != -1 || errno != EPERM)
		return 9;
	if (open(path, O_RDONLY) != -1 || errno != EACCES)
		return 12;
	open_gate();
	return WEXITSTATUS(wait_all(pid));
}

static void set_id(void)
{
	pid_t pid;

	is_long(in_child(untraced, "ids"), 10 << 8, "a set-id program has its file's ids");
	is_long(in_child(user_traces, "ids"), 11 << 8, "not for its user as tracer");
	pid = start_child(waits_and_runs, "ids");
	is_long(trace(PTRACE_SEIZE, pid, 0, 0), 0, "root traces");
	open_gate();
	is_long(wait_all(pid), 10 << 8, "and it has them");
	is_long(in_child(user_attaches, COPY), 10 << 8, "its user may not look into it");
	unlink(COPY ".there");
}

/* -- who may be made a tracer ------------------------------------------------------------------------ */

static int child_of_less(void *arg)
{
	pid_t pid = fork();

	(void)arg;
	if (pid == 0) {
		pass_gate();
		_exit(trace(PTRACE_TRACEME, 0, 0, 0) == -EPERM ? 5 : 6);
	}
	if (become_user())
		return 7;
	open_gate();
	return WEXITSTATUS(wait_all(pid));
}

static int twice(void *arg)
{
	(void)arg;
	if (trace(PTRACE_TRACEME, 0, 0, 0))
		return 6;
	return trace(PTRACE_TRACEME, 0, 0, 0) == -EPERM ? 5 : 7;
}

static int hides(void *arg)
{
	(void)arg;
	if (become_user() || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return 7;
	pass_gate();
	return 5;
}

static int looks_for_hidden(void *arg)
{
	if (become_user())
		return 7;
	return trace(PTRACE_SEIZE, *(pid_t *)arg, 0, 0) == -EPERM ? 5 : 6;
}

static void tracers(void)
{
	pid_t pid;

	is_long(in_child(child_of_less, NULL), 5 << 8, "a parent with less rights is no tracer");
	is_long(in_child(twice, NULL), 5 << 8, "there is one tracer");
	pid = start_child(hides, NULL);
	until_asleep(pid);
	is_long(in_child(looks_for_hidden, &pid), 5 << 8, "PR_SET_DUMPABLE hides");
	open_gate();
	is_long(wait_all(pid), 5 << 8, "whom it hides");
}

/* -- lies ------------------------------------------------------------------------------------------ */

static int stops(void *arg)
{
	(void)arg;
	trace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	return 5;
}

static void lies(void)
{
	static const int out[] = { PTRACE_GETREGS,    PTRACE_GETFPREGS,  PTRACE_SETREGS,
				   PTRACE_SETFPREGS,  PTRACE_GETSIGINFO, PTRACE_SETSIGINFO,
				   PTRACE_GETEVENTMSG };
	static const long at[] = { 0, 8, BAD, -8, 0x7ffffffffff8 };
	struct iovec v = { (void *)BAD, 216 };
	pid_t pid = start_child(stops, NULL);

	is_long(wait_all(pid), STOPPED(SIGSTOP), "a tracee");
	for (unsigned i = 0; i < sizeof(out) / sizeof(*out); i++)
		for (unsigned k = 0; k < sizeof(at) / sizeof(*at); k++)
			is_long(trace(out[i], pid, 0, at[k]), -EFAULT, "request %x at %lx", out[i],
				at[k]);
	for (unsigned k = 0; k < sizeof(at) / sizeof(*at); k++) {
		is_long(trace(PTRACE_POKEDATA, pid, at[k], 1), -EIO, "writing to %lx", at[k]);
		is_long(trace(PTRACE_GETREGSET, pid, 1, at[k]), -EFAULT, "a set at %lx", at[k]);
		is_long(trace(PTRACE_PEEKUSER, pid, 0, at[k]), -EFAULT, "a word to %lx", at[k]);
	}
	is_long(trace(PTRACE_GETREGSET, pid, 1, (long)&v), -EFAULT, "a set into the kernel");
	is_long(trace(PTRACE_SETREGSET, pid, 1, (long)&v), -EFAULT, "and from there");
	is_long(trace(PTRACE_PEEKUSER, pid, -8, (long)&v), -EIO, "PTRACE_PEEKUSER before all");
	is_long(trace(PTRACE_POKEUSER, pid, BAD, 0), -EIO, "PTRACE_POKEUSER far away");
	is_long(trace(PTRACE_SETOPTIONS, pid, 0, 1L << 40), -EINVAL, "options that are none");
	is_long(trace(PTRACE_CONT, pid, 0, -1), -EIO, "a signal that is none");
	is_long(trace(PTRACE_CONT, pid, 0, 0), 0, "it goes on");
	is_long(wait_all(pid), 5 << 8, "unharmed");
}

/* What the set-id program does. */
static int run_copy(const char *what)
{
	if (!strcmp(what, "gate")) {
		close(open(COPY ".there", O_CREAT | O_WRONLY, 0600));
		pass_gate();
	}
	return geteuid() == 0 ? 10 : 11;
}

static int copy_self(void)
{
	static char buf[65536];
	int in = open("/proc/self/exe", O_RDONLY);
	int out = open(COPY, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n)
			return -1;
	close(in);
	close(out);
	return chmod(COPY, 04755);
}

int main(int argc, char **argv)
{
	if (argc > 2) {
		gate[0] = atoi(argv[2]);
		return run_copy(argv[1]);
	}
	is_long(pipe(gate), 0, "a pipe");
	is_long(copy_self(), 0, "a set-id program");
	set_id();
	tracers();
	lies();
	unlink(COPY);
	return done_testing();
}
