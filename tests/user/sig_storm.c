/* SPDX-License-Identifier: ISC */
/*
 * A storm of signals: another process sends them as fast as it can, while this one calls the system
 * in a loop, and holds patterns in all its registers. Nothing may be lost, and no handler is ever
 * entered from, or returns to, anything but user mode. Checklist line 5.
 */
#include <signal.h>
#include <ucontext.h>

#include "child.h"
#include "hold.h"
#include "sys.h"
#include "tap.h"

#define ENOUGH 500

static volatile int calls, bad_segments;

static void handler(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	unsigned short cs = uc->uc_mcontext.gregs[REG_CSGSFS];

	(void)sig;
	(void)info;
	calls++;
	bad_segments += (cs & 3) != 3;
	__asm__ volatile("pcmpeqb %%xmm0, %%xmm0; pcmpeqb %%xmm15, %%xmm15; fld1; fldpi" ::
				 : "xmm0", "xmm15");
}

static int storm(void *arg)
{
	pid_t target = getppid();

	(void)arg;
	while (kill(target, SIGUSR1) == 0)
		raw(SYS_sched_yield);
	return 0;
}

static pid_t begin(void)
{
	calls = 0;
	return start_child(storm, NULL);
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	status_of(pid);
}

static void over_calls(void)
{
	pid_t pid = getpid(), child = begin();
	long wrong = 0;

	while (calls < ENOUGH)
		wrong += raw(SYS_getpid) != pid || raw(1000) != -38;
	end(child);
	is_long(wrong, 0, "every system call gives its result");
}

static void over_registers(long how, long what, const char *name)
{
	struct state in, out;
	pid_t child = begin();
	int lost = 0;

	for (int n = 0; calls < ENOUGH && !lost; n++) {
		make_pattern(&in, n & 15);
		hold(&in, &out, how, what, has_avx);
		lost = difference(&in, &out);
	}
	end(child);
	is_long(lost, 0, "all registers survive, %s", name);
}

int main(void)
{
	struct sigaction act = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };

	find_avx();
	sigaction(SIGUSR1, &act, NULL);
	over_calls();
	over_registers(SPIN, 100000, "in a loop");
	over_registers(CALL, SYS_sched_yield, "over yields");
	over_registers(CALL, 1000, "over unknown calls");
	is_long(bad_segments, 0, "every saved cs is a user's");
	return done_testing();
}
