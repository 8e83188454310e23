# SPDX-License-Identifier: ISC
"""Debian's busybox as init and shell, typed to: job control, and switching off."""

import os
import re
import shutil
import subprocess

from boot.test_jobs import image
from harness import machine
from harness.runner import test

PROMPT = r"^leash:[^\n]*# $"


class Shell:
    """A machine whose lines are typed to ash; each answer is waited for."""

    def __init__(self, m):
        self.m = m
        self.m.expect(PROMPT)
        # ash asks the terminal where the cursor is and prompts anew: let that be over.
        self.type("echo ready\n", r"^ready\nleash:~# $")

    def type(self, keys, want=PROMPT, seconds=20):
        after = len(self.m.output)
        self.m.send(keys)
        self.m.expect(want, seconds, after)
        return self.m.output[after:]

    def gives(self, keys, line):
        """The line editor redraws its prompt: it is the answer that must come."""
        self.type(keys + "\n", rf"^{re.escape(line)}\nleash:[^\n]*# $")


def self_stopped(sh):
    """The job that reads from the background has been stopped for it, now or in a moment."""
    return any("tty input" in sh.type("jobs\n") for _ in range(20))


@test(12)
def job_control(case):
    with case.boot("onexit=debug panic=debug") as m:
        sh = Shell(m)
        sh.type("echo begin; cat\n", r"^begin$")
        sh.type("are you there\n", r"^are you there\nare you there$")
        case.check("Stopped" in sh.type("\x1a"), "^Z stops the foreground job")
        case.check("Stopped" in sh.type("jobs\n"), "jobs shows it")
        sh.type("bg\n")
        case.check(self_stopped(sh), "bg lets it go on until it reads")
        sh.type("fg\n", r"^cat$")
        sh.type("still there\n", r"^still there\nstill there$")
        sh.type("\x03")
        case.check("cat" not in sh.type("jobs\n"), "^C ends it")
        sh.type("cat &\n")
        case.check(self_stopped(sh), "a background reader is stopped")
        sh.type("kill %1; kill -CONT %1; wait\n")
        sh.type("stty tostop; echo from behind &\n")
        case.check(any("tty output" in sh.type("jobs\n") for _ in range(20)),
                   "with tostop a background writer is stopped")
        m.send("poweroff\n")
        case.equal(m.wait(30), 33, "poweroff ends the machine")


@test(8)
def shell_script(case):
    """What scripts are made of: here-documents, substitution, functions, traps, arithmetic."""
    with case.boot("onexit=debug panic=debug") as m:
        sh = Shell(m)
        case.check("sum 55" in sh.type("for i in $(seq 10); do s=$((s+i)); done; echo sum $s\n"),
                   "a loop")
        case.check("A-b-c" in sh.type("cat <<E | tr a A\na-$(echo b)-c\nE\n", r"^A-b-c\n(.*\n)*leash:~# $"),
                   "a here-document")
        case.check("caught" in sh.type("trap 'echo caught' USR1; kill -USR1 $$\n"), "a trap")
        case.check("3 lines" in sh.type("n=$(seq 3 | wc -l); echo $n lines\n"), "a pipeline")
        case.check("status 7" in sh.type("(exit 7); echo status $?\n"), "a status")
        m.send("poweroff -f\n")
        case.equal(m.wait(30), 33, "poweroff ends the machine")


UP, DOWN, LEFT, HOME, END = "\x1b[A", "\x1b[B", "\x1b[D", "\x1b[H", "\x1b[F"


@test(8)
def shell_line_editor(case):
    """History, completion, keys that move; and what a resize tells."""
    with case.boot("onexit=debug panic=debug serial=30x100") as m:
        sh = Shell(m)
        case.check("30 100" in sh.type("stty size\n"), "serial= is the window's size")
        sh.type("echo first\n")
        sh.type("echo second\n")
        sh.gives(UP + UP, "first")
        sh.gives(UP + UP + UP + DOWN, "second")
        sh.gives("cho bc" + HOME + "e" + END + LEFT + LEFT + "a", "abc")
        case.check(True, "history by Up and Down; Home, End and Left")
        sh.type("mkdir /tmp/longname; echo there >/tmp/longname/file\n")
        case.check("there" in sh.type("cat /tmp/longn\tf\t\n"), "completion of a path")
        case.check("usage" in sh.type("hexdum\t --help 2>&1 | tr U u\n").lower(), "and of a name")
        sh.gives("echo lost\x15echo kept", "kept")
        sh.gives("echo one two\x17three", "one three")
        case.check("\nresized\n" in sh.type("sh -c 'trap \"echo resized\" WINCH; "
                                            "stty rows 40 cols 132; :'\n"), "a resize is a signal")
        case.check("40 132" in sh.type("stty size\n"), "and a size")
        m.send("reboot\n")
        case.equal(m.wait(30), 0, "reboot resets the machine")


def _interrupt(m):
    """^C to a program that runs others by system(3), which ignores it until they have ended: as often
    as it takes."""
    for _ in range(5):
        m.send("\x03")
        try:
            return m.shows(r"leash:~# *$", 2)
        except machine.TimedOut:
            pass
    return m.shows(r"leash:~# *$")


@test(8)
def programs_of_a_whole_screen(case):
    """vi, less, watch and top on the serial line: what a terminal there shows."""
    with case.boot("onexit=debug panic=debug") as m:
        sh = Shell(m)
        m.send("seq 100 >/tmp/n; vi /tmp/n\n")
        lines = m.shows(r"^- /tmp/n 1/100 1%")
        case.equal(lines[:23], [str(n) for n in range(1, 24)], "vi shows 23 lines and a status")
        m.send("Goend\x1b")
        m.shows(r"^100\nend\n(.*\n)*- /tmp/n \[Modified\] 101/101 100%$")
        case.check(True, "a line was added at the end")
        m.send("1GdwiBEGIN\x1b")
        lines = m.shows(r"^BEGIN$(.*\n)*- /tmp/n \[Modified\] 1/101")
        case.equal(lines[:3], ["BEGIN", "2", "3"], "and a word changed at the beginning")
        m.send("jdd")
        lines = m.shows(r"^BEGIN\n3\n(\d+\n){20}24\n")
        case.equal(lines[22], "24", "a deleted line moves up what follows")
        m.send(":wq\n")
        m.shows(r"leash:~# *$")
        case.check("BEGIN\n3\nend\n" in sh.type("head -n2 /tmp/n; tail -n1 /tmp/n\n"), "it is saved")
        m.send("clear; less /tmp/n\n")
        m.shows(r"^24\n/tmp/n$")
        for key, shown in (("/", "^/$"), ("7", "^/7$"), ("7", "^/77$")):
            m.send(key)      # one by one: between two keys busybox's less has a line's mode for a
            m.shows(shown)   # moment, on Linux too, where Return is another character
        m.send("\r")
        lines = m.shows(r"\A77\n(\d+\n){21}99\n")
        case.equal(lines[22], "99", "less finds a line and shows it first")
        m.send("q")
        m.shows(r"leash:~# *$")
        m.send("clear; watch -n 1 echo seen\n")
        case.check(m.shows(r"^seen$")[0].startswith("Every 1"), "watch")
        _interrupt(m)
        m.send("clear; top\n")
        lines = m.shows(r"^ +1 +0 root .* init$")
        case.check(lines[0].startswith("Mem: ") and "PID  PPID" in lines[3], "top")
        m.send("q")
        m.shows(r"leash:~# *$")
        case.check("\nsane\n" in sh.type("echo sane\n"), "the terminal is as before")
        m.send("poweroff -f\n")
        case.equal(m.wait(30), 33, "poweroff")


TERMINFO = [f"/lib/terminfo/{name}" for name in ("l/linux", "v/vt102", "t/tmux", "s/screen")]


def _terminal_programs(case):
    """An image with Debian's tmux and static bash; its path."""
    directory, iso = case.path("-overlay"), case.path(".iso")
    shutil.rmtree(directory, ignore_errors=True)
    subprocess.run([os.path.join(machine.ROOT, "tests", "tools", "overlay.sh"), directory,
                    "/usr/bin/tmux", "/bin/bash-static", *TERMINFO, "/usr/lib/locale/C.utf8"],
                   check=True)
    image(directory, iso)
    shutil.rmtree(directory)
    return iso


@test(30)
def tmux_and_bash(case):
    """tmux is a terminal emulator on pseudo-terminals; bash reads lines and controls jobs."""
    with case.boot("onexit=debug panic=debug", ISO=_terminal_programs(case)) as m:
        sh = Shell(m)
        m.send("export LC_ALL=C.UTF-8; tmux\n")
        m.shows(r"^\[0\] 0:sh\*")
        m.send("clear; tty\n")
        m.shows(r"^/dev/pts/0$")
        m.send("\x02\"")
        m.shows(r"^leash:~#.*\n+(\[0\] 0:sh\*)")
        m.send("clear; tty; stty size\n")
        lines = m.shows(r"^/dev/pts/1\n11 80$")
        case.check("/dev/pts/0" in lines and lines[23].startswith("[0] 0:sh*"),
                   "two panes, each with a terminal of its own")
        m.send("clear; echo begins; sleep 100\n")
        m.shows(r"^begins$")
        m.send("\x03")
        m.shows(r"^begins\n\^C$")
        m.send("tty -s && echo is a terminal\n")
        m.shows(r"^is a terminal$")
        m.send("\x02z")
        m.send("until stty size | grep ^23; do sleep 1; done\n")
        m.shows(r"^23 80$")
        case.check(True, "^C, and a pane that is resized")
        m.send("\x02d")
        m.shows(r"detached \(from session 0\)\]$")
        sh.gives("tmux kill-server; sleep 1; echo /dev/pts/*", "/dev/pts/*")
        sh.type("exec bash-static\n", r"^leash:~# $")
        sh.gives("echo $((6 * 7)) $BASH", "42 /bin/bash-static")
        m.send("\x12echo $((")
        m.shows(r"reverse-i-search\)`echo \$\(\(': echo")
        sh.type("\x05\n", r"^42 /bin/bash-static\nleash:~# $")
        case.check(True, "bash finds a line again by ^R")
        sh.gives("cat <(echo from a pipe) - <<< ignored | tail -n 2 | tr '\\n' ,; echo",
                 "from a pipe,ignored,")
        # bash says what it continues before it gives the terminal away: the job tells when it goes on.
        sh.type("sh -c 'trap \"echo goes on\" CONT; echo begins; while sleep 0.2; do :; done'\n",
                r"^begins$")
        sh.type("\x1a", r"Stopped +sh -c (.*\n)+leash:~# $")
        sh.type("fg\n", r"^goes on$")
        sh.type("\x03", r"^leash:~# $")
        sh.gives("echo $?", "130")
        case.check(True, "and controls jobs")
        m.send("poweroff -f\n")
        case.equal(m.wait(30), 33, "poweroff")
    os.unlink(case.path(".iso"))
