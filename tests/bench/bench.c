/* SPDX-License-Identifier: ISC */
/*
 * The same operations on Linux and on Leash, counted: see bench.h and docs/bench.md.
 *
 *   bench [WORD]        the rows whose name holds WORD; as first process: BENCH=WORD
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

uint64_t sample[MAX_BATCHES];
static const char *only;

void say(const char *format, ...)
{
	char line[256];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (n > 0)
		(void)!write(1, line, n < (int)sizeof(line) ? n : (int)sizeof(line));
}

void must(bool ok, const char *what)
{
	if (ok)
		return;
	say("FATAL %s: errno %d\n", what, errno);
	_exit(1);
}

bool wanted(const char *name)
{
	return !only || strstr(name, only);
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* "BENCH name per OPS min T median T mean T": ticks an operation, OPS of them a batch. */
void report(const char *name, int batches, long ops)
{
	double sum = 0;

	MARK(MARK_ROW);
	must(ops > 0, name);
	for (int i = 0; i < batches; i++)
		sum += sample[i];
	qsort(sample, batches, sizeof(sample[0]), by_size);
	say("BENCH %-22s per %5ld min %10.2f median %10.2f mean %10.2f\n", name, ops,
	    (double)sample[0] / ops, (double)sample[batches / 2] / ops, sum / ops / batches);
}

void skip(const char *name, const char *why)
{
	say("BENCH %-22s SKIP %s: errno %d\n", name, why, errno);
}

/* How the machine counts: known loops, and string instructions, which -icount counts by element. */
static void calibrate(void)
{
	static char block[PAGE] __attribute__((aligned(64)));

	ROW("calib_2insn_loop", 20, 1, {
		long n = 10000;

		__asm__ volatile(".p2align 4\n1: dec %0\n jnz 1b" : "+r"(n)::"cc");
	});
	ROW("calib_rep_stosb", 20, 1, {
		long n = PAGE;
		void *to = block;

		__asm__ volatile("rep stosb" : "+c"(n), "+D"(to) : "a"(0) : "memory");
	});
	ROW("rdtsc_pair", 50, 1, {});
}

static void null_calls(void)
{
	ROW("sys_enosys", 30, 1000, call0(1000));
	ROW("sys_getppid", 30, 1000, call0(SYS_getppid));
	ROW("sys_getpid", 30, 1000, call0(SYS_getpid));
}

/* Linux may have no console for its first process; a failing write tells. */
static void open_console(void)
{
	int fd;

	mkdir("/dev", 0755);
	if (write(1, "", 0) == 0)
		return;
	mknod("/dev/console", S_IFCHR | 0600, makedev(5, 1));
	fd = open("/dev/console", O_RDWR);
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
}

/* The first process is special (Linux logs its faults): a child measures; its end is the machine's. */
static void run_as_init(void)
{
	pid_t pid;
	int status = -1;

	open_console();
	only = getenv("BENCH");
	pid = fork();
	must(pid >= 0, "fork");
	if (pid == 0) {
		setsid();
		return;
	}
	while (waitpid(pid, &status, 0) != pid)
		;
	say("BENCH-STATUS %x\n", status);
	sync();
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}

/*
 * What a fork copies depends on how many page tables the program's parts touch: they lie at the same
 * addresses in every run. Comes back in the program started anew.
 */
static void give_up_random_addresses(char *self)
{
	if (personality(ADDR_NO_RANDOMIZE) & ADDR_NO_RANDOMIZE)
		return;
	execl(self, self, only, NULL);
	must(0, "exec");
}

/* One CPU for all that is measured: children inherit it. */
static void stay_on_one_cpu(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--exit") == 0)
		return 0;
	if (getpid() == 1)
		run_as_init();
	else if (argc > 1)
		only = argv[1];
	give_up_random_addresses(argv[0]);
	stay_on_one_cpu();
	say("\nBENCH-START\n");
	calibrate();
	null_calls();
	bench_files();
	bench_signals();
	bench_times();
	bench_pipes();
	bench_yields();
	bench_futexes();
	bench_memory();
	bench_processes(argv[0]);
	say("BENCH-END\n");
	return 0;
}
