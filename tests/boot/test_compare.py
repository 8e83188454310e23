# SPDX-License-Identifier: ISC
"""Debian's busybox on this Linux and on Leash: the same commands, the same output and status."""

import os
import re
import shutil
import subprocess

from harness import machine, tap
from harness.runner import test

COMPARE = os.path.join(machine.ROOT, "tests", "compare")
HEAD = re.compile(r"^== (?=\d+ )", re.M)


def lay_root(root):
    """The built root file system, with the commands in it."""
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(os.path.join(machine.BUILD, "root"), root, symlinks=True,
                    ignore=shutil.ignore_patterns("tests", "rogues", "gallery"))
    shutil.copytree(COMPARE, os.path.join(root, "tests", "compare"))


def make_image(root, iso):
    tools = os.path.join(machine.ROOT, "iso")
    initrd = root + ".cpio"
    subprocess.run(["python3", f"{tools}/mkinitrd.py", root, f"{tools}/root.modes", initrd],
                   check=True)
    parts = [os.path.join(machine.BUILD, name)
             for name in ("BOOTX64.EFI", "kernel.stripped.elf", "kernel.sym")]
    subprocess.run([f"{tools}/mkiso.sh", iso, *parts, initrd, f"{tools}/leash.conf"], check=True)
    os.unlink(initrd)


def results(output):
    """{command: its output and status}; the kernel's log on the same wire is left out."""
    found = {}
    for part in HEAD.split(tap.clean(output))[1:]:
        head, _, text = part.partition("\n")
        lines = [line for line in text.split("\n") if not machine.LOG_LINE.match(line)]
        text, _, status = "\n".join(lines).rpartition("-- status ")
        found[head.partition(" ")[2]] = (text, status.split("\n")[0])
    return found


def listed():
    """Commands whose difference is accepted; each has its reason above it."""
    with open(os.path.join(COMPARE, "differences.txt"), encoding="utf-8") as file:
        return {line.rstrip("\n") for line in file if line.strip() and not line.startswith("#")}


def first_difference(mine, reference):
    ours, theirs = (text.split("\n") + [f"status {status}"] for text, status in (mine, reference))
    for got, want in zip(ours, theirs):
        if got != want:
            return f"Leash {got!r}, Linux {want!r}"
    return f"Leash {len(ours)} lines, Linux {len(theirs)}"


@test(30)
def busybox_as_on_linux(case):
    root, iso = case.path("-root"), case.path(".iso")
    lay_root(root)
    with open(case.path("-linux.txt"), "w+b") as file:
        linux = subprocess.Popen([f"{COMPARE}/linux.sh", root], stdout=file,
                                 stdin=subprocess.DEVNULL)
        make_image(root, iso)
        output = case.run_to_end("init=/bin/sh -- /tests/compare/runner.sh", 120, ISO=iso,
                                 MEDIA="usb")
        case.equal(linux.wait(120), 0, "the commands' runner on Linux")
        file.seek(0)
        reference = results(file.read().decode("utf-8", "replace"))
    mine, differences = results(output), listed()
    case.check(len(reference) >= 150, f"{len(reference)} commands ran on Linux")
    case.equal(len(mine), len(reference), "commands that ran on Leash")
    case.equal(sorted(differences - set(reference)), [], "listed differences of no command")
    for command, want in reference.items():
        got = mine.get(command, ("", "none"))
        if command in differences:
            continue
        case.check(got == want, f"{command[:90]}: {first_difference(got, want)}")
    shutil.rmtree(root)
    os.unlink(iso)
