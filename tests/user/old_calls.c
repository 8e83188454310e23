/* SPDX-License-Identifier: ISC */
/* Calls that others have replaced, and those that a machine with one of everything answers easily. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <utime.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define DIR "/tmp/leash-old"
#define FILE_IN DIR "/f"
#define SYS_openat2 437
#define SYS_epoll_pwait2 441

struct how {
	unsigned long flags, mode, resolve;
};

static void times(void)
{
	struct utimbuf u = { 1000, 2000 };
	struct timeval tv[2] = { { 3000, 500000 }, { 4000, 0 } };
	struct stat st;

	is_long(raw(SYS_utime, FILE_IN, &u), 0, "utime");
	stat(FILE_IN, &st);
	ok(st.st_atime == 1000 && st.st_mtime == 2000, "sets both");
	is_long(raw(SYS_utimes, FILE_IN, tv), 0, "utimes");
	stat(FILE_IN, &st);
	ok(st.st_atim.tv_nsec == 500000000 && st.st_mtime == 4000, "with microseconds");
	tv[1].tv_usec = 1000000;
	is_long(raw(SYS_utimes, FILE_IN, tv), -EINVAL, "no such microsecond");
	is_long(raw(SYS_futimesat, AT_FDCWD, FILE_IN, 0), 0, "futimesat, now");
	is_long(raw(SYS_utime, DIR "/none", 0), -ENOENT, "no such file");
	is_long(raw(SYS_utime, FILE_IN, 8), -EFAULT, "a bad pointer");
}

struct old_entry {
	unsigned long ino, off;
	unsigned short len;
	char name[];
};

static void listing(void)
{
	char buf[512], seen[4] = "";
	int fd = open(DIR, O_RDONLY | O_DIRECTORY);
	long n = raw(SYS_getdents, fd, buf, sizeof(buf));

	for (long at = 0; at < n;) {
		struct old_entry *e = (void *)(buf + at);
		char type = buf[at + e->len - 1];

		if (!strcmp(e->name, "f") && type == 8)
			seen[0] = 'f';
		if (!strcmp(e->name, "..") && type == 4)
			seen[1] = '.';
		at += e->len;
	}
	ok(n > 0 && !strcmp(seen, "f."), "getdents lists names and types");
	is_long(raw(SYS_getdents, fd, buf, sizeof(buf)), 0, "to the end");
	close(fd);
}

static long open_how(int dir, const char *path, unsigned long flags, unsigned long resolve)
{
	struct how h = { flags, 0, resolve };
	long fd = raw(SYS_openat2, dir, path, &h, sizeof(h));

	return fd < 0 ? fd : raw(SYS_close, fd);
}

static void careful_opens(void)
{
	struct {
		struct how h;
		long more;
	} larger = { { O_RDONLY, 0, 0 }, 1 };
	int dir = open(DIR, O_RDONLY | O_DIRECTORY);

	symlink("f", DIR "/link");
	symlink("/etc/passwd", DIR "/out");
	symlink("../../etc/passwd", DIR "/up");
	symlink("/f", DIR "/root");
	is_long(open_how(dir, "link", O_RDONLY, 0), 0, "openat2 follows a link");
	is_long(open_how(dir, "link", O_RDONLY, 4), -ELOOP, "or not");
	is_long(open_how(dir, "f", O_RDONLY, 8), 0, "beneath the directory");
	is_long(open_how(dir, "link", O_RDONLY, 8), 0, "by a link, too");
	is_long(open_how(dir, "..", O_RDONLY, 8), -EXDEV, "not above it");
	is_long(open_how(dir, "up", O_RDONLY, 8), -EXDEV, "by no link");
	is_long(open_how(dir, "out", O_RDONLY, 8), -EXDEV, "to no other place");
	is_long(open_how(dir, "/etc", O_RDONLY, 8), -EXDEV, "nor from the root");
	is_long(open_how(dir, "root", O_RDONLY, 16), 0, "as if it were the root");
	is_long(open_how(dir, "/../f", O_RDONLY, 16), 0, "whose parent it is itself");
	is_long(open_how(AT_FDCWD, "/proc/self/fd/0", O_RDONLY, 2), -ELOOP, "no magic links");
	is_long(open_how(AT_FDCWD, "/proc/self/stat", O_RDONLY, 1), -EXDEV, "no other mount");
	is_long(open_how(dir, "f", O_RDONLY, 1), 0, "the same one");
	is_long(open_how(dir, "f", O_RDONLY, 0x100), -EINVAL, "an unknown demand");
	is_long(open_how(dir, "f", 1UL << 40, 0), -EINVAL, "an unknown flag");
	is_long(raw(SYS_openat2, dir, "f", &larger, 8), -EINVAL, "too small a struct");
	is_long(raw(SYS_openat2, dir, "f", &larger, sizeof(larger)), -E2BIG, "a newer one");
	is_long(raw(SYS_openat2, dir, "f", 8, sizeof(struct how)), -EFAULT, "none");
	close(dir);
	unlink(DIR "/link");
	unlink(DIR "/out");
	unlink(DIR "/up");
	unlink(DIR "/root");
}

static void policies(void)
{
	unsigned long nodes = 1;
	int mode = -1;

	is_long(raw(SYS_set_mempolicy, 2, &nodes, 64), 0, "bound to the node that there is");
	nodes = 0;
	is_long(raw(SYS_get_mempolicy, &mode, &nodes, 64, 0, 0), 0, "which is told");
	ok(mode == 2 && nodes == 1, "rightly");
	nodes = 2;
	is_long(raw(SYS_set_mempolicy, 2, &nodes, 64), -EINVAL, "to one that there is not");
	is_long(raw(SYS_set_mempolicy, 99, 0, 0), -EINVAL, "in no way");
	is_long(raw(SYS_set_mempolicy, 2, 8, 64), -EFAULT, "from a bad pointer");
	is_long(raw(SYS_set_mempolicy, 0, 0, 0), 0, "as before");
	is_long(raw(SYS_get_mempolicy, &mode, 0, 0, 0, 0), 0, "told");
	is_long(mode, 0, "again");
	is_long(raw(SYS_get_mempolicy, 0, &nodes, 64, 0, 4), 0, "which nodes there are");
	is_long(nodes, 1, "one");
	is_long(raw(SYS_get_mempolicy, &mode, 0, 0, &mode, 3), 0, "where this is");
	is_long(mode, 0, "there");
}

static int shares_files(void *arg)
{
	(void)arg;
	if (raw(SYS_unshare, 0x10000 | CLONE_FS))
		return 1;
	return raw(SYS_unshare, CLONE_FILES) ? 2 : 0;
}

static int as_user(void *arg)
{
	(void)arg;
	if (raw(SYS_setresuid, 1000, 1000, 1000))
		return 1;
	return raw(SYS_unshare, CLONE_NEWNS) == -EPERM ? 0 : 2;
}

static void own_things(void)
{
	is_long(raw(SYS_unshare, 0), 0, "nothing is unshared");
	is_long(raw(SYS_unshare, 1), -EINVAL, "something unknown");
	is_status(in_child(shares_files, NULL), EXITED(0), "files and directories");
	is_status(in_child(as_user, NULL), EXITED(0), "name spaces are root's");
	is_long(raw(SYS_setns, 0, 0), -EINVAL, "a name space that is none");
	is_long(raw(SYS_setns, 999, 0), -EBADF, "no descriptor");
	is_long(raw(205, 0), -ENOSYS, "set_thread_area is for 32 bits");
	is_long(raw(211, 0), -ENOSYS, "get_thread_area too");
}

static void waiting(void)
{
	struct timespec none = { 0, 0 }, bad = { 0, -1 }, little = { 0, 1000000 };
	struct epoll_event e;
	int ep = epoll_create1(0);

	is_long(raw(SYS_epoll_pwait2, ep, &e, 1, &none, 0, 8), 0, "epoll_pwait2 does not wait");
	is_long(raw(SYS_epoll_pwait2, ep, &e, 1, &little, 0, 8), 0, "or a little");
	is_long(raw(SYS_epoll_pwait2, ep, &e, 1, &bad, 0, 8), -EINVAL, "not less than nothing");
	is_long(raw(SYS_epoll_pwait2, ep, &e, 1, 8, 0, 8), -EFAULT, "a bad time");
	close(ep);
}

int main(void)
{
	mkdir(DIR, 0755);
	close(open(FILE_IN, O_CREAT | O_RDWR, 0644));
	times();
	listing();
	careful_opens();
	policies();
	own_things();
	waiting();
	unlink(FILE_IN);
	rmdir(DIR);
	return done_testing();
}
