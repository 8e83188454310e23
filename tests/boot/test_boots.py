# SPDX-License-Identifier: ISC
"""The real image on every machine it must know: a complete plan and status 33 on each."""

from harness import tap
from harness.runner import test

FEW = "init=/tests/run -- entry regs flags fork wait"


def _programs(case, **settings):
    case.tap(tap.parse(case.run_to_end(FEW, 180, **settings)), "user tests")


@test(20)
def selftest_cd_q35_max(case):
    case.selftest()


@test(20)
def selftest_usb_pc_qemu64_64m(case):
    case.selftest(MEDIA="usb", MACHINE="pc", CPU="qemu64", MEM="64M")


@test(25)
def selftest_usb_max_6g_smp4(case):
    case.selftest(MEDIA="usb", MEM="6G", SMP=4)


@test(20)
def selftest_cd_with_screen(case):
    case.selftest(SCREEN="vga")


@test(12)
def programs_cd_pc_max_64m(case):
    _programs(case, MACHINE="pc", MEM="64M")


@test(12)
def programs_cd_qemu64_smp4(case):
    _programs(case, CPU="qemu64", SMP=4)


@test(12)
def programs_usb_pc_6g(case):
    _programs(case, MEDIA="usb", MACHINE="pc", MEM="6G")


@test(12)
def programs_disk_nvme(case):
    _programs(case, MEDIA="nvme")
