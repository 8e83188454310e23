/* SPDX-License-Identifier: ISC */
/*
 * The alternate signal stack: a stack overflow is caught on it, its errors, and signals nested until
 * a stack is used up. Checklist line 18.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

static char alternate[65536] __attribute__((aligned(16)));
static volatile int on_alternate;

static void use_alternate(void)
{
	stack_t ss = { .ss_sp = alternate, .ss_size = sizeof(alternate) };

	sigaltstack(&ss, NULL);
}

static void where(int sig)
{
	char here;
	stack_t now;

	(void)sig;
	sigaltstack(NULL, &now);
	on_alternate = &here >= alternate && &here < alternate + sizeof(alternate) &&
		       (now.ss_flags & SS_ONSTACK);
}

static void choice(void)
{
	struct sigaction act = { .sa_handler = where, .sa_flags = SA_ONSTACK };
	stack_t ss;

	use_alternate();
	sigaction(SIGUSR1, &act, NULL);
	kill(getpid(), SIGUSR1);
	ok(on_alternate, "SA_ONSTACK: on the alternate stack");
	act.sa_flags = 0;
	sigaction(SIGUSR1, &act, NULL);
	kill(getpid(), SIGUSR1);
	ok(!on_alternate, "without it: not");
	is_long(sigaltstack(NULL, &ss), 0, "the stack is asked for");
	ok(ss.ss_sp == alternate && ss.ss_size == sizeof(alternate) && ss.ss_flags == 0,
	   "it is ours");
}

static void errors(void)
{
	stack_t small = { .ss_sp = alternate, .ss_size = 1024 };
	stack_t odd = { .ss_sp = alternate, .ss_size = sizeof(alternate), .ss_flags = 0x1000 };
	stack_t both = { .ss_flags = SS_ONSTACK | SS_DISABLE };
	stack_t off = { .ss_flags = SS_DISABLE };

	is_long(raw(SYS_sigaltstack, &both, 0), -EINVAL, "on and off: EINVAL");
	is_long(raw(SYS_sigaltstack, &small, 0), -ENOMEM, "a small one: ENOMEM");
	is_long(raw(SYS_sigaltstack, &odd, 0), -EINVAL, "an unknown flag: EINVAL");
	is_long(raw(SYS_sigaltstack, 8, 0), -EFAULT, "a bad pointer: EFAULT");
	is_long(raw(SYS_sigaltstack, &off, 0), 0, "it can be taken away");
}

static int overflows;

static void overflowed(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
	_exit(44);
}

static long descend(volatile long depth)
{
	volatile char frame[1024];

	frame[0] = depth;
	return depth ? descend(depth + 1) + frame[0] : 0;
}

static int overflow(void *flags)
{
	struct sigaction act = { .sa_sigaction = overflowed, .sa_flags = (long)flags };

	use_alternate();
	sigaction(SIGSEGV, &act, NULL);
	return descend(1);
}

static void again(int sig)
{
	overflows++;
	kill(getpid(), sig);
}

/* Each handler is interrupted by the next, until the stack has no room for a frame. */
static int nest(void *flags)
{
	struct sigaction act = { .sa_handler = again, .sa_flags = SA_NODEFER | (long)flags };

	use_alternate();
	sigaction(SIGUSR1, &act, NULL);
	kill(getpid(), SIGUSR1);
	return 0;
}

#define HALF (sizeof(alternate) / 2)

static void stays_above(int sig)
{
	volatile char here = 0;

	if (&here < alternate + HALF - 1024) /* this function's own frame may */
		_exit(1);
	kill(getpid(), sig);
}

/* What lies below the alternate stack is not the handler's. */
static int nest_above(void *arg)
{
	stack_t ss = { .ss_sp = alternate + HALF, .ss_size = HALF };
	struct sigaction act = { .sa_handler = stays_above, .sa_flags = SA_NODEFER | SA_ONSTACK };

	(void)arg;
	sigaltstack(&ss, NULL);
	sigaction(SIGUSR1, &act, NULL);
	kill(getpid(), SIGUSR1);
	return 0;
}

static int inherited(void *arg)
{
	stack_t ss;

	(void)arg;
	return sigaltstack(NULL, &ss) == 0 && ss.ss_sp == alternate &&
			       ss.ss_size == sizeof(alternate) && ss.ss_flags == 0
		       ? 0
		       : 1;
}

static void forked(void)
{
	stack_t off = { .ss_flags = SS_DISABLE };

	use_alternate();
	is_status(in_child(inherited, NULL), EXITED(0), "fork's child has it too");
	sigaltstack(&off, NULL);
}

static int bad_stack_pointer(void *sp)
{
	struct sigaction act = { .sa_handler = where };

	sigaction(SIGSEGV, &act, NULL);
	__asm__ volatile("mov %0, %%rsp; mov (%%rsp), %%rax" ::"r"(sp) : "rax", "memory");
	return 0;
}

int main(void)
{
	choice();
	errors();
	forked();
	is_status(in_child(overflow, (void *)(SA_SIGINFO | SA_ONSTACK)), EXITED(44),
		  "a stack overflow is caught on the alternate stack");
	is_status(in_child(overflow, (void *)SA_SIGINFO), KILLED(SIGSEGV), "and kills without one");
	is_status(in_child(nest, NULL), KILLED(SIGSEGV),
		  "signals nested until the stack is used up");
	is_status(in_child(nest, (void *)SA_ONSTACK), KILLED(SIGSEGV),
		  "signals nested until the alternate stack is used up");
	is_status(in_child(nest_above, NULL), KILLED(SIGSEGV),
		  "no frame below the alternate stack");
	is_status(in_child(bad_stack_pointer, (void *)0x500000000000), KILLED(SIGSEGV),
		  "no stack for the frame");
	is_status(in_child(bad_stack_pointer, (void *)0xffffffff80100000), KILLED(SIGSEGV),
		  "no frame in the kernel");
	return done_testing();
}
