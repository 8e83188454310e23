/* SPDX-License-Identifier: ISC */
/*
 * Signal handlers: how they are called, with what on the stack, and what they come back to.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

static volatile int calls, got_signal, nested_depth, deepest;
static volatile unsigned long handler_sp, handler_flags, saved_flags;
static siginfo_t got_info;
static ucontext_t got_context;

static void plain(int sig)
{
	calls++;
	got_signal = sig;
}

static void detailed(int sig, siginfo_t *info, void *context)
{
	unsigned long flags;

	__asm__ volatile("pushfq; pop %0" : "=r"(flags));
	handler_flags = flags;
	handler_sp = (unsigned long)__builtin_frame_address(0);
	calls++;
	got_signal = sig;
	got_info = *info;
	memcpy(&got_context, context, sizeof(got_context) - sizeof(got_context.__fpregs_mem));
	saved_flags = got_context.uc_mcontext.gregs[REG_EFL];
}

static int catch (int sig, void *handler, int flags)
{
	struct sigaction act = { .sa_handler = handler, .sa_flags = flags };

	calls = 0;
	return sigaction(sig, &act, NULL);
}

static void delivery(void)
{
	is_long(catch (SIGUSR1, plain, 0), 0, "a handler is set");
	is_long(kill(getpid(), SIGUSR1), 0, "kill of oneself");
	is_long(calls, 1, "the handler has run when kill returns");
	is_long(got_signal, SIGUSR1, "with the signal's number");
	kill(getpid(), SIGUSR1);
	is_long(calls, 2, "it stays set");
	catch (SIGUSR1, plain, SA_RESETHAND);
	kill(getpid(), SIGUSR1);
	is_long(calls, 1, "SA_RESETHAND: once");
	is_long(raw(SYS_kill, getpid(), 0), 0, "still here");
}

static void details(void)
{
	catch (SIGUSR1, detailed, SA_SIGINFO);
	kill(getpid(), SIGUSR1);
	is_long(got_info.si_signo, SIGUSR1, "siginfo: the number");
	is_long(got_info.si_code, SI_USER, "siginfo: from a user");
	is_long(got_info.si_pid, getpid(), "siginfo: whose pid");
	is_long(got_info.si_uid, getuid(), "siginfo: and uid");
	is_long(got_context.uc_mcontext.gregs[REG_CSGSFS] & 0xffff, 0x33, "context: cs");
	is_long((uint64_t)got_context.uc_mcontext.gregs[REG_CSGSFS] >> 48, 0x2b, "context: ss");
	ok(got_context.uc_mcontext.fpregs != NULL, "context: an FPU state");
	is_long((unsigned long)got_context.uc_mcontext.fpregs % 64, 0, "context: aligned to 64");
	is_long(handler_sp % 16, 0, "the handler's frame is aligned");
	ok(got_context.uc_mcontext.gregs[REG_RSP] - 128 > (long)got_context.uc_mcontext.fpregs,
	   "the red zone is left alone");
}

/* kill(getpid(), SIGUSR1) with DF set. */
static void direction_flag(void)
{
	long ret;

	catch (SIGUSR1, detailed, SA_SIGINFO);
	__asm__ volatile("std; syscall; pushfq; cld; pop %%rdx"
			 : "=a"(ret), "=d"(saved_flags)
			 : "0"(SYS_kill), "D"(getpid()), "S"(SIGUSR1)
			 : "rcx", "r11", "memory", "cc");
	is_long(calls, 1, "a signal while DF is set");
	is_long(handler_flags & 0x400, 0, "the handler runs with DF clear");
	ok(got_context.uc_mcontext.gregs[REG_EFL] & 0x400, "the saved flags have it");
}

static void count_depth(int sig)
{
	nested_depth++;
	if (nested_depth > deepest)
		deepest = nested_depth;
	if (calls++ < 3)
		kill(getpid(), sig);
	nested_depth--;
}

static void nesting(void)
{
	deepest = 0;
	catch (SIGUSR1, count_depth, 0);
	kill(getpid(), SIGUSR1);
	is_long(deepest, 1, "a signal is blocked in its own handler");
	is_long(calls, 4, "and comes after it");
	deepest = 0;
	catch (SIGUSR1, count_depth, SA_NODEFER);
	kill(getpid(), SIGUSR1);
	is_long(deepest, 4, "but for SA_NODEFER");
}

static volatile int order[4], ordered;

static void note(int sig)
{
	order[ordered++ & 3] = sig;
}

static void raise_other(int sig)
{
	kill(getpid(), SIGUSR2);
	note(sig);
}

static void masks(void)
{
	struct sigaction act = { .sa_handler = raise_other };

	catch (SIGUSR2, note, 0);
	sigemptyset(&act.sa_mask);
	sigaction(SIGUSR1, &act, NULL);
	ordered = 0;
	kill(getpid(), SIGUSR1);
	ok(order[0] == SIGUSR2 && order[1] == SIGUSR1, "another signal interrupts the handler");
	sigaddset(&act.sa_mask, SIGUSR2);
	sigaction(SIGUSR1, &act, NULL);
	ordered = 0;
	kill(getpid(), SIGUSR1);
	ok(order[0] == SIGUSR1 && order[1] == SIGUSR2, "unless sa_mask blocks it");
}

static void errors(void)
{
	struct sigaction act = { .sa_handler = plain }, old;

	is_long(catch (SIGUSR1, plain, 0), 0, "set");
	is_long(sigaction(SIGUSR1, NULL, &old), 0, "asked for");
	ok(old.sa_handler == plain, "it is the one");
	is_long(raw(SYS_rt_sigaction, SIGKILL, &act, 0, 8), -EINVAL, "not for SIGKILL");
	is_long(raw(SYS_rt_sigaction, SIGSTOP, &act, 0, 8), -EINVAL, "nor SIGSTOP");
	is_long(raw(SYS_rt_sigaction, 0, 0, 0, 8), -EINVAL, "nor signal 0");
	is_long(raw(SYS_rt_sigaction, 65, 0, 0, 8), -EINVAL, "nor signal 65");
	is_long(raw(SYS_rt_sigaction, SIGUSR1, 0, 0, 4), -EINVAL, "with a mask of 8 bytes");
}

/* The kernel's struct, without the restorer that libc adds. */
static int no_restorer(void *arg)
{
	struct {
		void *handler;
		unsigned long flags;
		void *restorer;
		unsigned long mask;
	} act = { .handler = plain };

	(void)arg;
	raw(SYS_rt_sigaction, SIGUSR1, &act, 0, 8);
	kill(getpid(), SIGUSR1);
	return 0;
}

static int handler_is_inherited(void *arg)
{
	(void)arg;
	calls = 0;
	kill(getpid(), SIGUSR1);
	return calls == 1 ? 0 : 1;
}

/* In the new program: SIGUSR1 was caught and is deadly again, SIGUSR2 was ignored and is still. */
static int after_exec(void)
{
	struct sigaction one, two;

	sigaction(SIGUSR1, NULL, &one);
	sigaction(SIGUSR2, NULL, &two);
	return one.sa_handler == SIG_DFL && two.sa_handler == SIG_IGN ? 0 : 1;
}

static int exec_self(void *self)
{
	execl(self, self, "exec", NULL);
	return 2;
}

static void inheritance(char *self)
{
	catch (SIGUSR1, plain, 0);
	signal(SIGUSR2, SIG_IGN);
	is_status(in_child(handler_is_inherited, NULL), EXITED(0), "fork keeps handlers");
	is_status(in_child(exec_self, self), EXITED(0), "execve resets them, not what is ignored");
	kill(getpid(), SIGUSR2);
	is_long(raw(SYS_kill, getpid(), 0), 0, "an ignored signal does nothing");
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return after_exec();
	delivery();
	details();
	direction_flag();
	nesting();
	masks();
	errors();
	is_status(in_child(no_restorer, NULL), KILLED(SIGSEGV), "no restorer: SIGSEGV");
	inheritance(argv[0]);
	return done_testing();
}
