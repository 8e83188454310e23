# SPDX-License-Identifier: ISC
# The vDSO: a shared object for programs, carried inside the kernel.

GENERATED += $(GEN)/vdso.so

VDSO_CFLAGS := -std=gnu11 -O2 -fPIC -ffreestanding -fno-stack-protector -fcf-protection=none \
	-fasynchronous-unwind-tables -mgeneral-regs-only -Wall -Wextra -Iinclude -I$(GEN)

$(GEN)/vdso.so: userland/vdso/vdso.c userland/vdso/vdso.lds include/abi/vdso_data.h \
		$(GEN)/syscall_table.inc
	$(call say,VDSO,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(VDSO_CFLAGS) -shared -nostdlib -Wl,-soname,linux-vdso.so.1 -Wl,--hash-style=both \
		-Wl,-Bsymbolic -Wl,-z,max-page-size=4096 -Wl,--build-id=none -Wl,--eh-frame-hdr \
		-Wl,-T,userland/vdso/vdso.lds -o $@ $<

$(BUILD)/kernel/proc/vdso_image.asm.o: $(GEN)/vdso.so
