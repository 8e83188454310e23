/* SPDX-License-Identifier: ISC */
/*
 * What can be done to names: hard links, symbolic links, and renaming.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys.h"
#include "tap.h"

#define TOP "/tmp/name.test"

static void make(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		diag("cannot write %s", path);
	close(fd);
}

static bool holds(const char *path, const char *text)
{
	char buffer[64] = { 0 };
	int fd = open(path, O_RDONLY);
	bool same = fd >= 0 && read(fd, buffer, 63) >= 0 && strcmp(buffer, text) == 0;

	close(fd);
	return same;
}

static void hard_links(void)
{
	struct stat a, b;

	make("one", "text");
	is_long(raw(SYS_link, "one", "two"), 0, "a second name");
	ok(stat("one", &a) == 0 && stat("two", &b) == 0 && a.st_ino == b.st_ino, "of one file");
	is_long(a.st_nlink, 2, "which counts them");
	is_long(raw(SYS_link, "one", "two"), -EEXIST, "not over another");
	is_long(raw(SYS_link, "nosuch", "three"), -ENOENT, "not of nothing");
	is_long(raw(SYS_link, ".", "three"), -EPERM, "not of a directory");
	unlink("one");
	ok(holds("two", "text"), "the file lives while a name is left");
	unlink("two");
}

static void symbolic_links(void)
{
	struct stat st;
	char target[16];

	make("file", "text");
	is_long(raw(SYS_symlink, "file", "soft"), 0, "a symbolic link");
	ok(holds("soft", "text"), "is followed");
	ok(lstat("soft", &st) == 0 && S_ISLNK(st.st_mode) && st.st_size == 4, "lstat sees it");
	ok(stat("soft", &st) == 0 && S_ISREG(st.st_mode), "stat sees the file");
	is_long(raw(SYS_readlink, "soft", target, sizeof(target)), 4, "readlink gives its length");
	ok(memcmp(target, "file", 4) == 0, "and its target");
	is_long(raw(SYS_readlink, "soft", target, 2), 2, "cut to the buffer");
	is_long(raw(SYS_readlink, "file", target, 2), -EINVAL, "not of a file");
	is_long(raw(SYS_readlink, "soft", target, 0), -EINVAL, "not into nothing");
	is_long(raw(SYS_open, "soft", O_RDONLY | O_NOFOLLOW), -ELOOP, "O_NOFOLLOW");
	is_long(raw(SYS_open, "soft", O_RDWR | O_CREAT | O_EXCL, 0600), -EEXIST, "O_EXCL");
	unlink("file");
	is_long(raw(SYS_open, "soft", O_RDONLY), -ENOENT, "its target has gone");
	is_long(raw(SYS_open, "soft", O_WRONLY | O_CREAT, 0600) > 2, 1, "O_CREAT makes it again");
	is_long(raw(SYS_access, "file", F_OK), 0, "under the target's name");
	is_long(raw(SYS_symlink, "", "empty"), -ENOENT, "no empty target");
	raw(SYS_symlink, "loop2", "loop1");
	raw(SYS_symlink, "loop1", "loop2");
	is_long(raw(SYS_open, "loop1", O_RDONLY), -ELOOP, "two links in a circle");
	is_long(raw(SYS_open, "loop1/x", O_RDONLY), -ELOOP, "or through them");
	unlink("loop1");
	unlink("loop2");
	unlink("soft");
	unlink("file");
}

/* Forty are allowed, one more is not. */
static void long_chain(void)
{
	char name[16] = "end", next[16];

	make("end", "reached");
	for (int i = 1; i <= 41; i++) {
		snprintf(next, sizeof(next), "link%d", i);
		raw(SYS_symlink, name, next);
		strcpy(name, next);
	}
	ok(holds("link40", "reached"), "forty links in a row");
	is_long(raw(SYS_open, "link41", O_RDONLY), -ELOOP, "forty-one are too many");
	for (int i = 1; i <= 41; i++) {
		snprintf(next, sizeof(next), "link%d", i);
		unlink(next);
	}
	unlink("end");
}

static void renaming(void)
{
	make("old", "text");
	is_long(raw(SYS_rename, "old", "new"), 0, "rename");
	ok(holds("new", "text") && access("old", F_OK) < 0, "moves the name");
	make("other", "gone");
	is_long(raw(SYS_rename, "new", "other"), 0, "over another file");
	ok(holds("other", "text"), "replaces that");
	is_long(raw(SYS_rename, "other", "other"), 0, "to itself");
	is_long(raw(SYS_rename, "nosuch", "x"), -ENOENT, "nothing");
	mkdir("dir", 0755);
	mkdir("dir/sub", 0755);
	is_long(raw(SYS_rename, "dir", "dir/sub/x"), -EINVAL, "a directory into itself");
	is_long(raw(SYS_rename, "other", "dir"), -EISDIR, "a file over a directory");
	is_long(raw(SYS_rename, "dir", "other"), -ENOTDIR, "a directory over a file");
	mkdir("full", 0755);
	make("full/file", "x");
	is_long(raw(SYS_rename, "dir", "full"), -ENOTEMPTY, "a directory over a full one");
	unlink("full/file");
	is_long(raw(SYS_rename, "dir", "full"), 0, "a directory over an empty one");
	is_long(raw(SYS_access, "full/sub", F_OK), 0, "brings what is in it");
	is_long(raw(SYS_rename, "other", "full/sub/moved"), 0, "into another directory");
	ok(holds("full/sub/moved", "text"), "with its bytes");
	unlink("full/sub/moved");
	rmdir("full/sub");
	rmdir("full");
}

int main(void)
{
	mkdir(TOP, 0755);
	if (chdir(TOP) < 0)
		return 2;
	hard_links();
	symbolic_links();
	long_chain();
	renaming();
	chdir("/");
	is_long(rmdir(TOP), 0, "nothing is left");
	return done_testing();
}
