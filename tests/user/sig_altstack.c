/* SPDX-License-Identifier: ISC */
/*
 * SS_AUTODISARM: the alternate stack is none while a handler runs, so it may be set anew or left for
 * good; the frame brings it back.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>

#include "sys.h"
#include "tap.h"

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

static char stacks[2][32768] __attribute__((aligned(16)));
static stack_t in_handler;
static long set_in_handler;
static char *where;

static void look(int sig)
{
	stack_t other = { .ss_sp = stacks[1], .ss_size = sizeof(stacks[1]) };

	(void)sig;
	where = __builtin_frame_address(0);
	raw(SYS_sigaltstack, 0, &in_handler);
	set_in_handler = raw(SYS_sigaltstack, &other, 0);
}

static int is_in(const char *p, const char *stack)
{
	return p >= stack && p < stack + sizeof(stacks[0]);
}

static void try_flags(unsigned flags, unsigned seen, long set, const char *name)
{
	stack_t st = { .ss_sp = stacks[0], .ss_size = sizeof(stacks[0]), .ss_flags = flags }, now;

	is_long(raw(SYS_sigaltstack, &st, 0), 0, "%s: set", name);
	raw(SYS_rt_sigprocmask, SIG_UNBLOCK, 0, 0, 8);
	raw(SYS_kill, raw(SYS_getpid), SIGUSR1);
	ok(is_in(where, stacks[0]), "%s: the handler runs on it", name);
	is_long((unsigned)in_handler.ss_flags, seen, "%s: what the handler sees", name);
	is_long(set_in_handler, set, "%s: the handler sets another", name);
	raw(SYS_sigaltstack, 0, &now);
	ok(now.ss_sp == stacks[0] && now.ss_size == sizeof(stacks[0]), "%s: it is back", name);
	is_long((unsigned)now.ss_flags, flags, "%s: with its flags", name);
}

int main(void)
{
	struct sigaction act = { .sa_handler = look, .sa_flags = SA_ONSTACK };
	stack_t st = { .ss_sp = stacks[0], .ss_size = 100 };

	sigaction(SIGUSR1, &act, NULL);
	try_flags(0, SS_ONSTACK, -EPERM, "plain");
	try_flags(SS_AUTODISARM, SS_DISABLE, 0, "autodisarm");
	is_long(raw(SYS_sigaltstack, &st, 0), -ENOMEM, "too small");
	st.ss_flags = 3;
	is_long(raw(SYS_sigaltstack, &st, 0), -EINVAL, "no such mode");
	st.ss_flags = SS_DISABLE;
	is_long(raw(SYS_sigaltstack, &st, 0), 0, "disabled");
	raw(SYS_kill, raw(SYS_getpid), SIGUSR1);
	ok(!is_in(where, stacks[0]), "then handlers run where the program does");
	return done_testing();
}
