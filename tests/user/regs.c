/* SPDX-License-Identifier: ISC */
/*
 * A system call changes rax, rcx and r11 and nothing else: neither another general register nor the
 * flags, nor xmm, nor the stack below rsp (the red zone). No register comes back with a kernel
 * address. Checklist line 13.
 */
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

enum { RAX, RBX, RCX, RDX, RSI, RDI, RBP, R8, R9, R10, R11, R12, R13, R14, R15, RSP, FLAGS, COUNT };

static const char *const reg_names[] = { "rax", "rbx", "rcx", "rdx", "rsi",   "rdi",
					 "rbp", "r8",  "r9",  "r10", "r11",   "r12",
					 "r13", "r14", "r15", "rsp", "rflags" };

struct state {
	uint64_t in[COUNT], out[COUNT];
	uint64_t zone_in[16], zone_out[16]; /* the red zone */
	uint8_t xmm_in[256], xmm_out[256];
};

/* Load everything from s, do the system call, store everything to s. */
void syscall_with_state(struct state *s);

__asm__(".text\n"
	"syscall_with_state:\n"
	"	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"	mov %rdi, current(%rip)\n"
	"	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
	"	movdqu 528+\\n*16(%rdi), %xmm\\n\n"
	"	mov 272+\\n*8(%rdi), %rax\n"
	"	mov %rax, -128+\\n*8(%rsp)\n"
	"	.endr\n"
	"	mov 0(%rdi), %rax\n"
	"	mov 8(%rdi), %rbx; mov 16(%rdi), %rcx; mov 24(%rdi), %rdx; mov 32(%rdi), %rsi\n"
	"	mov 48(%rdi), %rbp; mov 56(%rdi), %r8; mov 64(%rdi), %r9; mov 72(%rdi), %r10\n"
	"	mov 80(%rdi), %r11; mov 88(%rdi), %r12; mov 96(%rdi), %r13; mov 104(%rdi), %r14\n"
	"	mov 112(%rdi), %r15; mov %rsp, 120(%rdi); mov 40(%rdi), %rdi\n"
	"	syscall\n"
	"	mov %rdi, scratch(%rip)\n"
	"	mov current(%rip), %rdi\n"
	"	mov %rax, 136+0(%rdi); mov %rbx, 136+8(%rdi); mov %rcx, 136+16(%rdi)\n"
	"	mov %rdx, 136+24(%rdi); mov %rsi, 136+32(%rdi)\n"
	"	mov %rbp, 136+48(%rdi); mov %r8, 136+56(%rdi); mov %r9, 136+64(%rdi)\n"
	"	mov %r10, 136+72(%rdi); mov %r11, 136+80(%rdi); mov %r12, 136+88(%rdi)\n"
	"	mov %r13, 136+96(%rdi); mov %r14, 136+104(%rdi); mov %r15, 136+112(%rdi)\n"
	"	mov %rsp, 136+120(%rdi)\n"
	"	mov scratch(%rip), %rax\n"
	"	mov %rax, 136+40(%rdi)\n"
	"	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
	"	mov -128+\\n*8(%rsp), %rax\n"
	"	mov %rax, 400+\\n*8(%rdi)\n"
	"	movdqu %xmm\\n, 784+\\n*16(%rdi)\n"
	"	.endr\n"
	"	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"	ret\n"
	"	.local current, scratch\n"
	"	.comm current, 8\n"
	"	.comm scratch, 8\n");

_Static_assert(sizeof(struct state) == 1040, "the offsets in the assembly text");

static bool is_argument(int reg)
{
	return reg == RDI || reg == RSI || reg == RDX || reg == R10 || reg == R8 || reg == R9;
}

static void fill(struct state *s, long nr, const long args[6])
{
	for (int i = 0; i < COUNT; i++)
		s->in[i] = 0x1111111111111111ULL * (i % 7 + 1) ^ (0xabcd0000ULL << i);
	for (int i = 0; i < 16; i++)
		s->zone_in[i] = 0x5a5a000000000000ULL + i;
	for (int i = 0; i < 256; i++)
		s->xmm_in[i] = i ^ 0xa5;
	s->in[RAX] = nr;
	s->in[RDI] = args[0];
	s->in[RSI] = args[1];
	s->in[RDX] = args[2];
	s->in[R10] = args[3];
	s->in[R8] = args[4];
	s->in[R9] = args[5];
}

static bool kept(const struct state *s)
{
	bool same = true;

	for (int i = 0; i < FLAGS; i++) {
		if (i == RAX || i == RCX || i == R11 || s->in[i] == s->out[i])
			continue;
		diag("%s%s was %#lx, is %#lx", is_argument(i) ? "argument " : "", reg_names[i],
		     (long)s->in[i], (long)s->out[i]);
		same = false;
	}
	return same;
}

/* Perform the call and judge it; the result must be as given, or anything for want = ANY. */
#define ANY 12345678L
static long probe(const char *name, long want, long nr, const long args[6])
{
	static struct state s;
	long ret;

	fill(&s, nr, args);
	syscall_with_state(&s);
	ret = s.out[RAX];
	if (want != ANY)
		is_long(ret, want, "%s: result", name);
	ok(kept(&s), "%s: general registers survive", name);
	ok(memcmp(s.zone_in, s.zone_out, sizeof(s.zone_in)) == 0, "%s: red zone survives", name);
	ok(memcmp(s.xmm_in, s.xmm_out, sizeof(s.xmm_in)) == 0, "%s: xmm registers survive", name);
	ok((int64_t)s.out[RCX] >= 0 && (int64_t)s.out[R11] >= 0, "%s: no kernel value comes back",
	   name);
	return ret;
}

#define PROBE(name, want, nr, ...) probe(name, want, nr, (const long[6]){ __VA_ARGS__ })

static int write_later(void *arg)
{
	struct timespec nap = { 0, 20000000 };

	nanosleep(&nap, NULL);
	return write(*(int *)arg, "x", 1) != 1;
}

static void blocking_calls(void)
{
	struct timespec nap = { 0, 1000000 };
	int ends[2];
	pid_t pid;
	char c;

	PROBE("nanosleep", 0, SYS_nanosleep, (long)&nap, 0);
	if (pipe(ends) < 0)
		return;
	pid = start_child(write_later, &ends[1]);
	PROBE("a read that blocks", 1, SYS_read, ends[0], (long)&c, 1);
	is_status(status_of(pid), EXITED(0), "the writer ended well");
}

/* Both processes come back from fork with all registers, rax aside. */
static void fork_twice(void)
{
	static struct state s;
	const long none[6] = { 0 };
	int status;

	fill(&s, SYS_fork, none);
	syscall_with_state(&s);
	if (s.out[RAX] == 0)
		_exit(kept(&s) && memcmp(s.xmm_in, s.xmm_out, 256) == 0 ? 0 : 1);
	ok(kept(&s), "fork: the parent keeps its registers");
	is_status(status_of(s.out[RAX]), EXITED(0), "fork: the child has them too");
	PROBE("wait4 without children", -10, SYS_wait4, -1, (long)&status, 0, 0);
}

/*
 * "regs storm": calls in a loop until a line is typed, so that somebody outside can throw interrupts
 * at every instruction of the way in and out (tests/boot/test_nmi.py). Checklist line 6.
 */
static int storm(void)
{
	static struct state s;
	const long none[6] = { 1, 2, 3, 4, 5, 6 };
	struct pollfd in = { 0, POLLIN, 0 };
	long calls = 0, damaged = 0;

	puts("storm begins");
	fflush(stdout);
	while (calls % 1000 || poll(&in, 1, 0) == 0) {
		fill(&s, SYS_getppid, none);
		syscall_with_state(&s);
		damaged += !kept(&s) || memcmp(s.xmm_in, s.xmm_out, sizeof(s.xmm_in)) != 0;
		calls++;
	}
	printf("storm ends: %ld calls, %ld damaged\n", calls, damaged);
	return damaged != 0;
}

int main(int argc, char **argv)
{
	int ends[2];

	if (argc > 1 && strcmp(argv[1], "storm") == 0)
		return storm();

	PROBE("getppid", getppid(), SYS_getppid, 1, 2, 3, 4, 5, 6);
	PROBE("a bad number", -38, 1000, 1, 2, 3, 4, 5, 6);
	PROBE("a negative number", -38, -1, 1, 2, 3, 4, 5, 6);
	PROBE("a huge number", -38, 0x7fffffff, 1, 2, 3, 4, 5, 6);
	/* The number is an int: what lies above it in rax does not count. */
	PROBE("a number with high bits", getppid(), (1L << 32) + SYS_getppid, 1, 2, 3, 4, 5, 6);
	PROBE("sched_yield", 0, SYS_sched_yield, 1, 2, 3, 4, 5, 6);
	PROBE("write of nothing", 0, SYS_write, 1, (long)"", 0);
	PROBE("write to a bad descriptor", -9, SYS_write, 999, (long)"", 1);
	PROBE("write from a bad pointer", -14, SYS_pipe2, 8, 0);
	PROBE("mmap with length 0", -22, SYS_mmap, 0, 0, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	PROBE("mmap", ANY, SYS_mmap, 0, 8192, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	PROBE("brk", ANY, SYS_brk, 0);
	PROBE("pipe", 0, SYS_pipe, (long)ends);
	PROBE("close", 0, SYS_close, ends[0]);
	blocking_calls();
	fork_twice();
	return done_testing();
}
