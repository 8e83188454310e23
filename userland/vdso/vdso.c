/* SPDX-License-Identifier: ISC */
/*
 * The vDSO: code of the kernel that programs call as a library, mapped into each of them, so that
 * asking for the time costs no system call (vdso(7)). It has Linux's names and version, which libcs
 * look up by AT_SYSINFO_EHDR. No data of its own but the kernel's page; no libc.
 */
#include <stdbool.h>

#include "abi/syscall_numbers.h"
#include "abi/time.h"
#include "abi/vdso_data.h"

#define NSEC_PER_SEC 1000000000UL
#define GDT_CPU_NUMBER 0x7b /* the limit of this segment is the CPU's number */

struct timespec {
	long tv_sec, tv_nsec;
};
struct timeval {
	long tv_sec, tv_usec;
};

extern const struct vdso_data vdso_data __attribute__((visibility("hidden")));

static inline uint64_t read_clock(unsigned clock)
{
	uint64_t low, high;

	/* Not before what came before: rdtsc alone may run ahead (SDM vol. 2, RDTSC). */
	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
	return (uint64_t)(((unsigned __int128)(high << 32 | low) * vdso_data.mult) >> 32) +
	       vdso_data.clock_ns[clock];
}

/*
 * What GCC makes of a division by 10^9 is right for all 64 bits, and so shifts before it multiplies.
 * Below 2^63 (the year 2262) one multiplication does: the factor is 2^93 / 10^9, rounded up by less than
 * one, which adds less than 2^-30 to a quotient that lacks at least 10^-9 to the next whole number.
 */
static inline uint64_t seconds(uint64_t ns)
{
	return (uint64_t)((unsigned __int128)ns * 9903520314283042200UL >> 93);
}

static inline uint64_t rest(uint64_t ns)
{
	return ns - seconds(ns) * NSEC_PER_SEC;
}

static long call(long number, long a, long b)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b)
			 : "rcx", "r11", "memory");
	return result;
}

/* The two clocks that everybody asks for come first, and cost one comparison. */
static inline bool is_answered(unsigned clock)
{
	return __builtin_expect(clock <= CLOCK_MONOTONIC, 1) ||
	       (clock < VDSO_CLOCKS && (VDSO_CLOCK_MASK >> clock & 1));
}

int __vdso_clock_gettime(unsigned clock, struct timespec *ts)
{
	uint64_t ns;

	if (!is_answered(clock))
		return (int)call(SYS_clock_gettime, clock, (long)ts);
	ns = read_clock(clock);
	ts->tv_sec = (long)seconds(ns);
	ts->tv_nsec = (long)rest(ns);
	return 0;
}

int __vdso_clock_getres(int clock, struct timespec *ts)
{
	return (int)call(SYS_clock_getres, clock, (long)ts);
}

int __vdso_gettimeofday(struct timeval *tv, void *tz)
{
	uint64_t ns = read_clock(CLOCK_REALTIME);

	if (tz)
		return (int)call(SYS_gettimeofday, (long)tv, (long)tz);
	if (tv) {
		tv->tv_sec = (long)seconds(ns);
		tv->tv_usec = (long)(rest(ns) / 1000);
	}
	return 0;
}

long __vdso_time(long *where)
{
	long now = (long)seconds(read_clock(CLOCK_REALTIME));

	if (where)
		*where = now;
	return now;
}

int __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused)
{
	unsigned number;

	(void)unused;
	__asm__("lsl %1, %0" : "=r"(number) : "r"(GDT_CPU_NUMBER));
	if (cpu)
		*cpu = number;
	if (node)
		*node = 0;
	return 0;
}

int clock_gettime(unsigned, struct timespec *) __attribute__((weak, alias("__vdso_clock_gettime")));
int clock_getres(int, struct timespec *) __attribute__((weak, alias("__vdso_clock_getres")));
int gettimeofday(struct timeval *, void *) __attribute__((weak, alias("__vdso_gettimeofday")));
long time(long *) __attribute__((weak, alias("__vdso_time")));
int getcpu(unsigned *, unsigned *, void *) __attribute__((weak, alias("__vdso_getcpu")));
