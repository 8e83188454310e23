/* SPDX-License-Identifier: ISC */
/* Orphans: they become children of init, or of who has asked for those below it. */
#include <signal.h>
#include <sys/prctl.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

static int ends[2];

static void tell(int pid)
{
	raw(SYS_write, ends[1], &pid, sizeof(pid));
}

static int told(void)
{
	int pid = 0;

	raw(SYS_read, ends[0], &pid, sizeof(pid));
	return pid;
}

/* An orphan soon: tells its number and, when its parent is another, that one's. */
static int orphan(void *arg)
{
	int parent = *(int *)arg;

	while (raw(SYS_getppid) == parent)
		usleep(1000);
	tell(getpid());
	tell(raw(SYS_getppid));
	return 42;
}

/* Leaves an orphan behind. */
static int parent(void *arg)
{
	int me = getpid();

	(void)arg;
	start_child(orphan, &me);
	return 0;
}

/* Asked for orphans, but its child does not inherit that. */
static int asks(void *arg)
{
	int v = -1;

	(void)arg;
	raw(SYS_prctl, PR_GET_CHILD_SUBREAPER, &v, 0, 0, 0);
	return v ? 1 : in_child(parent, NULL);
}

/* Its children have ended before it. */
static int leaves_a_zombie(void *arg)
{
	siginfo_t info;
	pid_t pid = fork();

	(void)arg;
	if (!pid)
		_exit(7);
	return waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
}

static void reaper(void)
{
	int v = -1, status = 0, pid;

	is_long(raw(SYS_prctl, PR_GET_CHILD_SUBREAPER, &v, 0, 0, 0), 0, "is it a reaper?");
	is_long(v, 0, "not at first");
	is_long(raw(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0, "it becomes one");
	raw(SYS_prctl, PR_GET_CHILD_SUBREAPER, &v, 0, 0, 0);
	is_long(v, 1, "it is told so");
	is_long(in_child(asks, NULL), 0, "its children are none");
	pid = told();
	is_long(told(), getpid(), "a grandchild's child becomes its child");
	is_long(waitpid(-1, &status, 0), pid, "it waits for it");
	is_long(WEXITSTATUS(status), 42, "and gets its status");
	is_long(in_child(leaves_a_zombie, NULL), 0, "a child leaves a zombie");
	ok(waitpid(-1, &status, 0) > 0 && WEXITSTATUS(status) == 7, "which is its own then");
	is_long(waitpid(-1, &status, 0), -1, "there are no more");
	raw(SYS_prctl, PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
	is_long(in_child(parent, NULL), 0, "a reaper no longer");
	told();
	ok(told() != getpid(), "it gets none");
}

int main(void)
{
	raw(SYS_pipe, ends);
	reaper();
	return done_testing();
}
