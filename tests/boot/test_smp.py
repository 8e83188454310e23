# SPDX-License-Identifier: ISC
"""Several CPUs: they come up in every arrangement, are counted, limited, and keep interrupts on."""

import os
import re

from harness import tap
from harness.runner import test

LONG = os.environ.get("LONG")
SHIFT = 3
LATE_LIMIT = 10_000


@test(20)
def selftest_smp2(case):
    case.check("smp: 2 of 2 CPUs run" in case.selftest(400, SMP=2), "both CPUs run")


@test(40)
def selftest_smp8_two_sockets(case):
    output = case.selftest(400, SMP="8,sockets=2,cores=2,threads=2", MACHINE="pc", CPU="qemu64")
    case.check("smp: 8 of 8 CPUs run" in output, "all eight run")


@test(90)
def user_tests_on_all_cpus(case):
    """The whole user suite where its programs meet on several CPUs; with LONG=1 on four and eight, too."""
    for smp in ("2", "4", "8") if LONG else ("2",):
        case.tap(tap.parse(case.run_to_end("init=/tests/run", 500, SMP=smp)), f"SMP={smp}")


# Programs in which threads or processes meet, none of which takes long.
MEETINGS = """glance file_race walk_race thread_signal thread_end futex pipe fork clone eventfd epoll signalfd sig_wait sig_queue
    exec setxid wait unix_socket"""


@test(40)
def meetings_repeated(case):
    """What goes wrong once in a while. LONG=1: a hundred times each, and more of them."""
    names = " ".join(MEETINGS.split())
    if LONG:
        names += " thread_race sig_ pty tty_session timer job_control kill mmap shm unix vdso race !trace"
    for smp in ("2", "4", "8") if LONG else ("4",):
        output = case.run_to_end(f"init=/tests/run -- --repeat {100 if LONG else 3} {names}",
                                 7200 if LONG else 300, SMP=smp)
        case.tap(tap.parse(output), f"SMP={smp}")


@test(40)
def storms_of_processes(case):
    """Seeded, moved about the CPUs meanwhile; two have theirs in the suite. LONG=1: minutes."""
    for smp in ("1", "2", "4", "8") if LONG else ("2", "8"):
        output = case.run_to_end(f"init=/tests/storm -- {300 if LONG else 2} {smp}7", 1200 if LONG else 200,
                                 SMP=smp)
        case.tap(tap.parse(output), f"SMP={smp}")


@test(20)
def sixteen_cpus_are_counted(case):
    output = case.run_to_end('init=/bin/busybox -- sh -c "nproc; grep -c ^processor '
                             '/proc/cpuinfo; grep -c ^cpu[0-9] /proc/stat"', 200, SMP=16)
    case.check("smp: 16 of 16 CPUs run" in output, "all of them run")
    case.equal(re.findall(r"^(\d+)$", output, re.M), ["16"] * 3, "nproc, cpuinfo, stat")


@test(15)
def threads_are_shown(case):
    """ps shows a process, ps -T and top -H each of its threads by its name."""
    output = case.run_to_end('init=/bin/busybox -- sh -c "/tests/setxid hold & sleep 1; ps | grep -c thread-[0-9]; '
                             'ps -T | grep -c thread-[0-9]; top -H -b -n 1 | grep -c thread-[0-9]; kill $!"',
                             100, SMP=2)
    case.equal(re.findall(r"^(\d+)$", output, re.M), ["0", "12", "12"], "lines of ps, ps -T and top -H")


@test(15)
def topology_is_told(case):
    """/proc/cpuinfo of two packages of two cores of two threads."""
    output = case.run_to_end("init=/bin/busybox -- cat /proc/cpuinfo", 100,
                             SMP="8,sockets=2,cores=2,threads=2")
    for field, values in (("physical id", "00001111"), ("core id", "00110011"),
                          ("siblings", "4" * 8), ("cpu cores", "2" * 8)):
        case.equal("".join(re.findall(rf"^{field}\s+: (\d+)$", output, re.M)), values, field)


@test(15)
def cpus_can_be_limited(case):
    output = case.run_to_end('cpus=3 init=/bin/busybox -- sh -c "nproc; head -n 1 '
                             '/proc/interrupts"', 100, SMP=4)
    case.check("smp: 3 of 4 CPUs run" in output, "one is left out")
    case.check(re.search(r"^3$", output, re.M), "three for programs")
    case.check(re.search(r"^ +CPU0 +CPU1 +CPU2$", output, re.M), "three columns of interrupts")


@test(20)
def interrupts_are_off_for_short(case):
    """Timer interrupts sample it: under -icount, how late they come are instructions."""
    output = case.run_to_end('init=/bin/busybox -- sh -c "for t in fork pipe sched exec mmap; do /tests/$t; done '
                             '>/dev/null; cat /proc/leash/latency"', 400,
                             ACCEL="tcg,thread=single",
                             args=["-icount", f"shift={SHIFT},sleep=off"])
    late = re.search(r"^cpu0 timer_late (\d+)", output, re.M)
    if case.check(late, "the kernel tells how late timers were"):
        count = int(late[1]) >> SHIFT
        case.check(0 < count < LATE_LIMIT, f"at most {count} instructions late")
        case.note(f"timer interrupts at most {count} instructions late")
