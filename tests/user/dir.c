/* SPDX-License-Identifier: ISC */
/*
 * Directories: making and removing, listing, the current one, and names relative to another.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys.h"
#include "tap.h"

#define TOP "/tmp/dir.test"
#define MANY 300

/* The kernel's own record, whatever libc makes of it. */
struct record {
	unsigned long ino;
	long offset;
	unsigned short size;
	unsigned char type;
	char name[];
};

static void touch(const char *path)
{
	close(open(path, O_WRONLY | O_CREAT, 0600));
}

static void making(void)
{
	struct stat st;

	is_long(raw(SYS_mkdir, TOP, 0755), 0, "mkdir");
	is_long(raw(SYS_mkdir, TOP, 0755), -EEXIST, "it is there");
	is_long(raw(SYS_mkdir, TOP "/a/b", 0755), -ENOENT, "its parent is not");
	ok(stat(TOP, &st) == 0 && S_ISDIR(st.st_mode) && st.st_nlink == 2,
	   "a directory, two links");
	is_long(raw(SYS_mkdir, TOP "/sub", 0755), 0, "one inside it");
	ok(stat(TOP, &st) == 0 && st.st_nlink == 3, "adds a link");
	touch(TOP "/file");
	is_long(raw(SYS_mkdir, TOP "/file", 0755), -EEXIST, "no directory where a file is");
	is_long(raw(SYS_mkdir, TOP "/file/x", 0755), -ENOTDIR, "none in a file");
}

static void removing(void)
{
	is_long(raw(SYS_rmdir, TOP), -ENOTEMPTY, "rmdir of one that is not empty");
	is_long(raw(SYS_rmdir, TOP "/file"), -ENOTDIR, "rmdir of a file");
	is_long(raw(SYS_rmdir, TOP "/sub/."), -EINVAL, "rmdir of '.'");
	is_long(raw(SYS_rmdir, TOP "/nosuch"), -ENOENT, "rmdir of nothing");
	is_long(raw(SYS_unlink, TOP "/sub"), -EISDIR, "unlink of a directory");
	is_long(raw(SYS_unlinkat, AT_FDCWD, TOP "/sub", AT_REMOVEDIR), 0, "unlinkat can");
	is_long(raw(SYS_unlink, TOP "/file"), 0, "the file goes");
	is_long(raw(SYS_rmdir, TOP), 0, "then the directory");
	is_long(raw(SYS_chdir, TOP), -ENOENT, "and is gone");
}

static void current(void)
{
	char name[256];

	is_long(raw(SYS_chdir, TOP "/sub"), 0, "chdir");
	ok(getcwd(name, sizeof(name)) && strcmp(name, TOP "/sub") == 0, "getcwd names it");
	is_long(raw(SYS_getcwd, name, sizeof(name)), sizeof(TOP "/sub"),
		"the bare call counts the end of the string");
	is_long(raw(SYS_getcwd, name, 5), -ERANGE, "a small buffer");
	is_long(raw(SYS_chdir, TOP "/file"), -ENOTDIR, "chdir to a file");
	is_long(raw(SYS_chdir, TOP "/nosuch"), -ENOENT, "chdir to nothing");
	is_long(raw(SYS_chdir, ".."), 0, "chdir ..");
	ok(getcwd(name, sizeof(name)) && strcmp(name, TOP) == 0, "goes up");
	is_long(raw(SYS_access, "file", F_OK), 0, "a relative name");
	is_long(raw(SYS_access, "./sub/../file", F_OK), 0, "one with dots");
	is_long(raw(SYS_access, "nosuch", F_OK), -ENOENT, "one that is not there");
	is_long(raw(SYS_access, "file", X_OK), -EACCES, "not executable, not even for root");
	is_long(raw(SYS_chdir, "/.."), 0, "above the root");
	ok(getcwd(name, sizeof(name)) && strcmp(name, "/") == 0, "is the root");
}

static void relative(void)
{
	long dir = raw(SYS_open, TOP, O_RDONLY | O_DIRECTORY);
	long file = raw(SYS_openat, dir, "file", O_RDONLY);

	ok(dir > 2 && file > 2, "openat");
	is_long(raw(SYS_openat, file, "x", O_RDONLY), -ENOTDIR, "openat from a file");
	is_long(raw(SYS_openat, 99, "x", O_RDONLY), -EBADF, "openat from a bad descriptor");
	is_long(raw(SYS_openat, 99, "/tmp", O_RDONLY) > 2, 1, "which an absolute path doesn't use");
	is_long(raw(SYS_fchdir, file), -ENOTDIR, "fchdir to a file");
	is_long(raw(SYS_fchdir, dir), 0, "fchdir");
	is_long(raw(SYS_access, "file", F_OK), 0, "goes there");
	chdir("/");
	close(file);
	close(dir);
}

/* One pass of getdents64 with a small buffer: every name once, and no other. */
static int list(long dir, char *seen)
{
	char buffer[512];
	int others = 0;
	long n;

	while ((n = raw(SYS_getdents64, dir, buffer, sizeof(buffer))) > 0) {
		for (long at = 0; at < n;) {
			struct record *r = (struct record *)(buffer + at);

			if (r->name[0] == 'f' && atoi(r->name + 1) < MANY)
				seen[atoi(r->name + 1)]++;
			else if (strcmp(r->name, ".") != 0 && strcmp(r->name, "..") != 0)
				others += 1000;
			else
				others++;
			at += r->size;
		}
	}
	return n < 0 ? n : others;
}

static int once(const char *seen)
{
	int count = 0;

	for (int i = 0; i < MANY; i++)
		count += seen[i] == 1;
	return count;
}

static void listing(void)
{
	static char seen[MANY];
	char path[64], small[20];
	long dir;

	mkdir(TOP "/list", 0755);
	for (int i = 0; i < MANY; i++) {
		snprintf(path, sizeof(path), TOP "/list/f%d", i);
		touch(path);
	}
	dir = raw(SYS_open, TOP "/list", O_RDONLY | O_DIRECTORY);
	is_long(list(dir, seen), 2, "getdents64: '.' and '..' and no strangers");
	is_long(once(seen), MANY, "each of %d names once", MANY);
	is_long(raw(SYS_getdents64, dir, path, sizeof(path)), 0, "then the end");
	is_long(lseek(dir, 0, SEEK_SET), 0, "from the start again");
	is_long(raw(SYS_getdents64, dir, small, sizeof(small)), -EINVAL, "a buffer for no name");
	close(dir);
	dir = raw(SYS_open, TOP "/list/f0", O_RDONLY);
	is_long(raw(SYS_getdents64, dir, path, sizeof(path)), -ENOTDIR, "of a file");
	close(dir);
	for (int i = 0; i < MANY; i++) {
		snprintf(path, sizeof(path), TOP "/list/f%d", i);
		unlink(path);
	}
	is_long(rmdir(TOP "/list"), 0, "all gone");
}

static void removed_under_us(void)
{
	char name[64];

	mkdir(TOP "/here", 0755);
	chdir(TOP "/here");
	is_long(raw(SYS_rmdir, TOP "/here"), 0, "the current directory is removed");
	is_long(raw(SYS_getcwd, name, sizeof(name)), -ENOENT, "it has no name");
	is_long(raw(SYS_open, "x", O_WRONLY | O_CREAT, 0600), -ENOENT, "nothing can be made in it");
	is_long(raw(SYS_chdir, "/"), 0, "but one can leave it");
}

int main(void)
{
	umask(022);
	making();
	current();
	relative();
	listing();
	removed_under_us();
	removing();
	return done_testing();
}
