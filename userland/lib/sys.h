/* SPDX-License-Identifier: ISC */
/*
 * Raw system calls for programs that must see exactly what the kernel returns: no errno, no libc
 * wrapper, no vDSO. A negative result in -4095..-1 is an error number.
 */
#pragma once

#include <sys/syscall.h>

/* The plain instruction: rcx and r11 are the only registers it may clobber besides rax. */
static inline long sys6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#define SYS_PICK(a, b, c, d, e, f, g, ...)                                                         \
	sys6((long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f), (long)(g))

/* raw(number, arguments...): up to six arguments, the missing ones are zero. */
#define raw(...) SYS_PICK(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)
