/* SPDX-License-Identifier: ISC */
/* A program that runs is not written to, and one that is written does not run; names of what is gone. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define COPY "/tmp/leash-busy"

static char self[4096];

static int copy_self(void)
{
	static char buf[65536];
	int in = open("/proc/self/exe", O_RDONLY), out = open(COPY, O_CREAT | O_WRONLY, 0755);
	long n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		write(out, buf, n);
	close(in);
	return out;
}

static int run_it(void *arg)
{
	char *argv[] = { "busy", arg, NULL }, *env[] = { NULL };

	return raw(SYS_execve, COPY, argv, env) == -ETXTBSY ? 77 : 78;
}

/* In the copy: what may be done to it while it runs. */
static int inside(void)
{
	struct stat st;
	int fd;

	if (raw(SYS_open, COPY, O_WRONLY) != -ETXTBSY)
		return 1;
	if (raw(SYS_open, COPY, O_RDWR) != -ETXTBSY)
		return 2;
	if (raw(SYS_truncate, COPY, 0) != -ETXTBSY)
		return 3;
	fd = raw(SYS_open, COPY, O_RDONLY);
	if (fd < 0 || raw(SYS_chmod, COPY, 0711) || raw(SYS_unlink, COPY))
		return 4;
	if (readlink("/proc/self/exe", self, sizeof(self)) < 0 || strcmp(self, COPY " (deleted)"))
		return 5;
	return stat("/proc/self/exe", &st) || st.st_nlink ? 6 : 0;
}

static void names(void)
{
	char link[64];
	int fd = open(COPY, O_CREAT | O_RDWR, 0600);
	long n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	rename(COPY, COPY "2");
	n = readlink(link, self, sizeof(self));
	ok(n == sizeof(COPY) && !memcmp(self, COPY "2", n), "a descriptor's file is called anew");
	unlink(COPY "2");
	memset(self, 0, sizeof(self));
	readlink(link, self, sizeof(self));
	ok(!strcmp(self, COPY "2 (deleted)"), "and by its last name when it is gone");
	mkdir(COPY, 0700);
	chdir(COPY);
	rmdir(COPY);
	memset(self, 0, sizeof(self));
	readlink("/proc/self/cwd", self, sizeof(self));
	ok(!strcmp(self, COPY " (deleted)"), "a directory too");
	is_long(raw(SYS_getcwd, self, sizeof(self)), -ENOENT, "which has no path");
	chdir("/");
	close(fd);
}

int main(int argc, char **argv)
{
	int out;

	if (argc > 1 && !strcmp(argv[0], "busy"))
		return inside();
	unlink(COPY);
	out = copy_self();
	is_status(in_child(run_it, "x"), EXITED(77), "what is written does not run");
	close(out);
	is_status(in_child(run_it, "x"), EXITED(0), "what runs is not written, but may be removed");
	out = open(COPY, O_CREAT | O_WRONLY, 0755);
	ok(out >= 0, "afterwards all is as before");
	close(out);
	unlink(COPY);
	names();
	return done_testing();
}
