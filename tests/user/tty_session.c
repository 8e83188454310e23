/* SPDX-License-Identifier: ISC */
/* Whose terminal it is: how a session gets one and keeps it, and the signals of keys and of the window. */
#include "session.h"

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

int main(void)
{
	if (!open_pair(&pty))
		return 2;
	in_new_line(get_by_open, "a leader gets its terminal by opening it");
	in_new_line(get_by_ioctl, "or by TIOCSCTTY");
	in_new_line(held_by_one, "one terminal, one session");
	in_new_line(wrong_groups, "only the session's groups go to the foreground");
	in_new_line(last_close, "it stays when its last file is closed");
	in_new_line(keys, "^C, ^\\ and ^Z");
	in_new_line(window, "SIGWINCH");
	in_new_line(get_by_open, "after all that");
	return done_testing();
}
