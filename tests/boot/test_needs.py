# SPDX-License-Identifier: ISC
"""`make needs`: what it must find in programs that were made to lack something."""

import os
import subprocess

from harness import machine
from harness.runner import test

NEEDS = os.path.join(machine.ROOT, "tests", "tools", "needs.py")
BARE = """void _start(void) {
	__asm__("mov $39, %eax; syscall; mov $250, %eax; syscall; xor %edi, %edi; mov $231, %eax; syscall");
}"""
CALLER = "#include <sys/msg.h>\nint gone(void);\nint main(void) { return gone() + msgget(1, 2); }"


def needs(*arguments):
    done = subprocess.run([NEEDS, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout.decode()


def build(case, name, source, *flags):
    path = case.path("-" + name)
    subprocess.run(["gcc", "-x", "c", "-O1", "-w", "-o", path, "-", *flags], input=source.encode(), check=True)
    return path


@test(10)
def needs_of_programs(case):
    status, text = needs(build(case, "bare", BARE, "-static", "-nostdlib", "-fno-pie", "-no-pie"))
    case.check(status == 0 and "static; 3 system calls can be reached, 2 of them" in text, f"static: {text}")
    case.check("\n    keyctl\n" in text, f"the one that Leash has not: {text}")
    library = build(case, "libgone.so", "int gone(void) { return 1; }", "-shared", "-fPIC")
    program = build(case, "caller", CALLER, "-x", "none", library)
    os.unlink(library)
    status, text = needs(program)
    case.check(status == 1 and "not on this machine" in text and "libgone.so" in text, f"library: {text}")
    case.check("msgget (by msgget)" in text, f"through an imported function: {text}")
    status, text = needs("/usr/bin/dash")
    case.check(status == 0 and "not on this machine" not in text and "dynamic" in text, f"dash: {text}")
    script = case.path("-script")
    with open(script, "w", encoding="ascii") as file:
        file.write("#!/usr/bin/dash\n")
    case.check("a script of /usr/bin/dash" in needs(script)[1], "a script is its interpreter")
    status, text = needs("no-such-package-at-all")
    case.check(status not in (0, None) and "no file" in text, f"nothing of that name: {text}")
