# SPDX-License-Identifier: ISC
"""What needs no emulator: the checks, the host tests, the image's own properties."""

import filecmp
import os
import re
import subprocess

from harness import machine, tap
from harness.runner import test

MAKE = os.environ.get("MAKE") or "make"


def _command(case, suffix, command, seconds):
    """Runs @command, its output into a log; returns (status, output)."""
    path = case.path(suffix)
    with open(path, "wb") as log:
        try:
            status = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, cwd=machine.ROOT,
                                    stdin=subprocess.DEVNULL,
                                    timeout=seconds * machine.PATIENCE).returncode
        except subprocess.TimeoutExpired:
            status = f"time-out after {seconds} s"
    with open(path, encoding="utf-8", errors="replace") as log:
        return status, log.read()


def _tail(output):
    return "\n".join(output.rstrip().split("\n")[-15:])


@test(60)
def check(case):
    status, output = _command(case, ".log", ["tests/check.sh"], 500)
    case.tap(tap.parse(output), "make check")
    case.equal(status, 0, "the status of make check")


@test(45)
def unit_tests(case):
    """kernel/lib under ASan and UBSan; prove counts them."""
    command = [MAKE, "-C", "tests/host", f"BUILD={machine.BUILD}", "test"]
    status, output = _command(case, ".log", command, 300)
    total = re.search(r"^Files=\d+, Tests=(\d+),", output, re.M)
    case.check(status == 0 and "Result: PASS" in output and total and int(total[1]) > 0,
               f"host tests: {status}\n{_tail(output)}")
    if status == 0 and total:
        case.passed += int(total[1]) - 1


@test(50)
def fuzz_smoke(case):
    command = [MAKE, "-C", "tests/host", f"BUILD={machine.BUILD}", "FUZZ_SECONDS=5", "fuzz-smoke"]
    status, output = _command(case, ".log", command, 300)
    case.check(status == 0, f"fuzzers: {status}\n{_tail(output)}")


@test(80)
def image_is_reproducible(case):
    """The same sources in another directory give the same bytes."""
    again = os.path.join(machine.BUILD, "again")
    status, output = _command(case, ".log", [MAKE, f"BUILD={again}", "OVERLAY=", "iso"], 400)
    if case.check(status == 0, f"a second build: {status}\n{_tail(output)}"):
        case.check(filecmp.cmp(machine.ISO, os.path.join(again, "leash.iso"), shallow=False),
                   "two builds give the same image")
    overlay = os.path.join(again, "overlay")
    os.makedirs(os.path.join(overlay, "etc"), exist_ok=True)
    with open(os.path.join(overlay, "etc", "laid-over"), "w") as file:
        file.write("a file of the user's own\n")
    status, output = _command(case, "-overlay.log",
                              [MAKE, f"BUILD={again}", f"OVERLAY={overlay}", "iso"], 200)
    with open(os.path.join(again, "initrd.cpio"), "rb") as file:
        case.check(status == 0 and b"etc/laid-over\0" in file.read(),
                   f"OVERLAY= lays a directory over the root: {status}\n{_tail(output)}")


@test(1)
def image_sizes(case):
    kernel = os.path.getsize(os.path.join(machine.BUILD, "kernel.stripped.elf"))
    case.check(kernel < 1 << 20, f"the kernel is under 1 MiB without symbols: {kernel}")
    with open(os.path.join(machine.BUILD, "kernel.stripped.elf"), "rb") as file:
        case.check(b"break=" not in file.read(), "the shipped kernel has no mutants")


@test(2)
def image_has_a_sound_partition_table(case):
    status, output = _command(case, ".log", ["sgdisk", "-v", machine.ISO], 60)
    case.check(status == 0 and "No problems found" in output, f"sgdisk: {_tail(output)}")


@test(10)
def models(case):
    """The wait queue and the run queue, in every interleaving; and seeded races, which must be found."""
    status, output = _command(case, ".log", ["tests/models/check.sh", case.path("-spin")], 200)
    case.tap(tap.parse(output), "the models")
    case.equal(status, 0, f"the status of tests/models/check.sh:\n{_tail(output)}")
