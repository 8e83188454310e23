/* SPDX-License-Identifier: ISC */
/*
 * Pages that are there before they are touched: MAP_POPULATE, MAP_LOCKED, madvise and mlock make them,
 * with the errors that they tell or keep to themselves. That a page is there shows in the count of
 * faults of a touch.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define FILE_NAME "/tmp/leash-populate"
#define PAGE 4096UL
#define PAGES 64
#define BYTES (PAGES * PAGE)
#define SLACK 8 /* faults of the test's own code and stack */
#define R PROT_READ
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define POPULATE_READ 22
#define POPULATE_WRITE 23

static int fd;
static volatile int ready;

static char *map(int prot, int flags)
{
	return mmap(NULL, BYTES, prot, flags, flags & MAP_ANONYMOUS ? -1 : fd, 0);
}

static long faults(void)
{
	struct rusage r;

	return getrusage(RUSAGE_SELF, &r) ? -1 : r.ru_minflt;
}

/* The faults of a touch of each page. */
static long touch(char *p, int pages, bool write)
{
	long before = faults();

	for (int i = 0; i < pages; i++) {
		volatile char *at = p + (unsigned)i * PAGE;

		if (write)
			*at = 7;
		else
			(void)*at;
	}
	return faults() - before;
}

/* The map at @p is there or not, as the faults of a touch of all of it tell. It goes. */
static void is_there(char *p, bool write, const char *name)
{
	ok(p != MAP_FAILED && touch(p, PAGES, write) <= SLACK, "%s: is there", name);
	munmap(p, BYTES);
}

static void is_not_there(char *p, bool write, const char *name)
{
	if (p != MAP_FAILED)
		madvise(p, BYTES, MADV_NOHUGEPAGE);
	ok(p != MAP_FAILED && touch(p, PAGES, write) >= PAGES, "%s: isn't", name);
	munmap(p, BYTES);
}

static void flags(void)
{
	char *p;

	is_there(map(RW, ANON | MAP_POPULATE), true, "memory");
	is_there(map(R, ANON | MAP_POPULATE), false, "memory that is only read");
	is_there(map(RW, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE), false, "shared memory");
	is_there(map(RW, ANON | MAP_LOCKED), true, "MAP_LOCKED");
	is_there(map(RW, ANON | MAP_LOCKED | MAP_NONBLOCK), true, "MAP_LOCKED | MAP_NONBLOCK");
	is_not_there(map(RW, ANON), true, "memory as ever");
	is_not_there(map(RW, ANON | MAP_POPULATE | MAP_NONBLOCK), true,
		     "MAP_POPULATE | MAP_NONBLOCK");
	is_there(map(R, MAP_SHARED | MAP_POPULATE), false, "a file");
	is_there(map(RW, MAP_PRIVATE | MAP_POPULATE), true, "a file's copy");
	p = map(R, MAP_SHARED);
	ok(p[0] == 0, "which is not the file");
	munmap(p, BYTES);
	p = map(PROT_NONE, ANON | MAP_POPULATE);
	ok(p != MAP_FAILED, "what may not be touched is mapped all the same");
	mprotect(p, BYTES, RW);
	is_not_there(p, true, "but a page of it");
}

static void beyond_the_end(void)
{
	char *p;

	ftruncate(fd, 5 * PAGE);
	p = map(R, MAP_SHARED | MAP_POPULATE);
	ok(p != MAP_FAILED, "a map goes beyond the end of the file");
	ok(touch(p, 5, false) <= SLACK, "what lies before it is there");
	is_long(raw(SYS_madvise, p, BYTES, POPULATE_READ), -EFAULT, "madvise tells");
	is_long(raw(SYS_madvise, p, 5 * PAGE, POPULATE_READ), 0, "but of what lies before it");
	munmap(p, BYTES);
	ftruncate(fd, BYTES);
}

static void advice(void)
{
	char *p = map(RW, ANON);

	is_long(raw(SYS_madvise, p, BYTES, POPULATE_WRITE), 0, "madvise to write");
	is_there(p, true, "so advised");
	p = map(RW, ANON);
	is_long(raw(SYS_madvise, p, BYTES, POPULATE_READ), 0, "madvise to read");
	ok(touch(p, PAGES, false) <= SLACK, "so advised: is there");
	is_long(raw(SYS_madvise, p, BYTES, POPULATE_WRITE), 0, "to write what can be read");
	is_there(p, true, "so advised");
	p = map(RW, MAP_PRIVATE);
	is_long(raw(SYS_madvise, p, BYTES, POPULATE_WRITE), 0, "to write a copy of a file");
	is_there(p, true, "so advised");
}

static void refused(void)
{
	char *p = map(R, ANON);

	is_long(raw(SYS_madvise, p, BYTES, POPULATE_WRITE), -EINVAL, "to write what is only read");
	is_long(raw(SYS_madvise, p, 0, POPULATE_READ), 0, "of nothing");
	is_long(raw(SYS_madvise, p, 1, POPULATE_READ), 0, "of a byte");
	is_long(raw(SYS_madvise, p + 1, PAGE, POPULATE_READ), -EINVAL, "misaligned");
	is_long(raw(SYS_madvise, p, -1L, POPULATE_READ), -EINVAL, "of more than there is");
	is_long(raw(SYS_madvise, p, -2 * PAGE, POPULATE_READ), -EINVAL, "of what wraps");
	mprotect(p + PAGE, PAGE, PROT_NONE);
	is_long(raw(SYS_madvise, p, BYTES, POPULATE_READ), -EINVAL, "of what may not be touched");
	is_long(raw(SYS_mlock, p, BYTES), -ENOMEM, "mlock of what may not be touched");
	munmap(p + PAGE, PAGE);
	is_long(raw(SYS_madvise, p, BYTES, POPULATE_READ), -ENOMEM, "of a hole");
	is_long(raw(SYS_mlock, p, BYTES), -ENOMEM, "mlock of a hole");
	munmap(p, BYTES);
}

static void locks(void)
{
	char *p = map(RW, ANON);

	is_long(raw(SYS_mlock, p + 5, BYTES - 10), 0, "mlock, from within a page to within one");
	is_there(p, true, "so locked");
	p = map(RW, ANON);
	is_long(raw(SYS_mlock2, p, BYTES, 2), -EINVAL, "mlock2 with no such flag");
	is_long(raw(SYS_mlock2, p, BYTES, 1), 0, "mlock2 at the first touch");
	is_not_there(p, true, "so locked");
	is_long(raw(SYS_mlock, 0, 0), 0, "mlock of nothing");
	is_long(raw(SYS_mlock, -PAGE, 2 * PAGE), -EINVAL, "mlock of what wraps");
	p = map(RW, ANON);
	is_long(raw(SYS_mlockall, 1), 0, "mlockall");
	raw(SYS_munlockall);
	is_there(p, true, "so locked");
	is_long(raw(SYS_mlockall, 4), -EINVAL, "mlockall of nothing, later");
	is_long(raw(SYS_mlockall, 8), -EINVAL, "mlockall with no such flag");
}

static int map_and_write(void *unused)
{
	(void)unused;
	return touch(map(RW, ANON | MAP_NORESERVE), PAGES, true) < PAGES;
}

static void future(void)
{
	char *p = map(RW, ANON), *heap;

	is_long(raw(SYS_mlockall, 2), 0, "mlockall of what will be");
	is_not_there(p, true, "what was mapped before");
	is_there(map(RW, ANON), true, "what is mapped then");
	is_there(map(RW, ANON | MAP_POPULATE | MAP_NONBLOCK), true, "even with MAP_NONBLOCK");
	p = mremap(map(RW, ANON), BYTES, 2 * BYTES, MREMAP_MAYMOVE);
	ok(p != MAP_FAILED && touch(p, 2 * PAGES, true) <= SLACK, "what is moved: is there");
	munmap(p, 2 * BYTES);
	heap = (char *)raw(SYS_brk, 0);
	is_long(raw(SYS_brk, heap + BYTES), (long)(heap + BYTES), "the heap grows");
	ok(touch(heap, PAGES, true) <= SLACK, "the heap: is there");
	is_status(in_child(map_and_write, NULL), EXITED(0), "a child does not inherit it");
	is_long(raw(SYS_mlockall, 2 | 4), 0, "at the first touch");
	is_not_there(map(RW, ANON), true, "what is mapped then");
	raw(SYS_mlockall, 2);
	raw(SYS_munlockall);
	is_not_there(map(RW, ANON), true, "what is mapped after munlockall");
}

static int write_it(void *p)
{
	return touch(p, PAGES, true) <= SLACK;
}

static int advise_and_write(void *p)
{
	return raw(SYS_madvise, p, BYTES, POPULATE_WRITE) || touch(p, PAGES, true) > SLACK;
}

static void after_fork(void)
{
	char *p = map(RW, ANON | MAP_POPULATE);

	is_status(in_child(write_it, p), EXITED(0), "a child's pages are copied when it writes");
	is_status(in_child(advise_and_write, p), EXITED(0), "or as it advises");
	is_long(p[0] | p[BYTES - PAGE], 0, "and are its own");
	munmap(p, BYTES);
}

static void *change_map(void *p)
{
	while (!ready)
		for (int i = 0; i < 10; i++) {
			munmap((char *)p + 8 * PAGE, 16 * PAGE);
			mmap((char *)p + 8 * PAGE, 16 * PAGE, RW, ANON | MAP_FIXED, -1, 0);
		}
	return NULL;
}

static void under_a_change(void)
{
	char *p = map(RW, ANON);
	pthread_t thread;
	int odd = 0;

	pthread_create(&thread, NULL, change_map, p);
	for (int i = 0; i < 300; i++) {
		long r = raw(SYS_madvise, p, BYTES, POPULATE_WRITE);

		odd += r && r != -ENOMEM;
		madvise(p, BYTES, MADV_DONTNEED);
	}
	ready = 1;
	pthread_join(thread, NULL);
	is_long(odd, 0, "a map that another thread changes: all pages, or a hole");
	is_long(raw(SYS_madvise, p, BYTES, POPULATE_WRITE), 0, "all of them at last");
	is_there(p, true, "so advised");
}

static int populate_for_ever(void *p)
{
	while (raw(SYS_madvise, p, BYTES, POPULATE_WRITE) == 0)
		madvise(p, BYTES, MADV_DONTNEED);
	return 1;
}

static void killed(void)
{
	char *p = map(RW, ANON);
	pid_t pid = start_child(populate_for_ever, p);

	usleep(20000);
	kill(pid, SIGKILL);
	is_status(status_of(pid), KILLED(SIGKILL), "who is killed while he populates ends");
	munmap(p, BYTES);
}

int main(void)
{
	fd = open(FILE_NAME, O_CREAT | O_RDWR | O_TRUNC, 0600);
	for (int i = 0; i < PAGES; i++)
		pwrite(fd, "", 1, i * (long)PAGE);
	ftruncate(fd, BYTES);
	flags();
	beyond_the_end();
	advice();
	refused();
	locks();
	future();
	after_fork();
	under_a_change();
	killed();
	close(fd);
	unlink(FILE_NAME);
	return done_testing();
}
