/* SPDX-License-Identifier: ISC */
/*
 * Many threads map, fill, protect, look at and unmap their own memory in one address space while
 * another forks: no page is ever seen with another's contents, by thread or child, new pages are
 * zero, and what the maps' borders do to each other shows in nobody's data.
 */
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

#define PAGE 4096L
#define THREADS 8
#define ROUNDS 25
#define MOST_PAGES 24
#define FORKS 8

static int wrong; /* atomic */

static uint64_t next_random(uint64_t *x)
{
	*x = *x * 6364136223846793005UL + 1442695040888963407UL;
	return *x >> 33;
}

static void expect(bool fine)
{
	if (!fine)
		__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
}

/* Both ends of each page of [from, to) hold @word, told apart by the page. */
static bool holds(const uint64_t *p, long from, long to, uint64_t word)
{
	const long step = PAGE / (long)sizeof(*p);

	for (long i = from; i < to; i++)
		if (p[i * step] != (word ? word + (uint64_t)i : 0) ||
		    p[i * step + step - 1] != p[i * step])
			return false;
	return true;
}

static void fill(uint64_t *p, long from, long to, uint64_t word)
{
	const long step = PAGE / (long)sizeof(*p);

	for (long i = from; i < to; i++)
		p[i * step] = p[i * step + step - 1] = word + (uint64_t)i;
}

/* A map of @n pages: filled, a part of it protected and given back, a hole made in it. */
static void one_round(uint64_t *x, long n, uint64_t word)
{
	long from = (long)next_random(x) % n, to = from + 1 + (long)next_random(x) % (n - from);
	uint64_t *p = mmap(NULL, (size_t)(n * PAGE), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *part = (char *)p + from * PAGE;
	size_t bytes = (size_t)((to - from) * PAGE);

	if (p == MAP_FAILED) {
		expect(false);
		return;
	}
	expect(holds(p, 0, n, 0));
	fill(p, 0, n, word);
	expect(mprotect(part, bytes, PROT_READ) == 0);
	expect(holds(p, 0, n, word));
	expect(mprotect(part, bytes, PROT_READ | PROT_WRITE) == 0);
	fill(p, from, to, word + 7);
	expect(holds(p, 0, from, word) && holds(p, from, to, word + 7) && holds(p, to, n, word));
	expect(munmap(part, bytes) == 0);
	expect(holds(p, 0, from, word) && holds(p, to, n, word));
	/* Not over the hole: it may be another's by now. */
	expect(from == 0 || munmap(p, (size_t)(from * PAGE)) == 0);
	expect(to == n || munmap((char *)p + to * PAGE, (size_t)((n - to) * PAGE)) == 0);
}

static void *storm(void *arg)
{
	uint64_t me = (uintptr_t)arg, x = me;

	for (uint64_t i = 0; i < ROUNDS; i++)
		one_round(&x, 1 + (long)(next_random(&x) % MOST_PAGES), me << 32 | i << 8);
	return NULL;
}

/* The child has what was there at the fork, whatever the parent writes after it. */
static void fork_beside(uint64_t *p)
{
	for (uint64_t i = 1; i <= FORKS; i++) {
		int status = -1;
		pid_t pid;

		fill(p, 0, MOST_PAGES, i << 8);
		pid = fork();
		if (pid == 0) {
			bool same = holds(p, 0, MOST_PAGES, i << 8);

			fill(p, 0, MOST_PAGES, 1UL << 40);
			_exit(!(same && holds(p, 0, MOST_PAGES, 1UL << 40)));
		}
		fill(p, 0, MOST_PAGES / 2, i << 16);
		expect(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
		expect(holds(p, 0, MOST_PAGES / 2, i << 16) &&
		       holds(p, MOST_PAGES / 2, MOST_PAGES, i << 8));
	}
}

int main(void)
{
	uint64_t *p = mmap(NULL, MOST_PAGES * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t threads[THREADS];
	long made = 0;

	if (!ok(p != MAP_FAILED, "memory for the children to look at"))
		return done_testing();
	while (made < THREADS &&
	       !pthread_create(&threads[made], NULL, storm, (void *)(uintptr_t)(made + 1)))
		made++;
	fork_beside(p);
	for (long i = 0; i < made; i++)
		pthread_join(threads[i], NULL);
	is_long(made, THREADS, "threads");
	is_long(wrong, 0, "pages that hold what nobody wrote there");
	return done_testing();
}
