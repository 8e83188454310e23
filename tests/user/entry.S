/* SPDX-License-Identifier: ISC */
/*
 * The program's first instruction: save every register as the kernel left it, then go on to libc's
 * own start as if nothing had happened.
 */
	.globl test_entry
	.text
test_entry:
	mov %rax, entry_regs+0(%rip)
	mov %rbx, entry_regs+8(%rip)
	mov %rcx, entry_regs+16(%rip)
	mov %rdx, entry_regs+24(%rip)
	mov %rsi, entry_regs+32(%rip)
	mov %rdi, entry_regs+40(%rip)
	mov %rbp, entry_regs+48(%rip)
	mov %r8, entry_regs+56(%rip)
	mov %r9, entry_regs+64(%rip)
	mov %r10, entry_regs+72(%rip)
	mov %r11, entry_regs+80(%rip)
	mov %r12, entry_regs+88(%rip)
	mov %r13, entry_regs+96(%rip)
	mov %r14, entry_regs+104(%rip)
	mov %r15, entry_regs+112(%rip)
	mov %rsp, entry_rsp(%rip)
	pushfq
	pop entry_flags(%rip)
	mov %cs, entry_segments+0(%rip)
	mov %ss, entry_segments+2(%rip)
	mov %ds, entry_segments+4(%rip)
	mov %es, entry_segments+6(%rip)
	mov %fs, entry_segments+8(%rip)
	mov %gs, entry_segments+10(%rip)
	fxsave entry_fpu(%rip)
	mov $1, %eax
	cpuid
	and $0x18000000, %ecx		/* OSXSAVE and AVX */
	cmp $0x18000000, %ecx
	jne 1f
	xor %ecx, %ecx
	xgetbv
	and $6, %eax
	cmp $6, %eax
	jne 1f
	lea entry_ymm(%rip), %rsi
	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	vextractf128 $1, %ymm\n, \n*16(%rsi)
	.endr
	movl $1, entry_has_avx(%rip)
1:	xor %edx, %edx			/* what libc's start expects: no function at exit */
	jmp _start

	.bss
	.balign 64
	.globl entry_fpu, entry_ymm, entry_regs, entry_rsp, entry_flags, entry_segments
	.globl entry_has_avx
entry_fpu:	.skip 512
entry_ymm:	.skip 256
entry_regs:	.skip 120
entry_rsp:	.skip 8
entry_flags:	.skip 8
entry_segments:	.skip 12
entry_has_avx:	.skip 4
	.section .note.GNU-stack, "", @progbits
