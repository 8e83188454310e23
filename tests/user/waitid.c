/* SPDX-License-Identifier: ISC */
/* waitid in all its ways, and what of wait4's options is left: clone children, process groups. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

static int end_with(void *code)
{
	return (long)code;
}

static int stop_self(void *code)
{
	stop_until_told(SIGSTOP);
	return (long)code;
}

static int die_by(void *sig)
{
	kill(getpid(), (long)sig);
	return 1;
}

static siginfo_t info;

static long wait_id(int which, int id, int options)
{
	memset(&info, 0xaa, sizeof(info));
	return raw(SYS_waitid, which, id, &info, options, 0);
}

static void told(pid_t pid, int code, int status, const char *what)
{
	ok(info.si_signo == SIGCHLD && info.si_errno == 0 && info.si_pid == pid &&
		   info.si_uid == getuid(),
	   "%s: who", what);
	is_long(info.si_code, code, "%s: what", what);
	is_long(info.si_status, status, "%s: with what", what);
}

static void ends(void)
{
	pid_t pid = start_child(end_with, (void *)7);

	is_long(wait_id(P_PID, pid, WEXITED | WNOWAIT), 0, "WNOWAIT");
	told(pid, CLD_EXITED, 7, "exit");
	is_long(wait_id(P_ALL, 0, WEXITED | WNOHANG), 0, "it is still there");
	told(pid, CLD_EXITED, 7, "again");
	is_long(wait_id(P_ALL, 0, WEXITED | WNOHANG), -ECHILD, "then it is not");
	is_long(info.si_signo, 0, "an error leaves no siginfo");
	pid = start_child(die_by, (void *)SIGTERM);
	is_long(wait_id(P_PID, pid, WEXITED), 0, "one that is killed");
	told(pid, CLD_KILLED, SIGTERM, "kill");
	pid = start_child(end_with, (void *)0);
	is_long(raw(SYS_waitid, P_PID, pid, 0, WEXITED, 0), 0, "without a siginfo");
}

static void stops(void)
{
	pid_t pid = start_child(stop_self, (void *)9);

	is_long(wait_id(P_PID, pid, WSTOPPED), 0, "a stop");
	told(pid, CLD_STOPPED, SIGSTOP, "stop");
	is_long(wait_id(P_PID, pid, WSTOPPED | WEXITED | WNOHANG), 0, "is told once");
	ok(info.si_signo == 0 && info.si_pid == 0, "with nothing in the siginfo");
	kill(pid, SIGCONT);
	is_long(wait_id(P_PID, pid, WCONTINUED), 0, "a go");
	told(pid, CLD_CONTINUED, SIGCONT, "go");
	kill(pid, SIGUSR1);
	is_long(wait_id(P_PID, pid, WEXITED), 0, "the end");
	told(pid, CLD_EXITED, 9, "end");
	pid = start_child(end_with, (void *)1);
	wait_id(P_PID, pid, WEXITED | WNOWAIT);
	is_long(wait_id(P_PID, pid, WSTOPPED), -ECHILD, "what has ended will not stop");
	is_long(wait_id(P_PID, pid, WEXITED), 0, "it is reaped");
}

static int in_own_group(void *code)
{
	setpgid(0, 0);
	return (long)code;
}

static void groups(void)
{
	pid_t other = start_child(in_own_group, (void *)1), own = start_child(end_with, (void *)2);

	wait_id(P_PID, other, WEXITED | WNOWAIT);
	is_long(wait_id(P_PGID, other, WEXITED), 0, "a child of another group");
	told(other, CLD_EXITED, 1, "its");
	is_long(wait_id(P_PGID, 0, WEXITED), 0, "one of the own group");
	told(own, CLD_EXITED, 2, "ours");
	is_long(wait_id(P_PGID, other, WEXITED), -ECHILD, "the group is gone");
}

static void clone_children(void)
{
	long pid = raw(SYS_clone, 0, 0, 0, 0, 0);
	int status = -1;

	if (pid == 0)
		_exit(3);
	is_long(raw(SYS_wait4, pid, &status, WNOHANG, 0), -ECHILD, "no SIGCHLD: not wait4's");
	is_long(raw(SYS_wait4, pid, &status, __WCLONE, 0), pid, "but with __WCLONE");
	is_status(status, EXITED(3), "its status");
	pid = raw(SYS_clone, SIGUSR1, 0, 0, 0, 0);
	if (pid == 0) {
		signal(SIGUSR1, SIG_IGN);
		_exit(4);
	}
	is_long(raw(SYS_wait4, -1, &status, __WALL, 0), pid, "__WALL takes any");
	pid = start_child(end_with, (void *)5);
	is_long(raw(SYS_wait4, pid, &status, __WCLONE | WNOHANG, 0), -ECHILD, "__WCLONE not this");
	is_long(raw(SYS_wait4, pid, &status, __WNOTHREAD, 0), pid, "__WNOTHREAD does");
}

static void errors(void)
{
	is_long(wait_id(P_ALL, 0, 0), -EINVAL, "nothing to wait for");
	is_long(wait_id(P_ALL, 0, WNOHANG), -EINVAL, "WNOHANG is not it");
	is_long(wait_id(P_ALL, 0, WEXITED | 0x100), -EINVAL, "an unknown option");
	is_long(wait_id(P_PID, 0, WEXITED), -EINVAL, "pid 0");
	is_long(wait_id(P_PID, -1, WEXITED), -EINVAL, "pid -1");
	is_long(wait_id(P_PGID, -1, WEXITED), -EINVAL, "group -1");
	is_long(wait_id(9, 0, WEXITED), -EINVAL, "an unknown kind");
	is_long(wait_id(3, -1, WEXITED), -EINVAL, "P_PIDFD of no descriptor");
	is_long(wait_id(3, 0, WEXITED), -EBADF, "P_PIDFD of another descriptor");
	is_long(wait_id(P_ALL, 0, WEXITED), -ECHILD, "no children");
	is_long(raw(SYS_waitid, P_ALL, 0, 8, WEXITED, 0), -EFAULT, "a bad siginfo");
}

int main(void)
{
	signal(SIGUSR1, SIG_IGN);
	ends();
	stops();
	groups();
	clone_children();
	errors();
	return done_testing();
}
