/* SPDX-License-Identifier: ISC */
/* Memory that is touched first, copied on writing; processes made, ended, given a program. */
#include "measure.h"

#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys.h"

#define PAGES 200

static char *map(int flags)
{
	char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	madvise(p, PAGES * PAGE, MADV_NOHUGEPAGE);
	return p;
}

static void touch(struct row *r, int i, volatile char *at)
{
	uint64_t before = ticks();

	*at = 2;
	sample_set(r, i, ticks() - before);
}

static void first_touch(void)
{
	struct row *r = row_begin("page fault", settings.samples);
	char *p = NULL;

	for (int i = 0; r && i < r->count; i++) {
		if (i % PAGES == 0) {
			if (p)
				munmap(p, PAGES * PAGE);
			p = map(MAP_PRIVATE);
			if (!p) {
				row_fail(r, "no memory");
				return;
			}
		}
		touch(r, i, p + i % PAGES * PAGE);
	}
	row_end(r);
	if (p)
		munmap(p, PAGES * PAGE);
}

/* A child writes to what it shares with us; the samples are in memory that stays shared. */
static void copy_on_write(void)
{
	struct row *r = row_begin("copy on write", PAGES);
	char *p = r ? map(MAP_PRIVATE) : NULL;
	uint32_t *shared = r ? (uint32_t *)map(MAP_SHARED) : NULL, *own;
	pid_t pid;

	if (!r)
		return;
	for (int i = 0; p && i < PAGES; i++)
		p[i * PAGE] = 1;
	pid = p && shared ? fork() : -1;
	if (pid < 0) {
		row_fail(r, "no memory or no process");
		return;
	}
	own = r->sample;
	r->sample = shared;
	if (pid == 0) {
		for (int i = 0; i < PAGES; i++)
			shared[i] = 0; /* its pages are there before the clock runs */
		for (int i = 0; i < r->count; i++)
			touch(r, i, p + i * PAGE);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	for (int i = 0; i < r->count; i++)
		own[i] = shared[i];
	r->sample = own;
	row_end(r);
	munmap(p, PAGES * PAGE);
	munmap(shared, PAGES * PAGE);
}

void measure_memory(void)
{
	first_touch();
	copy_on_write();
	SAMPLE("mmap and munmap", 1, {
		long p = raw(SYS_mmap, 0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);

		raw(SYS_munmap, p, PAGE);
	});
}

static void wait_for(pid_t pid)
{
	raw(SYS_wait4, pid, 0, 0, 0);
}

void measure_processes(const char *self)
{
	char *argv[] = { (char *)self, "--nothing", NULL }, *envp[] = { NULL };

	SAMPLE("fork, exit and wait", 10, {
		pid_t pid = raw(SYS_fork);

		if (pid == 0)
			raw(SYS_exit_group, 0);
		wait_for(pid);
	});
	SAMPLE("the same with exec", 20, {
		pid_t pid;

		if (posix_spawn(&pid, self, NULL, NULL, argv, envp) == 0)
			wait_for(pid);
	});
}
