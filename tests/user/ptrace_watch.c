/* SPDX-License-Identifier: ISC */
/*
 * Hardware breakpoints by ptrace (struct user's u_debugreg): they stop the thread that has them where it
 * should, nobody else, and never the kernel; what the processor could not bear is refused.
 */
#include <sched.h>
#include <stddef.h>
#include <sys/user.h>

#include "tracer.h"
#include "where.h"

#define ON(n) (1L << (2 * (n))) /* DR7: enabled for this task */
#define KIND(n, rw, len) ((long)((rw) | ((len) << 2)) << (16 + 4 * (n)))
#define EXECUTE 0
#define WRITE 1
#define PORT 2
#define ACCESS 3
#define LEN1 0
#define LEN2 1
#define LEN8 2
#define LEN4 3
#define NOTHING_HIT 0xffff0ff0L
#define SINGLE_STEP 0x4000L
#define HWBKPT 4

static volatile int watched[4] __attribute__((aligned(16)));
static volatile int calls;
static bool they_fire; /* what a breakpoint does can be seen */

static long peek(pid_t pid, int n)
{
	long value = -1;
	long r = trace(PTRACE_PEEKUSER, pid, (long)offsetof(struct user, u_debugreg[n]),
		       (long)&value);

	return r ? r : value;
}

static long poke(pid_t pid, int n, long value)
{
	return trace(PTRACE_POKEUSER, pid, (long)offsetof(struct user, u_debugreg[n]), value);
}

static int code_of(pid_t pid)
{
	siginfo_t info = { 0 };

	trace(PTRACE_GETSIGINFO, pid, 0, (long)&info);
	return info.si_code;
}

static unsigned long rip_of(pid_t pid)
{
	struct user_regs_struct r = { 0 };

	trace(PTRACE_GETREGS, pid, 0, (long)&r);
	return r.rip;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	while (!WIFSIGNALED(wait_all(pid)))
		;
}

static __attribute__((noinline)) void called(int by)
{
	calls += by;
}

/* -- what a tracer may write ---------------------------------------------------------------------------- */

static int idle(void *arg)
{
	(void)arg;
	while (pause() < 0)
		;
	return 0;
}

static void registers(void)
{
	pid_t pid;
	long at = (long)&watched[1];

	traced(idle, NULL, 0, &pid);
	for (int n = 0; n < 6; n++)
		is_long(peek(pid, n), 0, "at first %%dr%d is empty", n);
	is_long(peek(pid, 6), NOTHING_HIT, "nothing was hit");
	is_long(peek(pid, 7), 0, "nothing is enabled");
	is_long(poke(pid, 4, 1), -EIO, "there is no %%dr4");
	is_long(poke(pid, 5, 1), -EIO, "nor %%dr5");
	is_long(poke(pid, 0, at), 0, "an address");
	is_long(peek(pid, 0), at, "is what was written");
	is_long(poke(pid, 7, ON(0) | KIND(0, WRITE, LEN4)), 0, "four bytes from it");
	is_long(peek(pid, 7), ON(0) | KIND(0, WRITE, LEN4), "so it is");
	is_long(poke(pid, 7, ON(0) | KIND(0, WRITE, LEN8)), -EINVAL, "eight are not aligned");
	is_long(poke(pid, 7, ON(0) | KIND(0, PORT, LEN1)), -EINVAL, "no ports");
	is_long(poke(pid, 7, ON(0) | KIND(0, EXECUTE, LEN4)), -EINVAL, "a breakpoint is one byte");
	is_long(poke(pid, 0, at + 1), -EINVAL, "nor may the address get out of line");
	is_long(peek(pid, 7), ON(0) | KIND(0, WRITE, LEN4), "all that has changed nothing");
	is_long(peek(pid, 0), at, "nor the address");
	is_long(poke(pid, 6, 0), 0, "what was hit may be written");
	is_long(peek(pid, 6), 0, "and read");
	is_long(poke(pid, 7, 0), 0, "off");
	is_long(poke(pid, 0, at + 1), 0, "and any address will do");
	end(pid);
}

/* -- what stops it ---------------------------------------------------------------------------------------- */

static int user(void *arg)
{
	int p[2];

	(void)arg;
	watched[0] = 10;
	watched[1] = 11;
	watched[1] = 12;
	called(watched[0]);
	called(1);
	if (pipe(p) || write(p[1], "abcdefgh", 8) != 8 || read(p[0], (void *)watched, 8) != 8)
		return 1;
	watched[1] = 13;
	return watched[1];
}

/* There are hypervisors that leave the registers to the guest and never trap: Linux's column may be one's. */
static bool fires(void)
{
	pid_t pid;
	int status;

	traced(user, NULL, 0, &pid);
	poke(pid, 0, (long)&watched[0]);
	poke(pid, 7, ON(0) | KIND(0, WRITE, LEN4));
	status = go(PTRACE_CONT, pid, 0);
	if (WIFSTOPPED(status))
		end(pid);
	return WIFSTOPPED(status);
}

/* A result that hangs on that. */
static void is_seen(long got, long want, const char *name)
{
	if (they_fire)
		is_long(got, want, "%s", name);
	else
		skip("this machine's debug registers do nothing", "%s", name);
}

/* Lets it go on to the next stop: a breakpoint's, whose bit is told. */
static void hit(pid_t pid, int n, const char *what)
{
	is_seen(go(PTRACE_CONT, pid, 0), STOPPED(SIGTRAP), what);
	is_seen(code_of(pid), HWBKPT, "TRAP_HWBKPT");
	is_seen(peek(pid, 6), NOTHING_HIT | 1L << n, "%dr6 says which");
}

static int value(pid_t pid, int i)
{
	long word = 0;

	trace(PTRACE_PEEKDATA, pid, (long)&watched[i], (long)&word);
	return (int)word;
}

static void writes(void)
{
	pid_t pid;

	traced(user, NULL, 0, &pid);
	poke(pid, 2, (long)&watched[1]);
	is_long(poke(pid, 7, ON(2) | KIND(2, WRITE, LEN4)), 0, "writes to one word of two");
	hit(pid, 2, "the first");
	is_seen(value(pid, 1), 11, "it is done");
	hit(pid, 2, "the second");
	is_seen(value(pid, 1), 12, "it is done");
	watched[1] = 5; /* the same address, another process */
	is_long(watched[1], 5, "the tracer's own is not watched");
	hit(pid, 2, "the last, for the kernel's own is none");
	is_seen(value(pid, 1), 13, "it is done");
	is_seen(go(PTRACE_CONT, pid, 0), 13 << 8, "and it ends");
}

static void accesses(void)
{
	pid_t pid;

	traced(user, NULL, 0, &pid);
	poke(pid, 0, (long)&watched[0]);
	poke(pid, 3, (long)&watched[1]);
	is_long(poke(pid, 7, ON(0) | ON(3) | KIND(0, ACCESS, LEN4) | KIND(3, WRITE, LEN2)), 0,
		"two at once");
	hit(pid, 0, "a write");
	hit(pid, 3, "the other's");
	hit(pid, 3, "and again");
	hit(pid, 0, "a read");
	is_seen(poke(pid, 7, 0), 0, "off");
	is_seen(go(PTRACE_CONT, pid, 0), 13 << 8, "it ends");
}

static void executions(void)
{
	pid_t pid;

	traced(user, NULL, 0, &pid);
	poke(pid, 1, (long)called);
	is_long(poke(pid, 7, ON(1) | KIND(1, EXECUTE, LEN1)), 0, "a function");
	for (int i = 0; i < 2; i++) {
		hit(pid, 1, "a call");
		is_seen(rip_of(pid) == (unsigned long)called, true, "before its first instruction");
	}
	is_seen(go(PTRACE_SINGLESTEP, pid, 0), STOPPED(SIGTRAP), "a step from there");
	is_seen(peek(pid, 6), NOTHING_HIT | SINGLE_STEP, "is a step");
	is_seen(rip_of(pid) != (unsigned long)called, true, "and gets on");
	is_seen(go(PTRACE_CONT, pid, 0), 13 << 8, "it ends");
}

/* Writes once on each CPU that it may use; how many these are. */
static int wanderer(void *arg)
{
	cpu_set_t all, one;

	(void)arg;
	sched_getaffinity(0, sizeof(all), &all);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof(one), &one);
		watched[0]++;
	}
	return CPU_COUNT(&all);
}

static void wherever_it_runs(void)
{
	int status, hits = 0;
	pid_t pid;

	traced(wanderer, NULL, 0, &pid);
	poke(pid, 0, (long)&watched[0]);
	poke(pid, 7, ON(0) | KIND(0, WRITE, LEN4));
	while ((status = go(PTRACE_CONT, pid, 0)) == STOPPED(SIGTRAP))
		hits++;
	is_seen(status, hits << 8, "it stops once on each CPU");
}

/* -- whose they are --------------------------------------------------------------------------------------- */

static int parent(void *arg)
{
	int status = -1;
	pid_t pid = fork();

	(void)arg;
	if (pid == 0) {
		watched[0] = 1;
		_exit(watched[0]);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

static void child_has_none(void)
{
	pid_t pid;

	traced(parent, NULL, 0, &pid);
	poke(pid, 0, (long)&watched[0]);
	poke(pid, 7, ON(0) | KIND(0, WRITE, LEN4));
	int status = go(PTRACE_CONT, pid, 0);

	while (status == STOPPED(SIGCHLD))
		status = go(PTRACE_CONT, pid, 0);
	is_long(status, 1 << 8, "a child does not inherit them");
}

static int runner(void *arg)
{
	char *argv[] = { "true", NULL };

	(void)arg;
	execv("/bin/true", argv);
	return 1;
}

static void exec_ends_them(void)
{
	pid_t pid;

	traced(runner, NULL, PTRACE_O_TRACEEXEC, &pid);
	poke(pid, 0, (long)&watched[0]);
	poke(pid, 7, ON(0) | KIND(0, WRITE, LEN4));
	is_long(go(PTRACE_CONT, pid, 0), STOPPED(SIGTRAP | PTRACE_EVENT_EXEC << 8), "an exec");
	is_long(peek(pid, 0), 0, "no address");
	is_long(peek(pid, 7), 0, "nothing enabled");
	end(pid);
}

static volatile sig_atomic_t got_code;

static void on_trap(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	got_code = info->si_code;
}

static int catcher(void *arg)
{
	struct sigaction a = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };

	(void)arg;
	sigaction(SIGTRAP, &a, NULL);
	watched[0] = 1;
	return got_code;
}

static void without_a_tracer(void)
{
	pid_t pid;

	traced(catcher, NULL, 0, &pid);
	poke(pid, 0, (long)&watched[0]);
	poke(pid, 7, ON(0) | KIND(0, WRITE, LEN4));
	is_long(trace(PTRACE_DETACH, pid, 0, 0), 0, "its tracer leaves");
	is_seen(wait_all(pid), HWBKPT << 8, "and it catches the signal itself");
}

/* -- never the kernel --------------------------------------------------------------------------------------- */

static void the_kernel(void)
{
	static const unsigned long bad[] = { 0x8000000000000000, 0xff00000000000000,
					     0xffff800000000000, 0xffffffff81000000, ~0UL };
	pid_t pid;

	traced(idle, NULL, 0, &pid);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(poke(pid, 0, (long)bad[i]) != 0, "%#lx is refused", bad[i]);
	is_long(peek(pid, 0), 0, "no address has been taken");
	end(pid);
}

int main(void)
{
	registers();
	the_kernel();
	child_has_none();
	exec_ends_them();
	they_fire = on_leash() || fires();
	writes();
	accesses();
	executions();
	wherever_it_runs();
	without_a_tracer();
	return done_testing();
}
