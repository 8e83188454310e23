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


# Words that each of our programs refuses.
MISUSES = {"timeline": ("", "-f 6.4 tiny", "--svg", "--from x.trace many", "-Z tiny"),
           "strace": ("", "-o", "-Z tiny"), "predict": ("-s x", "-s -1", "-s", "-c -c 1", "abc"),
           "hostage": ("x", "-1", "3 4", "both once"), "measure": ("-n 9", "-n 10x", "-Z", "a b"),
           "scale": ("-n 0", "-t x", "-Z", "a b", "nosuchrow"),
           "gallery": ("no_such_rogue", "cli -Z"), "hunger": ("no_such_kind",),
           "send": ("", "-n x", "-Z"), "sched": ("fair", "rr coop"), "two": ("x", "1 2", "-5")}


def _said(program, words, **how):
    return subprocess.run([os.path.join(ROOT, "bin", program), *words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                          timeout=60 * machine.PATIENCE, **how)


@test(3)
def our_programs_explain_themselves(case):
    """--help is an answer; words that are not understood are an error, and nothing is done."""
    for program, misuses in MISUSES.items():
        done = _said(program, ["--help"])
        case.equal((done.returncode, done.stderr), (0, ""), f"{program} --help")
        case.check(done.stdout.startswith(f"usage: {program}"), f"{program} --help: {done.stdout}")
        for words in misuses:
            done = _said(program, words.split())
            case.equal((done.returncode, done.stdout), (2, ""), f"{program} {words}")
            case.check(done.stderr, f"{program} {words} says why")
    for program in ("timeline", "strace"):
        for name in ("/no/such", "no-such", "/etc/passwd"):
            done = _said(program, [name])
            case.equal((done.returncode, done.stdout), (127, ""), f"{program} {name}")
            case.check(name in done.stderr, f"{program} {name} names it: {done.stderr}")
    done = _said("measure", ["-n", "10", "no such row"])
    case.check(done.returncode == 2 and "no such row" in done.stderr, "a row that there is not")


@test(60)
def gallery(case):
    case.tap(tap.parse(case.run_to_end("init=/bin/gallery", 300)), "gallery")


@test(25)
def gallery_qemu64(case):
    case.tap(tap.parse(case.run_to_end("init=/bin/gallery", 300, CPU="qemu64")), "gallery")


HELLOS = "init=/bin/sh -- -c \"tiny; hello-musl; hello-glibc; hello-pie\""


@test(8)
def hellos(case):
    output = case.run_to_end(HELLOS)
    for name in ("tiny", "hello-musl", "hello-glibc", "hello-pie"):
        path = os.path.join(ROOT, "bin", name)
        want = subprocess.run([name], executable=path, stdout=subprocess.PIPE).stdout
        want = want.decode().strip().split("\n")
        at = output.find("\n" + want[0])
        case.check(at >= 0 and all(line in output for line in want), f"{name} says {want[0]!r}")


@test(8)
def kernel_words(case):
    """An unknown word is reported once; NAME=VALUE reaches the first process."""
    output = case.run_to_end("COLOUR=blue flibber init=/bin/busybox -- env")
    case.check(re.search(r"^COLOUR=blue$", output, re.M), "an unknown NAME=VALUE is in the environment")
    reports = re.findall(r"^\[.*unknown.*flibber.*", output, re.M)
    case.equal(len(reports), 1, f"reports of the unknown word {reports}")


@test(8)
def exit_status_leaves_qemu(case):
    """onexit=debug is 0x10 + status: 3 gives QEMU's ((0x13 << 1) | 1) = 39."""
    case.run_to_end("init=/bin/sh -- -c \"exit 3\"", status=39)


@test(9)
def round_robin_takes_the_cpu_back(case):
    output = case.run_to_end("sched=rr init=/bin/hostage")
    case.check(re.search(r"^a hog begins", output, re.M), "the hog began")
    case.check(re.search(r"^tick 10, beside the hog$", output, re.M), "the ticker went on")
    case.check("the ticker was never stopped" in output, "to its end")


@test(14)
def cooperative_hog_takes_the_hostage(case):
    with case.boot("onexit=debug panic=debug sched=coop init=/bin/hostage") as m:
        m.expect(r"^a hog begins")
        before = m.cpu_seconds()
        time.sleep(8)
        case.check(re.search(r"^tick 3$", m.output, re.M), "there were ticks before the hog")
        case.check("tick 5" not in m.output, "nobody else ran for 8 s")
        case.check("Kernel panic" not in m.output, "the kernel did not panic")
        if case.check(m.process.poll() is None, "the machine is still on"):
            case.check(m.cpu_seconds() - before > 1, "and it was busy: the hog ran")


@test(10)
def power_off_and_reset(case):
    for onexit, reason in (("poweroff", "guest-shutdown"), ("reboot", "guest-reset")):
        with case.boot(f"onexit={onexit} panic=debug init=/bin/tiny", qmp=True,
                       args=["-no-shutdown"]) as m:
            event = m.qmp().wait_event("SHUTDOWN", 60)
            case.equal(event and event["data"].get("reason"), reason, f"onexit={onexit}")


@test(8)
def no_first_process(case):
    output = case.run_to_end("init=/no/such/program", status=None)
    case.check(re.search(r"^\[.*/no/such/program(?!.*cycles).*", output, re.M), "the log says why")


def inject_machine_check(m):
    """An uncorrected error in bank 1, as hardware would raise it."""
    try:
        m.qmp().command("human-monitor-command",
                        **{"command-line": "mce 0 1 0xbd00000000000134 4 0x12345000 0x8c"})
    except (OSError, EOFError):
        pass  # the panic ended QEMU before it answered


@test(10)
def panic_report(case):
    """A machine check: the report has names, lines and the next step, and the right status."""
    with case.boot("onexit=debug panic=debug trace", qmp=True, SMP=2) as m:
        m.expect(machine.PROMPT)
        time.sleep(0.5)
        inject_machine_check(m)
        case.equal(m.wait(30), 255, "QEMU's exit status after a panic")
        report = m.output[m.output.find("*** Kernel panic"):]
    case.check(report.startswith("*** Kernel panic: machine check"), "the reason")
    case.check(re.search(r"^CPU 0, running \S+", report, re.M), "the CPU and who ran")
    case.check(re.search(r"^rip [0-9a-f]{16}  cs [0-9a-f]{4}  rflags", report, re.M), "registers")
    case.check(re.search(r"^  0x[0-9a-f]{16} \w+\+0x[0-9a-f]+ \(\S+\.(c|h|asm):\d+\)$", report, re.M),
               "the backtrace has a function, a file and a line")
    case.check(re.search(r"Last events:\n  \d+ 0 \d+ \d+ \w+ ", report), "the last trace events")
    case.check(re.search(r"^CPU 1, running idle/1, in the kernel$\n  0x[0-9a-f]{16} \w+\+", report,
                         re.M), "the other CPU was stopped, and where")
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
