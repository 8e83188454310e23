; SPDX-License-Identifier: ISC
; The switch between two kernel stacks (Figure 6.3: "switch to process B").

%include "offsets.inc"

global switch_stacks

section .text

; void switch_stacks(struct context *prev, struct context *next)
;
; Saves what a C function may expect to survive a call, and the stack pointer; everything
; else of the thread is saved by its trap frame or is dead here. Interrupts are off.
; Returns on @next's stack to where @next once called this, or to its start stub.
switch_stacks:
	push rbp
	push rbx
	push r12
	push r13
	push r14
	push r15
	mov [rdi + CTX_RSP], rsp
	mov rsp, [rsi + CTX_RSP]
	pop r15
	pop r14
	pop r13
	pop r12
	pop rbx
	pop rbp
	ret
