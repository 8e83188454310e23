# SPDX-License-Identifier: ISC
# Builds Leash, puts it on an image, boots it. `make help` lists the targets.
# The recipe of the image is in iso/image.mk, the emulator's in iso/run.mk.

MAKEFLAGS += --no-builtin-rules --no-print-directory
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := iso

# -- variables ------------------------------------------------------------------------
DEBUG ?=
MUTANTS ?=
BUILD ?= build$(if $(DEBUG),/debug)$(if $(MUTANTS),/mutants)
Q := $(if $(V),,@)
say = @printf '  %-8s %s\n' $(1) $(2)

ifeq ($(origin CC),default)
CC := gcc
endif
LD ?= ld
NASM ?= nasm
NM ?= nm
OBJCOPY ?= objcopy
OBJDUMP ?= objdump
ADDR2LINE ?= addr2line
STRIP ?= strip
PYTHON ?= python3
export SOURCE_DATE_EPOCH := 1700000000
export LC_ALL := C
export TZ := UTC

GEN := $(BUILD)/gen
WARNINGS := -Wall -Wextra $(if $(filter true,$(CI)),-Werror)
DEFINES := $(if $(DEBUG),-DDEBUG=1) $(if $(MUTANTS),-DMUTANTS=1)
KINCLUDES := -Ikernel -Iinclude -I$(GEN)
# Nothing here wants a stack in steps of sixteen bytes, nor no-operations run through before a loop. (A
# local struct that begins with one of sixteen bytes, as a list is, gets such a stack all the same: structs
# of hot paths begin with something else.) And branches that are seldom taken are predicted: with their
# usual price GCC loads an error's number before it knows of one, in each function that can fail.
KFLAGS := -std=gnu11 -O2 -g -ffreestanding -fno-pic -fno-pie -mcmodel=kernel -mno-red-zone \
	-mgeneral-regs-only -mpreferred-stack-boundary=3 -falign-jumps=1 -falign-loops=1 -mbranch-cost=1 \
	-fno-asynchronous-unwind-tables -fno-stack-protector -fcf-protection=none \
	$(WARNINGS) $(DEFINES) $(KINCLUDES)
# The kernel is compiled as one program, so that a call from room to room costs no more than one within;
# debug builds file by file, since that is done sooner and each function stays one. What a function may
# change is not told by the functions that it calls: they may switch to another thread.
KLTO := $(if $(DEBUG),,-flto -flto-partition=one -fno-ipa-reference)
KASMFLAGS := -f elf64 -g -F dwarf -Ikernel/ -I$(GEN)/ $(DEFINES)
KLDFLAGS := -nostdlib -static -Wl,-z,max-page-size=0x1000,-z,noexecstack,--build-id=none \
	-Wl,--no-warn-rwx-segments,--orphan-handling=warn

# -- what there is to build -----------------------------------------------------------
KSRC := $(filter-out kernel/x86/offsets.c,$(sort $(shell find kernel -name '*.c')))
KASM := $(sort $(shell find kernel -name '*.asm'))
KOBJ := $(KSRC:%.c=$(BUILD)/%.o) $(KASM:%.asm=$(BUILD)/%.asm.o)

# A room adds its generated headers to GENERATED in a rules.mk of its own.
GENERATED := $(GEN)/offsets.inc $(GEN)/font8x16.psf $(GEN)/font16x32.psf
-include $(sort $(wildcard kernel/*/rules.mk))
.PHONY: generated
generated: $(GENERATED) # named here, so that make keeps what a pattern made

.PHONY: all kernel help clean
all: iso
kernel: $(BUILD)/kernel.elf $(BUILD)/kernel.sym ## only the kernel: BUILD/kernel.elf

# Objects depend on this file, which changes when a flag does.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(CC) $(KFLAGS) $(KLTO) $(KASMFLAGS) $(EFI_CFLAGS)' | cmp -s - $@ || \
		printf '%s\n' '$(CC) $(KFLAGS) $(KLTO) $(KASMFLAGS) $(EFI_CFLAGS)' > $@
.PHONY: FORCE
FORCE:

# -- kernel ---------------------------------------------------------------------------
$(BUILD)/kernel/%.o: kernel/%.c $(BUILD)/flags | $(GENERATED)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(KFLAGS) $(KLTO) -MMD -MP -c -o $@ $<

# A memcpy whose loop the compiler turns into a call of memcpy would never end. And the compiler calls it
# of its own accord, after it has decided what of the program nobody needs.
$(BUILD)/kernel/lib/string.o: KFLAGS += -fno-tree-loop-distribute-patterns
$(BUILD)/kernel/lib/string.o: KLTO :=

# nasm's -MD leaves out what it finds through -I: the generated files are named here.
$(BUILD)/kernel/%.asm.o: kernel/%.asm $(BUILD)/flags $(filter %.inc,$(GENERATED)) \
		kernel/x86/frame.inc | $(GENERATED)
	$(call say,NASM,$<)
	@mkdir -p $(@D)
	$(Q)$(NASM) $(KASMFLAGS) -MD $(@:.o=.d) -MP -MT $@ -o $@ $<

$(BUILD)/kernel.elf: kernel/kernel.ld $(KOBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(KFLAGS) $(KLTO) $(KLDFLAGS) -T kernel/kernel.ld -Wl,-Map=$(BUILD)/kernel.map \
		-o $@ $(KOBJ)

$(BUILD)/kernel.sym: $(BUILD)/kernel.elf kernel/base/mksymbols.py
	$(call say,SYMBOLS,$@)
	$(Q)NM=$(NM) OBJDUMP=$(OBJDUMP) ADDR2LINE=$(ADDR2LINE) $(PYTHON) kernel/base/mksymbols.py $< $@

$(BUILD)/kernel.stripped.elf: $(BUILD)/kernel.elf
	$(call say,STRIP,$@)
	$(Q)$(STRIP) --strip-all -o $@ $<

# The offsets nasm uses, taken from the C headers: `.ascii "->NAME value"` lines.
$(GEN)/offsets.inc: $(wildcard kernel/x86/offsets.c) $(BUILD)/flags
	@mkdir -p $(@D)
	$(Q)if [ -f kernel/x86/offsets.c ]; then \
		$(CC) $(KFLAGS) -MMD -MP -MT $@ -MF $(GEN)/offsets.d -S -o $(GEN)/offsets.s \
			kernel/x86/offsets.c && \
		sed -n 's/.*->\([A-Za-z_0-9]*\) \$$\{0,1\}\(-\{0,1\}[0-9][0-9]*\).*/\1 equ \2/p' \
			$(GEN)/offsets.s > $@.new; \
	else : > $@.new; fi
	@cmp -s $@.new $@ || cp $@.new $@; touch $@; rm -f $@.new

# Console fonts from the distribution's package (PSF, unpacked).
$(GEN)/font8x16.psf $(GEN)/font16x32.psf: $(GEN)/font%.psf: iso/find-font.sh $(BUILD)/flags
	@mkdir -p $(@D)
	$(Q)iso/find-font.sh $* > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@; touch $@

include iso/image.mk
include iso/run.mk

# -- the rest -------------------------------------------------------------------------
compile_commands.json: $(KSRC) $(BOOT_SRC) iso/compdb.py ## for editors: how each file is compiled
	$(Q)$(PYTHON) iso/compdb.py $@ -- $(CC) $(KFLAGS) -- $(KSRC) -- $(CC) $(EFI_CFLAGS) -- $(BOOT_SRC)

clean: ## remove what was built
	rm -rf $(BUILD) compile_commands.json

help: ## this list
	@sed -n 's/^\([a-z_.-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 34
	@echo
	@echo 'Variables: SMP=1 MEM=512M CPU=max ACCEL=auto|kvm|tcg MACHINE=q35|pc MEDIA=cd|usb|disk|nvme|virtio'
	@echo '  CMDLINE="words for the kernel"   OVERLAY=dir laid over the root file system'
	@echo '  SCREEN=1 opens a window   MENU=1 waits for a key   OVMF_CODE=file OVMF_VARS=file'
	@echo '  BUILD=dir  DEBUG=1 (assertions)  MUTANTS=1 (break= options)  V=1 (show commands)'

-include $(KOBJ:.o=.d) $(GEN)/offsets.d
