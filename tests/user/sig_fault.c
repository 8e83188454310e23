/* SPDX-License-Identifier: ISC */
/*
 * Faults as signals: number, code and address for each kind, and a handler that mends the fault and
 * goes on.
 */
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

static sigjmp_buf back;
static siginfo_t info;
static long fault_rip, trap, error_code, cr2;

static void handler(int sig, siginfo_t *si, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	info = *si;
	fault_rip = uc->uc_mcontext.gregs[REG_RIP];
	trap = uc->uc_mcontext.gregs[REG_TRAPNO];
	error_code = uc->uc_mcontext.gregs[REG_ERR];
	cr2 = uc->uc_mcontext.gregs[REG_CR2];
	uc->uc_mcontext.gregs[REG_EFL] &= ~0x40100L; /* no TF, no AC */
	siglongjmp(back, 1);
}

static void catch_all(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };
	struct sigaction act = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };

	for (int i = 0; i < 5; i++)
		sigaction(signals[i], &act, NULL);
}

/* Run a statement that faults, then compare what the handler saw. */
#define FAULT(name, statement, sig, code, address, vector)                                         \
	do {                                                                                       \
		memset(&info, 0, sizeof(info));                                                    \
		if (sigsetjmp(back, 1) == 0) {                                                     \
			statement;                                                                 \
		}                                                                                  \
		is_long(info.si_signo, sig, "%s: signal", name);                                   \
		is_long(info.si_code, code, "%s: code", name);                                     \
		is_long((long)info.si_addr, (long)(address), "%s: address", name);                 \
		is_long(trap, vector, "%s: trap number", name);                                    \
	} while (0)

static int *volatile null_pointer;
static volatile int zero;

static void memory_faults(void)
{
	char *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *read_only = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	volatile char *wild = (char *)0x500000000123;

	FAULT("null", *null_pointer = 1, SIGSEGV, SEGV_MAPERR, 0, 14);
	is_long(error_code, 6, "null: a write by a user to nothing");
	FAULT("unmapped", (void)*wild, SIGSEGV, SEGV_MAPERR, wild, 14);
	is_long(error_code, 4, "unmapped: a read by a user of nothing");
	is_long(cr2, (long)wild, "unmapped: cr2");
	FAULT("no access", (void)*(volatile char *)(none + 5), SIGSEGV, SEGV_ACCERR, none + 5, 14);
	FAULT("read only", *(volatile char *)(read_only + 7) = 1, SIGSEGV, SEGV_ACCERR,
	      read_only + 7, 14);
	FAULT("not executable", ((void (*)(void))read_only)(), SIGSEGV, SEGV_ACCERR, read_only, 14);
	is_long(fault_rip, (long)read_only, "not executable: rip");
	FAULT("the kernel", (void)*(volatile char *)0xffffffff80100000, SIGSEGV, SEGV_MAPERR,
	      0xffffffff80100000, 14);
	FAULT("no address", (void)*(volatile char *)0x800000000000, SIGSEGV, SI_KERNEL, 0, 13);
	munmap(none, 4096);
	munmap(read_only, 4096);
}

static void other_faults(void)
{
	extern char ud2_here[], after_int3[], div_here[];

	FAULT("hlt", __asm__ volatile("hlt"), SIGSEGV, SI_KERNEL, 0, 13);
	FAULT("int 0x33", __asm__ volatile("int $0x33"), SIGSEGV, SI_KERNEL, 0, 13);
	/* The processor's 8 * vector; QEMU's TCG gives 16 * vector. */
	is_long(error_code & 7, 2, "int 0x33: the error code says that it is a gate");
	FAULT("ud2", __asm__ volatile("ud2_here: ud2"), SIGILL, ILL_ILLOPN, ud2_here, 6);
	FAULT("divide",
	      __asm__ volatile("xor %%edx, %%edx; div_here: divl %0" ::"m"(zero)
			       : "rax", "rdx"),
	      SIGFPE, FPE_INTDIV, div_here, 0);
	FAULT("int3", __asm__ volatile("int3; after_int3:"), SIGTRAP, SI_KERNEL, 0, 3);
	is_long(fault_rip, (long)after_int3, "int3: rip is behind it");
	FAULT("x87 divide",
	      __asm__ volatile("push $0x33b; fldcw (%%rsp); pop %%rax; fldz; fld1; fdivp; fwait" ::
				       : "rax"),
	      SIGFPE, FPE_FLTDIV, info.si_addr, 16);
	__asm__ volatile("fninit");
}

static volatile int mended;

/* Make the page writable and go back: the instruction runs again. */
static void mend(int sig, siginfo_t *si, void *context)
{
	(void)sig;
	(void)context;
	mended++;
	mprotect((void *)((long)si->si_addr & -4096L), 4096, PROT_READ | PROT_WRITE);
}

static void mending(void)
{
	struct sigaction act = { .sa_sigaction = mend, .sa_flags = SA_SIGINFO };
	volatile char *at = mmap(NULL, 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	sigaction(SIGSEGV, &act, NULL);
	for (int i = 0; i < 65536; i += 4096)
		at[i] = i >> 12;
	is_long(mended, 16, "a handler mends sixteen faults");
	is_long(at[15 << 12], 15, "and each write is made");
	munmap((void *)at, 65536);
}

static volatile long steps;

static void step(int sig)
{
	(void)sig;
	steps++;
}

static void stepping(void)
{
	steps = 0;
	signal(SIGTRAP, step);
	__asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq; nop; nop; nop; nop;"
			 "pushfq; andl $~0x100, (%%rsp); popfq" ::
				 : "memory", "cc");
	is_long(steps, 7, "TF steps through seven instructions");
}

static int fault_in_handler(void *arg)
{
	signal(SIGSEGV, (void (*)(int))0x500000000000);
	return *(volatile int *)arg;
}

static int blocked_fault(void *arg)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGSEGV);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return *(volatile int *)arg;
}

static int ignored_fault(void *arg)
{
	signal(SIGSEGV, SIG_IGN);
	return *(volatile int *)arg;
}

int main(void)
{
	catch_all();
	memory_faults();
	other_faults();
	mending();
	stepping();
	is_status(in_child(fault_in_handler, NULL), KILLED(SIGSEGV), "a handler that is no code");
	is_status(in_child(blocked_fault, NULL), KILLED(SIGSEGV), "a fault while blocked");
	is_status(in_child(ignored_fault, NULL), KILLED(SIGSEGV), "a fault while ignored");
	return done_testing();
}
