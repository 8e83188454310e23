/* SPDX-License-Identifier: ISC */
/*
 * Registers by ptrace: what is written is what the tracee has, and what no program could have had is
 * refused or becomes the tracee's own fault, never the kernel's.
 */
#include <elf.h>
#include <errno.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>

#include "tracer.h"

#define XSTATE 0x202

static unsigned char image[16384];

/* As wait_all(); whether there would be a core file is left out. */
static int wait_stop(pid_t pid)
{
	int status = wait_all(pid);

	return WIFSIGNALED(status) ? WTERMSIG(status) : status;
}

static void calls_for_ever(void)
{
	for (;;)
		syscall(SYS_getppid);
}

/* A tracee that makes calls for ever: stopped by a signal (@request 0), or at an entry or exit. */
static pid_t victim(int stops)
{
	pid_t pid = fork();

	if (pid == 0) {
		trace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		calls_for_ever();
	}
	wait_stop(pid);
	while (stops-- > 0) {
		trace(PTRACE_SYSCALL, pid, 0, 0);
		wait_stop(pid);
	}
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	while (wait_stop(pid) != SIGKILL)
		;
}

/* -- refused -------------------------------------------------------------------------------------- */

static void refused(void)
{
	struct user_regs_struct r, before, after;
	pid_t pid = victim(0);

#define REFUSED(field, value)                                                                      \
	trace(PTRACE_GETREGS, pid, 0, (long)&before);                                              \
	r = before;                                                                                \
	r.field = (value);                                                                         \
	is_long(trace(PTRACE_SETREGS, pid, 0, (long)&r), -EIO, #field " = " #value)
	REFUSED(fs_base, 0x800000000000);
	REFUSED(gs_base, 0xffff800000000000);
	REFUSED(cs, 0);
	REFUSED(cs, 0x10);
	REFUSED(ss, 0);
	REFUSED(ss, 0x18);
	REFUSED(ds, 0x18);
	REFUSED(es, 0x10);
	REFUSED(fs, 0x18);
	REFUSED(gs, 0x8);
	trace(PTRACE_GETREGS, pid, 0, (long)&after);
	ok(!memcmp(&before, &after, sizeof(after)), "nothing has changed");
	end(pid);
}

/* -- its own fault ----------------------------------------------------------------------------------- */

struct bad {
	const char *what;
	unsigned long rip, rsp;
	int fate;
};

static void faults(void)
{
	static const struct bad bad[] = {
		{ "rip that is not canonical", 0x8000000000000000, 0x10000, SIGSEGV },
		{ "rip at the edge", 0x800000000000, 0x10000, SIGSEGV },
		{ "rip in the kernel", 0xffffffff80000000, 0x10000, SIGSEGV },
		{ "rip and rsp nowhere", 0, 0xdeadbeef00000000, SIGSEGV },
		{ "the last page's rip", 0x7ffffffff000, 0x10000, SIGSEGV },
	};

	for (int stops = 0; stops <= 4; stops++) {
		for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
			pid_t pid = victim(stops);
			struct user_regs_struct r;

			trace(PTRACE_GETREGS, pid, 0, (long)&r);
			r.rip = bad[i].rip;
			r.rsp = bad[i].rsp;
			r.rcx = r.rip; /* as after a call, so that SYSRET might do */
			r.r11 = r.eflags;
			is_long(trace(PTRACE_SETREGS, pid, 0, (long)&r), 0, "%d stops: %s", stops,
				bad[i].what);
			trace(PTRACE_DETACH, pid, 0, 0);
			is_long(wait_stop(pid), bad[i].fate, "its fate");
		}
	}
}

/* -- a signal frame that is none ------------------------------------------------------------------------ */

/* A tracee at the entry of sigreturn, with its stack nowhere; *r is what it had. */
static pid_t lost(struct user_regs_struct *r)
{
	pid_t pid = victim(1);
	struct user_regs_struct bad;

	trace(PTRACE_GETREGS, pid, 0, (long)r);
	bad = *r;
	bad.orig_rax = SYS_rt_sigreturn;
	bad.rsp = 0x10000;
	is_long(trace(PTRACE_SETREGS, pid, 0, (long)&bad), 0,
		"a call becomes a sigreturn from nowhere");
	return pid;
}

static void two_at_once(void)
{
	struct user_regs_struct r;
	pid_t pid = lost(&r);

	trace(PTRACE_SINGLESTEP, pid, 0, 0);
	is_long(wait_stop(pid), STOPPED(SIGSEGV), "a step: it fails");
	trace(PTRACE_SETREGS, pid, 0, (long)&r);
	trace(PTRACE_CONT, pid, 0, 0);
	is_long(wait_stop(pid), STOPPED(SIGTRAP), "and the step is over");
	end(pid);
}

static void blocked_late(void)
{
	struct user_regs_struct r;
	unsigned long all = ~0UL;
	pid_t pid = lost(&r);

	trace(PTRACE_SYSCALL, pid, 0, 0);
	is_long(wait_stop(pid), STOPPED(SIGTRAP), "it has failed");
	is_long(trace(PTRACE_SETSIGMASK, pid, sizeof(all), (long)&all), 0,
		"its signals are blocked");
	trace(PTRACE_SETREGS, pid, 0, (long)&r);
	trace(PTRACE_SYSCALL, pid, 0, 0);
	is_long(wait_stop(pid), STOPPED(SIGTRAP), "SIGSEGV waits, and it goes on");
	end(pid);
}

/* -- flags ------------------------------------------------------------------------------------------- */

static void flags(void)
{
	for (int stops = 0; stops <= 2; stops++) {
		pid_t pid = victim(stops);
		struct user_regs_struct r;

		trace(PTRACE_GETREGS, pid, 0, (long)&r);
		r.eflags = ~0UL & ~(0x100UL | 0x4000UL); /* TF would end it, NT Linux shows */
		is_long(trace(PTRACE_SETREGS, pid, 0, (long)&r), 0, "%d stops: all flags", stops);
		trace(PTRACE_GETREGS, pid, 0, (long)&r);
		is_long((long)r.eflags & 0x3a3200, 0x200, "interrupts stay on, IOPL and VM off");
		r.eflags = 0;
		is_long(trace(PTRACE_SETREGS, pid, 0, (long)&r), 0, "no flags");
		trace(PTRACE_GETREGS, pid, 0, (long)&r);
		is_long((long)r.eflags & 0x200, 0x200, "interrupts stay on");
		is_long(trace(PTRACE_SYSCALL, pid, 0, 0), 0, "it goes on");
		is_long(wait_stop(pid), STOPPED(SIGTRAP), "to a call");
		end(pid);
	}
}

/* -- what is written it has ---------------------------------------------------------------------------- */

static void kept(void)
{
	for (int stops = 0; stops <= 2; stops++) {
		pid_t pid = victim(stops);
		struct user_regs_struct r, got;
		unsigned char loop[8] = { 0xcc }; /* int3 */
		long old;

		trace(PTRACE_GETREGS, pid, 0, (long)&r);
		trace(PTRACE_PEEKTEXT, pid, (long)r.rip, (long)&old);
		memcpy(loop + 1, (char *)&old + 1, 7);
		memcpy(&old, loop, 8);
		trace(PTRACE_POKETEXT, pid, (long)r.rip, old);
		r.rbx = 0x1111, r.rbp = 0x2222, r.r12 = 0x3333, r.r13 = 0x4444, r.r14 = 0x5555;
		r.r15 = 0x6666, r.r10 = 0x7777, r.r8 = 0x8888, r.r9 = 0x9999;
		r.fs_base = 0x123456, r.gs_base = 0x654321;
		is_long(trace(PTRACE_SETREGS, pid, 0, (long)&r), 0, "%d stops: registers", stops);
		trace(PTRACE_CONT, pid, 0, 0);
		is_long(wait_stop(pid), STOPPED(SIGTRAP), "at a breakpoint");
		trace(PTRACE_GETREGS, pid, 0, (long)&got);
		ok(got.rbx == r.rbx && got.rbp == r.rbp && got.r12 == r.r12 && got.r13 == r.r13 &&
			   got.r14 == r.r14 && got.r15 == r.r15,
		   "the callee-saved");
		ok(got.r10 == r.r10 && got.r8 == r.r8 && got.r9 == r.r9, "the others");
		ok(got.fs_base == 0x123456 && got.gs_base == 0x654321, "the bases");
		is_long((long)got.orig_rax, -1, "not in a call");
		end(pid);
	}
}

/* -- FPU --------------------------------------------------------------------------------------------- */

static long regset(int request, pid_t pid, long type, void *base, size_t n)
{
	struct iovec v = { base, n };
	long r = trace(request, pid, type, (long)&v);

	return r ? r : (long)v.iov_len;
}

static void fpu(void)
{
	pid_t pid = victim(1);
	struct user_fpregs_struct f, g;
	long n;

	is_long(trace(PTRACE_GETFPREGS, pid, 0, (long)&f), 0, "PTRACE_GETFPREGS");
	is_long(f.cwd, 0x37f, "the control word");
	is_long(f.mxcsr, 0x1f80, "MXCSR");
	memset(f.xmm_space, 0x5a, sizeof(f.xmm_space));
	is_long(trace(PTRACE_SETFPREGS, pid, 0, (long)&f), 0, "PTRACE_SETFPREGS");
	trace(PTRACE_SYSCALL, pid, 0, 0);
	wait_stop(pid);
	is_long(trace(PTRACE_GETFPREGS, pid, 0, (long)&g), 0, "and again");
	ok(!memcmp(f.xmm_space, g.xmm_space, sizeof(f.xmm_space)), "it has what was written");
	f.mxcsr = 0xffffffff;
	is_long(trace(PTRACE_SETFPREGS, pid, 0, (long)&f), -EINVAL,
		"MXCSR with bits that do not exist");
	is_long(regset(PTRACE_GETREGSET, pid, NT_PRFPREG, &f, sizeof(f)), 512, "NT_PRFPREG");
	is_long(regset(PTRACE_SETREGSET, pid, NT_PRFPREG, &f, 256), -EINVAL, "not a half");
	is_long(regset(PTRACE_GETREGSET, pid, 77, &f, 8), -EINVAL, "no such set");
	is_long(regset(PTRACE_GETREGSET, pid, NT_PRSTATUS, image, sizeof(image)), 216,
		"NT_PRSTATUS");
	is_long(regset(PTRACE_GETREGSET, pid, NT_PRSTATUS, image, 7), -EINVAL, "words only");
	is_long(regset(PTRACE_SETREGSET, pid, NT_PRSTATUS, image, 216), 216, "NT_PRSTATUS back");
	n = regset(PTRACE_GETREGSET, pid, XSTATE, image, sizeof(image));
	if (n > 0) {
		unsigned long *header = (unsigned long *)(image + 512);

		ok(n >= 576 && !memcmp(image + 160, g.xmm_space, sizeof(g.xmm_space)),
		   "NT_X86_XSTATE");
		is_long(regset(PTRACE_SETREGSET, pid, XSTATE, image, n) - n, 0, "and back");
		is_long(regset(PTRACE_SETREGSET, pid, XSTATE, image, n - 8), -EFAULT, "all of it");
		header[0] |= 1UL << 62;
		is_long(regset(PTRACE_SETREGSET, pid, XSTATE, image, n), -EINVAL,
			"parts that do not exist");
		header[0] &= ~(1UL << 62);
		header[1] = 1UL << 63;
		is_long(regset(PTRACE_SETREGSET, pid, XSTATE, image, n), -EINVAL,
			"the compacted form");
		header[1] = 0;
		memset(image + 24, 0xff, 4);
		header[0] |= 2;
		is_long(regset(PTRACE_SETREGSET, pid, XSTATE, image, n), -EINVAL, "MXCSR");
	} else { /* a CPU without XSAVE */
		static const char *const names[] = {
			"NT_X86_XSTATE",           "and back",           "all of it",
			"parts that do not exist", "the compacted form", "MXCSR"
		};

		for (int i = 0; i < 6; i++)
			skip("no XSAVE", "%s", names[i]);
	}
	trace(PTRACE_SYSCALL, pid, 0, 0);
	is_long(wait_stop(pid), STOPPED(SIGTRAP), "it goes on");
	end(pid);
}

int main(void)
{
	refused();
	faults();
	two_at_once();
	blocked_late();
	flags();
	kept();
	fpu();
	return done_testing();
}
