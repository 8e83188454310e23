# SPDX-License-Identifier: ISC
"""The console as a person meets it: over the serial line, and by keyboard and screen alone."""

import hashlib
import os
import re
import subprocess
import time

from boot.test_programs import inject_machine_check
from harness import machine, screen
from harness.runner import test

ROOT = os.path.join(machine.BUILD, "root")
BUSYBOX = os.path.join(ROOT, "bin", "busybox")
SCREEN_SECONDS = 60


def _linux(*command):
    return subprocess.run([BUSYBOX, *command], stdout=subprocess.PIPE, check=True,
                          cwd=ROOT).stdout.decode().rstrip("\n").split("\n")


def _listing(lines):
    """{name: (mode, size if it is a file)} of `ls -l`: what does not depend on the file system."""
    found = {}
    for line in lines:
        fields = line.split()
        if len(fields) >= 9 and len(fields[0]) == 10:
            found[fields[8]] = (fields[0], fields[4] if fields[0][0] == "-" else None)
    return found


@test(15)
def prompt_over_serial(case):
    with case.boot("onexit=debug panic=debug") as m:
        m.expect(machine.PROMPT)
        case.equal(m.run("busybox echo Hello, world"), _linux("echo", "Hello,", "world"), "echo")
        case.equal(m.run("busybox cat /etc/os-release"), _linux("cat", "etc/os-release"), "cat")
        case.equal(m.run("cd /; pwd"), ["/"], "cd")
        files = ["bin/busybox", "etc/os-release"]
        case.equal(m.run("busybox md5sum " + " ".join(files)), _linux("md5sum", *files), "md5sum")
        case.equal(m.run("busybox ls -1 /bin"), _linux("ls", "-1", "bin"), "ls /bin")
        ours, theirs = _listing(m.run("busybox ls -l /")), _listing(_linux("ls", "-l"))
        modes = {"root": "drwx------", "tmp": "drwxrwxrwt", "proc": "dr-xr-xr-x", "sys": "dr-xr-xr-x"}
        theirs.update((name, (mode, None)) for name, mode in modes.items())
        case.equal(ours, theirs, "ls -l /")
        case.equal(_listing(m.run("busybox ls -l /bin")), _listing(_linux("ls", "-l", "bin")),
                   "ls -l /bin")
        case.equal(m.run("busybox echo one two | busybox wc"),
                   subprocess.run(f"{BUSYBOX} echo one two | {BUSYBOX} wc", shell=True,
                                  stdout=subprocess.PIPE, check=True).stdout.decode().split("\n")[:-1],
                   "a pipe")
        case.equal(m.run("busybox echo kept > /tmp/f; busybox cat /tmp/f"), ["kept"], "a file")
        case.check(any("not found" in line for line in m.run("nosuchprogram")), "an unknown name")
        case.equal(m.run("sched"), ["rr"], "sched")
        case.equal(m.run("/bin/rogues/ud2"), ["Illegal instruction"], "the shell says how a rogue ended")
        case.check(re.search(r"ud2\[\d+\] killed by SIGILL", m.output), "the kernel says why")
        case.equal(m.run("busybox echo alive")[-1:], ["alive"], "after a rogue the prompt lives")
        m.send("poweroff -f\n")
        case.equal(m.wait(), 33, "poweroff")


@test(8)
def line_editing_and_end_of_file(case):
    with case.boot("onexit=debug panic=debug") as m:
        m.expect(machine.PROMPT)
        case.equal(m.run("echo abX\x7fc")[-1:], ["abc"], "backspace takes a character back")
        m.send("garbage\x15")
        m.expect(r"garbage(leash:~# )$", 10)
        case.equal(m.run("echo clean")[-1:], ["clean"], "^U takes the line back")
        m.send("echo begins; cat\n")
        m.expect(r"^begins$", 10)
        m.send("typed\n")
        m.expect(r"^typed\ntyped$", 10)
        m.send("half a word\x17\x17line\n")
        m.expect(r"^half line$", 10)
        m.send("\x03")
        m.expect(machine.PROMPT, 10, after=len(m.output) - 40)
        case.equal(m.run("echo back")[-1:], ["back"], "^C ends the program, not the shell")
        after = len(m.output)
        m.send("\x04")
        m.expect(r"programs run directly on the CPU", after=after)
        m.expect(machine.PROMPT, after=after)
        case.equal(m.run("echo $0 $HOME $TERM")[-1:], ["-/bin/sh /root vt102"],
                   "^D ends the shell, and init starts a new one")
        m.send("poweroff -f\n")
        case.equal(m.wait(), 33, "poweroff")


def _wait_for(case, m, pattern, name):
    """Takes screenshots until @pattern is on the screen; returns the lines of the last."""
    deadline = time.monotonic() + SCREEN_SECONDS * machine.PATIENCE
    while True:
        lines = screen.best_reading(m.qmp().screenshot(case.path(f"-{name}.ppm")),
                                    os.path.join(machine.BUILD, "gen"))
        text = "\n".join(lines)
        if re.search(pattern, text, re.M):
            return lines
        if time.monotonic() > deadline:
            shown = "\n".join(line for line in lines if line)[-1500:]
            raise machine.TimedOut(f"{pattern!r} is not on the screen, but:\n{shown}")
        time.sleep(0.7)


def _programs_on_screen(case, m):
    """The shell's and vi's keys, on all of the screen."""
    keys = m.qmp()
    keys.type("clear; stty size; seq 100 >/tmp/n; echo first\n")
    lines = _wait_for(case, m, r"^first$", "size")
    rows, columns = (int(n) for n in lines[0].split())
    case.equal(len(lines), rows, f"the terminal is as large as the screen ({rows}x{columns})")
    keys.type("echo second\n")
    for _ in range(2):
        keys.press("up")
    keys.press("home")
    for _ in range(5):
        keys.press("delete")
    keys.type("echo\t ")
    keys.press("end")
    keys.type("; cat\n")
    keys.type("to cat\n")
    _wait_for(case, m, r"^to cat\nto cat$", "cat")
    keys.press("ctrl", "z")
    _wait_for(case, m, r"Stopped", "stopped")
    keys.type("fg\n")
    keys.press("ctrl", "c")
    keys.type("clear; ls --color /; vi /tmp/n\n")
    lines = _wait_for(case, m, r"^- /tmp/n 1/100 1%", "vi")
    case.equal(lines[:rows - 1], [str(n) for n in range(1, rows)], "vi has all lines but one for text")
    for key in ("pgdn", "down", "end"):
        keys.press(key)
    keys.type("x")
    keys.press("home")
    keys.type("iA")
    keys.press("esc")
    lines = _wait_for(case, m, rf"^A\d$", "edited")
    keys.type(":wq\n")
    _wait_for(case, m, r"leash:~# ?$", "left")
    keys.type("clear; less /tmp/n\n")
    _wait_for(case, m, r"\A1\n", "less")
    keys.type("G")
    lines = _wait_for(case, m, r"^100$", "end")
    case.equal(lines[rows - 1].rstrip(), "(END)", "less shows the end")
    keys.type("q")
    _wait_for(case, m, r"leash:~# ?$", "quit")


@test(40)
def screen_and_keyboard_alone(case):
    """No serial line at all: what is typed and shown is read from the picture."""
    with case.boot("onexit=debug panic=debug", SERIAL="none", SCREEN="vga", qmp=True) as m:
        lines = _wait_for(case, m, r"leash:~# ?$", "prompt")
        text = "\n".join(lines)
        case.check("programs run directly on the CPU" in text, "the banner is on the screen")
        case.check(screen.UNKNOWN * 2 not in text, "every cell is a character of the font")
        m.qmp().type("busybox echo Shift_IT | busybox md5sum\n")
        digest = hashlib.md5(b"Shift_IT\n").hexdigest()
        lines = _wait_for(case, m, digest, "typed")
        case.check(any(line.endswith("# busybox echo Shift_IT | busybox md5sum") for line in lines),
                   "the typed line is echoed exactly")
        m.qmp().type("busybox seq 200\n")
        lines = _wait_for(case, m, r"^200$", "scrolled")
        numbers = [int(line) for line in lines if line.isdigit()]
        case.equal(numbers, list(range(201 - len(numbers), 201)), "it scrolls without a gap")
        _programs_on_screen(case, m)
        m.qmp().type("clear; poweroff -f")
        try:
            m.qmp().type("\n")
        except (OSError, EOFError):
            pass  # QEMU has ended before it could answer
        case.equal(m.wait(), 33, "poweroff by keyboard")


@test(12)
def panic_on_screen(case):
    with case.boot("onexit=debug panic=halt", SERIAL="none", SCREEN="vga", qmp=True) as m:
        _wait_for(case, m, r"leash:~# ?$", "prompt")
        inject_machine_check(m)
        _wait_for(case, m, r"Next step:", "panic")
        shot = m.qmp().screenshot(case.path("-panic.ppm"))
        width, height, _ = screen.read_ppm(shot)
        memory = m.qmp().framebuffer(case.path("-panic.raw"), width, height)
        lines = screen.best_reading(memory, os.path.join(machine.BUILD, "gen"))
        case.check(any("*** Kernel panic: machine check" in line for line in lines),
                   "the reason is on the screen")
        case.check(any(re.search(r"0x[0-9a-f]{16} \w+\+0x", line) for line in lines),
                   "the backtrace too")


@test(12)
def serial_without_screen_or_keyboard(case):
    """console=serial, no VGA, no i8042: nothing waits for what is not there."""
    with case.boot("onexit=debug panic=debug console=serial", MACHINE="q35,i8042=off") as m:
        m.expect(machine.PROMPT)
        case.equal(m.run("busybox echo here")[-1:], ["here"], "the prompt works")
        m.send("poweroff -f\n")
        case.equal(m.wait(), 33, "poweroff")
