# SPDX-License-Identifier: ISC
# Boots the image, runs the tests, looks after the tools. Included by ../Makefile.
# The QEMU command itself is in iso/qemu.sh.

SMP ?= 1
MEM ?= 512M
CPU ?= max
ACCEL ?= auto
MACHINE ?= q35
MEDIA ?= cd
SCREEN ?=
CMDLINE ?=
OVERLAY ?=
OVMF_CODE ?=
OVMF_VARS ?=
MENU ?=
UPDATE ?=
PROFILE ?=
EVENTS ?=
GDB_SOCKET := $(BUILD)/gdb.sock

QEMU_ENV = ISO='$(BUILD)/leash.iso' SMP='$(SMP)' MEM='$(MEM)' CPU='$(CPU)' ACCEL='$(ACCEL)' \
	MACHINE='$(MACHINE)' MEDIA='$(MEDIA)' OVMF_CODE='$(OVMF_CODE)' OVMF_VARS='$(OVMF_VARS)'
SCREEN_MODE = $(if $(filter-out 0 none,$(SCREEN)),window,none)

.PHONY: run figures run-headless selftest debug gdb check test test-long stress test-mutants bench docs needs \
	doctor setup tools-build tools-run tools-test tools-debug

# Each group of tools is checked before anything that needs it (quick when all is there).
setup: tools-test tools-debug ## install every tool that a target needs
tools-build tools-run tools-test tools-debug: tools-%:
	@iso/setup.sh $*
$(BUILD)/flags: | tools-build

run: tools-run iso ## boot in QEMU at this terminal (Ctrl-A x leaves; SCREEN=1 for a window)
	@$(QEMU_ENV) OUT='$(BUILD)/out' CMDLINE='$(CMDLINE)' AUTOMATED=$(if $(MENU),no,yes) SERIAL=stdio \
		SCREEN=$(SCREEN_MODE) iso/run.sh

figures: tools-run iso ## boot, run the book's figures, write docs/figures/
	@$(QEMU_ENV) SMP=1 OUT='$(BUILD)/out' SERIAL=log SCREEN=none \
		CMDLINE='quiet onexit=debug panic=debug init=/bin/sh -- /etc/figures' iso/run.sh
	@$(PYTHON) iso/receive.py '$(BUILD)/out' docs/figures > /dev/null && ls docs/figures

run-headless: tools-run iso ## boot with the serial line in BUILD/serial.log, no screen, no input
	@$(QEMU_ENV) CMDLINE='$(CMDLINE)' SERIAL=file:$(BUILD)/serial.log SCREEN=none iso/run.sh

selftest: tools-run iso ## run the tests inside the kernel, print their KTAP
	@$(QEMU_ENV) CMDLINE='selftest onexit=debug panic=debug $(CMDLINE)' SERIAL=log \
		SCREEN=none iso/run.sh --selftest

debug: tools-run iso ## boot halted, waiting for `make gdb` in another terminal
	@echo 'QEMU waits; in another terminal: make gdb'
	@rm -f $(GDB_SOCKET)
	@$(QEMU_ENV) CMDLINE='$(CMDLINE)' SERIAL=stdio SCREEN=$(SCREEN_MODE) \
		iso/run.sh -gdb unix:$(GDB_SOCKET),server=on,wait=off -S

gdb: $(BUILD)/kernel.elf tools-debug ## a gdb for `make debug`, stopped at the kernel's first line
	gdb -q $(BUILD)/kernel.elf -ex 'target remote $(GDB_SOCKET)' -ex 'hbreak kernel_entry' \
		-ex continue

check: tools-test ## include directions, formatting, static analysis
	@BUILD='$(BUILD)' tests/check.sh

test: tools-test iso ## every test (BUILD/test holds the logs)
	@BUILD='$(BUILD)' ACCEL='$(ACCEL)' OVMF_CODE='$(OVMF_CODE)' OVMF_VARS='$(OVMF_VARS)' \
		MAKE='$(MAKE)' tests/run.sh

test-long: tools-test iso ## every test, and the long versions: ten minutes of fuzzing
	@LONG=1 BUILD='$(BUILD)' ACCEL='$(ACCEL)' OVMF_CODE='$(OVMF_CODE)' OVMF_VARS='$(OVMF_VARS)' \
		MAKE='$(MAKE)' tests/run.sh

stress: SMP = 4
stress: SECONDS = 60
stress: tools-test iso ## all stressors of stress-ng at once: SECONDS=60 SMP="1 2 4 8"
	@STRESS_SECONDS='$(SECONDS)' STRESS_SMP='$(SMP)' BUILD='$(BUILD)' ACCEL='$(ACCEL)' \
		OVMF_CODE='$(OVMF_CODE)' OVMF_VARS='$(OVMF_VARS)' MAKE='$(MAKE)' tests/run.sh stress_ng_together

test-mutants: tools-test ## show that each protection's test fails once it is taken away
	@BUILD='$(BUILD)' ACCEL='$(ACCEL)' OVMF_CODE='$(OVMF_CODE)' OVMF_VARS='$(OVMF_VARS)' \
		MAKE='$(MAKE)' tests/run.sh --mutants

bench: tools-test iso ## the same operations on Leash and on Linux, counted (docs/bench.md)
	@BUILD='$(BUILD)' ACCEL='$(ACCEL)' OVMF_CODE='$(OVMF_CODE)' OVMF_VARS='$(OVMF_VARS)' \
		CC='$(CC)' $(PYTHON) tests/bench.py $(if $(UPDATE),--update) \
		$(if $(PROFILE),--profile $(PROFILE)) $(if $(EVENTS),--events)

docs: ## what is made in the documents: docs/syscalls.md, the README's numbers of calls and rogues
	$(Q)$(PYTHON) tests/check_syscalls.py --write

needs: ## what FILE=elf-or-package lacks on Leash (RUN=1 ARGS='...': in one run under strace)
	@test -n '$(FILE)' || { echo 'make needs FILE=elf-or-package [RUN=1 ARGS="words"]' >&2; exit 2; }
	@$(PYTHON) tests/tools/needs.py '$(FILE)' $(if $(RUN),--run $(ARGS))

doctor: ## each tool: needed, found, how to get it
	@iso/setup.sh --doctor
