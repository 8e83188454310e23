# SPDX-License-Identifier: ISC
"""Debian's strace and gdb, unmodified, trace a program on Leash as they do on this Linux."""

import os
import re
import shutil
import subprocess

from harness import machine
from harness.runner import test

from boot import test_jobs

TRACED = os.path.join(machine.ROOT, "tests", "traced")
# gdb turns text into UTF-32 and back.
GCONV = [f"/usr/lib/x86_64-linux-gnu/gconv/{name}" for name in ("gconv-modules.cache", "UTF-32.so")]
MODULES = "import sys; print(*(getattr(m, '__file__', None) or '' for m in sys.modules.values()), sep='\\n')"
PID = r"(kill\(|si_pid=|(?:getpid|gettid|fork|wait4|set_tid_address)\(.*= )(\d+)"
# What differs from run to run: addresses of the stack, how many variables there are, times.
VARYING = [(r"0x7f[0-9a-f]+", "STACK"), (r"/\* \d+ vars \*/", "VARS"), (r"si_[us]time=\d+", "TIME"),
           (r" +", " "), (r"\[Inferior 1 \(process \d+\)", "[Inferior"), (r"process \d+", "process N"),
           (r"\(LWP \d+\)", "LWP"), (r"si_uid=\d+", "UID")]

WATCHED = ["Hardware watchpoint 2: seen"] * 2 + ["New value = 10", "Hardware watchpoint 2: seen", "New value = 14",
           "Breakpoint 3, twice", "Hardware watchpoint 2: seen", "New value = 28"]


def gdb_files():
    """The Python modules that gdb has loaded when it has started."""
    listing = test_jobs.output_of("env", "LC_ALL=C", "/usr/bin/gdb", "-nx", "-batch", "-ex", "python " + MODULES)
    return sorted({path for path in listing.split("\n") if os.path.isfile(path)})


def collect(directory):
    shutil.rmtree(directory, ignore_errors=True)
    shutil.copytree(TRACED, os.path.join(directory, "traced"))
    subprocess.run(["musl-gcc", "-g", "-O0", "-static", "-o", f"{directory}/traced/small", "small.c"],
                   cwd=f"{directory}/traced", check=True)
    subprocess.run([os.path.join(machine.ROOT, "tests", "tools", "overlay.sh"), directory,
                    "/usr/bin/strace", "/usr/bin/gdb", "/usr/bin/dash", "/usr/bin/cat", "/usr/bin/dirname",
                    "/usr/share/gdb", *GCONV, *gdb_files()], check=True)
    os.makedirs(os.path.join(directory, "bin"), exist_ok=True)
    os.makedirs(f"{directory}/usr/lib/python3.11/lib-dynload", exist_ok=True)
    os.symlink("/usr/bin/dash", os.path.join(directory, "bin", "sh"))


def normal(text):
    """Lines without what varies; processes get names in the order of their files."""
    text = "\n".join(line for line in text.replace("\r", "").split("\n")
                     if not machine.LOG_LINE.match(line))
    pids = re.findall(r"=== file \S*/out\.(\d+)", text)
    text = re.sub(r"=== file \S*/out\.(\d+)", "=== file", text)
    text = re.sub(PID, lambda m: f"{m[1]}PID{pids.index(m[2])}" if m[2] in pids else m[0], text)
    # The child ends before its parent waits or while it does: on either system.
    text = re.sub(r"(--- SIGCHLD [^\n]*\n)(wait4\([^\n]*\n)", r"\2\1", text)
    for pattern, name in VARYING:
        text = re.sub(pattern, name, text)
    return text[text.find("=== status"):].rstrip().split("\n")


@test(40)
def strace_and_gdb_as_on_linux(case):
    directory, iso, out = case.path("-overlay"), case.path(".iso"), case.path("-out")
    collect(directory)
    test_jobs.image(directory, iso)
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    linux = subprocess.run(["/usr/bin/dash", f"{directory}/traced/all.sh", out], stdout=subprocess.PIPE,
                           stdin=subprocess.DEVNULL, timeout=120).stdout.decode()
    output = case.run_to_end('init=/usr/bin/dash -- -c "dash /traced/all.sh /tmp; dash /traced/watch.sh"', 300,
                             ISO=iso, MEDIA="usb", MEM="1G")
    output, watched = output.split("=== watch")
    want, got = normal(linux), normal(output)
    case.check(len(want) > 50, "strace and gdb ran on Linux")
    for number, (mine, reference) in enumerate(zip(got, want), 1):
        if mine != reference:
            case.check(False, f"line {number}: Leash {mine!r}, Linux {reference!r}")
    case.equal(len(got), len(want), "lines")
    # Not compared with Linux: there are hypervisors under which its debug registers do nothing.
    case.equal(re.findall(r"^(?:Hardware watchpoint .*|Breakpoint \d, twice|New value .*)", watched, re.M), WATCHED,
               "gdb's hardware watchpoints")
    for path in (directory, out):
        shutil.rmtree(path)
    os.unlink(iso)
