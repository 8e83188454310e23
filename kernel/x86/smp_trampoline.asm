; SPDX-License-Identifier: ISC
; A processor's first instructions. It wakes in real mode at the beginning of a page below 1 MiB
; to which smp.c has copied this, and goes to long mode in one step (SDM vol. 3, 9.8.5 and 8.4.4).
; Everything is addressed relative to the page: cs:0 in real mode, rip in long mode.
;
; The first to exchange `claim` for 0 may use the parameters; any other, one that was given up
; and comes too late, halts for ever.

%include "offsets.inc"

global smp_trampoline_start, smp_trampoline_long, smp_trampoline_parameters, smp_trampoline_end

%define AT(label) (label - smp_trampoline_start)
MSR_EFER equ 0xc0000080

section .rodata
	align 16
smp_trampoline_start:
bits 16
	cli
	cld
	mov ax, cs
	mov ds, ax
	xor eax, eax
	xchg eax, [AT(claim)]
	test eax, eax
	jz refused
	o32 lgdt [AT(gdt_pointer)]
	mov eax, CR4_PAE
	mov cr4, eax
	mov eax, [AT(cr3_value)]
	mov cr3, eax
	mov ecx, MSR_EFER
	mov eax, [AT(efer_value)]
	xor edx, edx
	wrmsr
	mov eax, CR0_LONG		; paging, caches on
	mov cr0, eax
	jmp dword far [AT(long_pointer)]
refused:
	hlt
	jmp refused

bits 64
smp_trampoline_long:
	mov eax, KERNEL_SS
	mov ss, eax
	mov ds, eax
	mov es, eax
	mov rdi, [rel cpu_area]
	mov rsp, [rel stack_top]
	mov rax, [rel entry_point]
	call rax
	ud2

	align 8
smp_trampoline_parameters:		; struct smp_parameters
claim:		dd 0
cr3_value:	dd 0
efer_value:	dd 0
		dw 0
gdt_pointer:	dw 0
		dd 0
long_pointer:	dd 0
		dd 0
		dd 0
		times 4 dq 0		; the GDT
cpu_area:	dq 0
stack_top:	dq 0
entry_point:	dq 0
smp_trampoline_end:
