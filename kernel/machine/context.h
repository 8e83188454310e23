/* SPDX-License-Identifier: ISC */
/*
 * A thread's machine state while it does not run, and the switch between two.
 *
 * struct context is the first member of struct thread, and struct thread lies at the top of
 * its own kernel stack: its address is RSP0, and the user's trap frame ends right below it.
 * So the entry code finds stack, frame and work bits from one pointer.
 */
#pragma once

#include "abi/ucontext.h"
#include "machine/trap.h"

struct mmu;

/* Bits of context.work: any one sends the return to user mode (or a system call's entry)
 * through C. Set with context_set_work() from any CPU. */
#define WORK_RESCHED (1u << 0) /* the quantum is over, or somebody better woke */
#define WORK_SIGNAL (1u << 1) /* a signal may be pending, or the thread must die */
#define WORK_TRACE (1u << 2) /* report system calls on entry and exit */
#define WORK_IRET (1u << 3) /* the frame was changed: leave by IRET, all registers from it */
#define WORK_PTRACE (1u << 4) /* its tracer wants to hear of system calls, or of a step */
#define WORK_STAYS (WORK_TRACE | WORK_PTRACE) /* these stay set while the thread is looked at */

struct breakpoints;

struct context {
	u32 work; /* atomic; offset 0 */
	u32 traced_call; /* [o] number + 1 of the system call whose entry was traced; 0: none */
	u64 calls; /* [o] system calls below it are made at once; 0: WORK_STAYS is asked first */
	bool user_thread; /* has user state (FPU area, FS, GS) */
	u8 lean; /* 1: no breakpoints and cpu_features.lean_switch: switched without asking */
	u64 rsp; /* saved kernel stack pointer [o: not running] */
	struct mmu *mmu; /* address space; NULL: kernel thread, runs on any */
	u64 fs_base, gs_base; /* user's [o] */
	union { /* user's selectors [o] */
		struct {
			u16 ds, es, fs, gs;
		};
		u64 selectors; /* all four: nearly always 0 */
	};
	void *fpu; /* XSAVE area, 64-byte aligned; NULL for kernel threads */
	u32 debug_status; /* [o] what the last debug trap was: DR6_* (machine/breakpoints.h) */
	struct breakpoints *breakpoints; /* [o] NULL: none. The thread's own */
};

static inline void context_set_work(struct context *c, u32 bits)
{
	__atomic_or_fetch(&c->work, bits, __ATOMIC_SEQ_CST);
}

static inline void context_clear_work(struct context *c, u32 bits)
{
	__atomic_and_fetch(&c->work, ~bits, __ATOMIC_SEQ_CST);
}

/* The user registers of the thread whose context this is (valid while it is in the kernel). */
static inline struct trap_frame *context_frame(struct context *c)
{
	return (struct trap_frame *)c - 1;
}

/* Prepares @c so that the first switch to it runs fn(arg) in the kernel with interrupts on.
 * When fn returns, the thread goes to user mode with its trap frame (user threads only). */
void context_init(struct context *c, void (*fn)(void *), void *arg);

/* As above without fn: the thread goes straight to user mode (fork's child). */
void context_init_user(struct context *c);

/* The switch itself; only context_switch() may call it. */
void context_switch_raw(struct context *prev, struct context *next);

/*
 * Switches from @prev to @next on this CPU: stack, FPU, FS/GS bases, address space, RSP0. Interrupts
 * off; returns when @prev is switched to again, maybe on another CPU. Of the registers only rbp, which
 * GCC may need for itself, survives it: so the compiler saves those that its caller's callers count on, once.
 */
static inline void context_switch(struct context *prev, struct context *next)
{
	__asm__ volatile("call %P2"
			 : "+D"(prev), "+S"(next)
			 : "i"(context_switch_raw)
			 : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13",
			   "r14", "r15", "memory", "cc");
}

/* FPU areas: size and alignment for a cache, the initial state, and a copy for fork. */
size_t fpu_area_bytes(void);
void fpu_area_init(void *area); /* FCW 0x37f, MXCSR 0x1f80, all else zero */
void fpu_save_current(struct context *c); /* registers → area; @c is current */
void fpu_load_area(const void *area); /* area → registers of the running thread */

/* Writes the running thread's user bases at once (arch_prctl); the address was checked. */
void context_set_fs_base(struct context *c, u64 base);
void context_set_gs_base(struct context *c, u64 base);
u64 context_get_fs_base(struct context *c);
u64 context_get_gs_base(struct context *c);

/*
 * Copies the running thread's user state but its frame (FPU, bases, selectors) into @to, which has
 * an FPU area and does not run: fork.
 */
void context_copy_user(struct context *to, struct context *current);

/* The running thread's user state becomes a fresh program's: FPU, bases, selectors. */
void context_reset_user(struct context *c);

/* Loads @m's tables on this CPU now (exec, exit); NULL: the kernel's. */
void context_load_mmu(struct context *c, struct mmu *m);

/* What an image in a signal frame has beside the registers, where there is XSAVE. */
struct fpu_marks {
	struct fpx_software software; /* in its legacy part */
	u64 header[8]; /* behind that: XSAVE's, zeroes before it */
	u32 end; /* behind all of it */
};
size_t fpu_image_bytes(void); /* with the marks */

/*
 * The running thread's registers, to an image in user memory and back. 0, -EFAULT, or 1: it has not these
 * marks (the first word, the size and the end), so it was not loaded. A damaged image is -EFAULT, too, and
 * may have been loaded in part. They may sleep.
 */
int fpu_save_user(u64 at, const struct fpu_marks *marks);
int fpu_load_user(u64 at, const struct fpu_marks *marks);

/*
 * Makes an image that a program wrote fit for fpu_load_area(): reserved fields and
 * components that are not enabled are cleared. False: MXCSR has reserved bits set, or the
 * header claims what is not enabled (XRSTOR would fault). @xsave: it has an XSAVE header.
 */
bool fpu_area_sanitize(void *area, bool xsave);
/*
 * Makes a copy of a saved area whole, as debuggers want it: what the CPU left out because it is in its
 * initial state is written out, and so is which components there can be.
 */
void fpu_area_complete(void *area);

/* May a program have this in DS, ES, FS or GS? Anything else would fault when the kernel loads it. */
bool context_selector_ok(u64 selector);
