/* SPDX-License-Identifier: ISC */
/*
 * Scheduling policies as far as an ordinary user may set them, prctl, names of the system.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

static int policies(void *arg)
{
	int priority = 7;
	struct timespec ts = { -1, -1 };
	unsigned attr[14] = { 0 }, cpu = 99, node = 99;

	(void)arg;
	if (raw(SYS_sched_getscheduler, 0) != SCHED_OTHER ||
	    raw(SYS_sched_getparam, 0, &priority) || priority)
		return 1;
	if (raw(SYS_sched_get_priority_max, SCHED_FIFO) != 99 ||
	    raw(SYS_sched_get_priority_min, SCHED_RR) != 1 ||
	    raw(SYS_sched_get_priority_max, SCHED_OTHER) != 0 ||
	    raw(SYS_sched_get_priority_min, 77) != -EINVAL)
		return 2;
	if (raw(SYS_sched_setscheduler, 0, SCHED_BATCH, &priority) ||
	    raw(SYS_sched_getscheduler, 0) != SCHED_BATCH)
		return 3;
	priority = 1;
	if (raw(SYS_sched_setscheduler, 0, SCHED_OTHER, &priority) != -EINVAL ||
	    raw(SYS_sched_setscheduler, 0, 77, &priority) != -EINVAL ||
	    raw(SYS_sched_getscheduler, 0x7ffffff) != -ESRCH)
		return 4;
	if (raw(SYS_sched_rr_get_interval, 0, &ts) || ts.tv_sec < 0 || ts.tv_nsec < 0)
		return 5;
	if (raw(SYS_sched_getattr, 0, attr, sizeof(attr), 0) || attr[1] != SCHED_BATCH)
		return 6;
	if (raw(SYS_getcpu, &cpu, &node, 0) || cpu > 1023 || node > 63)
		return 7;
	priority = 5;
	if (raw(SYS_geteuid) == 0 && raw(SYS_setresuid, 54321, 54321, 54321))
		return 8;
	return raw(SYS_sched_setscheduler, 0, SCHED_FIFO, &priority) == -EPERM ? 0 : 9;
}

static int options(void *arg)
{
	(void)arg;
	if (raw(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 0)
		return 1;
	if (raw(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    raw(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 2;
	if (raw(SYS_prctl, PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0) != -EINVAL)
		return 3;
	if (raw(SYS_prctl, PR_SET_DUMPABLE, 7, 0, 0, 0) != -EINVAL)
		return 4;
	return raw(SYS_prctl, 123456, 0, 0, 0, 0) == -EINVAL ? 0 : 5;
}

static int no_names(void *arg)
{
	(void)arg;
	if (raw(SYS_geteuid) == 0 && raw(SYS_setresuid, 54321, 54321, 54321))
		return 1;
	return raw(SYS_sethostname, "x", 1) == -EPERM ? 0 : 2;
}

int main(void)
{
	is_long(in_child(policies, NULL), 0, "scheduling policies");
	is_long(in_child(options, NULL), 0, "prctl");
	is_long(in_child(no_names, NULL), 0, "only root names the system");
	return done_testing();
}
