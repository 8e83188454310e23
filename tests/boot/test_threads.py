# SPDX-License-Identifier: ISC
"""Threads of other libraries: glibc's, linked both ways, C11's, Go's; and stress-ng's stressors.

LONG=1 runs all stressors for a minute each, on four CPUs, then all at once on 1, 2, 4 and 8, and a storm of
a hundred times the length.
"""

import glob
import os
import re
import shutil
import subprocess

from boot.test_jobs import image
from harness import machine, tap
from harness.runner import linux_tap, test

LONG = os.environ.get("LONG")
STRESS_SECONDS = int(os.environ.get("STRESS_SECONDS") or 60)
STRESS_SMP = (os.environ.get("STRESS_SMP") or ("1 2 4 8" if LONG else "4")).split()
USER = os.path.join(machine.ROOT, "tests", "user")
THREADS = os.path.join(machine.ROOT, "tests", "threads")
LIB = os.path.join(machine.ROOT, "userland", "lib")
# What both C libraries are given.
PROGRAMS = [os.path.join(USER, f"{name}.c")
            for name in ("thread", "thread_end", "thread_signal", "futex_pi", "setxid")]
PROGRAMS.append(os.path.join(THREADS, "c11.c"))
SHORT_LIST = """futex pthread mutex clone vfork fork signal kill sigq switch tlb-shootdown mmap mprotect
    fault"""
LONG_LIST = SHORT_LIST + """ cpu yield pipe sigsegv sigfpe sigtrap sigsuspend sigrt vm timer itimer timerfd
    nanosleep affinity context sem poll alarm priv-instr x86syscall brk stack opcode fp vecfp regs tsc
    schedpolicy"""


def overlay(directory, *programs):
    shutil.rmtree(directory, ignore_errors=True)
    subprocess.run([os.path.join(machine.ROOT, "tests", "tools", "overlay.sh"), directory, *programs],
                   check=True)


def same_lines(case, ours, theirs):
    for mine, reference in zip(ours, theirs):
        if mine != reference:
            case.check(False, f"the first line that differs: Leash {mine!r}, Linux {reference!r}")
            break
    case.equal(len(ours), len(theirs), "as many lines as on Linux")


def compile_all(directory):
    """Each program for glibc, static and dynamic, beside a copy of the runner."""
    os.makedirs(directory, exist_ok=True)
    shutil.copy(os.path.join(machine.BUILD, "userland", "root", "tests", "run"), directory)
    for source in PROGRAMS:
        name = os.path.splitext(os.path.basename(source))[0]
        for how in ("static", "dynamic"):
            subprocess.run([os.environ.get("CC", "gcc"), "-std=gnu11", "-O2", "-D_GNU_SOURCE", "-w",
                            *(["-static"] if how == "static" else []), "-I", LIB, source,
                            os.path.join(LIB, "tap.c"), "-o", f"{directory}/{name}_{how}", "-pthread"],
                           check=True)


@test(60)
def threads_of_glibc_as_on_linux(case):
    directory, iso, programs = case.path("-overlay"), case.path(".iso"), case.path("-programs")
    compile_all(programs)
    overlay(directory, "/lib/x86_64-linux-gnu/libgcc_s.so.1",  # opened by pthread_cancel
            *(f"{programs}/{name}" for name in os.listdir(programs)))
    shutil.move(directory + programs, f"{directory}/glibc")
    image(directory, iso)
    _, linux = linux_tap([f"{programs}/run"], 300, cwd="/")
    case.tap(linux, "on Linux")
    leash = tap.parse(case.run_to_end("init=/glibc/run", 300, ISO=iso, MEDIA="usb"))
    case.tap(leash, "on Leash")
    same_lines(case, *([f"{r.ok} {r.name}" for r in stream.results] for stream in (leash, linux)))
    for path in (directory, programs):
        shutil.rmtree(path)
    os.unlink(iso)


GO = """fzf --version; for q in 199 77 4x; do seq 1 3000 | fzf --filter $q | sort; done
gosu nobody busybox id -u; gosu nobody:nogroup busybox id; gosu nosuch busybox id; echo "status $?"
if [ -e /usr/bin/gotest ]; then gotest; echo "status $?"; fi"""


def compile_go(directory):
    """A Go program of ours, where there is a compiler (it is too large to be asked for)."""
    compilers = glob.glob("/usr/lib/go-*/bin/go") + glob.glob("/usr/local/go/bin/go")
    if not compilers:
        return None
    out = os.path.join(directory, "usr", "bin", "gotest")
    os.makedirs(os.path.dirname(out), exist_ok=True)
    env = dict(os.environ, CGO_ENABLED="0", GO111MODULE="off", GOFLAGS="", HOME=directory)
    subprocess.run([compilers[0], "build", "-o", out, os.path.join(THREADS, "main.go")], check=True, env=env)
    shutil.rmtree(os.path.join(directory, ".cache"), ignore_errors=True)
    return out


@test(40)
def go_programs_as_on_linux(case):
    directory, iso = case.path("-overlay"), case.path(".iso")
    overlay(directory, "/usr/sbin/gosu", "/usr/bin/fzf", "/usr/bin/sort", "/usr/bin/seq")
    ours = compile_go(directory)
    with open(os.path.join(directory, "go.sh"), "w", encoding="ascii") as script:
        script.write("PATH=/usr/bin:/usr/sbin:/bin; export LC_ALL=C\necho begin\n" + GO + "\necho end\n")
    image(directory, iso)
    text = open(os.path.join(directory, "go.sh"), encoding="ascii").read()
    if ours:
        text = text.replace("/usr/bin/gotest", ours).replace("then gotest", f"then {ours}")
    linux = subprocess.run(["/bin/busybox", "sh", "-c", text], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, timeout=120).stdout.decode()
    leash = case.run_to_end("init=/bin/busybox -- sh /go.sh", 300, ISO=iso, MEDIA="usb")
    lines = [[line for line in part.partition("begin\n")[2].partition("\nend")[0].split("\n")
              if not machine.LOG_LINE.match(line)] for part in (leash, linux)]
    case.check(len(lines[1]) > 100, "the programs ran on Linux")
    same_lines(case, *lines)
    shutil.rmtree(directory)
    os.unlink(iso)


STRESS = """mkdir -p /tmp/s; cd /tmp/s
for s in {stressors}; do
/usr/bin/stress-ng --$s {instances} --timeout {seconds}s --verify > /tmp/out 2>&1
echo "stressor $s ended with $?"; grep -E "fail|not ok" /tmp/out
done; echo end of stress"""


@test(60)
def stress_ng(case):
    directory, iso = case.path("-overlay"), case.path(".iso")
    stressors = (LONG_LIST if LONG else SHORT_LIST).split()
    overlay(directory, "/usr/bin/stress-ng")
    with open(os.path.join(directory, "stress.sh"), "w", encoding="ascii") as script:
        script.write(STRESS.format(stressors=" ".join(stressors), instances=4 if LONG else 2,
                                   seconds=60 if LONG else 1))
    image(directory, iso)
    output = case.run_to_end("init=/bin/busybox -- sh /stress.sh", 120 * len(stressors) if LONG else 300,
                             ISO=iso, MEDIA="usb", SMP="4" if LONG else "1", MEM="768M")
    ended = dict(re.findall(r"^stressor (\S+) ended with (\d+)", output, re.M))
    for name in stressors:
        case.equal(ended.get(name), "0", f"stress-ng --{name} --verify")
    shutil.rmtree(directory)
    os.unlink(iso)


# Some that stress-ng skips here (tsc and x86syscall want an Intel CPU), some too slow to come to
# a count in the time that a minute on four CPUs gives them.
IDLE_MOST = 6
# All at once: what one stressor does meets what the others do.
STRESS_TOGETHER = """mkdir -p /tmp/s; cd /tmp/s
/usr/bin/stress-ng {stressors} --timeout {seconds}s --verify --metrics-brief > /tmp/out 2>&1
echo "together ended with $?"; cat /tmp/out; grep BROKEN /proc/leash/check; echo end of stress"""


@test(90)
def stress_ng_together(case):
    """`make stress SECONDS=600 SMP="4 8"` does the same for longer, and on other numbers of CPUs."""
    directory, iso = case.path("-overlay"), case.path(".iso")
    stressors = LONG_LIST.split()
    overlay(directory, "/usr/bin/stress-ng")
    with open(os.path.join(directory, "stress.sh"), "w", encoding="ascii") as script:
        script.write(STRESS_TOGETHER.format(stressors=" ".join(f"--{name} 1" for name in stressors),
                                            seconds=STRESS_SECONDS))
    image(directory, iso)
    for smp in STRESS_SMP:
        output = case.run_to_end("init=/bin/busybox -- sh /stress.sh", 240 + 2 * STRESS_SECONDS,
                                 ISO=iso, MEDIA="usb", SMP=smp, MEM="768M")
        case.equal(re.findall(r"^together ended with (\d+)", output, re.M), ["0"],
                   f"stress-ng --verify of all {len(stressors)} on {smp} CPUs")
        case.check("lock-up" not in output and "BROKEN" not in output, f"the kernel is well after it on {smp}")
        idle = set(stressors) - set(re.findall(r"metrc: \[\d+\] (\S+) +[1-9]\d* ", output))
        if STRESS_SECONDS * int(smp) >= 240:
            case.check(len(idle) <= IDLE_MOST, f"they did something, but {sorted(idle)}")
        case.note(f"on {smp} CPUs nothing was done by {sorted(idle)}")
    shutil.rmtree(directory)
    os.unlink(iso)


@test(20)
def storm_of_threads(case):
    """Threads and their locks, signals and ends against each other, on several CPUs."""
    for smp in ("2", "4"):
        output = case.run_to_end(f"init=/tests/thread_storm -- {100 if LONG else 2} {smp}7", 1200 if LONG else 200,
                                 SMP=smp)
        case.tap(tap.parse(output), f"SMP={smp}")
