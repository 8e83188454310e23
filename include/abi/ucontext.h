/* SPDX-License-Identifier: ISC */
/* The frame of a signal handler on Linux x86-64 (ABI page, section 2). */
#pragma once

#include <stdint.h>

struct stack_abi {
	uint64_t sp;
	uint32_t flags, pad;
	uint64_t size;
};

#define SS_ONSTACK 1
#define SS_DISABLE 2
#define SS_AUTODISARM 0x80000000u

struct ucontext_abi {
	uint64_t flags, link;
	struct stack_abi stack;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, eflags;
	uint16_t cs, gs, fs, ss;
	uint64_t err, trapno, oldmask, cr2;
	uint64_t fpstate;
	uint64_t reserved[8];
	uint64_t sigmask;
};

struct siginfo_abi {
	int32_t signo, error, code, pad;
	union {
		struct {
			int32_t pid;
			uint32_t uid;
			int32_t status;
		};
		uint64_t address;
		uint8_t bytes[112];
	};
};

struct sigframe_abi {
	uint64_t restorer;
	struct ucontext_abi uc;
	struct siginfo_abi info;
};
_Static_assert(sizeof(struct ucontext_abi) == 304 && sizeof(struct siginfo_abi) == 128 &&
		       sizeof(struct sigframe_abi) == 440,
	       "the ABI's sizes");

/* uc_flags */
#define UC_FP_XSTATE 1
#define UC_SIGCONTEXT_SS 2
#define UC_STRICT_RESTORE_SS 4

/* Software's part of the FXSAVE image, at byte 464. */
struct fpx_software {
	uint32_t magic1, extended_size;
	uint64_t xfeatures;
	uint32_t xstate_size, pad[7];
};
#define FPX_SOFTWARE_OFFSET 464
#define FP_XSTATE_MAGIC1 0x46505853u
#define FP_XSTATE_MAGIC2 0x46505845u
