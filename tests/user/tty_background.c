/* SPDX-License-Identifier: ISC */
/* What a background process may do with the terminal, and who is stopped by which signal. */
#include "session.h"

static int tell[2]; /* a pipe from children */

typedef int (*deed_fn)(void);

static int do_read(void)
{
	char c;

	return read(pty.slave, &c, 1) == 1 ? 0 : errno;
}

static int do_write(void)
{
	return write(pty.slave, "w", 1) == 1 ? 0 : errno;
}

static int do_set(void)
{
	struct termios t;

	tcgetattr(pty.slave, &t);
	return tcsetattr(pty.slave, TCSANOW, &t) == 0 ? 0 : errno;
}

static int do_foreground(void)
{
	return tcsetpgrp(pty.slave, getpgrp()) == 0 ? 0 : errno;
}

static int do_flush(void)
{
	return tcflush(pty.slave, TCIFLUSH) == 0 ? 0 : errno;
}

struct deed {
	deed_fn fn;
	int ignore, block; /* a signal each, 0 */
};

static int in_background(void *arg)
{
	const struct deed *d = arg;
	sigset_t set;

	setpgid(0, 0);
	if (d->ignore)
		signal(d->ignore, SIG_IGN);
	sigemptyset(&set);
	if (d->block)
		sigaddset(&set, d->block);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return d->fn();
}

/* A child of the foreground leader does it in a group of its own: stopped by @sig, or ends with @end. */
static bool is_stopped(deed_fn fn, int sig)
{
	struct deed d = { fn, 0, 0 };
	pid_t pid = start_child(in_background, &d);
	int status;

	waitpid(pid, &status, WUNTRACED);
	kill(pid, SIGKILL);
	if (WIFSTOPPED(status))
		waitpid(pid, NULL, 0);
	return WIFSTOPPED(status) && WSTOPSIG(status) == sig;
}

static bool ends(deed_fn fn, int ignore, int block, int with)
{
	struct deed d = { fn, ignore, block };

	return in_child(in_background, &d) == EXITED(with);
}

static int background(void *arg)
{
	static const struct modes tostop = { .local_on = TOSTOP };

	(void)arg;
	STEP(begin_session() == 0);
	STEP(is_stopped(do_read, SIGTTIN));
	STEP(ends(do_read, SIGTTIN, 0, EIO));
	STEP(ends(do_read, 0, SIGTTIN, EIO));
	STEP(ends(do_write, 0, 0, 0));
	STEP(is_stopped(do_set, SIGTTOU));
	STEP(is_stopped(do_flush, SIGTTOU));
	STEP(is_stopped(do_foreground, SIGTTOU));
	STEP(ends(do_set, SIGTTOU, 0, 0));
	STEP(ends(do_set, 0, SIGTTOU, 0));
	change(pty.slave, &tostop);
	STEP(is_stopped(do_write, SIGTTOU));
	STEP(ends(do_write, SIGTTOU, 0, 0));
	STEP(ends(do_foreground, SIGTTOU, 0, 0)); /* the last: now we are behind */
	return 0;
}

/* The reader is continued in the foreground: its read goes on as if nothing had been. */
static int continued(void *arg)
{
	struct deed d = { do_read, 0, 0 };
	int status;
	pid_t pid;

	(void)arg;
	STEP(begin_session() == 0);
	pid = start_child(in_background, &d);
	waitpid(pid, &status, WUNTRACED);
	STEP(WIFSTOPPED(status));
	STEP(tcsetpgrp(pty.slave, pid) == 0);
	kill(pid, SIGCONT);
	type(pty.master, "x\n");
	STEP(status_of(pid) == EXITED(0));
	return 0;
}

/* Its leader has no parent in the session: nobody could continue it. */
static int orphaned(void *arg)
{
	pid_t pid;
	int result;

	(void)arg;
	STEP(begin_session() == 0);
	pid = fork();
	if (pid == 0) {
		if (fork())
			_exit(0);
		while (getppid() == getpgrp())
			usleep(1000);
		setpgid(0, 0);
		while (getppid() == getsid(0))
			usleep(1000);
		result = do_read();
		_exit(write(tell[1], &result, sizeof(result)) != sizeof(result));
	}
	setpgid(pid, pid);
	waitpid(pid, NULL, 0);
	STEP(read(tell[0], &result, sizeof(result)) == sizeof(result));
	STEP(result == EIO);
	return 0;
}

int main(void)
{
	if (!open_pair(&pty) || pipe(tell) < 0)
		return 2;
	in_new_line(background, "what the background may not do");
	in_new_line(continued, "a stopped reader goes on");
	in_new_line(orphaned, "an orphaned group gets EIO");
	return done_testing();
}
