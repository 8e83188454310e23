/* SPDX-License-Identifier: ISC */
/*
 * Set-id programs: whose rights they have, what the auxiliary vector tells; exec by descriptor.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/personality.h>
#include <sys/prctl.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define COPY "/tmp/leash-setuid"

static unsigned want_uid, want_gid;
static int renounce, descriptor = -1, empty;

/* The program at the other side of the exec: argv[1] … are what it must find. */
static int check(char **argv)
{
	unsigned uid = atoi(argv[1]), gid = atoi(argv[2]), secure = atoi(argv[3]), r, e, s;

	if (raw(SYS_getresuid, &r, &e, &s) || r != 54321 || e != uid || s != uid)
		return 1;
	if (raw(SYS_getresgid, &r, &e, &s) || r != 54322 || e != gid || s != gid)
		return 2;
	if (getauxval(AT_SECURE) != secure)
		return 3;
	if (raw(SYS_personality, -1) != (secure ? 0 : ADDR_NO_RANDOMIZE))
		return 5; /* who starts such a program has no say in where it lies */
	return getauxval(AT_EUID) == uid && getauxval(AT_EGID) == gid ? 0 : 4;
}

static int start(void *arg)
{
	char uid[12], gid[12], *env[] = { NULL };
	char *argv[] = { "check", uid, gid, want_uid != 54321 || want_gid != 54322 ? "1" : "0",
			 NULL };

	(void)arg;
	raw(SYS_personality, ADDR_NO_RANDOMIZE);
	snprintf(uid, sizeof(uid), "%u", want_uid);
	snprintf(gid, sizeof(gid), "%u", want_gid);
	if (raw(SYS_setresgid, 54322, 54322, 54322) || raw(SYS_setresuid, 54321, 54321, 54321))
		return 101;
	if (renounce && raw(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return 102;
	if (empty)
		raw(SYS_execveat, descriptor, "", argv, env, AT_EMPTY_PATH);
	else
		raw(SYS_execveat, descriptor, "leash-setuid", argv, env, 0);
	return 103;
}

static int runs_as(unsigned uid, unsigned gid)
{
	want_uid = uid;
	want_gid = gid;
	return in_child(start, NULL);
}

static void copy_self(void)
{
	static char buf[65536];
	int in = raw(SYS_openat, AT_FDCWD, "/proc/self/exe", O_RDONLY), n;
	int out = raw(SYS_openat, AT_FDCWD, COPY, O_WRONLY | O_CREAT | O_TRUNC, 0755);

	while ((n = raw(SYS_read, in, buf, sizeof(buf))) > 0)
		raw(SYS_write, out, buf, n);
	raw(SYS_close, in);
	raw(SYS_close, out);
}

static void errors(void)
{
	char *argv[] = { "x", NULL };

	is_long(raw(SYS_execveat, 99, "x", argv, 0, 0), -EBADF, "no such descriptor");
	is_long(raw(SYS_execveat, 99, "", argv, 0, AT_EMPTY_PATH), -EBADF, "nor an empty path");
	is_long(raw(SYS_execveat, AT_FDCWD, "", argv, 0, 0), -ENOENT, "an empty path alone");
	is_long(raw(SYS_execveat, AT_FDCWD, "/", argv, 0, 0x8000), -EINVAL, "no such flag");
	raw(SYS_symlink, "/bin/sh", COPY "-link");
	is_long(raw(SYS_execveat, AT_FDCWD, COPY "-link", argv, 0, AT_SYMLINK_NOFOLLOW), -ELOOP,
		"a link that must not be followed");
	raw(SYS_unlink, COPY "-link");
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return check(argv);
	errors();
	if (raw(SYS_geteuid) == 0) {
		copy_self();
		descriptor = raw(SYS_openat, AT_FDCWD, "/tmp", O_RDONLY);
		is_long(runs_as(54321, 54322), 0, "an ordinary program");
		raw(SYS_chmod, COPY, 06755);
		is_long(runs_as(0, 0), 0, "set-uid and set-gid to root");
		raw(SYS_chown, COPY, 5, 6);
		is_long(runs_as(54321, 54322), 0, "a new owner takes the bits away");
		raw(SYS_chmod, COPY, 04755);
		is_long(runs_as(5, 54322), 0, "set-uid to somebody");
		renounce = 1;
		is_long(runs_as(54321, 54322), 0, "not with no_new_privs");
		renounce = 0;
		descriptor = raw(SYS_openat, AT_FDCWD, COPY, O_RDONLY);
		empty = 1;
		is_long(runs_as(5, 54322), 0, "by a descriptor alone");
		raw(SYS_unlink, COPY);
	}
	return done_testing();
}
