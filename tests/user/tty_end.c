/* SPDX-License-Identifier: ISC */
/* What the end of a session's leader does, and the end of its line: SIGHUP, and to whom. */
#include "session.h"

static int tell[2]; /* a pipe from children */
static int said, most; /* it ends after the last, if there is one */

static void say(int sig)
{
	char c = sig == SIGHUP ? 'h' : sig == SIGCONT ? 'c' : '?';

	if (write(tell[1], &c, 1) != 1 || ++said == most)
		_exit(99);
}

static int says_signals(void *arg)
{
	struct sigaction act = { .sa_handler = say };

	(void)arg;
	sigfillset(&act.sa_mask);
	sigaction(SIGHUP, &act, NULL);
	sigaction(SIGCONT, &act, NULL);
	if (write(tell[1], "r", 1) != 1)
		return 1;
	for (;;)
		pause();
}

static char told(void)
{
	char c = 0;

	return wait_for(tell[0], POLLIN, PATIENCE_MS) && read(tell[0], &c, 1) == 1 ? c : 0;
}

static bool silent(void)
{
	return !wait_for(tell[0], POLLIN, QUIET_MS);
}

/* The foreground group is a child's; then the leader does @then. Returns the child. */
static pid_t put_child_in_front(void)
{
	pid_t pid = start_child(says_signals, NULL);

	setpgid(pid, pid);
	signal(SIGTTOU, SIG_IGN);
	tcsetpgrp(pty.slave, pid);
	return pid;
}

static pid_t left_over;

static int leader_that_ends(void *arg)
{
	(void)arg;
	if (begin_session())
		return 1;
	left_over = put_child_in_front();
	if (told() != 'r' || write(tell[1], &left_over, sizeof(left_over)) < 0)
		return 2;
	return 0;
}

static int next_leader(void *arg)
{
	(void)arg;
	setsid();
	return raw(SYS_ioctl, pty.slave, TIOCSCTTY, 0) != 0 || !has_terminal();
}

static void leader_ends(void)
{
	pid_t child = 0;

	is_status(in_child(leader_that_ends, NULL), EXITED(0), "a leader ends");
	if (read(tell[0], &child, sizeof(child)) != sizeof(child))
		return;
	is_long(told(), 'h', "its foreground hears SIGHUP");
	ok(silent(), "and no more");
	kill(child, SIGKILL);
	is_long(raw(SYS_ioctl, pty.slave, TIOCGSID, &child), -ENOTTY, "the terminal is free");
	is_status(in_child(next_leader, NULL), EXITED(0), "for the next");
}

static int leader_that_gives_up(void *arg)
{
	pid_t child;

	(void)arg;
	STEP(begin_session() == 0);
	child = put_child_in_front();
	STEP(told() == 'r');
	STEP(raw(SYS_ioctl, pty.slave, TIOCNOTTY, 0) == 0);
	STEP(told() == 'h' && told() == 'c');
	STEP(!has_terminal());
	STEP(raw(SYS_ioctl, pty.slave, TIOCNOTTY, 0) == -ENOTTY);
	kill(child, SIGKILL);
	return 0;
}

static int leader_that_is_hung_up(void *arg)
{
	(void)arg;
	close(pty.master);
	if (begin_session())
		return 1;
	return says_signals(NULL);
}

static void line_ends(void)
{
	pid_t pid = start_child(leader_that_is_hung_up, NULL);

	close(pty.slave);
	is_long(told(), 'r', "a leader waits");
	close(pty.master);
	is_long(told(), 'h', "the master's end: SIGHUP");
	is_long(told(), 'c', "and SIGCONT");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ok(open_pair(&pty), "a new line");
}

/* A leader that dies of the hang-up takes its foreground group along. */
static int shell(void *arg)
{
	(void)arg;
	close(pty.master);
	if (begin_session())
		return 1;
	most = 2;
	put_child_in_front();
	for (;;)
		pause();
}

static void foreground_goes_along(void)
{
	pid_t pid = start_child(shell, NULL);

	close(pty.slave);
	is_long(told(), 'r', "a shell and its foreground");
	usleep(50000); /* the shell puts it there */
	close(pty.master);
	is_status(status_of(pid), SIGHUP, "the shell dies of SIGHUP");
	ok(told() != 0 && told() != 0, "its foreground hears of it");
	ok(open_pair(&pty), "a new line again");
}

static int hang_up_oneself(void *arg)
{
	char c;

	(void)arg;
	STEP(begin_session() == 0);
	listen_to(SIGHUP);
	STEP(raw(SYS_vhangup) == 0);
	STEP(hears(SIGHUP, 1));
	STEP(raw(SYS_read, pty.slave, &c, 1) == 0);
	STEP(raw(SYS_write, pty.slave, "x", 1) == -EIO);
	STEP(!has_terminal());
	STEP(open(pty.name, O_RDWR) >= 0 && has_terminal());
	return 0;
}

int main(void)
{
	if (!open_pair(&pty) || pipe(tell) < 0)
		return 2;
	leader_ends();
	line_ends();
	foreground_goes_along();
	in_new_line(leader_that_gives_up, "TIOCNOTTY");
	if (geteuid() == 0)
		in_new_line(hang_up_oneself, "vhangup");
	else
		skip("not root", "vhangup");
	return done_testing();
}
