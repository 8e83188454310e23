/* SPDX-License-Identifier: ISC */
/*
 * The benchmark's bones: one static program, first process on Linux and on Leash, that needs neither
 * arguments nor /proc. A row is K batches of R operations; rdtsc is read around each batch.
 * Under QEMU's -icount shift=0 one tick of the TSC is one instruction of the guest.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>

#include "sys.h"

#define MAX_BATCHES 200
#define WARM_UP 2 /* batches that are run and not counted */
#define PAGE 4096L

/*
 * A sign for the plugin (opcount.c): a NOP of seven bytes, 0f 1f 80 and 0x4d4b0000 + what it means.
 * Costs an instruction, does nothing anywhere.
 */
enum { MARK_BEGIN = 1, MARK_END = 2, MARK_ROW = 3 };
#define MARK(what)                                                                                 \
	__asm__ volatile(".byte 0x0f,0x1f,0x80\n .long 0x4d4b0000+%c0" ::"i"(what) : "memory")

static inline uint64_t ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
	return (uint64_t)high << 32 | low;
}

/* A system call that sets no more registers than it has arguments: what it costs is the kernel's. */
static inline long call0(long nr)
{
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "a"(nr) : "rcx", "r11", "memory");
	return ret;
}

static inline long call1(long nr, long a)
{
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a) : "rcx", "r11", "memory");
	return ret;
}

static inline long call2(long nr, long a, long b)
{
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(b) : "rcx", "r11", "memory");
	return ret;
}

static inline long call3(long nr, long a, long b, long c)
{
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return ret;
}

static inline long call4(long nr, long a, long b, long c, long d)
{
	long ret;
	register long r10 __asm__("r10") = d;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return ret;
}

extern uint64_t sample[MAX_BATCHES]; /* ticks of each batch */

/* One line on descriptor 1, in one write. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Ends the run with a message unless @ok. */
void must(bool ok, const char *what);
/* Whether the row is asked for. */
bool wanted(const char *name);
/* The row's line, from sample[0..batches), each of @ops operations. */
void report(const char *name, int batches, long ops);
/* The row's line if it cannot be measured here. */
void skip(const char *name, const char *why);

/* Brackets of one batch; the first WARM_UP (@k below 0) are not counted. */
static inline uint64_t batch_begin(int k)
{
	if (k >= 0)
		MARK(MARK_BEGIN);
	return ticks();
}

static inline void batch_end(int k, uint64_t before)
{
	uint64_t after = ticks();

	if (k < 0)
		return;
	MARK(MARK_END);
	sample[k] = after - before;
}

#define BATCHES(k, count) for (int k = -WARM_UP; k < (count); k++)

#define ROW(name, batches, ops, ...)                                                               \
	do {                                                                                       \
		if (!wanted(name))                                                                 \
			break;                                                                     \
		BATCHES(k_, batches)                                                               \
		{                                                                                  \
			uint64_t before_ = batch_begin(k_);                                        \
			for (long i_ = 0; i_ < (ops); i_++) {                                      \
				__VA_ARGS__;                                                       \
			}                                                                          \
			batch_end(k_, before_);                                                    \
		}                                                                                  \
		report(name, batches, ops);                                                        \
	} while (0)

#define FILE_1 "/bf"
#define FILE_4 "/bd/usr/include/types.h"

void bench_files(void);
void bench_signals(void);
void bench_times(void);
void bench_pipes(void);
void bench_yields(void);
void bench_futexes(void);
void bench_memory(void);
/* @self: the path of this program, which ends at once with the argument --exit. */
void bench_processes(char *self);
