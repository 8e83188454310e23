# SPDX-License-Identifier: ISC
"""The real image on every machine it must know: a complete plan and status 33 on each."""

from harness import tap
from harness.runner import test

FEW = "init=/tests/run -- entry regs flags fork wait"


def _selftest(case, **settings):
    output = case.run_to_end("selftest", 240, **settings)
    start = output.find("KTAP version")
    stream = tap.parse(output[max(start, 0):])
    case.tap(stream, "selftest")
    case.check(f"# passed {sum(r.ok and r.skip is None for r in stream.results)} failed 0 " in
               output, "the kernel's own count is ours")


def _programs(case, **settings):
    case.tap(tap.parse(case.run_to_end(FEW, 180, **settings)), "user tests")


@test(20)
def selftest_cd_q35_max(case):
    _selftest(case)


@test(20)
def selftest_usb_pc_qemu64_64m(case):
    _selftest(case, MEDIA="usb", MACHINE="pc", CPU="qemu64", MEM="64M")


@test(25)
def selftest_usb_max_6g_smp4(case):
    _selftest(case, MEDIA="usb", MEM="6G", SMP=4)


@test(20)
def selftest_cd_with_screen(case):
    _selftest(case, SCREEN="vga")


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
