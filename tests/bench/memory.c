/* SPDX-License-Identifier: ISC */
/* Memory: maps made, changed and taken away; the faults that fill them. */
#include "bench.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES 1024
#define PAGES_OF_1MB 256
#define FILE_PAGES 64
#define RW (PROT_READ | PROT_WRITE)
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)

static long map_anonymous(long bytes)
{
	return sys6(SYS_mmap, 0, bytes, RW, ANONYMOUS, -1, 0);
}

/* Memory of small pages, whatever the kernel would rather take. */
static char *must_map(long pages)
{
	char *p = mmap(0, pages * PAGE, RW, ANONYMOUS, -1, 0);

	must(p != MAP_FAILED, "mmap");
	madvise(p, pages * PAGE, MADV_NOHUGEPAGE);
	return p;
}

static void touch(char *p, long pages, char value)
{
	for (long i = 0; i < pages; i++)
		*(volatile char *)(p + i * PAGE) = value;
}

static void maps(void)
{
	ROW("mmap_munmap_4k", 30, 200, call2(SYS_munmap, map_anonymous(PAGE), PAGE));
	ROW("mmap_touch1_munmap", 30, 200, {
		long p = map_anonymous(PAGE);

		*(volatile char *)p = 1;
		call2(SYS_munmap, p, PAGE);
	});
}

static void anonymous_faults(void)
{
	BATCHES(k, 30)
	{
		char *p = must_map(PAGES);
		uint64_t before = batch_begin(k);
		touch(p, PAGES, 1);
		batch_end(k, before);
		munmap(p, PAGES * PAGE);
	}
	report("anon_fault_write", 30, PAGES);
	BATCHES(k, 30)
	{
		char *p = must_map(PAGES);
		touch(p, PAGES, 1);
		uint64_t before = batch_begin(k);
		call2(SYS_munmap, (long)p, PAGES * PAGE);
		batch_end(k, before);
	}
	report("munmap_per_page", 30, PAGES);
}

/* The child copies; its count comes back in memory that both share. */
static void copy_on_write(void)
{
	char *p = must_map(PAGES);
	uint64_t *shared = mmap(0, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	must(shared != MAP_FAILED, "shared memory");
	touch(p, PAGES, 1);
	BATCHES(k, 30)
	{
		pid_t pid = fork();
		must(pid >= 0, "fork");
		if (pid == 0) {
			uint64_t before = batch_begin(k);
			touch(p, PAGES, 2);
			batch_end(k, before);
			*shared = k >= 0 ? sample[k] : 0;
			_exit(0);
		}
		waitpid(pid, NULL, 0);
		if (k >= 0)
			sample[k] = *shared;
	}
	report("cow_fault_copy", 30, PAGES);
	munmap(p, PAGES * PAGE);
	munmap(shared, PAGE);
}

static void large_fork(void)
{
	char *p = must_map(PAGES_OF_1MB);
	int status;

	touch(p, PAGES_OF_1MB, 1);
	ROW("fork_exit_wait_1MB", 20, 10, {
		long pid = call0(SYS_fork);

		if (pid == 0)
			call1(SYS_exit_group, 0);
		call4(SYS_wait4, pid, (long)&status, 0, 0);
	});
	munmap(p, PAGES_OF_1MB * PAGE);
}

static void file_faults(void)
{
	int fd = open(FILE_1, O_RDONLY);

	must(fd >= 0, FILE_1);
	BATCHES(k, 30)
	{
		char *p = mmap(0, FILE_PAGES * PAGE, PROT_READ, MAP_SHARED, fd, 0);
		must(p != MAP_FAILED, "mmap of a file");
		uint64_t before = batch_begin(k);
		for (int i = 0; i < FILE_PAGES; i++)
			(void)*(volatile char *)(p + i * PAGE);
		batch_end(k, before);
		munmap(p, FILE_PAGES * PAGE);
	}
	report("file_fault_read", 30, FILE_PAGES);
	close(fd);
}

static void changes(void)
{
	long p = map_anonymous(2 * PAGE), end = call1(SYS_brk, 0);

	*(volatile char *)p = 1;
	ROW("mprotect_pair", 30, 200, {
		call3(SYS_mprotect, p, PAGE, PROT_READ);
		call3(SYS_mprotect, p, PAGE, RW);
	});
	call2(SYS_munmap, p, 2 * PAGE);
	ROW("brk_grow_shrink", 30, 200, {
		call1(SYS_brk, end + PAGE);
		call1(SYS_brk, end);
	});
}

void bench_memory(void)
{
	maps();
	if (wanted("anon_fault"))
		anonymous_faults();
	if (wanted("cow_fault"))
		copy_on_write();
	if (wanted("fork_exit_wait_1MB"))
		large_fork();
	if (wanted("file_fault"))
		file_faults();
	changes();
}
