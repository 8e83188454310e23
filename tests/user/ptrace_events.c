/* SPDX-License-Identifier: ISC */
/*
 * ptrace: events that a tracer asks for, who may come to trace whom, stops of the process, and the end
 * of either.
 */
#include <pthread.h>
#include <sys/uio.h>

#include "tracer.h"

#define EVENT(e) (SIGTRAP | (e) << 8)

/* -- events ---------------------------------------------------------------------------------------- */

static int forks(void *how)
{
	pid_t pid = how ? vfork() : fork();
	int status;

	if (pid == 0)
		_exit(3);
	waitpid(pid, &status, 0);
	return status == 3 << 8 ? 5 : 6;
}

static void events(void)
{
	const long options = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE |
			     PTRACE_O_TRACEEXIT;
	unsigned long message = 0;
	pid_t pid, child;

	traced(forks, NULL, options, &pid);
	is_long(go(PTRACE_CONT, pid, 0), STOPPED(EVENT(PTRACE_EVENT_FORK)), "fork is an event");
	trace(PTRACE_GETEVENTMSG, pid, 0, (long)&message);
	child = (pid_t)message;
	is_long(wait_all(child), STOPPED(SIGSTOP), "its child is a tracee");
	is_long(go(PTRACE_CONT, child, 0), STOPPED(EVENT(PTRACE_EVENT_EXIT)), "its exit, too");
	trace(PTRACE_GETEVENTMSG, child, 0, (long)&message);
	is_long((long)message, 3 << 8, "with the status");
	is_long(go(PTRACE_CONT, child, 0), 3 << 8, "its end we hear first");
	is_long(go(PTRACE_CONT, pid, 0), STOPPED(SIGCHLD), "then its parent");
	is_long(go(PTRACE_CONT, pid, SIGCHLD), STOPPED(EVENT(PTRACE_EVENT_EXIT)), "which exits");
	is_long(go(PTRACE_CONT, pid, 0), 5 << 8, "having seen it");
	traced(forks, "vfork", options, &pid);
	is_long(go(PTRACE_CONT, pid, 0), STOPPED(EVENT(PTRACE_EVENT_VFORK)), "vfork is an event");
	trace(PTRACE_GETEVENTMSG, pid, 0, (long)&message);
	child = (pid_t)message;
	is_long(wait_all(child), STOPPED(SIGSTOP), "its child is a tracee");
	trace(PTRACE_CONT, pid, 0, 0);
	is_long(go(PTRACE_CONT, child, 0), STOPPED(EVENT(PTRACE_EVENT_EXIT)), "it exits");
	is_long(trace(PTRACE_CONT, child, 0, 0), 0, "and ends");
	is_long(wait_all(pid), STOPPED(EVENT(PTRACE_EVENT_VFORK_DONE)), "its parent goes on");
	is_long(wait_all(child), 3 << 8, "it has ended");
	trace(PTRACE_DETACH, pid, 0, 0);
	is_long(wait_all(pid), 5 << 8, "detached, it ends");
}

static void *thread(void *arg)
{
	return arg;
}

static int makes_thread(void *arg)
{
	pthread_t t;

	if (pthread_create(&t, NULL, thread, arg) || pthread_join(t, NULL))
		return 6;
	return 5;
}

static void threads(void)
{
	unsigned long tid = 0;
	pid_t pid;

	traced(makes_thread, NULL, PTRACE_O_TRACECLONE, &pid);
	is_long(go(PTRACE_CONT, pid, 0), STOPPED(EVENT(PTRACE_EVENT_CLONE)),
		"a thread is an event");
	trace(PTRACE_GETEVENTMSG, pid, 0, (long)&tid);
	is_long(wait_all((pid_t)tid), STOPPED(SIGSTOP), "and a tracee");
	is_long(trace(PTRACE_CONT, pid, 0, 0), 0, "its maker goes on");
	ok(WIFEXITED(go(PTRACE_CONT, (pid_t)tid, 0)), "it ends, and that is told");
	is_long(wait_all(pid), 5 << 8, "the process ends");
}

static int execs(void *path)
{
	char *argv[] = { path, "child", NULL };

	execv(path, argv);
	return 6;
}

static void exec_events(char *self)
{
	unsigned long message = 0;
	pid_t pid;

	traced(execs, self, 0, &pid);
	is_long(go(PTRACE_CONT, pid, 0), STOPPED(SIGTRAP), "exec is told by SIGTRAP");
	is_long(go(PTRACE_CONT, pid, 0), 9 << 8, "the new program runs");
	traced(execs, self, PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD, &pid);
	is_long(go(PTRACE_CONT, pid, 0), STOPPED(EVENT(PTRACE_EVENT_EXEC)), "or by an event");
	trace(PTRACE_GETEVENTMSG, pid, 0, (long)&message);
	is_long((long)message, pid, "with its number");
	is_long(go(PTRACE_SYSCALL, pid, 0), STOPPED(SIGTRAP | 0x80), "then the call ends");
	is_long(go(PTRACE_CONT, pid, 0), 9 << 8, "the new program runs");
}

/* -- attach, seize ------------------------------------------------------------------------------------ */

static int sleeps(void *arg)
{
	char c;

	(void)!read(*(int *)arg, &c, 1);
	return 5;
}

static void attach(void)
{
	int p[2], status;
	pid_t pid;

	if (pipe(p))
		return;
	pid = start_child(sleeps, &p[0]);
	until_asleep(pid);
	is_long(trace(PTRACE_CONT, pid, 0, 0), -ESRCH, "not ours yet");
	is_long(trace(PTRACE_ATTACH, getpid(), 0, 0), -EPERM, "nobody traces himself");
	is_long(trace(PTRACE_ATTACH, 999999, 0, 0), -ESRCH, "nor one who is not there");
	is_long(trace(PTRACE_ATTACH, pid, 0, 0), 0, "PTRACE_ATTACH");
	is_long(trace(PTRACE_ATTACH, pid, 0, 0), -EPERM, "once");
	is_long(wait_all(pid), STOPPED(SIGSTOP), "it stops");
	is_long(trace(PTRACE_INTERRUPT, pid, 0, 0), -EIO, "PTRACE_INTERRUPT is for the seized");
	is_long(trace(PTRACE_DETACH, pid, 0, 0), 0, "PTRACE_DETACH");
	until_asleep(pid);
	is_long(trace(PTRACE_SEIZE, pid, 1, 0), -EIO, "PTRACE_SEIZE has no address");
	is_long(trace(PTRACE_SEIZE, pid, 0, 1 << 30), -EIO, "nor unknown options");
	is_long(trace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD), 0, "PTRACE_SEIZE");
	is_long(trace(PTRACE_CONT, pid, 0, 0), -ESRCH, "it runs on");
	is_long(trace(PTRACE_INTERRUPT, pid, 0, 0), 0, "PTRACE_INTERRUPT");
	is_long(wait_all(pid), STOPPED(SIGTRAP | SEIZED_STOP << 8), "stops it");
	trace(PTRACE_CONT, pid, 0, 0);
	kill(pid, SIGSTOP);
	is_long(wait_all(pid), STOPPED(SIGSTOP), "SIGSTOP is a signal");
	is_long(go(PTRACE_CONT, pid, SIGSTOP), STOPPED(SIGSTOP | SEIZED_STOP << 8), "then a stop");
	is_long(trace(PTRACE_LISTEN, pid, 0, 0), 0, "PTRACE_LISTEN");
	is_long(trace(PTRACE_CONT, pid, 0, 0), -ESRCH, "it stays stopped");
	is_long(waitpid(pid, &status, __WALL | WNOHANG), 0, "with nothing to say");
	kill(pid, SIGCONT);
	is_long(wait_all(pid), STOPPED(SIGTRAP | SEIZED_STOP << 8), "until SIGCONT");
	is_long(go(PTRACE_CONT, pid, 0), STOPPED(SIGCONT), "which is a signal");
	is_long(trace(PTRACE_LISTEN, pid, 0, 0), -EIO, "not a stop to listen in");
	trace(PTRACE_DETACH, pid, 0, 0);
	(void)!write(p[1], "x", 1);
	is_long(wait_all(pid), 5 << 8, "it reads on, and ends");
}

static int tracer_dies(void *arg)
{
	pid_t pid = *(pid_t *)arg;

	if (trace(PTRACE_SEIZE, pid, 0, 0) || trace(PTRACE_INTERRUPT, pid, 0, 0))
		return 6;
	return wait_all(pid) == STOPPED(SIGTRAP | SEIZED_STOP << 8) ? 7 : 8;
}

static int killer_dies(void *arg)
{
	return trace(PTRACE_SEIZE, *(pid_t *)arg, 0, PTRACE_O_EXITKILL) ? 6 : 7;
}

static void tracers_end(void)
{
	int p[2];
	pid_t pid;

	if (pipe(p))
		return;
	pid = start_child(sleeps, &p[0]);
	until_asleep(pid);
	is_long(in_child(tracer_dies, &pid), 7 << 8, "a tracer ends");
	(void)!write(p[1], "x", 1);
	is_long(wait_all(pid), 5 << 8, "its tracee goes on");
	pid = start_child(sleeps, &p[0]);
	is_long(in_child(killer_dies, &pid), 7 << 8, "a tracer with PTRACE_O_EXITKILL ends");
	is_long(wait_all(pid), SIGKILL, "and its tracee with it");
}

/* -- rights ---------------------------------------------------------------------------------------- */

static int as_stranger(void *arg)
{
	struct iovec mine = { arg, 4 }, its = { arg, 4 };

	if (setgid(12345) || setuid(12345))
		return 6;
	if (trace(PTRACE_ATTACH, *(pid_t *)arg, 0, 0) != -EPERM)
		return 7;
	return process_vm_readv(*(pid_t *)arg, &mine, 1, &its, 1, 0) == -1 && errno == EPERM ? 5
											     : 8;
}

static void rights(void)
{
	int p[2];
	pid_t pid;

	if (pipe(p))
		return;
	pid = start_child(sleeps, &p[0]);
	is_long(in_child(as_stranger, &pid), 5 << 8, "a stranger may not");
	(void)!write(p[1], "x", 1);
	is_long(wait_all(pid), 5 << 8, "touch it");
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return 9;
	events();
	threads();
	exec_events(argv[0]);
	attach();
	tracers_end();
	rights();
	return done_testing();
}
