# SPDX-License-Identifier: ISC
"""One emulated machine: started through iso/qemu.sh, its serial line read all the time.

Every wait has a time-out, and close() leaves no process behind. The serial line is QEMU's
stdin and stdout, so that no byte is lost between its start and ours.
"""

import codecs
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time

from harness import tap
from harness.qmp import Qmp
from harness.vt import Terminal

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("BUILD") or os.path.join(ROOT, "build"))
ISO = os.path.join(BUILD, "leash.iso")
# A machine that is slower or busier than the one these numbers were made on.
PATIENCE = float(os.environ.get("PATIENCE") or 1)
BOOT_SECONDS = 90
PROMPT = re.compile(r"leash:[^\n]*# $")
LOG_LINE = re.compile(r"\[ *\d+\.\d{6}\] ")


# The loader has given the machine back: nothing that a test waits for will come.
FIRMWARE = re.compile(r"^BdsDxe: failed to start.*|^UEFI Interactive Shell", re.M)


class TimedOut(Exception):
    """What was waited for did not come in time, or cannot come any more."""


class Machine:
    """Use as a context manager. Settings are iso/qemu.sh's: SMP=4, MEM="64M", …"""

    def __init__(self, log, cmdline="", args=(), qmp=False, fatal=FIRMWARE, **settings):
        self.log_path = log
        self.fatal = fatal
        self.text = ""
        self.ended = False
        self.changed = threading.Condition()
        self.directory = tempfile.mkdtemp(prefix="leash-")
        self.args = list(args)
        if qmp:
            self.qmp_path = os.path.join(self.directory, "qmp")
            self.args += ["-qmp", f"unix:{self.qmp_path},server=on,wait=off"]
        env = dict(os.environ, ISO=ISO, SERIAL="log", SCREEN="none")
        for name in ("SMP", "MEM", "CPU", "MACHINE", "MEDIA", "CMDLINE", "AUTOMATED", "REBOOT", "OUT"):
            env.pop(name, None)
        if cmdline is not None:
            env["CMDLINE"] = cmdline
        env.update({name: str(value) for name, value in settings.items()})
        self.env = env
        self.connection = None

    def __enter__(self):
        self.log = open(self.log_path, "ab")
        self.process = subprocess.Popen(
            [os.path.join(ROOT, "iso", "qemu.sh"), *self.args], env=self.env, cwd=ROOT,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, bufsize=0)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join(10)
        self.process.stdin.close()
        self.process.stdout.close()
        self.log.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _read(self):
        decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a read may cut a character
        while True:
            data = os.read(self.process.stdout.fileno(), 65536)
            with self.changed:
                if data:
                    self.log.write(data)
                    self.log.flush()
                    self.text += decoder.decode(data)
                else:
                    self.ended = True
                self.changed.notify_all()
            if not data:
                return

    def _until(self, condition, seconds, what):
        deadline = time.monotonic() + seconds * PATIENCE
        with self.changed:
            while True:
                found = condition()
                if found:
                    return found
                left = deadline - time.monotonic()
                dead = self.fatal and self.fatal.search(tap.clean(self.text))
                if dead:
                    raise TimedOut(f"{dead[0]!r} came instead of {what}")
                if self.ended:
                    raise TimedOut(f"QEMU ended before {what} was seen")
                if left <= 0:
                    raise TimedOut(f"no {what} in {seconds * PATIENCE:.0f} s")
                self.changed.wait(left)

    @property
    def output(self):
        """The serial line so far, without escape sequences and carriage returns."""
        with self.changed:
            return tap.clean(self.text)

    def expect(self, pattern, seconds=BOOT_SECONDS, after=0):
        """The match of @pattern in output[after:]."""
        regex = re.compile(pattern, re.M) if isinstance(pattern, str) else pattern
        return self._until(lambda: regex.search(tap.clean(self.text)[after:]), seconds,
                           repr(regex.pattern))

    def picture(self, rows=24, columns=80):
        """What a terminal of that size on the serial line shows now: its lines."""
        terminal = Terminal(rows, columns)
        with self.changed:
            terminal.feed(self.text)
        return terminal.lines()

    def shows(self, pattern, seconds=20, rows=24, columns=80):
        """Waits until that terminal shows @pattern; its lines."""
        regex = re.compile(pattern, re.M)
        found = []

        def look():
            found[:] = self.picture(rows, columns)
            return regex.search("\n".join(found))

        self._until(look, seconds, f"{pattern!r} on the terminal")
        return found

    def send(self, text):
        self.process.stdin.write(text.encode())

    def run(self, command, seconds=30):
        """Types @command at the prompt; the lines it printed up to the next prompt, without the
        kernel's log."""
        after = len(self.output)
        self.send(command + "\n")
        self._until(lambda: PROMPT.search(tap.clean(self.text)[after:]), seconds,
                    f"prompt after {command!r}")
        lines = self.output[after:].split("\n")
        return [line for line in lines[1:-1] if not LOG_LINE.match(line)]  # nor echo and prompt

    def wait(self, seconds=BOOT_SECONDS):
        """QEMU's exit status."""
        self._until(lambda: self.ended, seconds, "QEMU's end")
        return self.process.wait(10)

    def qmp(self):
        if not self.connection:
            self.connection = Qmp(self.qmp_path)
        return self.connection

    def cpu_seconds(self):
        """CPU time that QEMU has used."""
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
