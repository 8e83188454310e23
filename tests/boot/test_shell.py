# SPDX-License-Identifier: ISC
"""Debian's busybox as init and shell, typed to: job control, and switching off."""

from harness.runner import test

PROMPT = r"^/ # $"


class Shell:
    """A machine whose lines are typed to ash; each answer is waited for."""

    def __init__(self, m):
        self.m = m
        self.m.expect(PROMPT)
        # ash asks the terminal where the cursor is and prompts anew: let that be over.
        self.type("echo ready\n", r"^ready\n/ # $")

    def type(self, keys, want=PROMPT, seconds=20):
        after = len(self.m.output)
        self.m.send(keys)
        self.m.expect(want, seconds, after)
        return self.m.output[after:]


def self_stopped(sh):
    """The job that reads from the background has been stopped for it, now or in a moment."""
    return any("tty input" in sh.type("jobs\n") for _ in range(20))


@test(12)
def job_control(case):
    with case.boot("onexit=debug panic=debug init=/sbin/init") as m:
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
        case.check(m.wait(30) is not None, "poweroff ends the machine")


@test(8)
def shell_script(case):
    """What scripts are made of: here-documents, substitution, functions, traps, arithmetic."""
    with case.boot("onexit=debug panic=debug init=/sbin/init") as m:
        sh = Shell(m)
        case.check("sum 55" in sh.type("for i in $(seq 10); do s=$((s+i)); done; echo sum $s\n"),
                   "a loop")
        case.check("A-b-c" in sh.type("cat <<E | tr a A\na-$(echo b)-c\nE\n", r"^A-b-c\n(.*\n)*/ # $"),
                   "a here-document")
        case.check("caught" in sh.type("trap 'echo caught' USR1; kill -USR1 $$\n"), "a trap")
        case.check("3 lines" in sh.type("n=$(seq 3 | wc -l); echo $n lines\n"), "a pipeline")
        case.check("status 7" in sh.type("(exit 7); echo status $?\n"), "a status")
        m.send("poweroff\n")
        case.check(m.wait(30) is not None, "poweroff ends the machine")
