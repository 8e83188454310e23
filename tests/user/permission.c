/* SPDX-License-Identifier: ISC */
/*
 * The book's example of why a program may not simply run directly on the machine (OSTEP 6.2): a file
 * system that checks permissions before granting access. Alice has a secret, a diary that her group
 * may read, and a drawer nobody else may look into; Bob, a member of that group, and Eve, who is
 * nobody's, try everything. Root may do all but run what is no program.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define TOP "/tmp/leash-permission"
#define SECRET TOP "/secret"
#define DIARY TOP "/diary"
#define DRAWER TOP "/drawer"
#define LETTER DRAWER "/letter"
#define BOARD TOP "/board" /* sticky: all may put up notes, and take down their own */
#define TEAM TOP "/team" /* setgid: what is made in it belongs to the group */

enum { ROOT = 0, ALICE = 1001, BOB = 1002, EVE = 1003, FRIENDS = 2001 };

struct attempt {
	int who;
	const char *path;
	long (*act)(const char *path);
};

static long reads(const char *path)
{
	char c;
	long fd = raw(SYS_open, path, O_RDONLY), n;

	if (fd < 0)
		return fd;
	n = raw(SYS_read, fd, &c, 1);
	close(fd);
	return n < 0 ? n : 0;
}

static long writes(const char *path)
{
	long fd = raw(SYS_open, path, O_WRONLY | O_APPEND), n;

	if (fd < 0)
		return fd;
	n = raw(SYS_write, fd, "x", 1);
	close(fd);
	return n < 0 ? n : 0;
}

/* Opens for reading, then tries to write through that: what is granted is no more than was asked. */
static long reads_then_writes(const char *path)
{
	long fd = raw(SYS_open, path, O_RDONLY), n;

	if (fd < 0)
		return 1;
	n = raw(SYS_write, fd, "x", 1);
	if (n == -EBADF)
		n = raw(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return n;
}

static long runs(const char *path)
{
	char *argv[] = { "x", NULL }, *env[] = { NULL };

	return raw(SYS_execve, path, argv, env);
}

static long lists(const char *path)
{
	long fd = raw(SYS_open, path, O_RDONLY | O_DIRECTORY);

	return fd < 0 ? fd : raw(SYS_close, fd);
}

static long makes(const char *path)
{
	long fd = raw(SYS_open, path, O_CREAT | O_EXCL | O_WRONLY, 0644);

	return fd < 0 ? fd : raw(SYS_close, fd);
}

static long makes_directory(const char *path)
{
	return raw(SYS_mkdir, path, 0755);
}

static long removes(const char *path)
{
	return raw(SYS_unlink, path);
}

static long opens_up(const char *path)
{
	return raw(SYS_chmod, path, 0777);
}

static long takes(const char *path)
{
	return raw(SYS_chown, path, getuid(), -1);
}

static long cuts(const char *path)
{
	return raw(SYS_truncate, path, 0);
}

static long asks(const char *path)
{
	return raw(SYS_access, path, R_OK);
}

static void become(int who)
{
	gid_t friends = FRIENDS;

	if (who == ROOT)
		return;
	if (setgroups(who == BOB, &friends) || setresgid(who, who, who) || setresuid(who, who, who))
		_exit(99);
}

/* Ends with the error number; 0: it was granted. */
static int try_it(void *arg)
{
	const struct attempt *a = arg;
	long r;

	become(a->who);
	r = a->act(a->path);
	return r < 0 ? (int)-r : (int)r;
}

static void check(int who, const char *path, long (*act)(const char *), int error, const char *name)
{
	struct attempt a = { who, path, act };

	is_status(in_child(try_it, &a), EXITED(error), "%s", name);
}

static void put(const char *path, int owner, int group, int mode)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	write(fd, "words\n", 6);
	close(fd);
	chown(path, owner, group);
	chmod(path, mode);
}

static void put_directory(const char *path, int owner, int group, int mode)
{
	mkdir(path, 0700);
	chown(path, owner, group);
	chmod(path, mode);
}

static void files(void)
{
	check(ALICE, SECRET, reads, 0, "Alice reads her secret");
	check(ALICE, SECRET, writes, 0, "and writes it");
	check(BOB, SECRET, reads, EACCES, "Bob does not read it");
	check(EVE, SECRET, reads, EACCES, "nor Eve");
	check(EVE, SECRET, writes, EACCES, "who does not write it");
	check(EVE, SECRET, cuts, EACCES, "or cut it");
	check(EVE, SECRET, opens_up, EPERM, "or open it for all");
	check(EVE, SECRET, takes, EPERM, "or take it for her own");
	check(EVE, SECRET, asks, EACCES, "access tells her so");
	check(BOB, DIARY, reads, 0, "Bob reads the diary: he is of the group");
	check(BOB, DIARY, writes, EACCES, "but does not write it");
	check(BOB, DIARY, reads_then_writes, EACCES, "by no trick");
	check(EVE, DIARY, reads, EACCES, "Eve does not read it");
	check(ROOT, SECRET, reads, 0, "root reads all");
	check(ROOT, SECRET, writes, 0, "and writes all");
	check(ROOT, SECRET, runs, EACCES, "but runs nothing that nobody may run");
}

static void directories(void)
{
	check(ALICE, LETTER, reads, 0, "Alice reads the letter in her drawer");
	check(EVE, LETTER, reads, EACCES, "Eve does not, though all may read the letter");
	check(EVE, DRAWER, lists, EACCES, "nor does she see what is in there");
	check(EVE, DRAWER "/none", reads, EACCES, "not even that something is not there");
	check(EVE, DRAWER "/../secret", asks, EACCES, "she cannot pass through it");
	chmod(DRAWER, 0711);
	check(EVE, LETTER, reads, 0, "search is enough for a name that she knows");
	check(EVE, DRAWER, lists, EACCES, "but not to find names");
	check(EVE, LETTER, removes, EACCES, "or to remove one");
	check(EVE, DRAWER "/new", makes, EACCES, "or to make one");
	chmod(DRAWER, 0744);
	check(EVE, DRAWER, lists, 0, "reading finds names");
	check(EVE, LETTER, reads, EACCES, "but does not open them");
	check(EVE, TOP "/new", makes, EACCES, "nothing is made in what is not hers");
}

static void bits(void)
{
	struct stat st;

	check(BOB, BOARD "/bobs", makes, 0, "Bob puts up a note");
	check(EVE, BOARD "/bobs", removes, EPERM, "Eve does not take it down");
	check(EVE, BOARD "/eves", makes, 0, "she puts up her own");
	check(EVE, BOARD "/eves", removes, 0, "and takes that down");
	check(BOB, BOARD "/bobs", removes, 0, "as Bob does his");
	check(BOB, TEAM "/bobs", makes, 0, "Bob makes a file for the team");
	ok(stat(TEAM "/bobs", &st) == 0 && st.st_uid == BOB && st.st_gid == FRIENDS,
	   "it is his, and the team's");
	check(BOB, TEAM "/dir", makes_directory, 0, "and a directory");
	ok(stat(TEAM "/dir", &st) == 0 && st.st_gid == FRIENDS && (st.st_mode & S_ISGID),
	   "in which it goes on");
}

int main(void)
{
	umask(0);
	put_directory(TOP, ALICE, ALICE, 0755);
	put(SECRET, ALICE, ALICE, 0600);
	put(DIARY, ALICE, FRIENDS, 0640);
	put_directory(DRAWER, ALICE, ALICE, 0700);
	put(LETTER, ALICE, ALICE, 0644);
	put_directory(BOARD, ALICE, ALICE, 01777);
	put_directory(TEAM, ALICE, FRIENDS, 02775);
	files();
	directories();
	bits();
	rmdir(TEAM "/dir");
	unlink(TEAM "/bobs");
	rmdir(TEAM);
	rmdir(BOARD);
	unlink(LETTER);
	rmdir(DRAWER);
	unlink(DIARY);
	unlink(SECRET);
	rmdir(TOP);
	return done_testing();
}
