/* SPDX-License-Identifier: ISC */
/*
 * The smallest program: write, then exit with 42. No libc, no stack used, two system calls, so it
 * is what a kernel runs before it can run anything else.
 */
	.globl _start
	.text
_start:
	mov $1, %eax			/* write(1, text, len) */
	mov $1, %edi
	lea text(%rip), %rsi
	mov $text_end - text, %edx
	syscall
	mov $231, %eax			/* exit_group(42) */
	mov $42, %edi
	syscall
	ud2

	.section .rodata
text:	.ascii "tiny: hello\n"
text_end:
	.section .note.GNU-stack, "", @progbits
