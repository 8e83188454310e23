/* SPDX-License-Identifier: ISC */
/*
 * futex(2) for tests (musl brings no header of it), and whether a thread sleeps in the kernel.
 */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "stat.h"
#include "sys.h"

enum {
	FUTEX_WAIT = 0,
	FUTEX_WAKE = 1,
	FUTEX_REQUEUE = 3,
	FUTEX_CMP_REQUEUE = 4,
	FUTEX_WAKE_OP = 5,
	FUTEX_LOCK_PI = 6,
	FUTEX_UNLOCK_PI = 7,
	FUTEX_TRYLOCK_PI = 8,
	FUTEX_WAIT_BITSET = 9,
	FUTEX_WAKE_BITSET = 10,
	FUTEX_WAIT_REQUEUE_PI = 11,
	FUTEX_CMP_REQUEUE_PI = 12,
	FUTEX_LOCK_PI2 = 13,
	PRIVATE = 128,
	FUTEX_CLOCK_REALTIME = 256,
};
#define ANY 0xffffffffu
#define TID_MASK 0x3fffffffu
#define OWNER_DIED 0x40000000u
#define WAITERS 0x80000000u

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

/* FUTEX_WAKE_OP's operation. */
enum { OP_SET, OP_ADD, OP_OR, OP_ANDN, OP_XOR, OP_SHIFT = 8 };
enum { CMP_EQ, CMP_NE, CMP_LT, CMP_LE, CMP_GT, CMP_GE };
#define FUTEX_OP(op, arg, cmp, against)                                                            \
	((unsigned)(op) << 28 | (unsigned)(cmp) << 24 | ((arg)&0xfff) << 12 | ((against)&0xfff))

static inline long futex(void *addr, int op, unsigned value, const void *timeout, void *addr2,
			 unsigned value3)
{
	return raw(SYS_futex, addr, op, value, timeout, addr2, value3);
}

/* Is thread @tid of this process asleep in the kernel? */
static inline int tid_sleeps(pid_t tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)tid);
	return stat_state(path) == 'S';
}
