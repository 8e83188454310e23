/* SPDX-License-Identifier: ISC */
/*
 * All registers a program can hold something in, with patterns: loaded, held over a time or a system
 * call, stored and compared. For tests of what the kernel must give back unchanged.
 */
#pragma once

#include <cpuid.h>
#include <stdint.h>
#include <string.h>

struct state {
	uint8_t xmm[256];
	uint8_t ymm_high[256];
	double x87[8];
	uint32_t mxcsr;
	uint16_t fcw;
	uint64_t general[8];
};

static int has_avx;

static void find_avx(void)
{
	unsigned a, b, c, d, low, high;

	if (!__get_cpuid(1, &a, &b, &c, &d) || (c & 0x18000000) != 0x18000000)
		return;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	has_avx = (low & 6) == 6;
}

static void make_pattern(struct state *s, int n)
{
	for (int i = 0; i < 256; i++) {
		s->xmm[i] = i * 3 + n;
		s->ymm_high[i] = i * 5 + n * 7;
	}
	for (int i = 0; i < 8; i++) {
		s->x87[i] = 1000.0 * n + i + 0.25;
		s->general[i] = 0x0101010101010101UL * (n + 1) + i;
	}
	s->mxcsr = 0x1f80 | (n & 3) << 13; /* the rounding mode */
	s->fcw = 0x37f & ~0x300;
	s->fcw |= (n & 1) ? 0x300 : 0x200; /* precision */
	s->fcw |= (n & 3) << 10; /* rounding */
}

/* Load everything from `in`; then `how` says what to do meanwhile; then store everything. */
enum { SPIN, CALL };
void hold(const struct state *in, struct state *out, long how, long count_or_nr, int avx);

__asm__(".text\n"
	"hold:	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"	push %rsi; push %r8; push %rcx; push %rdx\n"
	"	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
	"	movdqu \\n*16(%rdi), %xmm\\n\n"
	"	.endr\n"
	"	test %r8d, %r8d; jz 1f\n"
	"	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
	"	vinsertf128 $1, 256+\\n*16(%rdi), %ymm\\n, %ymm\\n\n"
	"	.endr\n"
	"1:	fninit\n"
	"	fldl 568(%rdi); fldl 560(%rdi); fldl 552(%rdi); fldl 544(%rdi)\n"
	"	fldl 536(%rdi); fldl 528(%rdi); fldl 520(%rdi); fldl 512(%rdi)\n"
	"	ldmxcsr 576(%rdi); fldcw 580(%rdi)\n"
	"	mov 584(%rdi), %rbx; mov 592(%rdi), %rbp; mov 600(%rdi), %r12\n"
	"	mov 608(%rdi), %r13; mov 616(%rdi), %r14; mov 624(%rdi), %r15\n"
	"	mov 632(%rdi), %r9; mov 640(%rdi), %r10\n"
	"	pop %rdx; pop %rax\n"
	"	test %edx, %edx; jnz 3f\n"
	"2:	dec %rax; jnz 2b\n"
	"	jmp 4f\n"
	"3:	xor %edi, %edi; xor %esi, %esi; xor %edx, %edx; syscall\n"
	"4:	pop %r8; pop %rsi\n"
	"	mov %rbx, 584(%rsi); mov %rbp, 592(%rsi); mov %r12, 600(%rsi)\n"
	"	mov %r13, 608(%rsi); mov %r14, 616(%rsi); mov %r15, 624(%rsi)\n"
	"	mov %r9, 632(%rsi); mov %r10, 640(%rsi)\n"
	"	fstcw 580(%rsi); stmxcsr 576(%rsi)\n"
	"	fstpl 512(%rsi); fstpl 520(%rsi); fstpl 528(%rsi); fstpl 536(%rsi)\n"
	"	fstpl 544(%rsi); fstpl 552(%rsi); fstpl 560(%rsi); fstpl 568(%rsi)\n"
	"	test %r8d, %r8d; jz 5f\n"
	"	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
	"	vextractf128 $1, %ymm\\n, 256+\\n*16(%rsi)\n"
	"	.endr\n"
	"5:	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
	"	movdqu %xmm\\n, \\n*16(%rsi)\n"
	"	.endr\n"
	"	fninit\n"
	"	mov $0x1f80, %ecx; push %rcx; ldmxcsr (%rsp); pop %rcx\n"
	"	test %r8d, %r8d; jz 6f; vzeroupper\n"
	"6:	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"	ret\n");

_Static_assert(sizeof(struct state) == 648, "the offsets in the assembly text");

/* 0, or which part was lost. */
static int difference(const struct state *a, const struct state *b)
{
	if (memcmp(a->xmm, b->xmm, sizeof(a->xmm)) != 0)
		return 1;
	if (has_avx && memcmp(a->ymm_high, b->ymm_high, sizeof(a->ymm_high)) != 0)
		return 2;
	if (memcmp(a->x87, b->x87, sizeof(a->x87)) != 0)
		return 3;
	if (a->mxcsr != b->mxcsr)
		return 4;
	if (a->fcw != b->fcw)
		return 5;
	return memcmp(a->general, b->general, sizeof(a->general)) != 0 ? 6 : 0;
}
