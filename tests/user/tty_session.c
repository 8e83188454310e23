/* SPDX-License-Identifier: ISC */
/*
 * Whose terminal it is: how a session gets and loses one, the signals of keys and of the window, what
 * a background process may not do, and what the end of a leader or of the line does.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "child.h"
#include "pty.h"
#include "sys.h"
#include "tap.h"

static struct pair pty;
static int tell[2]; /* a pipe from children */

static bool has_terminal(void)
{
	int fd = open("/dev/tty", O_RDWR);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* In a session of its own with the slave as its terminal, on the pair above. */
static int begin_session(void)
{
	setsid();
	close(pty.slave);
	pty.slave = open(pty.name, O_RDWR);
	return pty.slave < 0 || !has_terminal();
}

#define STEP(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			return __LINE__ & 0x7f;                                                    \
	} while (0)

/* -- getting it -------------------------------------------------------------------------------- */

static int get_by_open(void *arg)
{
	(void)arg;
	setsid();
	STEP(!has_terminal() && errno == ENXIO);
	STEP(raw(SYS_ioctl, pty.slave, TIOCGSID, &pty) == -ENOTTY);
	close(open(pty.name, O_RDWR | O_NOCTTY));
	STEP(!has_terminal());
	close(open(pty.name, O_WRONLY));
	STEP(!has_terminal());
	pty.slave = open(pty.name, O_RDWR);
	STEP(has_terminal());
	STEP(tcgetsid(pty.slave) == getpid() && tcgetpgrp(pty.slave) == getpgrp());
	STEP(tcgetpgrp(pty.master) == getpgrp() && tcgetsid(pty.master) == getpid());
	return 0;
}

static int get_by_ioctl(void *arg)
{
	(void)arg;
	STEP(raw(SYS_ioctl, pty.slave, TIOCSCTTY, 0) == -EPERM); /* no leader */
	setsid();
	STEP(raw(SYS_ioctl, pty.slave, TIOCSCTTY, 0) == 0);
	STEP(raw(SYS_ioctl, pty.slave, TIOCSCTTY, 0) == 0);
	STEP(has_terminal());
	return 0;
}

static int other_leader(void *arg)
{
	long steal = (long)arg;

	setsid();
	return raw(SYS_ioctl, pty.slave, TIOCSCTTY, steal) == -EPERM ? 1 : 0;
}

static int held_by_one(void *arg)
{
	struct pair second;

	(void)arg;
	STEP(begin_session() == 0);
	STEP(in_child(other_leader, (void *)0) == EXITED(1));
	STEP(open_pair(&second));
	STEP(raw(SYS_ioctl, second.slave, TIOCSCTTY, 0) == -EPERM); /* one is enough */
	close(open(second.name, O_RDWR));
	STEP(tcgetsid(second.slave) == -1 && tcgetsid(pty.slave) == getpid());
	if (geteuid() == 0) {
		signal(SIGHUP, SIG_IGN);
		STEP(in_child(other_leader, (void *)1) == EXITED(0));
		STEP(!has_terminal());
	}
	return 0;
}

static int wrong_groups(void *arg)
{
	pid_t other = fork();

	(void)arg;
	if (other == 0) {
		setsid();
		for (;;)
			pause();
	}
	STEP(begin_session() == 0);
	while (getsid(other) != other)
		usleep(1000);
	STEP(tcsetpgrp(pty.slave, other) == -1 && errno == EPERM);
	STEP(tcsetpgrp(pty.slave, 32760) == -1 && errno == ESRCH);
	STEP(tcsetpgrp(pty.slave, -1) == -1 && errno == EINVAL);
	STEP(tcsetpgrp(pty.slave, getpgrp()) == 0);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	return 0;
}

static int last_close(void *arg)
{
	(void)arg;
	STEP(begin_session() == 0);
	close(pty.slave);
	STEP(has_terminal());
	return 0;
}

/* -- signals ----------------------------------------------------------------------------------- */

static volatile sig_atomic_t heard[65];

static void hear(int sig)
{
	heard[sig]++;
}

static void listen_to(int sig)
{
	struct sigaction act = { .sa_handler = hear };

	sigaction(sig, &act, NULL);
}

/* Sleeps until @sig has been heard @n times. */
static bool hears(int sig, int n)
{
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_BLOCK, &set, &old);
	while (heard[sig] < n)
		sigsuspend(&old);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return heard[sig] == n;
}

static int keys(void *arg)
{
	static const struct modes keep = { .local_on = NOFLSH };

	(void)arg;
	STEP(begin_session() == 0);
	listen_to(SIGINT);
	listen_to(SIGQUIT);
	listen_to(SIGTSTP);
	type(pty.master, "gone");
	STEP(comes(pty.master, "gone"));
	type(pty.master, "\003");
	STEP(hears(SIGINT, 1) && comes(pty.master, "^C"));
	type(pty.master, "\034");
	STEP(hears(SIGQUIT, 1) && comes(pty.master, "^\\"));
	type(pty.master, "\032");
	STEP(hears(SIGTSTP, 1) && comes(pty.master, "^Z"));
	type(pty.master, "new\n");
	STEP(reads(pty.slave, "new\n"));
	change(pty.slave, &keep);
	type(pty.master, "kept\003");
	STEP(hears(SIGINT, 2));
	type(pty.master, "!\n");
	STEP(reads(pty.slave, "kept!\n"));
	STEP(ioctl(pty.master, TIOCSIG, SIGINT) == 0);
	STEP(hears(SIGINT, 3));
	return 0;
}

static int window(void *arg)
{
	struct winsize size = { 30, 90, 0, 0 };

	(void)arg;
	STEP(begin_session() == 0);
	listen_to(SIGWINCH);
	listen_to(SIGUSR1);
	ioctl(pty.master, TIOCSWINSZ, &size);
	STEP(hears(SIGWINCH, 1));
	ioctl(pty.slave, TIOCSWINSZ, &size); /* the same: no news */
	raise(SIGUSR1);
	STEP(hears(SIGUSR1, 1) && heard[SIGWINCH] == 1);
	size.ws_col++;
	ioctl(pty.slave, TIOCSWINSZ, &size);
	STEP(hears(SIGWINCH, 2));
	return 0;
}

/* -- the background ---------------------------------------------------------------------------- */

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

/* -- ends -------------------------------------------------------------------------------------- */

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
	is_status(in_child(get_by_ioctl, NULL), EXITED(0), "for the next");
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

/* -- the list ---------------------------------------------------------------------------------- */

static void in_new_line(child_fn *fn, const char *name)
{
	int status;

	close_pair(&pty);
	if (!open_pair(&pty)) {
		ok(false, "%s", name);
		return;
	}
	status = in_child(fn, NULL);
	if (!ok(status == EXITED(0), "%s", name))
		diag("status %x, line %d modulo 128", status, status >> 8);
}

int main(void)
{
	if (!open_pair(&pty) || pipe(tell) < 0)
		return 2;
	in_new_line(get_by_open, "a leader gets its terminal by opening it");
	in_new_line(get_by_ioctl, "or by TIOCSCTTY");
	in_new_line(held_by_one, "one terminal, one session");
	in_new_line(wrong_groups, "only the session's groups go to the foreground");
	in_new_line(last_close, "it stays when its last file is closed");
	in_new_line(keys, "^C, ^\\ and ^Z");
	in_new_line(window, "SIGWINCH");
	in_new_line(background, "what the background may not do");
	in_new_line(continued, "a stopped reader goes on");
	in_new_line(orphaned, "an orphaned group gets EIO");
	in_new_line(leader_that_gives_up, "TIOCNOTTY");
	if (geteuid() == 0)
		in_new_line(hang_up_oneself, "vhangup");
	else
		skip("not root", "vhangup");
	in_new_line(get_by_open, "after all that");
	leader_ends();
	line_ends();
	foreground_goes_along();
	return done_testing();
}
