; SPDX-License-Identifier: ISC
; The vDSO as it was linked; vdso.c copies it to pages of its own.

global vdso_image_start, vdso_image_end

section .rodata
	align 16
vdso_image_start:
	incbin "vdso.so"
vdso_image_end:
