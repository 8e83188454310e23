; SPDX-License-Identifier: ISC
; The instructions that touch user memory, each with its landing in .extable should it fault; there SMAP
; is in force again. Those for whole words are in machine/usercopy.h.
; The C side (usercopy.c) has checked the range. SMAP is lifted only between stac and clac.
; The first two are called from inline assembly (machine/usercopy.h), the others follow the SysV ABI and
; return 0, or -EFAULT.

%include "offsets.inc"

%include "x86/frame.inc"

global copy_user_bytes, zero_user_bytes, copy_user_string_raw
global compare_exchange_user_u32_raw
global save_xstate_user_raw, save_fxstate_user_raw, load_xstate_user_raw, load_fxstate_user_raw
global user_xrstor, user_fxrstor

EFAULT equ 14

%macro MAY_FAULT 1			; the next instruction; lands at %1
%%here:
	[section .extable]
	dq %%here, %1
	__?SECT?__
%endmacro

section .text

; rdx bytes from rsi to rdi, of which either may be the user's. Carry is set if that faults; rcx, rsi and
; rdi are lost.
copy_user_bytes:
	SMAP_INSTRUCTION stac
	mov rcx, rdx
	shr rcx, 3
	MAY_FAULT bytes_fault
	rep movsq
	mov ecx, edx
	and ecx, 7			; clears carry
	jz .end
	MAY_FAULT bytes_fault
	rep movsb
.end:
	SMAP_INSTRUCTION clac
	ret
bytes_fault:
	stc
	ret

; rdx bytes at rdi, likewise; rax is lost, too
zero_user_bytes:
	SMAP_INSTRUCTION stac
	xor eax, eax
	mov rcx, rdx
	shr rcx, 3
	MAY_FAULT bytes_fault
	rep stosq
	mov ecx, edx
	and ecx, 7
	MAY_FAULT bytes_fault
	rep stosb
	SMAP_INSTRUCTION clac
	ret

; ssize_t copy_user_string_raw(char *dst, const char *src, size_t max): length without NUL,
; max if none was found, or -EFAULT
;
; Eight bytes at a time while they lie in one page of the source and there is room for them: so it reads
; nothing that the string's own bytes do not vouch for. A zero byte in a word x shows in
; (x - 0x0101...) & ~x & 0x8080..., the first one as the lowest bit. What lies behind the NUL in its word
; is copied along.
copy_user_string_raw:
	SMAP_INSTRUCTION stac
	xor eax, eax
	mov r8, -0x0101010101010101
	mov r9, 0x8080808080808080
.words:
	lea rcx, [rsi + rax]
	mov r11, rdx
	or rcx, -4096
	sub r11, rax
	neg rcx				; bytes up to the page's end
	cmp rcx, r11
	cmova rcx, r11
	sub rcx, 8
	jb .byte
	add rcx, rax			; the last place where a word may begin
.word:
	MAY_FAULT .fault
	mov r10, [rsi + rax]
	lea r11, [r10 + r8]
	mov [rdi + rax], r10
	not r10
	and r11, r10
	and r11, r9
	jnz .found
	add rax, 8
	cmp rax, rcx
	jbe .word
	jmp .words
.found:
	bsf r11, r11
	shr r11, 3
	add rax, r11
	jmp .end
.byte:
	cmp rax, rdx
	je .end
	MAY_FAULT .fault
	mov cl, [rsi + rax]
	mov [rdi + rax], cl
	test cl, cl
	jz .end
	inc rax
	jmp .words
.end:
	SMAP_INSTRUCTION clac
	ret
.fault:
	mov rax, -EFAULT
	ret

; int compare_exchange_user_u32_raw(u64 dst, u32 *expected, u32 new)
compare_exchange_user_u32_raw:
	SMAP_INSTRUCTION stac
	mov eax, [rsi]
	MAY_FAULT fault
	lock cmpxchg [rdi], edx
	mov [rsi], eax
done:
	SMAP_INSTRUCTION clac
	xor eax, eax
	ret
fault:
	mov eax, -EFAULT
	ret

; All components of the vector registers, to and from an image in user memory, whose last word is at
; `end`. Loading, an image that the program has damaged is a #GP, for which trap.c knows the two
; instructions by name.

; int save_xstate_user_raw(u64 area, const struct fpu_marks *marks, u64 end)
save_xstate_user_raw:
	SMAP_INSTRUCTION stac
	mov r8, rdi
	mov r9, rdx
	mov r10d, [rsi + MARKS_END]
	add rdi, FPX_SOFTWARE_OFFSET
	mov ecx, MARKS_END / 8
	MAY_FAULT fault
	rep movsq
	mov eax, -1
	mov edx, eax
	MAY_FAULT fault
	xsave64 [r8]
	MAY_FAULT fault
	mov [r9], r10d
	jmp done

; int save_fxstate_user_raw(u64 area)
save_fxstate_user_raw:
	SMAP_INSTRUCTION stac
	MAY_FAULT fault
	fxsave64 [rdi]
	jmp done

; int load_xstate_user_raw(u64 area, const struct fpu_marks *marks, u64 end)
load_xstate_user_raw:
	SMAP_INSTRUCTION stac
	mov eax, [rsi]
	MAY_FAULT fault
	cmp eax, [rdi + FPX_SOFTWARE_OFFSET]
	jne unmarked
	mov eax, [rsi + FPX_SIZE]
	MAY_FAULT fault
	cmp eax, [rdi + FPX_SOFTWARE_OFFSET + FPX_SIZE]
	jne unmarked
	mov eax, [rsi + MARKS_END]
	MAY_FAULT fault
	cmp eax, [rdx]
	jne unmarked
	mov eax, -1
	mov edx, eax
	MAY_FAULT fault
user_xrstor:
	xrstor64 [rdi]
	jmp done
unmarked:
	SMAP_INSTRUCTION clac
	mov eax, 1
	ret

; int load_fxstate_user_raw(u64 area)
load_fxstate_user_raw:
	SMAP_INSTRUCTION stac
	MAY_FAULT fault
user_fxrstor:
	fxrstor64 [rdi]
	jmp done
