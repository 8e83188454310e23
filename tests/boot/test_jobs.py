# SPDX-License-Identifier: ISC
"""Dynamic programs as Debian packs them: each does a job on Leash as it does on this Linux."""

import os
import re
import shutil
import subprocess

from harness import machine
from harness.runner import test

JOBS = os.path.join(machine.ROOT, "tests", "jobs")
PROGRAMS = """dash bash perl lua5.4 gawk sqlite3 tcc
    basename cat chmod cmp comm cp cut date dd echo env expr head id ln ls mkdir mv od paste printf
    readlink rm seq sha256sum sleep sort split stat tail tee timeout touch tr truncate uniq wc
    """.split()
# What tcc opens: its own files, the C library's headers and its start files.
LIBC = "/usr/lib/x86_64-linux-gnu"
FILES = [LIBC + "/tcc", "/usr/include/x86_64-linux-gnu/bits", "/usr/include/x86_64-linux-gnu/gnu",
         "/usr/include/x86_64-linux-gnu/sys/cdefs.h", "/usr/include/x86_64-linux-gnu/sys/types.h",
         "/usr/include/x86_64-linux-gnu/sys/select.h"]
FILES += [f"/usr/include/{name}.h" for name in
          ("stdio", "stdlib", "string", "strings", "features", "features-time64", "alloca",
           "endian", "stdc-predef")]
FILES += [f"{LIBC}/{name}" for name in ("libc.so", "libc_nonshared.a", "crt1.o", "crti.o", "crtn.o")]
SHELL = "/usr/bin/dash"


def collect(directory):
    """The programs with their libraries and the jobs, as an overlay."""
    shutil.rmtree(directory, ignore_errors=True)
    subprocess.run([os.path.join(machine.ROOT, "tests", "tools", "overlay.sh"), directory,
                    *(f"/usr/bin/{name}" for name in PROGRAMS), *FILES], check=True)
    shutil.copytree(JOBS, os.path.join(directory, "jobs"))
    os.makedirs(os.path.join(directory, "bin"), exist_ok=True)
    os.symlink(SHELL, os.path.join(directory, "bin", "sh"))


def image(directory, iso):
    """The built image, its root file system with @directory laid over it."""
    tools = os.path.join(machine.ROOT, "iso")
    root = iso + "-root"
    initrd = root + ".cpio"
    subprocess.run([f"{tools}/mkroot.sh", root, "userland/root", f"{machine.BUILD}/userland/root",
                    directory], cwd=machine.ROOT, check=True)
    subprocess.run(["python3", f"{tools}/mkinitrd.py", root, f"{tools}/root.modes", initrd], check=True)
    parts = [os.path.join(machine.BUILD, name)
             for name in ("BOOTX64.EFI", "kernel.stripped.elf", "kernel.sym")]
    subprocess.run([f"{tools}/mkiso.sh", iso, *parts, initrd, f"{tools}/leash.conf"], check=True)
    os.unlink(initrd)
    shutil.rmtree(root)


def results(output):
    """{job: (status, lines)}"""
    found = {}
    for part in re.split(r"^=== job ", output, flags=re.M)[1:]:
        name, _, text = part.partition("\n")
        text, _, status = text.partition("=== status ")
        lines = [line for line in text.split("\n") if not machine.LOG_LINE.match(line)]
        found[name] = (status.split("\n")[0], lines)
    return found


def compare(case, name, mine, reference):
    if not case.check(mine is not None, f"{name}: its output is not there"):
        return
    case.equal(mine[0], reference[0], f"{name}: its status")
    for number, (got, want) in enumerate(zip(mine[1], reference[1]), 1):
        if got != want:
            case.check(False, f"{name}: line {number}: Leash {got!r}, Linux {want!r}")
            return
    case.equal(len(mine[1]), len(reference[1]), f"{name}: lines")


@test(50)
def jobs_as_on_linux(case):
    directory, iso = case.path("-overlay"), case.path(".iso")
    collect(directory)
    image(directory, iso)
    linux = subprocess.run([SHELL, f"{JOBS}/all.sh", JOBS], stdout=subprocess.PIPE,
                           stdin=subprocess.DEVNULL, timeout=120).stdout.decode("utf-8", "replace")
    output = case.run_to_end(f"init={SHELL} -- /jobs/all.sh /jobs", 300, ISO=iso, MEDIA="usb")
    reference, mine = results(linux), results(output)
    case.check(len(reference) >= 8, "the jobs ran on Linux")
    for name in reference:
        compare(case, name, mine.get(name), reference[name])
    # Sockets are wanted for syslog and name servers, clone3 has clone behind it: no need of either.
    missing = sorted(set(re.findall(r"unsupported system call \d+ \((?!socket|clone3)\w+\)", output)))
    case.equal(missing, [], "calls that were missing")
    shutil.rmtree(directory)
    os.unlink(iso)
