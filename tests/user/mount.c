/* SPDX-License-Identifier: ISC */
/*
 * mount and umount: what they show, hide and forbid, and when they are refused. On Linux in a name
 * space of its own; where that is not permitted, all is skipped.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define TOP "/tmp/leash-mount"
#define A TOP "/a"
#define B TOP "/b"

static bool permitted;

static void is(long got, long want, const char *name)
{
	if (permitted)
		is_long(got, want, "%s", name);
	else
		skip("mounting is not permitted here", "%s", name);
}

static long mnt(const char *src, const char *dir, const char *type, unsigned long flags,
		const char *data)
{
	return raw(SYS_mount, src, dir, type, flags, data);
}

static long umnt(const char *dir, int flags)
{
	return raw(SYS_umount2, dir, flags);
}

static long make(const char *path)
{
	long fd = raw(SYS_open, path, O_CREAT | O_WRONLY, 0644);

	return fd < 0 ? fd : raw(SYS_close, fd);
}

/* Is there such a name? */
static long there(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

static dev_t device(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_dev;
}

static ino_t inode(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_ino;
}

/* The line of /proc/self/mounts for @dir with @word in it. */
static bool listed(const char *file, const char *dir, const char *word)
{
	static char text[65536];
	int fd = open(file, O_RDONLY);
	long n, len = 0;
	char *line, *rest = text;

	while ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += n;
	close(fd);
	text[len] = '\0';
	while ((line = strsep(&rest, "\n")))
		if (strstr(line, dir) && strstr(line, word))
			return true;
	return false;
}

static void begin(void)
{
	raw(SYS_unshare, CLONE_NEWNS);
	raw(SYS_mount, NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	mkdir(TOP, 0755);
	permitted = raw(SYS_mount, "top", TOP, "tmpfs", 0, "mode=755") == 0;
	mkdir(A, 0755);
	mkdir(B, 0755);
}

static void basics(void)
{
	struct statfs s;
	struct stat st;
	dev_t below = device(A);

	make(A "/under");
	is(mnt("source", A, "tmpfs", 0, "size=64k,mode=700,nr_inodes=5"), 0, "a tmpfs is mounted");
	is(there(A "/under"), 0, "it hides what is below");
	is(device(A) != below, 1, "it is a device of its own");
	is(stat(A, &st) == 0 ? st.st_mode & 07777 : 0, 0700,
	   "its root has the mode that was asked");
	is(inode(A "/.."), inode(TOP), "one goes up out of it");
	is(statfs(A, &s), 0, "statfs");
	is(s.f_type, 0x01021994, "says tmpfs");
	is(s.f_blocks, 16, "and its size");
	is(s.f_files, 5, "and how many files it may have");
	is(listed("/proc/self/mounts", "source " A " tmpfs rw", "size=64k"), 1,
	   "/proc/self/mounts has it");
	is(listed("/proc/self/mountinfo", A " rw", "- tmpfs source rw"), 1, "mountinfo too");
	is(listed("/proc/mounts", A, "mode=700"), 1, "and /proc/mounts");
	is(make(A "/one"), 0, "a file");
	is(raw(SYS_rename, A "/one", TOP "/one"), -EXDEV, "cannot be renamed out of it");
	is(raw(SYS_link, A "/one", TOP "/one"), -EXDEV, "or linked");
	is(raw(SYS_rmdir, A), -EBUSY, "what is mounted on cannot be removed");
	is(raw(SYS_rename, A, TOP "/c"), -EBUSY, "or renamed");
	is(umnt(A, 0), 0, "it is unmounted");
	is(there(A "/under"), 1, "what was hidden is back");
	is(there(A "/one"), 0, "and the file has gone with it");
	is(umnt(A, 0), -EINVAL, "nothing is mounted now");
	unlink(A "/under");
}

static void limits(void)
{
	static char block[16384];
	int fd, n = 0;
	char name[64];

	mnt("x", A, "tmpfs", 0, "size=64k,nr_inodes=6");
	fd = open(A "/f", O_CREAT | O_RDWR, 0600);
	for (n = 0; n < 10 && raw(SYS_write, fd, block, sizeof(block)) == sizeof(block); n++)
		;
	is(n, 4, "64 KiB fit");
	is(raw(SYS_write, fd, block, 1), -ENOSPC, "and no byte more");
	is(ftruncate(fd, 0), 0, "unless room is made");
	is(raw(SYS_write, fd, block, sizeof(block)), sizeof(block), "then again");
	close(fd);
	for (n = 0; n < 10; n++) {
		snprintf(name, sizeof(name), A "/n%d", n);
		if (make(name))
			break;
	}
	is(n, 4, "six inodes: the root, a file, four more");
	is(make(A "/more"), -ENOSPC, "and no more");
	is(raw(SYS_link, A "/f", A "/g"), -ENOSPC, "a link counts too");
	is(mnt("x", A, "tmpfs", MS_REMOUNT, "size=128k"), 0, "it can be made larger");
	is(mnt("x", A, "tmpfs", MS_REMOUNT, "size=8k"), -EINVAL, "but not smaller than it is full");
	is(mnt("x", A, "tmpfs", MS_REMOUNT, "flavour=sweet"), -EINVAL, "an unknown option");
	umnt(A, 0);
	is(mnt("x", A, "tmpfs", 0, "flavour=sweet"), -EINVAL, "also for a new one");
	is(mnt("x", A, "tmpfs", 0, "size=lots"), -EINVAL, "a size that is none");
}

static void binds(void)
{
	struct stat st;

	mkdir(A "/sub", 0755);
	make(A "/sub/f");
	is(mnt(A "/sub", B, NULL, MS_BIND, NULL), 0, "a directory is bound to another place");
	is(there(B "/f"), 1, "its files are there");
	is(inode(B "/f") == inode(A "/sub/f") && device(B) == device(A), 1, "the same ones");
	is(inode(B "/.."), inode(TOP), "up leads to where it was bound");
	is(inode(A "/sub/.."), inode(A), "and at the first place to where it is");
	is(raw(SYS_rename, B "/f", A "/sub/g"), -EXDEV, "a rename does not cross");
	is(raw(SYS_chdir, B), 0, "working in it");
	{
		char cwd[64] = "";

		raw(SYS_getcwd, cwd, sizeof(cwd));
		is(strcmp(cwd, B), 0, "the place's name is this one");
	}
	raw(SYS_chdir, "/");
	is(mnt(NULL, B, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), 0,
	   "it alone is made read-only");
	is(make(B "/x"), -EROFS, "nothing is made there");
	is(make(A "/sub/x"), 0, "but at the first place");
	is(there(B "/x"), 1, "which both show");
	is(umnt(B, 0), 0, "the second goes");
	make(TOP "/file");
	make(TOP "/over");
	is(mnt(TOP "/file", TOP "/over", NULL, MS_BIND, NULL), 0, "a file is bound over a file");
	is(inode(TOP "/over"), inode(TOP "/file"), "it is that one");
	is(stat(TOP "/over", &st), 0, "it can be asked");
	is(raw(SYS_unlink, TOP "/over"), -EBUSY, "but not removed");
	is(umnt(TOP "/over", 0), 0, "it goes");
	is(mnt(A, TOP "/file", NULL, MS_BIND, NULL), -ENOTDIR, "a directory over a file");
	is(mnt(TOP "/file", A, NULL, MS_BIND, NULL), -ENOTDIR, "a file over a directory");
	is(mnt(TOP "/none", A, NULL, MS_BIND, NULL), -ENOENT, "what is not there");
	unlink(A "/sub/f");
	unlink(A "/sub/x");
	rmdir(A "/sub");
}

static void trees(void)
{
	mkdir(A "/in", 0755);
	mnt("x", A, "tmpfs", 0, NULL);
	mkdir(A "/in", 0755);
	mnt("y", A "/in", "tmpfs", 0, NULL);
	make(A "/in/deep");
	is(mnt(A, B, NULL, MS_BIND, NULL), 0, "bound alone");
	is(there(B "/in/deep"), 0, "what is mounted in it is not there");
	umnt(B, 0);
	is(mnt(A, B, NULL, MS_BIND | MS_REC, NULL), 0, "bound with all");
	is(there(B "/in/deep"), 1, "it is");
	is(umnt(B, 0), -EBUSY, "it holds another");
	is(umnt(B "/in", 0), 0, "which goes first");
	is(umnt(B, 0), 0, "then it");
	is(mnt(A, B, NULL, MS_MOVE, NULL), 0, "moved");
	is(there(B "/in/deep"), 1, "with what is in it");
	is(there(A "/in/deep"), 0, "and away from there");
	is(mnt(B, B "/in", NULL, MS_MOVE, NULL), -ELOOP, "not into itself");
	is(umnt(B, MNT_DETACH), 0, "all of it is taken off at once");
	is(there(B "/in"), 0, "it is");
	rmdir(A "/in");
}

static void flags(void)
{
	struct stat st;
	int fd;

	mnt("x", A, "tmpfs", MS_NODEV | MS_NOEXEC | MS_NOSUID, NULL);
	is(listed("/proc/mounts", A, "rw,nosuid,nodev,noexec,relatime"), 1, "the flags are told");
	raw(SYS_mknod, A "/null", S_IFCHR | 0666, 0x103);
	is(raw(SYS_open, A "/null", O_RDWR), -EACCES, "nodev: no device opens");
	fd = raw(SYS_open, A "/prog", O_CREAT | O_RDWR, 0755);
	write(fd, "#!/bin/sh\n", 10);
	is(raw(SYS_access, A "/prog", X_OK), -EACCES, "noexec: not even root executes");
	is(raw(SYS_execve, A "/prog", NULL, NULL), -EACCES, "really not");
	is(raw(SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0), -EPERM,
	   "nor maps it");
	is(mnt("x", A, NULL, MS_REMOUNT | MS_RDONLY, NULL), -EBUSY,
	   "read-only while it is written");
	close(fd);
	is(mnt("x", A, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0, "but then");
	is(raw(SYS_open, A "/prog", O_RDWR), -EROFS, "no writing");
	is(raw(SYS_open, A "/new", O_CREAT | O_RDWR, 0600), -EROFS, "no making");
	is(raw(SYS_mkdir, A "/new", 0755), -EROFS, "no directory");
	is(raw(SYS_mkdir, A "/prog", 0755), -EEXIST, "a name that is there is there");
	is(raw(SYS_unlink, A "/prog"), -EROFS, "no removing");
	is(raw(SYS_rename, A "/prog", A "/new"), -EROFS, "no renaming");
	is(raw(SYS_chmod, A "/prog", 0700), -EROFS, "no change of mode");
	is(raw(SYS_chown, A "/prog", 1, 1), -EROFS, "of owner");
	is(raw(SYS_truncate, A "/prog", 0), -EROFS, "of length");
	is(raw(SYS_utimensat, AT_FDCWD, A "/prog", NULL, 0), -EROFS, "of time");
	is(raw(SYS_access, A "/prog", W_OK), -EROFS, "access says so");
	is(stat(A "/prog", &st), 0, "reading goes on");
	is(listed("/proc/mounts", A, "tmpfs ro,"), 1, "it is told");
	is(mnt("x", A, NULL, MS_REMOUNT, NULL), 0, "writable again");
	is(make(A "/new"), 0, "really");
	is(mnt("x", B, NULL, MS_REMOUNT, NULL), -EINVAL, "what is not mounted cannot be changed");
	umnt(A, 0);
}

static void busy(void)
{
	char cwd[128] = "";
	void *p;
	int fd;

	mnt("x", A, "tmpfs", 0, NULL);
	fd = open(A "/f", O_CREAT | O_RDWR, 0600);
	write(fd, "data", 4);
	is(umnt(A, 0), -EBUSY, "a file is open");
	p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	is(umnt(A, 0), -EBUSY, "mapped is as good");
	munmap(p, 4096);
	raw(SYS_chdir, A);
	is(umnt(A, 0), -EBUSY, "somebody's directory");
	is(umnt(A, MNT_DETACH), 0, "it can be taken off still");
	is(there("f"), 1, "who is in stays in");
	is(inode(".."), inode("."), "up is nowhere");
	raw(SYS_getcwd, cwd, sizeof(cwd));
	is(strcmp(cwd, "(unreachable)/"), 0, "its path is not one");
	raw(SYS_chdir, "/");
	mnt("x", A, "tmpfs", 0, NULL);
	is(umnt(A, MNT_EXPIRE), -EAGAIN, "marked to expire");
	is(umnt(A, MNT_EXPIRE), 0, "and it did");
	mnt("x", A, "tmpfs", 0, NULL);
	mnt("y", A, "tmpfs", 0, NULL);
	is(umnt(A, 0), 0, "one on the other: the upper goes");
	is(umnt(A, 0), 0, "then the lower");
}

static void kinds(void)
{
	struct statfs s;

	is(mnt("p", A, "proc", 0, NULL), 0, "proc a second time");
	is(there(A "/self/stat"), 1, "it is the same");
	is(statfs(A, &s) == 0 ? s.f_type : 0, 0x9fa0, "of its kind");
	is(umnt(A, 0), 0, "gone");
	is(mnt("d", A, "devtmpfs", 0, NULL), 0, "the devices");
	is(there(A "/null"), 1, "are there");
	is(device(A), device("/dev"), "it is the one that there is");
	is(umnt(A, 0), 0, "and gone");
	is(mnt("d", "/dev", "devtmpfs", 0, NULL), -EBUSY, "not over itself");
	is(mnt("x", A, "nofs", 0, NULL), -ENODEV, "an unknown kind");
	is(mnt("x", A, NULL, 0, NULL), -EINVAL, "none");
	is(listed("/proc/filesystems", "tmpfs", "nodev"), 1, "/proc/filesystems tells them");
}

static int as_user(void *arg)
{
	(void)arg;
	if (raw(SYS_setresuid, 1000, 1000, 1000))
		return 1;
	if (mnt("x", A, "tmpfs", 0, NULL) != -EPERM)
		return 2;
	if (umnt(TOP, 0) != -EPERM)
		return 3;
	return umnt(TOP "/none", 0) == -ENOENT ? 0 : 4;
}

static void hostile(void)
{
	static char longest[8192];

	is(mnt("x", TOP "/none", "tmpfs", 0, NULL), -ENOENT, "no such place");
	is(mnt("x", TOP "/file", "tmpfs", 0, NULL), -ENOTDIR, "not a directory");
	is(mnt("x", NULL, "tmpfs", 0, NULL), -EFAULT, "no place at all");
	is(mnt((void *)8, A, "tmpfs", 0, NULL), -EFAULT, "a bad source");
	is(mnt("x", A, (void *)8, 0, NULL), -EFAULT, "a bad kind");
	is(mnt("x", A, "tmpfs", 0, (void *)8), -EFAULT, "bad options");
	memset(longest, 'x', sizeof(longest) - 1);
	is(mnt(longest, A, "tmpfs", 0, NULL), -EINVAL, "a source that is too long");
	is(mnt("x", longest, "tmpfs", 0, NULL), -ENAMETOOLONG, "a path that is too long");
	is(mnt("x", A, "tmpfs", MS_BIND, NULL), -ENOENT, "a relative source");
	is(mnt(NULL, A, NULL, MS_BIND, NULL), -EINVAL, "nothing to bind");
	is(umnt(A, 0x100), -EINVAL, "an unknown flag");
	is(umnt((void *)8, 0), -EFAULT, "a bad pointer");
	is(permitted ? in_child(as_user, NULL) : 0, EXITED(0), "an ordinary user may not");
}

int main(void)
{
	begin();
	basics();
	limits();
	binds();
	trees();
	flags();
	busy();
	kinds();
	hostile();
	raw(SYS_chdir, "/");
	is(umnt(TOP, 0), 0, "the top goes");
	rmdir(TOP);
	return done_testing();
}
