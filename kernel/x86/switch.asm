; SPDX-License-Identifier: ISC
; The switch between two kernel stacks (Figure 6.3: "switch to process B"), and where it leads at first.

%include "offsets.inc"

global switch_stacks, trap_thread_start, trap_thread_start_user
extern upcall_thread_started, return_to_user

section .text.entry exec		; since a walk up a thread's stack ends here

; void switch_stacks(struct context *prev, struct context *next)
;
; Saves rbp and the stack pointer. Of the other registers that a C function may expect
; to survive a call, the scheduler's has pushed those that its callers use: context_switch() tells
; the compiler that they are lost. Everything else of the thread is in its trap frame or is dead here.
; Interrupts are off. Returns on @next's stack to where @next once called this, or to its start stub.
switch_stacks:
	push rbp
	mov [rdi + CTX_RSP], rsp
	mov rsp, [rsi + CTX_RSP]
	pop rbp
	ret

; -- new threads ------------------------------------------------------------------------------

; A new thread's switch frame returns to one of these; the first finds function and argument above it.
trap_thread_start:
	call upcall_thread_started
	sti
	pop rax
	pop rdi
	call rax
	cli				; the function of a user thread has filled the frame
	mov rsp, [gs:CPU_FRAME]
	jmp return_to_user

trap_thread_start_user:
	call upcall_thread_started
	jmp return_to_user		; rsp is at the frame
