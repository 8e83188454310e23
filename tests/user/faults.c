/* SPDX-License-Identifier: ISC */
/*
 * Page faults: how many there are, whose they are, and what comes with them. A read of a file maps the
 * neighbours that are in memory as well; the end of the file, permissions and copies hold for these as
 * for the page that was asked for.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "stat.h"
#include "sys.h"
#include "tap.h"

#define FILE_NAME "/tmp/leash-faults"
#define PAGES 64
#define BYTES (PAGES * 4096)
#define SLACK 16 /* faults of the test's own code and stack */

static int fd;

static long faults_of(int who)
{
	struct rusage r;

	return getrusage(who, &r) ? -1 : r.ru_minflt;
}

static char *map_file(int prot, int flags)
{
	char *p = mmap(NULL, BYTES, prot, flags, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

static char *map_memory(void)
{
	char *p = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	madvise(p, BYTES, MADV_NOHUGEPAGE);
	return p;
}

/* Page i of the file is full of i. */
static bool reads_right(const char *p)
{
	for (int i = 0; i < PAGES; i++)
		if (((const volatile char *)p)[i * 4096 + i] != i)
			return false;
	return true;
}

static void write_all(char *p)
{
	for (int i = 0; i < PAGES; i++)
		((volatile char *)p)[i * 4096] = 99;
}

static void make_file(void)
{
	static char page[4096];

	fd = open(FILE_NAME, O_CREAT | O_RDWR | O_TRUNC, 0600);
	for (int i = 0; i < PAGES; i++) {
		memset(page, i, sizeof(page));
		write(fd, page, sizeof(page));
	}
}

static void counts(void)
{
	char *file = map_file(PROT_READ, MAP_SHARED), *memory = map_memory();
	long before = faults_of(RUSAGE_SELF), n;

	ok(reads_right(file), "a mapped file reads as it was written");
	n = faults_of(RUSAGE_SELF) - before;
	ok(n >= 1 && n <= PAGES / 16 + SLACK, "with a fault for sixteen pages");
	before = faults_of(RUSAGE_SELF);
	write_all(memory);
	n = faults_of(RUSAGE_SELF) - before;
	ok(n >= PAGES && n <= PAGES + SLACK, "memory of one's own has a fault a page");
	before = faults_of(RUSAGE_THREAD);
	ok(before >= PAGES, "of the thread as well");
	n = stat_field("/proc/self/stat", 10);
	ok(n >= before && n <= before + SLACK, "and in /proc/self/stat");
	munmap(file, BYTES);
	munmap(memory, BYTES);
}

static int write_memory(void *unused)
{
	(void)unused;
	write_all(map_memory());
	return 0;
}

static void of_children(void)
{
	long before = faults_of(RUSAGE_CHILDREN), n;
	struct rusage r;
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(write_memory(NULL));
	wait4(pid, &status, 0, &r);
	ok(r.ru_minflt >= PAGES, "wait4 tells a child's faults");
	n = faults_of(RUSAGE_CHILDREN) - before;
	is_long(n, r.ru_minflt, "which are its parent's children's then");
	is_long(stat_field("/proc/self/stat", 11), faults_of(RUSAGE_CHILDREN),
		"in /proc/self/stat, too");
}

static void *write_memory_thread(void *unused)
{
	write_memory(unused);
	return NULL;
}

static void of_threads(void)
{
	long before = faults_of(RUSAGE_SELF);
	pthread_t thread;

	pthread_create(&thread, NULL, write_memory_thread, NULL);
	pthread_join(thread, NULL);
	ok(faults_of(RUSAGE_SELF) - before >= PAGES, "an ended thread's faults are the process's");
}

static int read_at(void *at)
{
	return *(volatile char *)at;
}

static int write_at(void *at)
{
	*(volatile char *)at = 1;
	return 0;
}

/* What was mapped unasked is not more than what was asked for. */
static void neighbours(void)
{
	char *shared = map_file(PROT_READ, MAP_SHARED);
	char *private = map_file(PROT_READ | PROT_WRITE, MAP_PRIVATE);
	char *both = map_file(PROT_READ | PROT_WRITE, MAP_SHARED);

	is_long(read_at(shared + 4 * 4096), 4, "a page is read");
	is_status(in_child(write_at, shared + 5 * 4096), KILLED(SIGSEGV),
		  "its neighbour may not be written to");
	is_long(read_at(private + 4 * 4096), 4, "a private one is read");
	private[5 * 4096] = 77;
	is_long(read_at(shared + 5 * 4096), 5, "a write to its neighbour is not the file's");
	is_long(read_at(both + 4 * 4096), 4, "a shared one is read");
	both[6 * 4096] = 66;
	is_long(read_at(shared + 6 * 4096), 66, "a write to its neighbour is the file's");
	is_long(read_at(private + 6 * 4096), 66, "and everybody's who has no copy");
	ftruncate(fd, 5 * 4096);
	is_status(in_child(read_at, shared + 5 * 4096), KILLED(SIGBUS),
		  "where the file has been cut a neighbour goes as well");
	is_status(in_child(read_at, private + 6 * 4096), KILLED(SIGBUS), "of a private map, too");
	is_long(read_at(shared + 4 * 4096), 4, "the last page stays");
	munmap(shared, BYTES);
	munmap(private, BYTES);
	munmap(both, BYTES);
}

int main(void)
{
	make_file();
	counts();
	of_children();
	of_threads();
	neighbours();
	close(fd);
	unlink(FILE_NAME);
	return done_testing();
}
