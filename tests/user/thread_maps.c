/* SPDX-License-Identifier: ISC */
/* Threads that map and unmap in one address space: what one takes away faults in the other at once. */
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "beside.h"
#include "tap.h"

#define PAGE 4096

static volatile long fault_count;
static long odd;

static void on_fault(int sig)
{
	(void)sig;
	mmap((void *)0x10000000, PAGE, PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	fault_count++; /* it is there: now it may be taken away again */
}

static void *touch(void *arg)
{
	while (!stop)
		++*(volatile char *)arg;
	return NULL;
}

/* Checklist 28: what one thread has unmapped, another faults on at once. */
static void unmap_under(void *page)
{
	for (int i = 0; i < 40; i++) {
		long before = fault_count;

		munmap(page, PAGE);
		for (int n = 0; n < 5000 && fault_count == before; n++)
			usleep(100);
		odd += fault_count == before;
	}
}

#define PER_THREAD 8

/* Each thread has maps of its own, in one space; what it wrote is what it reads. */
static void *map_and_verify(void *arg)
{
	unsigned seed = (unsigned)(long)arg * 2654435761u;
	long bad = 0;

	for (int i = 0; i < 50; i++) {
		size_t len = PAGE * (1 + (seed >> 16) % PER_THREAD);
		unsigned *p =
			mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			return (void *)1;
		seed = seed * 1103515245 + 12345;
		for (size_t k = 0; k < len / 4; k += 1024)
			bad += p[k] != 0, p[k] = seed + k;
		mprotect(p, len, PROT_READ);
		for (size_t k = 0; k < len / 4; k += 1024)
			bad += p[k] != (unsigned)(seed + k);
		if (seed & 1)
			madvise(p, PAGE, MADV_DONTNEED), bad += p[0] != 0;
		munmap(p, len);
	}
	return (void *)bad;
}

static void maps(void)
{
	struct sigaction sa = { .sa_handler = on_fault };
	void *page = mmap((void *)0x10000000, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
	     *r;
	pthread_t t[4];
	long bad = 0;

	sigaction(SIGSEGV, &sa, NULL);
	odd = 0;
	beside(touch, page, unmap_under);
	is_long(odd, 0, "what one unmaps faults in the other");
	munmap(page, PAGE);
	signal(SIGSEGV, SIG_DFL);
	for (long i = 0; i < 4; i++)
		t[i] = start(map_and_verify, (void *)(i + 1));
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], &r);
		bad += (long)r;
	}
	is_long(bad, 0, "four threads map, protect and unmap: each finds its own bytes");
}

int main(void)
{
	maps();
	return done_testing();
}
