/* SPDX-License-Identifier: ISC */
/*
 * Files that end earlier than they are mapped, have holes, have no name; what a read leaves behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define DIR "/tmp/leash-sparse"
#define FILE_IN DIR "/f"

static int touch_it(void *arg)
{
	return *(volatile char *)arg;
}

static void ends(void)
{
	int fd = open(FILE_IN, O_CREAT | O_RDWR | O_TRUNC, 0600), go[2];
	char *shared, *private, c;
	pid_t pid;

	ftruncate(fd, 3 * 4096);
	shared = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	private = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	memset(shared, 1, 3 * 4096);
	private[0] = private[2 * 4096] = 7;
	pipe(go);
	pid = fork();
	if (pid == 0) {
		c = shared[2 * 4096];
		read(go[0], &c, 1);
		_exit(touch_it(shared + 2 * 4096));
	}
	is_long(ftruncate(fd, 4096 + 100), 0, "a mapped file is cut");
	is_status(in_child(touch_it, shared + 2 * 4096), KILLED(SIGBUS), "beyond its end: SIGBUS");
	is_status(in_child(touch_it, private + 2 * 4096), KILLED(SIGBUS), "for a copy as well");
	write(go[1], "x", 1);
	is_status(status_of(pid), KILLED(SIGBUS), "and for who had it mapped before");
	is_status(in_child(touch_it, shared + 4096 + 99), EXITED(1), "the last byte is there");
	is_status(in_child(touch_it, shared + 4096 + 100), EXITED(0),
		  "the rest of its page is zero");
	is_long(private[0], 7, "a copy before the end stays");
	ftruncate(fd, 3 * 4096);
	is_long(shared[2 * 4096], 0, "grown again it is zero");
	is_long(private[2 * 4096], 0, "everywhere");
	munmap(shared, 3 * 4096);
	munmap(private, 3 * 4096);
	close(fd);
}

static void coherence(void)
{
	int fd = open(FILE_IN, O_CREAT | O_RDWR | O_TRUNC, 0600);
	char *p, buf[8] = "";

	write(fd, "written", 7);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ok(!memcmp(p, "written", 7), "a map shows what was written");
	pwrite(fd, "rew", 3, 0);
	ok(!memcmp(p, "rewtten", 7), "and what is written later");
	memcpy(p, "mapped!", 7);
	pread(fd, buf, 7, 0);
	ok(!strcmp(buf, "mapped!"), "a read shows what the map was given");
	is_long(msync(p, 4096, MS_SYNC), 0, "with msync or without");
	munmap(p, 4096);
	close(fd);
}

static void holes(void)
{
	int fd = open(FILE_IN, O_CREAT | O_RDWR | O_TRUNC, 0600);
	struct stat st;

	pwrite(fd, "x", 1, 10 * 4096);
	pwrite(fd, "y", 1, 1L << 40);
	is_long(lseek(fd, 0, SEEK_DATA), 10 * 4096, "the first data");
	is_long(lseek(fd, 10 * 4096 + 1, SEEK_DATA), 10 * 4096 + 1, "within them");
	is_long(lseek(fd, 10 * 4096, SEEK_HOLE), 11 * 4096, "the hole behind");
	is_long(lseek(fd, 5, SEEK_HOLE), 5, "within a hole");
	is_long(lseek(fd, 11 * 4096, SEEK_DATA), 1L << 40, "the next data, far away");
	is_long(lseek(fd, 1L << 40, SEEK_HOLE), (1L << 40) + 1, "the end is a hole");
	is_long(raw(SYS_lseek, fd, (1L << 40) + 1, SEEK_DATA), -ENXIO, "nothing behind it");
	is_long(raw(SYS_lseek, fd, -1, SEEK_HOLE), -ENXIO, "nor before");
	fstat(fd, &st);
	is_long(st.st_blocks, 16, "two pages are all it takes");
	close(fd);
}

static void nameless(void)
{
	struct stat st;
	char link[64];
	int fd = raw(SYS_open, DIR, O_TMPFILE | O_RDWR, 0640);

	ok(fd >= 0, "a file without a name");
	fstat(fd, &st);
	ok(st.st_nlink == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0777) == 0640, "is one");
	is_long(write(fd, "words", 5), 5, "it is written");
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	is_long(raw(SYS_linkat, AT_FDCWD, link, AT_FDCWD, DIR "/named", AT_SYMLINK_FOLLOW), 0,
		"it gets a name");
	is_long(stat(DIR "/named", &st), 0, "which is there");
	is_long(st.st_nlink, 1, "once");
	unlink(DIR "/named");
	is_long(raw(SYS_linkat, AT_FDCWD, link, AT_FDCWD, DIR "/named", AT_SYMLINK_FOLLOW), -ENOENT,
		"but not another when that is gone");
	close(fd);
	fd = raw(SYS_open, DIR, O_TMPFILE | O_RDWR | O_EXCL, 0600);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	is_long(raw(SYS_linkat, AT_FDCWD, link, AT_FDCWD, DIR "/named", AT_SYMLINK_FOLLOW), -ENOENT,
		"never, where that is wished");
	close(fd);
	is_long(raw(SYS_open, DIR, O_TMPFILE | O_RDONLY, 0600), -EINVAL,
		"what for, if not to write");
	is_long(raw(SYS_open, FILE_IN, O_TMPFILE | O_RDWR, 0600), -ENOTDIR, "in no directory");
}

static long atime_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -1 : st.st_atime;
}

static void access_times(void)
{
	struct timespec old[2] = { { 1000, 0 }, { 2000, 0 } };
	char c;
	int fd;

	utimensat(AT_FDCWD, FILE_IN, old, 0);
	fd = open(FILE_IN, O_RDONLY | O_NOATIME);
	read(fd, &c, 1);
	close(fd);
	is_long(atime_of(FILE_IN), 1000, "O_NOATIME leaves no trace");
	fd = open(FILE_IN, O_RDONLY);
	read(fd, &c, 1);
	close(fd);
	ok(atime_of(FILE_IN) > 2000, "the first read after a change does");
}

int main(void)
{
	mkdir(DIR, 0755);
	ends();
	coherence();
	holes();
	nameless();
	access_times();
	unlink(FILE_IN);
	rmdir(DIR);
	return done_testing();
}
