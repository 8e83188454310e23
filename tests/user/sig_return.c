/* SPDX-License-Identifier: ISC */
/*
 * rt_sigreturn believes nothing: a program writes what it likes into the frame and returns. It may
 * kill itself by that and gain nothing. Checklist lines 1, 2, 3, 4 and 22. A number as argument: that
 * many rounds of each attack on the segments.
 */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define NONCANONICAL 0x800000000000L
#define KERNEL (-0x7ff00000L)

enum field { RIP, RSP, CS, SS, FLAGS, FPSTATE, MXCSR, XSAVE_FEATURES, XSAVE_HEADER };

static struct attack {
	enum field field;
	unsigned long value;
} current;

static void poke(ucontext_t *uc, enum field field, unsigned long value)
{
	greg_t *regs = uc->uc_mcontext.gregs;
	uint8_t *fp = (uint8_t *)uc->uc_mcontext.fpregs;
	uint16_t *selectors = (uint16_t *)&regs[REG_CSGSFS];

	switch (field) {
	case RIP: regs[REG_RIP] = value; break;
	case RSP: regs[REG_RSP] = value; break;
	case CS: selectors[0] = value; break;
	case SS: selectors[3] = value; break;
	case FLAGS: regs[REG_EFL] |= value; break;
	case FPSTATE: uc->uc_mcontext.fpregs = (void *)value; break;
	case MXCSR: memcpy(fp + 24, &value, 4); break;
	case XSAVE_FEATURES: memcpy(fp + 464 + 8, &value, 8); break;
	case XSAVE_HEADER: memset(fp + 512, value, 64); break;
	}
}

static void attack(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	poke(context, current.field, current.value);
}

static void arm(void)
{
	struct sigaction act = { .sa_sigaction = attack, .sa_flags = SA_SIGINFO };

	sigaction(SIGUSR1, &act, NULL);
}

/* Once: 0 if the program came back as if nothing were. */
static int try_once(void *arg)
{
	current = *(struct attack *)arg;
	arm();
	kill(getpid(), SIGUSR1);
	return 0;
}

static void is_deadly(enum field field, unsigned long value, const char *name)
{
	struct attack a = { field, value };
	int status = in_child(try_once, &a);

	if (!ok(status == KILLED(SIGSEGV) || status == KILLED(SIGBUS), "%s kills", name))
		diag("status %#x", status);
}

static void is_survived(enum field field, unsigned long value, const char *name)
{
	struct attack a = { field, value };
	int status = in_child(try_once, &a);

	if (!ok(status == KILLED(SIGSEGV) || status == EXITED(0), "%s: killed or cleaned", name))
		diag("status %#x", status);
}

/* The flags come back cleaned: afterwards cli is still forbidden, and the timer still preempts. */
static int flags_then_cli(void *flags)
{
	struct attack a = { FLAGS, (unsigned long)flags };

	try_once(&a);
	__asm__ volatile("cli");
	return 0;
}

static int flags_then_loop(void *flags)
{
	struct attack a = { FLAGS, (unsigned long)flags };

	try_once(&a);
	for (;;)
		__asm__ volatile("");
	return 0;
}

static void flags_are_cleaned(void)
{
	static const struct {
		unsigned long bits;
		const char *name;
	} flags[] = { { 0x3000, "IOPL 3" },
		      { 0x4000, "NT" },
		      { 0x20000, "VM" },
		      { 0x10000, "RF" },
		      { 0x180000, "VIF and VIP" } };

	for (int i = 0; i < 5; i++) {
		pid_t pid;

		is_status(in_child(flags_then_cli, (void *)flags[i].bits), KILLED(SIGSEGV),
			  "%s in the frame: cli is forbidden", flags[i].name);
		pid = start_child(flags_then_loop, (void *)flags[i].bits);
		for (int k = 0; k < 100; k++)
			raw(SYS_sched_yield);
		kill(pid, SIGKILL);
		is_status(status_of(pid), KILLED(SIGKILL), "%s in the frame: a loop can be killed",
			  flags[i].name);
	}
}

/* With IF clear in the frame the program runs on, and interrupts do too. */
static void clear_if(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~0x200L;
}

static int without_interrupts(void *arg)
{
	struct sigaction act = { .sa_sigaction = clear_if, .sa_flags = SA_SIGINFO };
	unsigned long flags;

	(void)arg;
	sigaction(SIGUSR1, &act, NULL);
	kill(getpid(), SIGUSR1);
	__asm__ volatile("pushfq; pop %0" : "=r"(flags));
	return flags & 0x200 ? 0 : 1;
}

static void many_segments(int rounds)
{
	static const unsigned short selectors[] = { 0, 0x33, 0x47, 0x10, 0x08, 0x18, 0x2b, 0xffff };
	int odd = 0;

	for (int i = 0; i < rounds; i++) {
		struct attack a = { i & 1 ? CS : SS, selectors[i / 2 % 8] };
		int status = in_child(try_once, &a);

		odd += status != KILLED(SIGSEGV) && status != KILLED(SIGBUS) && status != EXITED(0);
	}
	is_long(odd, 0, "bad segments by the hundred");
}

/* A frame that is nowhere: rt_sigreturn reads it from the stack pointer. */
static int frame_at(void *sp)
{
	__asm__ volatile("mov %0, %%rsp; mov $15, %%eax; syscall; ud2" ::"r"(sp));
	return 0;
}

int main(int argc, char **argv)
{
	is_deadly(RIP, NONCANONICAL, "rip that is no address");
	is_deadly(RIP, 1UL << 63, "rip 2^63");
	is_deadly(RIP, 0x7ffffffff000, "rip at the end of the user half");
	is_deadly(RIP, KERNEL, "rip in the kernel");
	is_deadly(RIP, 0, "rip 0");
	is_deadly(RSP, NONCANONICAL, "rsp that is no address");
	is_deadly(RSP, KERNEL, "rsp in the kernel");
	is_deadly(CS, 0, "cs 0");
	is_deadly(CS, 0x47, "cs 0x47");
	is_deadly(CS, 0x2b, "cs of data");
	is_deadly(SS, 0x47, "ss 0x47");
	is_deadly(FPSTATE, KERNEL, "FPU state in the kernel");
	is_deadly(FPSTATE, NONCANONICAL, "FPU state at no address");
	is_deadly(FPSTATE, 8, "FPU state at address 8");
	is_survived(CS, 0x10, "cs of the kernel");
	is_survived(CS, 0x08, "cs 8");
	is_survived(SS, 0, "ss 0");
	is_survived(SS, 0x18, "ss of the kernel");
	is_survived(FPSTATE, 0, "no FPU state");
	is_survived(MXCSR, 0xffffffff, "reserved bits in MXCSR");
	is_survived(XSAVE_FEATURES, -1UL, "all features in the software bytes");
	is_survived(XSAVE_HEADER, 0xff, "a damaged XSAVE header");
	flags_are_cleaned();
	is_status(in_child(without_interrupts, NULL), EXITED(0), "IF stays set");
	is_status(in_child(frame_at, (void *)KERNEL), KILLED(SIGSEGV), "a frame in the kernel");
	is_status(in_child(frame_at, (void *)NONCANONICAL), KILLED(SIGSEGV),
		  "a frame at no address");
	is_status(in_child(frame_at, NULL), KILLED(SIGSEGV), "a frame at 0");
	is_status(in_child(frame_at, (void *)0x7fffffffeff8), KILLED(SIGSEGV),
		  "a frame over the end");
	many_segments(argc > 1 ? atoi(argv[1]) : 400);
	return done_testing();
}
