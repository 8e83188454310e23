; SPDX-License-Identifier: ISC
; The switch between two kernel stacks (Figure 6.3: "switch to process B").

%include "offsets.inc"

global switch_stacks

section .text

; void switch_stacks(struct context *prev, struct context *next)
;
; Saves the frame pointer and the stack pointer. Of the other registers that a C function may expect
; to survive a call, the scheduler's has pushed those that its callers use: context_switch() tells
; the compiler that they are lost. Everything else of the thread is in its trap frame or is dead here.
; Interrupts are off. Returns on @next's stack to where @next once called this, or to its start stub.
switch_stacks:
	push rbp
	mov [rdi + CTX_RSP], rsp
	mov rsp, [rsi + CTX_RSP]
	pop rbp
	ret
