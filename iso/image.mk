# SPDX-License-Identifier: ISC
# The loader, the root file system's archive and the image. Included by ../Makefile.

# -- loader ---------------------------------------------------------------------------
BOOT_SRC := $(sort $(wildcard boot/*.c))
BOOT_LIB := cmdline conf cpio elf format string
BOOT_OBJ := $(BOOT_SRC:%.c=$(BUILD)/%.o) $(BOOT_LIB:%=$(BUILD)/boot/lib/%.o)

EFI_INCLUDE = $(shell iso/find-efi.sh include 2>/dev/null)
EFI_CFLAGS = -std=gnu11 -O2 -g -ffreestanding -fshort-wchar -mno-red-zone \
	-maccumulate-outgoing-args -mgeneral-regs-only -fpic -fvisibility=hidden \
	-fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables \
	-fno-tree-loop-distribute-patterns -DGNU_EFI_USE_MS_ABI $(WARNINGS) $(DEFINES) \
	-isystem $(EFI_INCLUDE) -isystem $(EFI_INCLUDE)/x86_64 -Ikernel -Iinclude -Iboot

$(BUILD)/boot/%.o: boot/%.c $(BUILD)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(EFI_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/boot/lib/%.o: kernel/lib/%.c $(BUILD)/flags
	$(call say,CC,"$< (loader)")
	@mkdir -p $(@D)
	$(Q)$(CC) $(EFI_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/boot/loader.so: $(BOOT_OBJ)
	$(call say,LD,$@)
	$(Q)$(LD) -nostdlib -znocombreloc -shared -Bsymbolic -z noexecstack --build-id=none \
		--no-warn-rwx-segments -T $(shell iso/find-efi.sh lds) -o $@ \
		$(shell iso/find-efi.sh crt0) $(BOOT_OBJ) $(shell iso/find-efi.sh lib)
	$(Q)if $(NM) -u $@ | grep .; then \
		echo 'The loader uses the symbols above, which nobody defines.' >&2; exit 1; fi

# Without .rela* every static pointer is wrong; without .reloc the firmware refuses the file.
$(BUILD)/BOOTX64.EFI: $(BUILD)/boot/loader.so
	$(call say,EFI,$@)
	$(Q)$(OBJCOPY) -j .text -j .sdata -j .data -j .rodata -j .dynamic -j .dynsym -j .rel \
		-j .rela -j '.rel.*' -j '.rela.*' -j .reloc --target efi-app-x86_64 \
		--subsystem=10 $< $@
	$(Q)$(OBJDUMP) -h $@ | grep -q ' \.rela' || { \
		echo 'The loader lost its relocations: look at the objcopy line.' >&2; exit 1; }

# -- root file system -----------------------------------------------------------------
.PHONY: userland
userland: $(BUILD)/flags
	$(call say,MAKE,userland)
	$(Q)if [ -f userland/Makefile ]; then \
		$(MAKE) $(if $(V),,-s) -C userland BUILD=$(abspath $(BUILD)) CC_GLIBC='$(CC) -Wl,--build-id=none'; fi

# The tree is laid afresh each time; the archive keeps its date if nothing changed.
$(BUILD)/initrd.cpio: userland FORCE
	$(Q)iso/mkroot.sh $(BUILD)/root userland/root $(BUILD)/userland/root $(OVERLAY)
	$(Q)$(PYTHON) iso/mkinitrd.py $(BUILD)/root iso/root.modes $@.new
	@cmp -s $@.new $@ && rm $@.new || { mv $@.new $@; printf '  %-8s %s\n' CPIO $@; }

# -- image ----------------------------------------------------------------------------
IMAGE_PARTS := $(BUILD)/BOOTX64.EFI $(BUILD)/kernel.stripped.elf $(BUILD)/kernel.sym \
	$(BUILD)/initrd.cpio iso/leash.conf

.PHONY: iso
iso: $(BUILD)/leash.iso ## the image for CD, USB stick and disk: BUILD/leash.iso

$(BUILD)/leash.iso: $(IMAGE_PARTS) iso/mkiso.sh
	$(call say,ISO,$@)
	$(Q)iso/mkiso.sh $@ $(IMAGE_PARTS)

-include $(BOOT_OBJ:.o=.d)
