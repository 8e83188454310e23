/* SPDX-License-Identifier: ISC */
/*
 * A family of the fuzzer: one process and its children, which call whatever the seed says until
 * their calls are used up or one of them goes wrong. What needs more than arguments is done here by
 * hand: fork, clone, exec of damaged programs, signal frames, touching memory.
 */
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <ucontext.h>
#include <unistd.h>

#include "fuzz_files.h"

#define FAMILY_CALLS 30000
#define FAMILY_FORKS 60
#define NAMESPACES 0x7e020080UL /* CLONE_NEW*: more than a guest should ask of Linux */

static void any_call(void);

/* -- processes -------------------------------------------------------------------------------- */

static bool may_fork(void)
{
	return depth < 3 && __atomic_fetch_sub(&slot->forks, 1, __ATOMIC_RELAXED) > 0;
}

static void live_on_as_child(void)
{
	depth++;
	random_state = mix(random_state + depth);
	for (int n = below(80); n > 0; n--)
		any_call();
	if (one_in(3)) {
		make_program();
		raw(SYS_execve, "fz-x", string_array(), string_array());
	}
	raw(SYS_exit_group, rnd());
}

static void fork_one(void)
{
	uint64_t none[6] = { 0 };

	if (may_fork() && call(SYS_fork, none) == 0)
		live_on_as_child();
}

/* The child touches no stack, whichever it was given: it tries to exec, and ends. */
static void clone_one(void)
{
	static const uint64_t likely[] = { 0x4111,   0x11,    0x100,     0x4100,   0x10f00,
					   0x3d0f00, 0x80000, 0x1300011, 0x1300111 };
	uint64_t flags = likely[below(COUNT(likely))] | (one_in(2) ? few_bits() : 0);
	uint64_t stack = one_in(2) ? 0 : buffer_address(), tid = buffer_address();
	uint64_t other_tid = buffer_address();
	uint64_t tls_base = one_in(2) ? bad_address() : good_address();
	const char *file = one_in(4) ? any_name() : NULL;
	register uint64_t child_tid __asm__("r10");
	register uint64_t tls __asm__("r8");
	register const char *name __asm__("r12");
	long ret;

	if (!may_fork())
		return;
	if (one_in(20))
		flags = any_number();
	if (!on_leash)
		flags &= ~NAMESPACES;
	__atomic_fetch_add(&slot->calls, 1, __ATOMIC_RELAXED);
	child_tid = other_tid;
	tls = tls_base;
	name = file;
	__asm__ volatile("syscall; test %%rax, %%rax; jnz 1f\n"
			 "mov %%r12, %%rdi; xor %%esi, %%esi; xor %%edx, %%edx\n"
			 "mov $59, %%eax; syscall\n"
			 "2: xor %%edi, %%edi; mov $60, %%eax; syscall; jmp 2b\n"
			 "1:"
			 : "=a"(ret)
			 : "0"(SYS_clone), "D"(flags), "S"(stack), "d"(tid), "r"(child_tid),
			   "r"(tls), "r"(name)
			 : "rcx", "r11", "memory");
}

/* -- memory ----------------------------------------------------------------------------------- */

/* One byte is read and written at @at; on_fault goes on behind it. */
void poke(uint64_t at);
void poke_end(void);
__asm__(".text\n"
	"poke: mov (%rdi), %al; mov %al, (%rdi)\n"
	"poke_end: ret\n");

static void poke_some(void)
{
	for (int n = below(16); n > 0; n--)
		poke(games_address());
}

/* -- signals ---------------------------------------------------------------------------------- */

/* Goes to the frame at rdi with sigreturn; fuzz_landing is where a good frame leads. */
void sigreturn_with(void *frame);
void fuzz_landing(void);
uint64_t fuzz_stack;
__asm__(".text\n"
	"sigreturn_with: push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"	mov %rsp, fuzz_stack(%rip); mov %rdi, %rsp; mov $15, %eax; syscall\n"
	"fuzz_landing: mov fuzz_stack(%rip), %rsp; pushq $2; popfq\n"
	"	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n"
	"fuzz_restore: mov $15, %eax; syscall; hlt\n");
void fuzz_restore(void);

/* Another code segment only where nothing can be executed: there are 32-bit system calls on Linux. */
static void damage_frame(greg_t *g)
{
	int at = below(23);

	if (at == REG_CSGSFS) {
		g[at] = one_in(2) ? any_number() : 0x2b00000000000000 | below(0x50);
		g[REG_RIP] = bad_address();
	} else if (at == REG_RIP) {
		g[at] = bad_address();
	} else {
		g[at] = one_in(2) ? (uint64_t)any_number() : bad_address();
	}
}

static void *fpu_image(void)
{
	uint64_t *at = arena(4096);

	if (one_in(4))
		return (void *)buffer_address();
	at = (void *)((uint64_t)at & ~63UL);
	memset(at, 0, 1024);
	__asm__ volatile("fxsave64 (%0)" : : "r"(at) : "memory");
	if (one_in(2)) { /* the words for XRSTOR: magic and size, features, size */
		at[58] = 0x46505853UL | (836UL + 4) << 32;
		at[59] = one_in(2) ? 3 : any_number();
		at[60] = one_in(2) ? 832 : any_number();
		at[64] = one_in(2) ? 3 : any_number();
		at[65] = one_in(4) ? any_number() : 0;
		at[104] = 0x46505845;
	}
	if (one_in(2))
		at[below(80)] = any_number();
	return at;
}

static void return_from_nothing(void)
{
	ucontext_t *u = arena(sizeof(*u) + 512);
	greg_t *g = u->uc_mcontext.gregs;

	memset(u, 0, sizeof(*u));
	g[REG_RIP] = (uint64_t)fuzz_landing;
	g[REG_RSP] = good_address();
	g[REG_EFL] = one_in(4) ? any_number() & ~0x100UL : 0x202;
	g[REG_CSGSFS] = 0x2b000000000033;
	u->uc_mcontext.fpregs = one_in(2) ? NULL : fpu_image();
	for (int n = one_in(24) ? 1 + below(2) : 0; n > 0; n--)
		damage_frame(g);
	__atomic_fetch_add(&slot->calls, 1, __ATOMIC_RELAXED);
	sigreturn_with(one_in(200) ? (void *)buffer_address() : u);
}

struct kernel_action {
	void *handler;
	uint64_t flags;
	void *restorer;
	uint64_t mask;
};

static void set_action(int signo, void *handler, uint64_t flags, uint64_t mask)
{
	struct kernel_action a = { handler, flags | 0x04000000, fuzz_restore, mask };

	raw(SYS_rt_sigaction, signo, &a, NULL, 8);
}

static void on_fault(int signo, siginfo_t *info, void *context)
{
	greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
	uint64_t rip = g[REG_RIP];

	(void)info;
	if (rip >= (uint64_t)poke && rip < (uint64_t)poke_end)
		g[REG_RIP] = (uint64_t)poke_end;
	else
		set_action(signo, SIG_DFL, 0, 0);
}

static void on_signal(int signo, siginfo_t *info, void *context)
{
	static int inside;

	(void)signo, (void)info;
	if (inside < 3) {
		inside++;
		any_call();
		inside--;
	}
	if (one_in(300))
		damage_frame(((ucontext_t *)context)->uc_mcontext.gregs);
}

static void choose_action(void)
{
	static void *const handlers[] = { SIG_DFL,   SIG_IGN,   on_signal,
					  on_signal, on_signal, on_signal };
	static const uint64_t flags[] = { 1, 2, 4, 0x08000000, 0x10000000, 0x40000000, 0x80000000 };
	uint64_t chosen = SA_SIGINFO;
	int signo = 1 + below(64);

	for (int n = below(4); n > 0; n--)
		chosen |= flags[below(COUNT(flags))];
	if (signo != SIGSEGV && signo != SIGBUS)
		set_action(signo, handlers[below(COUNT(handlers))], chosen, one_in(2) ? rnd() : 0);
}

/* A handled signal for oneself. */
static void raise_one(void)
{
	uint64_t a[6] = { raw(SYS_getpid), 1 + below(64) };

	if (a[1] == SIGKILL || a[1] == SIGSTOP)
		return;
	set_action(a[1], on_signal, SA_SIGINFO | (one_in(3) ? SA_ONSTACK : 0), 0);
	call(SYS_kill, a);
}

/* -- what to do next -------------------------------------------------------------------------- */

/* A number that is in no table; on Linux one that no kernel will ever give out. */
static void unknown_call(void)
{
	uint64_t a[6];

	for (int i = 0; i < 6; i++)
		a[i] = one_in(2) ? buffer_address() : one_in(2) ? any_fd() : any_number();
	if (!on_leash)
		call(5000 + below(1000), a);
	else if (one_in(20))
		call(below(460), a);
}

static void call_of_table(void)
{
	const struct call *c;
	uint64_t a[6];

	do {
		c = &calls[below(COUNT(calls))];
	} while (((c->flags & RARE) && !one_in(30)) || ((c->flags & LEASH_ONLY) && !on_leash) ||
		 ((c->flags & FIRST_NOT) && depth == 0));
	for (int i = 0; i < 6; i++)
		a[i] = argument(c->arg[i]);
	call(c->nr, a);
}

static void any_call(void)
{
	switch (below(120)) {
	case 0 ... 5: open_one(); break;
	case 6 ... 8: make_pipe(); break;
	case 9 ... 11: poke_some(); break;
	case 12: raise_one(); break;
	case 13: choose_action(); break;
	case 14: return_from_nothing(); break;
	case 15: one_in(6) ? fork_one() : one_in(3) ? clone_one() : make_program(); break;
	case 16: make_script(); break;
	case 17: unknown_call(); break;
	case 18: make_socket(); break;
	default: call_of_table();
	}
}

static void make_arena(void)
{
	const int fixed = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;

	mmap((void *)ARENA, ARENA_PAGES * PAGE, PROT_READ | PROT_WRITE, fixed, -1, 0);
	mmap((void *)READ_ONLY, PAGE, PROT_READ, fixed, -1, 0);
	mmap((void *)NO_ACCESS, PAGE, PROT_NONE, fixed, -1, 0);
	for (unsigned i = 0; i < ARENA_PAGES * PAGE / 8; i += 1 + below(20))
		((uint64_t *)ARENA)[i] = any_number();
}

static void limit_own(int resource, unsigned long value)
{
	struct rlimit limit = { value, value };

	setrlimit(resource, &limit);
}

/* So that what the last calls did to the process ends it seldom. */
static void recover(void)
{
	static const uint64_t unblocked[1], never[4];
	static const stack_t none = { .ss_flags = SS_DISABLE };

	raw(SYS_rt_sigprocmask, SIG_SETMASK, unblocked, NULL, 8);
	raw(SYS_sigaltstack, one_in(4) ? NULL : &none, NULL);
	set_action(SIGSEGV, on_fault, SA_SIGINFO | SA_NODEFER, 0);
	set_action(SIGBUS, on_fault, SA_SIGINFO | SA_NODEFER, 0);
	set_action(SIGPIPE, SIG_IGN, 0, 0);
	set_action(SIGXFSZ, SIG_IGN, 0, 0);
	set_action(SIGALRM, on_signal, SA_SIGINFO | SA_RESTART, 0);
	set_action(SIGVTALRM, on_signal, SA_SIGINFO, 0);
	set_action(SIGPROF, on_signal, SA_SIGINFO, 0);
	raw(SYS_setitimer, below(3), never, NULL);
}

/* Becomes the family of @seed, in the current directory; does not return. */
static void family(uint64_t seed)
{
	random_state = seed;
	slot->forks = FAMILY_FORKS;
	limit_own(RLIMIT_CORE, 0);
	limit_own(RLIMIT_FSIZE, 4 << 20);
	if (!on_leash)
		limit_own(RLIMIT_AS, 1UL << 30);
	for (int fd = 0; fd < 64; fd++)
		close(fd);
	for (int i = 0; i < 3; i++)
		open("/dev/null", O_RDWR);
	umask(0);
	make_arena();
	for (int i = 0; i < FAMILY_CALLS; i++) {
		if (i % 64 == 0)
			recover();
		any_call();
	}
	_exit(0);
}
