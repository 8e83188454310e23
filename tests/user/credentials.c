/* SPDX-License-Identifier: ISC */
/*
 * Real, effective and saved ids: what root and others may set, and what follows what.
 */
#include <errno.h>
#include <string.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define CAP_VERSION 0x20080522
#define CHOWN 1u /* bit 0: the right to change owners */

struct cap_header {
	unsigned version;
	int pid;
};

struct cap_data {
	unsigned effective, permitted, inheritable;
};

static int ids_are(int group, unsigned real, unsigned effective, unsigned saved)
{
	unsigned r = 9, e = 9, s = 9;

	if (raw(group ? SYS_getresgid : SYS_getresuid, &r, &e, &s))
		return 0;
	return r == real && e == effective && s == saved;
}

static int as_root(void *arg)
{
	(void)arg;
	if (raw(SYS_setresgid, 1, 2, 3) || !ids_are(1, 1, 2, 3))
		return 1;
	if (raw(SYS_setresuid, 1000, -1, 1001) || !ids_are(0, 1000, 0, 1001))
		return 2;
	if (raw(SYS_setfsuid, 55) != 0 || raw(SYS_setfsuid, -1) != 55)
		return 3;
	return raw(SYS_setreuid, -1, 7) || !ids_are(0, 1000, 7, 7) ? 4 : 0;
}

static int as_user(void *arg)
{
	(void)arg;
	if (raw(SYS_setresuid, 1000, 1001, 1002))
		return 1;
	if (raw(SYS_setresuid, -1, 0, -1) != -EPERM || raw(SYS_setuid, 5) != -EPERM)
		return 2;
	if (raw(SYS_setresuid, -1, 1002, -1) || !ids_are(0, 1000, 1002, 1002))
		return 3;
	if (raw(SYS_setreuid, 1002, 1000) || !ids_are(0, 1002, 1000, 1000))
		return 4;
	if (raw(SYS_setreuid, 1001, -1) != -EPERM)
		return 5;
	if (raw(SYS_setfsuid, 5) != 1000 || raw(SYS_setfsuid, -1) != 1000)
		return 6;
	return raw(SYS_setgroups, 0, 0) != -EPERM ? 7 : 0;
}

static int capabilities(void *arg)
{
	struct cap_header h = { CAP_VERSION, 0 };
	struct cap_data d[2];

	(void)arg;
	if (raw(SYS_capget, &h, d) || !(d[0].effective & CHOWN))
		return 1;
	if (raw(SYS_capset, &h, d))
		return 2;
	h.version = 1;
	if (raw(SYS_capget, &h, d) != -EINVAL || h.version != CAP_VERSION)
		return 3;
	if (raw(SYS_capget, &h, 0))
		return 4;
	if (raw(SYS_setresuid, 1000, 1000, 1000))
		return 5;
	if (raw(SYS_capget, &h, d) || d[0].effective || d[0].permitted)
		return 6;
	d[0].permitted = d[0].effective = CHOWN;
	return raw(SYS_capset, &h, d) != -EPERM ? 7 : 0;
}

int main(void)
{
	is_long(raw(SYS_getresuid, 0, 0, 0), -EFAULT, "ids need a place");
	if (raw(SYS_geteuid) == 0) {
		is_long(in_child(as_root, NULL), 0, "root sets every id");
		is_long(in_child(as_user, NULL), 0, "others exchange the three they have");
		is_long(in_child(capabilities, NULL), 0, "root has capabilities, others none");
	}
	return done_testing();
}
