# SPDX-License-Identifier: ISC
"""x2APIC, and a processor whose id does not fit into eight bits.

QEMU has both in TCG since version 9. Where the system's is older, tests/tools/newer_qemu.sh fetches one
into BUILD; where that is not possible the tests are skipped with the reason. LONG=1 adds all self-tests and
user tests there.
"""

import os
import re
import subprocess
import threading

from harness import machine, tap
from harness.runner import test

LONG = os.environ.get("LONG")
TOOL = os.path.join(machine.ROOT, "tests", "tools", "newer_qemu.sh")
FETCH_SECONDS = 120
ID = 287  # of a second package's only CPU: one in each of 288 sockets
WIDE = {"SMP": f"2,maxcpus={ID + 1},sockets={ID + 1},cores=1,threads=1", "CPU": "max",
        "args": ["-device", f"max-x86_64-cpu,socket-id={ID},core-id=0,thread-id=0"]}
# Threads and processes that wake each other and share memory, tossed about all CPUs.
MEETINGS = "cpus futex thread_race clone fork mmap"
OPT_OUT = bytes([38, 3]) + bytes(10)  # a DMAR table's body: address width, flags; ACPI adds the header
_fetch_lock = threading.Lock()


def newer_qemu(case):
    """The settings that choose it; None: there is none, and the case knows."""
    with _fetch_lock:  # tests run two at a time
        try:
            done = subprocess.run([TOOL, os.path.join(machine.BUILD, "newer-qemu")], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                                  timeout=FETCH_SECONDS * machine.PATIENCE)
        except subprocess.TimeoutExpired:
            done = None
    if done and done.returncode == 0:
        return {"QEMU": done.stdout.strip(), "ACCEL": "tcg"}
    reason = done.stderr.strip() if done else "fetching a newer QEMU takes too long"
    case.skipped.append(f"{case.name}: {reason}")
    return None


@test(35)
def selftest_with_an_id_over_255(case):
    """Three CPUs by x2APIC; the firmware has turned it on itself because of the third one's id."""
    settings = newer_qemu(case)
    if settings:
        output = case.selftest(400, **WIDE, **settings)
        case.check("apic: x2APIC (left on by the firmware), id 0," in output, "the firmware left x2APIC on")
        case.check("smp: 3 of 3 CPUs run" in output, "all three run")


def interrupts(output, name, column):
    """A CPU's number in a row of /proc/interrupts."""
    return int(re.search(rf"^ *{name}: +([\d ]+?) +[A-Za-z]", output, re.M)[1].split()[column])


@test(20)
def programs_with_an_id_over_255(case):
    """That CPU runs programs, its timer ticks, and it is sent interrupts; devices' go to the first."""
    settings = newer_qemu(case)
    if not settings:
        return
    output = case.run_to_end(f'init=/bin/sh -- -c "/tests/run {MEETINGS}; s=$?; grep apicid /proc/cpuinfo; '
                             'cat /proc/interrupts; exit $s"', 200, **WIDE, **settings)
    case.tap(tap.parse(output), "user tests")
    case.equal(re.findall(r"^apicid\s+: (\d+)$", output, re.M), ["0", "1", str(ID)], "ids in /proc/cpuinfo")
    for name in ("LOC", "RES", "CAL", "TLB"):
        case.check(interrupts(output, name, 2) > 0, f"{name}: interrupts of the CPU with id {ID}")
    case.equal([interrupts(output, name, 2) for name in ("SPU", "UNX", "ERR", "4")], [0] * 4,
               f"spurious, unexpected, errors, serial line on the CPU with id {ID}")


@test(10)
def x2apic_is_taken_by_the_kernel(case):
    """Ids are small, so the firmware leaves xAPIC on: the kernel goes on to x2APIC by itself."""
    settings = newer_qemu(case)
    if settings:
        output = case.run_to_end("init=/tests/run -- futex fork", 100, SMP=4, CPU="max", **settings)
        case.tap(tap.parse(output), "user tests")
        case.check("apic: x2APIC, id 0," in output, "x2APIC, and it was not on before")
        case.check("smp: 4 of 4 CPUs run" in output, "all four run")


@test(8)
def firmware_may_opt_out_of_x2apic(case):
    """The DMAR table's flag: then it stays xAPIC."""
    settings = newer_qemu(case)
    if not settings:
        return
    table = case.path(".dmar")
    with open(table, "wb") as file:
        file.write(OPT_OUT)
    output = case.run_to_end("init=/tests/run -- futex", 100, SMP=2, CPU="max",
                             args=["-acpitable", f"sig=DMAR,data={table}"], **settings)
    case.tap(tap.parse(output), "user tests")
    case.check("apic: xAPIC (the firmware asks for it), id 0," in output, "xAPIC though there is x2APIC")
    case.check("smp: 2 of 2 CPUs run" in output, "both run")


@test(12)
def instructions_are_counted(case):
    """-icount and reading the timer by x2APIC do not go together in QEMU 10: iso/qemu.sh asks for xAPIC."""
    settings = newer_qemu(case)
    if settings:
        settings["ACCEL"] = "tcg,thread=single"
        output = case.run_to_end("init=/bin/busybox -- cat /proc/leash/latency", 100,
                                 args=["-icount", "shift=3,sleep=off"], **settings)
        case.check("apic: xAPIC, id 0," in output, "xAPIC")
        case.check(re.search(r"^cpu0 timer_late \d+", output, re.M), "the program ran")


def selftests_and_user_tests(case):
    """In either mode of the APIC."""
    settings = newer_qemu(case)
    if not settings:
        return
    for cpu in ("max,x2apic=off", "max"):
        for smp in (1, 2, 4, 8):
            case.selftest(400, SMP=smp, CPU=cpu, **settings)
        for smp in (1, 2):
            case.tap(tap.parse(case.run_to_end("init=/tests/run", 500, SMP=smp, CPU=cpu, **settings)),
                     f"{cpu}, SMP={smp}")


if LONG:
    test(600)(selftests_and_user_tests)
