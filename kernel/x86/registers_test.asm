; SPDX-License-Identifier: ISC
; Helpers of registers_test.c: fill registers with a pattern, let something happen, compare.
; C cannot hold values in registers over a call; this can.

%include "offsets.inc"

global test_callee_saved, test_all_over_interrupt, test_vectors_over_call

section .text

; int test_callee_saved(u64 pattern, void (*fn)(void)): 0 if rbx, rbp, r12-r15 survived fn()
test_callee_saved:
	push rbp
	push rbx
	push r12
	push r13
	push r14
	push r15
	push rdi
	mov rbx, rdi
	lea rbp, [rdi + 1]
	lea r12, [rdi + 2]
	lea r13, [rdi + 3]
	lea r14, [rdi + 4]
	lea r15, [rdi + 5]
	call rsi
	pop rdi
	xor eax, eax
%macro EXPECT 2
	lea rcx, [rdi + %2]
	cmp %1, rcx
	je %%same
	or eax, 1 << %2
%%same:
%endmacro
	EXPECT rbx, 0
	EXPECT rbp, 1
	EXPECT r12, 2
	EXPECT r13, 3
	EXPECT r14, 4
	EXPECT r15, 5
	pop r15
	pop r14
	pop r13
	pop r12
	pop rbx
	pop rbp
	ret

; int test_all_over_interrupt(u64 pattern): all general registers over a trap frame made and
; undone in the kernel. Vector 0xff is the local APIC's spurious one: its handler only counts.
test_all_over_interrupt:
	push rbp
	push rbx
	push r12
	push r13
	push r14
	push r15
	push rdi
%assign i 1
%macro LOAD 1
	lea %1, [rdi + i]
	%assign i i + 1
%endmacro
	LOAD rax
	LOAD rbx
	LOAD rcx
	LOAD rdx
	LOAD rsi
	LOAD rbp
	LOAD r8
	LOAD r9
	LOAD r10
	LOAD r11
	LOAD r12
	LOAD r13
	LOAD r14
	LOAD r15
	int 0xff
	sub rax, rdi
	cmp rax, 1
	jne .bad
%assign i 2
%macro CHECK 1
	sub %1, rdi
	cmp %1, i
	jne .bad
	%assign i i + 1
%endmacro
	CHECK rbx
	CHECK rcx
	CHECK rdx
	CHECK rsi
	CHECK rbp
	CHECK r8
	CHECK r9
	CHECK r10
	CHECK r11
	CHECK r12
	CHECK r13
	CHECK r14
	CHECK r15
	cmp rdi, [rsp]
	jne .bad
	xor eax, eax
	jmp .out
.bad:
	mov eax, 1
.out:
	pop rdi
	pop r15
	pop r14
	pop r13
	pop r12
	pop rbx
	pop rbp
	ret

; int test_vectors_over_call(u64 pattern, void (*fn)(void), int avx): 0 if x87's top, MXCSR,
; xmm0, xmm15 and (avx) the upper half of ymm7 survived fn(). Only on threads with an FPU area.
test_vectors_over_call:
	push rbx
	push r12
	sub rsp, 40
	mov rbx, rdi
	mov r12d, edx
	mov [rsp], rdi
	fninit
	fild qword [rsp]
	movq xmm0, rdi
	movq xmm15, rdi
	mov eax, edi
	and eax, 0x6000				; the rounding mode tells threads apart
	or eax, 0x1f80
	mov [rsp + 8], eax
	ldmxcsr [rsp + 8]
	test r12d, r12d
	jz .go
	vmovq xmm7, rdi
	vinsertf128 ymm7, ymm7, xmm7, 1
.go:
	call rsi
	fistp qword [rsp + 16]
	cmp rbx, [rsp + 16]
	jne .bad
	movq rax, xmm0
	cmp rbx, rax
	jne .bad
	movq rax, xmm15
	cmp rbx, rax
	jne .bad
	stmxcsr [rsp + 16]
	mov eax, [rsp + 16]
	cmp eax, [rsp + 8]
	jne .bad
	test r12d, r12d
	jz .good
	vextractf128 xmm7, ymm7, 1
	vmovq rax, xmm7
	cmp rbx, rax
	jne .bad
.good:
	xor eax, eax
	jmp .out
.bad:
	mov eax, 1
.out:
	add rsp, 40
	pop r12
	pop rbx
	ret
