/* SPDX-License-Identifier: ISC */
/*
 * Two processes do things to one file at the same time: owners and bits, names and counts. What one
 * may do is decided by what is there when it is done, not by what was there before.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "child.h"
#include "now.h"
#include "raw_thread.h"
#include "tiny_elf.h"

#define PART_MS 250 /* each race lasts so long */
#define USER 1000
#define DIR "/tmp/file_race"
#define FILE_ DIR "/file"

static volatile int *ended;

static void make_file(void)
{
	close(open(FILE_, O_CREAT | O_WRONLY, 0755));
}

/* The owner puts the set-id bit on its file, all the time. */
static int set_bits(void *arg)
{
	(void)arg;
	if (setuid(USER))
		return 2;
	while (!*ended) {
		chmod(FILE_, 04755);
		chmod(FILE_, 0755);
	}
	return 0;
}

/* And gives it to root, meanwhile: what is root's then has no such bit. */
static void owners(void)
{
	long end = now_ms() + PART_MS;
	struct stat st;
	int wrong = 0;
	pid_t pid;

	*ended = 0;
	make_file();
	pid = start_child(set_bits, NULL);
	while (now_ms() < end) {
		chown(FILE_, USER, USER);
		sched_yield();
		chown(FILE_, 0, 0);
		stat(FILE_, &st);
		wrong += (st.st_mode & S_ISUID) != 0;
	}
	*ended = 1;
	is_status(status_of(pid), EXITED(0), "an owner changes bits while the owner changes");
	is_long(wrong, 0, "none is left on a file that is another's");
	unlink(FILE_);
}

/* -- names ----------------------------------------------------------------------------------------- */

static int link_often(void *arg)
{
	(void)arg;
	while (!*ended) {
		link(FILE_, DIR "/b/name");
		unlink(DIR "/b/name");
	}
	return 0;
}

/* Elsewhere others have files of their own there. */
static long inodes_free(void)
{
	struct statfs st;

	if (access("/proc/leash/objects", F_OK))
		return 0;
	statfs(DIR, &st);
	return st.f_ffree;
}

/* Its only name goes while it gets another: each name is counted once, and the dead stay dead. */
static void names(void)
{
	long end = now_ms() + PART_MS, before;
	pid_t pid;

	mkdir(DIR "/b", 0755);
	before = inodes_free();
	*ended = 0;
	pid = start_child(link_often, NULL);
	while (now_ms() < end) {
		make_file();
		unlink(FILE_);
	}
	*ended = 1;
	is_status(status_of(pid), EXITED(0), "a file gets a name while it loses one");
	ok(inodes_free() == before, "the file system has all its inodes back");
	rmdir(DIR "/b");
}

/* -- programs -------------------------------------------------------------------------------------- */

static void make_program(const char *name, unsigned char number, mode_t mode)
{
	unsigned char image[sizeof(tiny_elf)];
	int fd = open(name, O_CREAT | O_WRONLY, mode);

	memcpy(image, tiny_elf, sizeof(image));
	image[TINY_EXIT] = number;
	is_long(write(fd, image, sizeof(image)), sizeof(image), "%s", name);
	close(fd);
}

static int swap_often(void *arg)
{
	(void)arg;
	while (!*ended) {
		link(DIR "/may_not", DIR "/new");
		rename(DIR "/new", DIR "/program");
		link(DIR "/may", DIR "/new");
		rename(DIR "/new", DIR "/program");
	}
	return 0;
}

static int run_program(void *arg)
{
	char *argv[] = { DIR "/program", NULL };

	(void)arg;
	execv(argv[0], argv);
	return errno == EACCES ? 2 : 3;
}

/* A name goes from a file that may be executed to one that may not, and back. */
static void programs(void)
{
	long end = now_ms() + PART_MS;
	int wrong = 0, status;
	pid_t pid;

	make_program(DIR "/may", 0, 0755);
	make_program(DIR "/may_not", 1, 0644);
	link(DIR "/may", DIR "/program");
	*ended = 0;
	pid = start_child(swap_often, NULL);
	while (now_ms() < end) {
		status = in_child(run_program, NULL);
		wrong += status != EXITED(0) && status != EXITED(2);
	}
	*ended = 1;
	is_status(status_of(pid), EXITED(0), "two files take turns to have a name");
	is_long(wrong, 0, "only the one that may be executed is");
	unlink(DIR "/may");
	unlink(DIR "/may_not");
	unlink(DIR "/program");
}

/* -- a lock that comes after its descriptor has gone -------------------------------------------------- */

static int pair[2]; /* a byte, and the holder lets go */

static long set_lock(int fd, int cmd, int type)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET };

	return raw(SYS_fcntl, fd, cmd, &l);
}

static int hold_lock(void *arg)
{
	int fd = open(FILE_, O_RDWR);
	char c;

	(void)arg;
	if (set_lock(fd, F_SETLK, F_WRLCK))
		return 2;
	return write(pair[1], "x", 1) != 1 || read(pair[1], &c, 1) != 1;
}

static int find_lock(void *arg)
{
	(void)arg;
	return set_lock(open(FILE_, O_RDWR), F_SETLK, F_WRLCK) != 0;
}

static void *wait_lock(void *arg)
{
	return (void *)set_lock(*(int *)arg, F_SETLKW, F_WRLCK);
}

static void locks(void)
{
	pthread_t t;
	pid_t pid;
	char c;
	int fd;

	make_file();
	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	pid = start_child(hold_lock, NULL);
	is_long(read(pair[0], &c, 1), 1, "another process has a lock");
	fd = open(FILE_, O_RDWR);
	t = start(wait_lock, &fd);
	usleep(30000);
	close(fd);
	is_long(write(pair[0], "x", 1), 1, "it ends");
	is_long((long)join(t), -EBADF, "who waited for it finds its descriptor closed");
	is_status(status_of(pid), EXITED(0), "it has ended");
	is_status(in_child(find_lock, NULL), EXITED(0), "and no lock is left");
	close(pair[0]);
	close(pair[1]);
	unlink(FILE_);
}

int main(void)
{
	if (geteuid()) {
		skip("not root", "two processes and one file");
		return done_testing();
	}
	ended = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	mkdir(DIR, 0755);
	owners();
	names();
	programs();
	locks();
	rmdir(DIR);
	return done_testing();
}
