/* SPDX-License-Identifier: ISC */
/* Tells the instructions that cost more than one by their bytes. Source: SDM vol. 2, appendix A. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* rep_again: elements of a repeated string instruction but the first, which is the instruction. */
#define KINDS                                                                                      \
	KIND(user)                                                                                 \
	KIND(kernel)                                                                               \
	KIND(rep_again)                                                                            \
	KIND(rep_bytes)                                                                            \
	KIND(code_lines)                                                                           \
	KIND(data_lines)                                                                           \
	KIND(syscall)                                                                              \
	KIND(sysret)                                                                               \
	KIND(iret)                                                                                 \
	KIND(swapgs)                                                                               \
	KIND(wrmsr)                                                                                \
	KIND(rdmsr)                                                                                \
	KIND(cr3_write)                                                                            \
	KIND(cr_write)                                                                             \
	KIND(invlpg)                                                                               \
	KIND(invpcid)                                                                              \
	KIND(lock)                                                                                 \
	KIND(fence)                                                                                \
	KIND(verw)                                                                                 \
	KIND(xsave)                                                                                \
	KIND(xrstor)                                                                               \
	KIND(fsgsbase)                                                                             \
	KIND(smap)                                                                                 \
	KIND(cpuid)                                                                                \
	KIND(rdtsc)                                                                                \
	KIND(rdrand)                                                                               \
	KIND(io)                                                                                   \
	KIND(hlt)                                                                                  \
	KIND(popf)                                                                                 \
	KIND(indirect)

enum kind {
#define KIND(name) K_##name,
	KINDS
#undef KIND
		KIND_COUNT
};

struct classified {
	int kind; /* enum kind, or -1: nothing special */
	bool lock; /* has a LOCK prefix, or is an xchg with memory, which locks by itself */
	unsigned rep; /* a repeated string instruction: bytes an element */
	int mark; /* bench.h's MARK_*, 0: none */
};

struct classified classify(const uint8_t *bytes, size_t size);
