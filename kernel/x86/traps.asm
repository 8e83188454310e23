; SPDX-License-Identifier: ISC
; Every way into the kernel and back: 256 vectors and `syscall` (Figures 6.2 and 6.3).
;
; Invariants
; - In the kernel GS is this CPU's struct cpu; it is swapped exactly where CPL changes.
; - A frame is a struct trap_frame. A user thread's frame ends where its struct thread begins
;   (RSP0 = gs:CPU_CURRENT), so [frame + FRAME_SIZE + CTX_WORK] is its word of pending work.
; - No register that the ABI does not promise keeps a kernel value on the way out.
; - NMI, double fault, machine check and debug may arrive where GS or the stack is still the
;   user's: they have stacks of their own, with the CPU's address stored above the frame.

%include "offsets.inc"
%include "x86/frame.inc"

extern trap_dispatch, trap_on_own_stack
extern upcall_exit_work, upcall_give_way, upcall_syscall_enter, upcall_syscall_unknown
global trap_stubs, syscall_entry, syscall_entry32, user_iret, trap_return_to_user, return_to_user
global return_to_kernel

; The CPU pushes an error code for these (SDM vol. 3, table 6-1), for all others we push 0.
%macro VECTOR_HAS_ERROR 1
	%assign has_error 0
	%if %1 == 8 || (%1 >= 10 && %1 <= 14) || %1 == 17 || %1 == 21 || %1 == 29 || %1 == 30
		%assign has_error 1
	%endif
%endmacro
; These run on stacks of their own (IST).
%macro VECTOR_HAS_STACK 1
	%assign has_stack 0
	%if %1 == 1 || %1 == 2 || %1 == 8 || %1 == 18
		%assign has_stack 1
	%endif
%endmacro

section .text.entry exec

; -- vectors ------------------------------------------------------------------------------

%assign vector 0
%rep 256
	VECTOR_HAS_ERROR vector
	VECTOR_HAS_STACK vector
	align 16
stub_ %+ vector:
	%if !has_error
		push 0
	%endif
	push strict dword vector
	%if has_stack
		jmp own_stack_entry
	%else
		jmp trap_entry
	%endif
	%assign vector vector + 1
%endrep

	align 16
trap_entry:
	cld
	test byte [rsp + 8*3], 3	; the saved CS
	jz .from_kernel
	swapgs
	lfence				; no speculation past the decision (Spectre v1, swapgs)
.save:
	PUSH_REGISTERS
	CLEAR_AC
	mov rdi, rsp
	call trap_dispatch		; returns with interrupts off
	test byte [rsp + FRAME_CS], 3
	jz return_to_kernel

return_to_user:				; rsp = the thread's user frame, interrupts off
	cmp dword [rsp + FRAME_SIZE + CTX_WORK], 0
	jne user_work
user_restore:
%ifdef MUTANTS
	cmp byte [rel mutant_sysret], 0
	jne sysret_anyway
%endif
	POP_REGISTERS
	swapgs
user_iret:
	iretq
user_work:
	mov rdi, rsp
	call upcall_exit_work

; After a call and where a handler begins, rcx and r11 are as SYSCALL leaves them: then SYSRET does, which
; is far cheaper than IRET. It knows one CS and one SS, loses RF, traps on itself with TF, and must not
; see a rip that is not canonical (CVE-2012-0217).
leave_call:
	mov rcx, [rsp + FRAME_RCX]
	cmp rcx, [rsp + FRAME_RIP]
	jne user_restore
	mov r11, [rsp + FRAME_R11]
	cmp r11, [rsp + FRAME_RFLAGS]
	jne user_restore
	test r11d, RFLAGS_SLOW
	jnz user_restore
	shr rcx, 32
	cmp ecx, USER_END_HIGH
	ja user_restore
	cmp dword [rsp + FRAME_CS], USER_CS
	jne user_restore
	cmp dword [rsp + FRAME_SS], USER_SS
	jne user_restore
	POP_GENERAL
	mov rsp, [rsp + FRAME_RSP - FRAME_VECTOR]
	swapgs
	o64 sysret

%ifdef MUTANTS
extern mutant_sysret
sysret_anyway:				; loses rcx and r11, and trusts rip
	POP_REGISTERS
	mov rcx, [rsp]
	mov r11, [rsp + 16]
	mov rsp, [rsp + 24]
	swapgs
	o64 sysret
%endif

trap_entry.from_kernel:
	lfence				; nor without the swapgs, while GS is the user's
	; The one instruction of the kernel that may fault with the user's GS in place.
	push rax
	lea rax, [rel user_iret]
	cmp rax, [rsp + 8*3]
	pop rax
	je bad_iret
	PUSH_REGISTERS
	CLEAR_AC
	mov rdi, rsp
	call trap_dispatch
return_to_kernel:			; a backtrace goes on with the frame's rip (base/backtrace.c)
	POP_REGISTERS
	iretq
bad_iret:
	swapgs
	jmp trap_entry.save

; noreturn void trap_return_to_user(struct trap_frame *f); interrupts off
trap_return_to_user:
	mov rsp, rdi
	cmp dword [rsp + FRAME_SIZE + CTX_WORK], 0
	jne user_work
	jmp leave_call

; -- vectors with stacks of their own ---------------------------------------------------------
;
; Whose GS is in place cannot be told from CS alone: the NMI may hit between the kernel's entry
; and its swapgs, and with FSGSBASE a program may hold a kernel address in GS. So the CPU's
; address comes from above the frame, and the old GS base is put back as it was.

	align 16
own_stack_entry:
	cld
	PUSH_REGISTERS
	CLEAR_AC
	cmp dword [rsp + FRAME_VECTOR], 1
	jne .stay
	test byte [rsp + FRAME_CS], 3
	jnz debug_from_user
.stay:
	mov ecx, MSR_GS_BASE
	rdmsr
	mov ebx, eax			; kept over the call
	mov r12d, edx
	mov rax, [rsp + FRAME_SIZE]
	mov rdx, rax
	shr rdx, 32
	wrmsr
	mov rdi, rsp
	call trap_on_own_stack
	mov ecx, MSR_GS_BASE
	mov eax, ebx
	mov edx, r12d
	wrmsr
	POP_REGISTERS
	iretq

; A debug trap of a program is an ordinary one: move its frame to the thread's own stack.
debug_from_user:
	swapgs
	lfence
	mov rsi, rsp
	mov rdi, [gs:CPU_FRAME]
	mov rsp, rdi
	mov ecx, FRAME_SIZE / 8
	rep movsq
	mov rdi, rsp
	call trap_dispatch
	jmp return_to_user

; -- system calls ---------------------------------------------------------------------------
;
; `syscall` (SDM vol. 2) puts rip into rcx and rflags into r11, masks rflags with FMASK (IF, DF,
; TF, AC, NT, IOPL are clear here) and leaves rsp alone. Arguments: rdi rsi rdx r10 r8 r9;
; number and result: rax; rcx and r11 are the only other registers a program loses.
; rbx, rbp and r12-r15 are kept by C itself, and cs and ss are what they always are: they reach the frame
; only where somebody looks.

	align 64
syscall_entry:
	swapgs
	mov [gs:CPU_USER_RSP], rsp
	mov rsp, [gs:CPU_FRAME]
	mov [rsp + FRAME_RFLAGS], r11
	mov r11, [gs:CPU_USER_RSP]
	mov [rsp + FRAME_RSP], r11
	mov [rsp + FRAME_RIP], rcx
	mov [rsp + FRAME_ERROR], rax
	mov [rsp + FRAME_RDI], rdi
	mov [rsp + FRAME_RSI], rsi
	mov [rsp + FRAME_RDX], rdx
	mov [rsp + FRAME_R10], r10
	mov [rsp + FRAME_R8], r8
	mov [rsp + FRAME_R9], r9
	sti
	mov rcx, r10
	cmp rax, [rsp + FRAME_SIZE + CTX_CALLS]
	jae .unusual
.dispatch:
	call [syscall_table + rax*8]
.done:
	cli
.check:
	cmp dword [rsp + FRAME_SIZE + CTX_WORK], 0
	jne .slow_return
	mov r11, [rsp + FRAME_RFLAGS]
	test r11d, RFLAGS_SLOW		; SYSRET would trap on itself with TF, and loses RF
	jnz .slow_return
	mov rcx, [rsp + FRAME_RIP]
%ifdef DEBUG
	; SYSRET to a non-canonical address faults in ring 0 on Intel (CVE-2012-0217). It cannot
	; be: rcx is the end of a user `syscall`, and the last user page is never mapped.
	mov rdx, rcx
	shr rdx, 32
	cmp edx, USER_END_HIGH
	jbe .canonical
	ud2
.canonical:
%endif
	mov rdi, [rsp + FRAME_RDI]
	mov rsi, [rsp + FRAME_RSI]
	mov rdx, [rsp + FRAME_RDX]
	mov r10, [rsp + FRAME_R10]
	mov r8, [rsp + FRAME_R8]
	mov r9, [rsp + FRAME_R9]
	mov rsp, [rsp + FRAME_RSP]
	swapgs
	o64 sysret

; A number outside the table, or with something in its upper half; or somebody looks at this thread's
; calls, or has done until now.
.unusual:
	cmp qword [rsp + FRAME_SIZE + CTX_CALLS], 0
	jne .chosen
	test dword [rsp + FRAME_SIZE + CTX_WORK], WORK_TRACE | WORK_PTRACE
	jnz .looked_at
	mov qword [rsp + FRAME_SIZE + CTX_CALLS], SYSCALL_COUNT
.chosen:
	cmp eax, SYSCALL_COUNT
	jb .in_table
	call upcall_syscall_unknown
	jmp .done
.in_table:
	mov eax, eax			; Linux looks at 32 bits
	jmp .dispatch

; Only the CPU is wanted: what the program has in its registers stays where it is.
.give_way:
	mov [rsp + FRAME_RAX], rax
	mov rdi, rsp
	call upcall_give_way
	mov rax, [rsp + FRAME_RAX]
	jmp .check

; Somebody waits for us, or the flags want IRET: complete the frame and leave by it.
.slow_return:
	cmp dword [rsp + FRAME_SIZE + CTX_WORK], WORK_RESCHED
	je .give_way
	test dword [rsp + FRAME_SIZE + CTX_WORK], WORK_IRET
	jnz .whole_frame
	mov [rsp + FRAME_RAX], rax
	mov rcx, [rsp + FRAME_RIP]
	mov [rsp + FRAME_RCX], rcx
	mov r11, [rsp + FRAME_RFLAGS]
	mov [rsp + FRAME_R11], r11
	COMPLETE_FRAME 0
	jmp return_to_user

; exec or a tracer wrote all of it: there is nothing more to do unless other bits are set.
.whole_frame:
	lock and dword [rsp + FRAME_SIZE + CTX_WORK], ~WORK_IRET
	jmp return_to_user

.looked_at:
	COMPLETE_FRAME 0
	mov [rsp + FRAME_RAX], rax
	mov rdi, rsp
	call upcall_syscall_enter
	mov rdi, [rsp + FRAME_RDI]
	mov rsi, [rsp + FRAME_RSI]
	mov rdx, [rsp + FRAME_RDX]
	mov rcx, [rsp + FRAME_R10]
	mov r8, [rsp + FRAME_R8]
	mov r9, [rsp + FRAME_R9]
	mov rbx, [rsp + FRAME_RBX]	; a tracer may have changed any register
	mov rbp, [rsp + FRAME_RBP]
	mov r12, [rsp + FRAME_R12]
	mov r13, [rsp + FRAME_R13]
	mov r14, [rsp + FRAME_R14]
	mov r15, [rsp + FRAME_R15]
	mov eax, eax
	cmp eax, -1
	jne .chosen
	mov rax, [rsp + FRAME_RAX]	; it wants no call, or the thread must die
	jmp .done

; `syscall` from 32-bit code comes here on AMD (and would come to address 0 in ring 0 if CSTAR
; were left alone). There are no 32-bit calls: it is made an illegal instruction.
	align 16
syscall_entry32:
	swapgs
	mov [gs:CPU_USER_RSP], rsp
	mov rsp, [gs:CPU_CURRENT]
	push USER_SS
	push qword [gs:CPU_USER_RSP]
	push r11
	push USER_CS - 0x10		; the 32-bit code segment it came from
	push rcx
	push 0
	push 6				; #UD
	jmp trap_entry.save

; A number whose absence every program bears.
syscall_quiet:
	mov rax, -38			; -ENOSYS
	ret

; Calls that read or write the whole frame get it completed first.
%macro FULL_FRAME 1
full_%1:
	COMPLETE_FRAME 8
	jmp %1
%endmacro

%include "syscall_table.inc"

section .rodata
	align 8
trap_stubs:
%assign vector 0
%rep 256
	dq stub_ %+ vector
	%assign vector vector + 1
%endrep
