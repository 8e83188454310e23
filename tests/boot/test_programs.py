# SPDX-License-Identifier: ISC
"""Unmodified Linux programs: each prints on Leash what it prints on this Linux."""

import os
import re
import subprocess
import time

from harness import machine, tap
from harness.runner import linux_tap, test

ROOT = os.path.join(machine.BUILD, "userland", "root")


@test(90)
def user_tests_as_on_linux(case):
    _, linux = linux_tap([os.path.join(ROOT, "tests", "run")], 300, cwd="/")
    case.tap(linux, "on Linux")
    output = case.run_to_end("init=/tests/run", 300, MEDIA="usb", CPU="qemu64")
    leash = tap.parse(output)
    case.tap(leash, "on Leash")
    ours, theirs = ([(r.ok, r.name) for r in s.results] for s in (leash, linux))
    for mine, reference in zip(ours, theirs):
        if mine != reference:
            case.check(False, f"the first line that differs: Leash {mine}, Linux {reference}")
            break
    case.equal(len(ours), len(theirs), "as many results as on Linux")


@test(25)
def user_tests_on_max(case):
    """The same with AVX, SMEP, SMAP and UMIP."""
    case.tap(tap.parse(case.run_to_end("init=/tests/run", 300)), "on Leash")


@test(60)
def gallery(case):
    case.tap(tap.parse(case.run_to_end("init=/bin/gallery", 300)), "gallery")


@test(25)
def gallery_qemu64(case):
    case.tap(tap.parse(case.run_to_end("init=/bin/gallery", 300, CPU="qemu64")), "gallery")


HELLOS = "init=/bin/prompt -- -c \"tiny; hello-musl; hello-glibc; hello-pie\""


@test(8)
def hellos(case):
    output = case.run_to_end(HELLOS)
    for name in ("tiny", "hello-musl", "hello-glibc", "hello-pie"):
        want = subprocess.run([os.path.join(ROOT, "bin", name)], stdout=subprocess.PIPE).stdout.decode().strip().split("\n")
        at = output.find("\n" + want[0])
        case.check(at >= 0 and all(line in output for line in want), f"{name} says {want[0]!r}")


@test(8)
def kernel_words(case):
    """An unknown word is reported once; NAME=VALUE reaches the first process."""
    output = case.run_to_end("COLOUR=blue flibber init=/bin/busybox -- env")
    case.check(re.search(r"^COLOUR=blue$", output, re.M), "an unknown NAME=VALUE is in the environment")
    reports = [line for line in output.split("\n")
               if "flibber" in line and not re.search(r"cmdline|command line", line)]
    case.equal(len(reports), 1, f"reports of the unknown word {reports}")


@test(8)
def exit_status_leaves_qemu(case):
    """onexit=debug is 0x10 + status: 3 gives QEMU's ((0x13 << 1) | 1) = 39."""
    case.run_to_end("init=/bin/prompt -- -c \"exit 3\"", status=39)


LOOP = "init=/bin/prompt -- -c \"busybox echo begun; /bin/rogues/loop & busybox echo free\""


@test(9)
def round_robin_takes_the_cpu_back(case):
    output = case.run_to_end(f"sched=rr {LOOP}")
    case.check(re.search(r"^begun$[^$]*^free$", output, re.M), "the loop does not hold the machine")


@test(12)
def cooperative_loop_takes_the_hostage(case):
    with case.boot(f"onexit=debug panic=debug sched=coop {LOOP}") as m:
        m.expect(r"^begun$")
        before = m.cpu_seconds()
        time.sleep(6)
        case.check(not re.search(r"^free$", m.output, re.M), "nobody else ran for 6 s")
        case.check(m.process.poll() is None, "the machine is still on")
        case.check(m.cpu_seconds() - before > 2, "and it was busy: the loop ran")
        case.check("Kernel panic" not in m.output, "the kernel did not panic")


@test(10)
def power_off_and_reset(case):
    for onexit, reason in (("poweroff", "guest-shutdown"), ("reboot", "guest-reset")):
        with case.boot(f"onexit={onexit} panic=debug init=/bin/tiny", qmp=True,
                       args=["-no-shutdown"]) as m:
            event = m.qmp().wait_event("SHUTDOWN", 60)
            case.equal(event and event["data"].get("reason"), reason, f"onexit={onexit}")


@test(8)
def panic_report(case):
    """No first process: the report has names, lines and the next step, and the right status."""
    output = case.run_to_end("init=/no/such/program", status=255)
    report = output[output.find("*** Kernel panic"):]
    case.check(report.startswith("*** Kernel panic") and "/no/such/program" in report[:200],
               "the reason names the program")
    case.check(re.search(r"^  0x[0-9a-f]{16} \w+\+0x[0-9a-f]+ \(\S+\.c:\d+\)$", report, re.M),
               "the backtrace has a function, a file and a line")
    case.check("Next step:" in report, "the next step is named")


@test(10)
def idle_is_quiet(case):
    """At the prompt nothing runs: the processor halts, and most memory is free."""
    with case.boot("onexit=debug panic=debug") as m:
        m.expect(machine.PROMPT)
        time.sleep(0.5)
        before = m.cpu_seconds()
        time.sleep(3)
        used = m.cpu_seconds() - before
        case.check(used < 0.6, f"3 s of idling cost {used:.2f} s of CPU")
