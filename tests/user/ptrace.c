/* SPDX-License-Identifier: ISC */
/*
 * ptrace: stops at system calls, signals and steps, what the tracer reads and writes in them, and how
 * the tracee goes on. (ptrace_events.c: events, attaching, ends.)
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/reg.h>
#include <sys/uio.h>
#include <sys/user.h>

#include "tracer.h"

#define GET_CALL PTRACE_GET_SYSCALL_INFO
#define GET_MASK PTRACE_GETSIGMASK

static volatile long word = 0x1122334455667788;
static volatile int handled;

static void on_signal(int sig)
{
	handled = sig;
}

/* -- system calls ------------------------------------------------------------------------------- */

static int asks(void *arg)
{
	(void)arg;
	syscall(SYS_getppid);
	return syscall(SYS_dup, 77) == -1 && errno == EBADF ? 5 : 6;
}

static void calls(void)
{
	struct __ptrace_syscall_info i;
	struct user_regs_struct r;
	pid_t pid;
	long message = 0, nr;

	is_long(traced(asks, NULL, PTRACE_O_TRACESYSGOOD, &pid), 0, "a tracee with TRACESYSGOOD");
	do { /* what the C library does after raise() is its own business */
		if (go(PTRACE_SYSCALL, pid, 0) != STOPPED(SIGTRAP | 0x80))
			break;
		trace(PTRACE_GETREGS, pid, 0, (long)&r);
		nr = (long)r.orig_rax;
	} while (nr != SYS_getppid);
	is_long((long)r.rax, -ENOSYS, "rax at the entry");
	memset(&i, 0xee, sizeof(i));
	is_long(trace(GET_CALL, pid, sizeof(i), (long)&i), 80,
		"PTRACE_GET_SYSCALL_INFO at the entry");
	is_long(i.op, 1, "says so");
	is_long((long)i.arch, 0xc000003eL, "for x86-64");
	is_long((long)i.entry.nr, SYS_getppid, "which call");
	ok(i.instruction_pointer == r.rip && i.stack_pointer == r.rsp, "and where");
	trace(PTRACE_GETEVENTMSG, pid, 0, (long)&message);
	is_long(message, 1, "PTRACE_GETEVENTMSG at the entry");
	is_long(go(PTRACE_SYSCALL, pid, 0), STOPPED(SIGTRAP | 0x80), "its exit");
	is_long(trace(GET_CALL, pid, sizeof(i), (long)&i), 33,
		"PTRACE_GET_SYSCALL_INFO at the exit");
	is_long(i.op, 2, "says so");
	is_long((long)i.exit.rval, getpid(), "the result");
	is_long(i.exit.is_error, 0, "is no error");
	trace(PTRACE_GETEVENTMSG, pid, 0, (long)&message);
	is_long(message, 2, "PTRACE_GETEVENTMSG at the exit");
	is_long(go(PTRACE_SYSCALL, pid, 0), STOPPED(SIGTRAP | 0x80), "the next entry");
	is_long(trace(PTRACE_PEEKUSER, pid, ORIG_RAX * 8, (long)&nr), 0, "PTRACE_PEEKUSER");
	is_long(nr, SYS_dup, "orig_rax");
	is_long(trace(PTRACE_POKEUSER, pid, RDI * 8, 78), 0, "an argument is changed");
	is_long(go(PTRACE_SYSCALL, pid, 0), STOPPED(SIGTRAP | 0x80), "its exit");
	trace(GET_CALL, pid, sizeof(i), (long)&i);
	is_long((long)i.exit.rval, -EBADF, "fails");
	is_long(i.exit.is_error, 1, "which is an error");
	is_long(go(PTRACE_CONT, pid, 0), 5 << 8, "it ends as it would");
}

static int asks_twice(void *arg)
{
	(void)arg;
	return syscall(SYS_getppid) == 1234 && syscall(SYS_getppid) == 4321 ? 5 : 6;
}

static int to_call(pid_t pid, long wanted)
{
	long nr = -1;

	while (go(PTRACE_SYSCALL, pid, 0) == STOPPED(SIGTRAP | 0x80)) {
		trace(PTRACE_PEEKUSER, pid, ORIG_RAX * 8, (long)&nr);
		if (nr == wanted)
			return 0;
	}
	return -1;
}

static void changed_calls(void)
{
	pid_t pid;

	traced(asks_twice, NULL, PTRACE_O_TRACESYSGOOD, &pid);
	is_long(to_call(pid, SYS_getppid), 0, "a call");
	trace(PTRACE_POKEUSER, pid, ORIG_RAX * 8, -1);
	trace(PTRACE_POKEUSER, pid, RAX * 8, 1234);
	is_long(go(PTRACE_SYSCALL, pid, 0), STOPPED(SIGTRAP | 0x80), "that is not made");
	is_long(go(PTRACE_SYSCALL, pid, 0), STOPPED(SIGTRAP | 0x80), "another one");
	is_long(go(PTRACE_SYSCALL, pid, 0), STOPPED(SIGTRAP | 0x80), "whose result");
	trace(PTRACE_POKEUSER, pid, RAX * 8, 4321);
	is_long(go(PTRACE_CONT, pid, 0), 5 << 8, "is another");
}

/* -- memory ---------------------------------------------------------------------------------------- */

static const char text_word[16] __attribute__((aligned(16))) = "read only";

static int looks(void *arg)
{
	(void)arg;
	return word == 42 && ((volatile const char *)text_word)[0] == 'X' ? 5 : 6;
}

static void memory(void)
{
	struct iovec mine, its;
	long got = 0, text = 0;
	char *hidden = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *shared = mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;
	int fd;
	char path[32];

	hidden[0] = 'h';
	mprotect(hidden, 4096, PROT_NONE);
	traced(looks, NULL, 0, &pid);
	is_long(trace(PTRACE_PEEKDATA, pid, (long)&word, (long)&got), 0, "PTRACE_PEEKDATA");
	is_long(got, word, "a word");
	is_long(trace(PTRACE_PEEKDATA, pid, 8, (long)&got), -EIO, "from nowhere");
	is_long(trace(PTRACE_PEEKDATA, pid, 0x7ffffffffff8, (long)&got), -EIO, "from beyond");
	is_long(trace(PTRACE_PEEKDATA, pid, (long)hidden, (long)&got), 0,
		"from a map that it cannot read");
	is_long(got, 'h', "what is there");
	is_long(trace(PTRACE_POKEDATA, pid, (long)hidden, 'H'), 0, "and written");
	is_long(trace(PTRACE_POKEDATA, pid, (long)shared, 1), -EIO,
		"not a shared map that is not writable");
	is_long(trace(PTRACE_POKEDATA, pid, (long)&word, 41), 0, "PTRACE_POKEDATA");
	is_long(trace(PTRACE_PEEKTEXT, pid, (long)text_word, (long)&text), 0, "constants are read");
	is_long(trace(PTRACE_POKETEXT, pid, (long)text_word, (text & ~0xffL) | 'X'), 0,
		"and written");
	is_long(text_word[0], 'r', "for it alone");
	mine = (struct iovec){ &got, sizeof(got) };
	its = (struct iovec){ (void *)&word, sizeof(word) };
	is_long(process_vm_readv(pid, &mine, 1, &its, 1, 0), 8, "process_vm_readv");
	is_long(got, 41, "sees the new word");
	got = 42;
	is_long(process_vm_writev(pid, &mine, 1, &its, 1, 0), 8, "process_vm_writev");
	its.iov_base = hidden;
	ok(process_vm_readv(pid, &mine, 1, &its, 1, 0) == -1 && errno == EFAULT,
	   "heeds protections");
	ok(process_vm_readv(pid, &mine, 1, &its, 1, 1) == -1 && errno == EINVAL, "has no flags");
	ok(process_vm_readv(999999, &mine, 1, &its, 1, 0) == -1 && errno == ESRCH,
	   "nor that process");
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	fd = open(path, O_RDWR);
	is_long(pread(fd, &got, 8, (long)&word), 8, "/proc/pid/mem");
	is_long(got, 42, "is its memory");
	ok(pread(fd, &got, 8, 8) == -1 && errno == EIO, "where there is some");
	is_long(pwrite(fd, "X", 1, (long)text_word + 1), 1, "and can be written");
	close(fd);
	is_long(go(PTRACE_CONT, pid, 0), 5 << 8, "it finds what was written");
	is_long(word, 0x1122334455667788, "we do not");
}

/* -- signals --------------------------------------------------------------------------------------- */

static int raises(void *arg)
{
	(void)arg;
	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, SIG_IGN);
	raise(SIGUSR1);
	if (handled)
		return 1;
	raise(SIGUSR1);
	if (handled != SIGUSR1)
		return 2;
	raise(SIGUSR2);
	raise(SIGTERM);
	return handled == SIGUSR1 ? 5 : 3;
}

static void signals(void)
{
	siginfo_t si;
	uint64_t mask = 1;
	pid_t pid;

	traced(raises, NULL, 0, &pid);
	is_long(go(PTRACE_CONT, pid, 0), STOPPED(SIGUSR1), "a signal");
	is_long(trace(PTRACE_GETSIGINFO, pid, 0, (long)&si), 0, "PTRACE_GETSIGINFO");
	ok(si.si_signo == SIGUSR1 && si.si_code == SI_TKILL && si.si_pid == pid, "who sent it");
	is_long(trace(GET_MASK, pid, 8, (long)&mask), 0, "PTRACE_GETSIGMASK");
	is_long(trace(GET_MASK, pid, 4, (long)&mask), -EINVAL, "of eight bytes");
	is_long(go(PTRACE_CONT, pid, 0), STOPPED(SIGUSR1), "is dropped, and comes again");
	is_long(trace(PTRACE_CONT, pid, 0, 65), -EIO, "no such signal");
	is_long(go(PTRACE_CONT, pid, SIGUSR1), STOPPED(SIGUSR2),
		"is handled; an ignored one stops, too");
	is_long(go(PTRACE_CONT, pid, SIGUSR2), STOPPED(SIGTERM), "and is ignored");
	is_long(trace(PTRACE_PEEKUSER, pid, 3, (long)&mask), -EIO, "PTRACE_PEEKUSER off a word");
	is_long(trace(PTRACE_PEEKUSER, pid, 5000, (long)&mask), -EIO, "or beyond");
	is_long(trace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg) + 7 * 8, 0), 0,
		"debug registers are cleared");
	is_long(trace(0x1234, pid, 0, 0), -EIO, "no such request");
	is_long(go(PTRACE_CONT, pid, 0), 5 << 8, "SIGTERM is dropped");
	is_long(trace(PTRACE_CONT, pid, 0, 0), -ESRCH, "it is nobody's any more");
	traced(raises, NULL, 0, &pid);
	is_long(go(PTRACE_CONT, pid, 0), STOPPED(SIGUSR1), "another one");
	is_long(go(PTRACE_CONT, pid, SIGKILL), SIGKILL, "gets SIGKILL instead");
	traced(raises, NULL, 0, &pid);
	is_long(trace(PTRACE_KILL, pid, 0, 0), 0, "PTRACE_KILL");
	is_long(wait_all(pid), SIGKILL, "kills");
	traced(raises, NULL, 0, &pid);
	kill(pid, SIGKILL);
	is_long(wait_all(pid), SIGKILL, "so does SIGKILL, stopped or not");
}

/* -- steps ----------------------------------------------------------------------------------------- */

extern const char step_begin[], step_call[], step_end[];
static __attribute__((noinline)) void steps_here(void)
{
	__asm__ volatile(
		".globl step_begin, step_call, step_end\n"
		"int3\nstep_begin: nop\nmov $39, %%eax\nstep_call: syscall\nstep_end: nop" ::
			: "rax", "rcx", "r11", "memory");
}

static int steps_in(void *arg)
{
	(void)arg;
	steps_here();
	return 5;
}

static long rip_of(pid_t pid)
{
	long rip = 0;

	trace(PTRACE_PEEKUSER, pid, RIP * 8, (long)&rip);
	return rip;
}

static void steps(void)
{
	siginfo_t si;
	struct user_regs_struct r;
	pid_t pid;

	traced(steps_in, NULL, 0, &pid);
	is_long(go(PTRACE_CONT, pid, 0), STOPPED(SIGTRAP), "a breakpoint");
	is_long(rip_of(pid) - (long)step_begin, 0, "behind it");
	trace(PTRACE_GETSIGINFO, pid, 0, (long)&si);
	is_long(si.si_code, SI_KERNEL, "its code");
	is_long(go(PTRACE_SINGLESTEP, pid, 0), STOPPED(SIGTRAP), "a step");
	is_long(rip_of(pid) - (long)step_begin, 1, "over one instruction");
	trace(PTRACE_GETSIGINFO, pid, 0, (long)&si);
	is_long(si.si_code, TRAP_TRACE, "its code");
	trace(PTRACE_GETREGS, pid, 0, (long)&r);
	is_long((long)r.eflags & 0x100, 0, "the trap flag is not shown");
	is_long(go(PTRACE_SINGLESTEP, pid, 0), STOPPED(SIGTRAP), "to a call");
	is_long(rip_of(pid) - (long)step_call, 0, "another");
	is_long(go(PTRACE_SINGLESTEP, pid, 0), STOPPED(SIGTRAP), "over the call");
	is_long(rip_of(pid) - (long)step_end, 0, "that alone");
	trace(PTRACE_GETREGS, pid, 0, (long)&r);
	is_long((long)r.rax, pid, "which was made");
	is_long(go(PTRACE_CONT, pid, 0), 5 << 8, "and on");
}

int main(void)
{
	calls();
	changed_calls();
	memory();
	signals();
	steps();
	return done_testing();
}
