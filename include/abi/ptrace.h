/* SPDX-License-Identifier: ISC */
/* ptrace(2) of Linux x86-64: requests, options, events and structures. */
#pragma once

#include <stdint.h>

enum {
	PTRACE_TRACEME = 0,
	PTRACE_PEEKTEXT = 1,
	PTRACE_PEEKDATA = 2,
	PTRACE_PEEKUSER = 3,
	PTRACE_POKETEXT = 4,
	PTRACE_POKEDATA = 5,
	PTRACE_POKEUSER = 6,
	PTRACE_CONT = 7,
	PTRACE_KILL = 8,
	PTRACE_SINGLESTEP = 9,
	PTRACE_GETREGS = 12,
	PTRACE_SETREGS = 13,
	PTRACE_GETFPREGS = 14,
	PTRACE_SETFPREGS = 15,
	PTRACE_ATTACH = 16,
	PTRACE_DETACH = 17,
	PTRACE_SYSCALL = 24,
	PTRACE_SETOPTIONS = 0x4200,
	PTRACE_GETEVENTMSG = 0x4201,
	PTRACE_GETSIGINFO = 0x4202,
	PTRACE_SETSIGINFO = 0x4203,
	PTRACE_GETREGSET = 0x4204,
	PTRACE_SETREGSET = 0x4205,
	PTRACE_SEIZE = 0x4206,
	PTRACE_INTERRUPT = 0x4207,
	PTRACE_LISTEN = 0x4208,
	PTRACE_GETSIGMASK = 0x420a,
	PTRACE_SETSIGMASK = 0x420b,
	PTRACE_GET_SYSCALL_INFO = 0x420e,
};

enum {
	PTRACE_EVENT_FORK = 1,
	PTRACE_EVENT_VFORK,
	PTRACE_EVENT_CLONE,
	PTRACE_EVENT_EXEC,
	PTRACE_EVENT_VFORK_DONE,
	PTRACE_EVENT_EXIT,
	PTRACE_EVENT_STOP = 128,
};

/* Bit n of the options asks for event n; bit 0 marks stops at system calls. */
#define PTRACE_O_TRACESYSGOOD 1u
#define PTRACE_O_EVENT(event) (1u << (event))
#define PTRACE_O_EXITKILL (1u << 20)
#define PTRACE_O_MASK (0xffu | PTRACE_O_EXITKILL)

#define PTRACE_SYSCALL_MARK 0x80 /* with TRACESYSGOOD, beside SIGTRAP */
/* What PTRACE_GETEVENTMSG tells in a stop at a system call. */
#define PTRACE_EVENTMSG_SYSCALL_ENTRY 1
#define PTRACE_EVENTMSG_SYSCALL_EXIT 2

/* What PTRACE_GETREGSET and PTRACE_SETREGSET call the sets. */
#define NT_PRSTATUS 1
#define NT_PRFPREG 2
#define NT_X86_XSTATE 0x202

struct user_regs_abi {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	uint64_t orig_rax, rip, cs, eflags, rsp, ss, fs_base, gs_base, ds, es, fs, gs;
};
_Static_assert(sizeof(struct user_regs_abi) == 216, "the ABI's size");

/* struct user: the registers, and what only debuggers of old knew. */
#define USER_AREA_BYTES 912
#define USER_DEBUG_OFFSET 848 /* the debug registers end it */
#define USER_FPREGS_BYTES 512
#define FPX_XCR0_OFFSET 464 /* in an image for debuggers: what may be in it */

#define AUDIT_ARCH_X86_64 0xc000003eu

enum { PTRACE_SYSCALL_INFO_NONE, PTRACE_SYSCALL_INFO_ENTRY, PTRACE_SYSCALL_INFO_EXIT };

struct ptrace_syscall_info_abi {
	uint8_t op, pad[3];
	uint32_t arch;
	uint64_t ip, sp;
	union {
		struct {
			uint64_t nr, args[6];
		} entry;
		struct {
			int64_t rval;
			uint8_t is_error;
		} exit;
	};
};
