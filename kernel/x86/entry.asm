; SPDX-License-Identifier: ISC
; The kernel's first instructions: from the loader's stack to the boot thread's.
; rdi = struct boot_info in the direct map; state as include/boot_info.h promises.

%include "offsets.inc"

extern boot_stack, kernel_main
global kernel_entry

section .text.entry exec
kernel_entry:
	lea rsp, [rel boot_stack + KSTACK_BYTES]	; the boot thread lies above it
	call kernel_main
	ud2						; kernel_main does not return
