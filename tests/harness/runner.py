# SPDX-License-Identifier: ISC
"""Finds the tests, runs two at a time, and counts what they checked.

A test is a function with @test; it is given a Case and calls its check() and tap(). A test
that checks nothing has failed. Every check counts in the closing line.
"""

import concurrent.futures
import importlib
import os
import pkgutil
import re
import subprocess
import sys
import threading
import time
import traceback

from harness import machine, tap

WORKERS = int(os.environ.get("WORKERS") or 2)  # emulators at once
LOGS = os.path.join(machine.BUILD, "test")
_tests = []


def test(seconds=10, alone=False):
    """Marks a test. @seconds: about how long it takes (the longest begin first).
    @alone: it measures time, and nothing runs beside it."""
    def mark(function):
        module = function.__module__.rpartition("test_")[2]
        _tests.append((seconds, alone, f"{module}/{function.__name__}", function))
        return function
    return mark


def add(name, function, seconds=10):
    """A test by name, for those that come from a table."""
    _tests.append((seconds, False, name, function))


def names():
    return sorted(t[2] for t in _tests)


class Case:
    """One test's run: its checks, its log files."""

    def __init__(self, name):
        self.name = name
        self.passed = 0
        self.skipped = []
        self.notes = []
        self.failures = []
        self.machines = []
        self.started = time.monotonic()

    def path(self, suffix):
        """A file of this test's in BUILD/test."""
        return os.path.join(LOGS, re.sub(r"[^\w.]+", "-", self.name) + suffix)

    def check(self, condition, what):
        if condition:
            self.passed += 1
        else:
            self.failures.append(what)
        return bool(condition)

    def equal(self, got, want, what):
        return self.check(got == want, f"{what}: got {got!r}, want {want!r}")

    def note(self, text):
        """A number worth seeing beside the result."""
        self.notes.append(text)

    def tap(self, stream, what):
        """Counts each result of a TAP stream, and whether it is complete."""
        self.check(stream.complete, f"{what}: {'; '.join(stream.problems[:4])}")
        for result in stream.results:
            if result.skip is not None:
                self.skipped.append(f"{what}: {result.name}: {result.skip}")
            else:
                self.check(result.ok, f"{what}: not ok {result.number} {result.name}")

    def boot(self, cmdline="", **settings):
        """A machine whose serial line is logged; a context manager."""
        suffix = ".log" if not self.machines else f"-{len(self.machines) + 1}.log"
        open(self.path(suffix), "wb").close()
        m = machine.Machine(self.path(suffix), cmdline, **settings)
        self.machines.append(m)
        return m

    def run_to_end(self, cmdline, seconds=machine.BOOT_SECONDS, status=33, **settings):
        """Boots, waits for the end, checks the exit status (None: any); returns the output."""
        with self.boot(f"onexit=debug panic=debug {cmdline}", **settings) as m:
            ended = m.wait(seconds)
            if status is not None:
                self.equal(ended, status, f"QEMU's exit status with {cmdline!r}")
            return m.output

    def selftest(self, seconds=240, **settings):
        """Boots into the kernel's self-test: all that was planned passed, by its count and ours. Its output."""
        output = self.run_to_end("selftest", seconds, **settings)
        stream = tap.parse(output[max(output.find("KTAP version"), 0):])
        self.tap(stream, "selftest")
        self.check(f"# passed {sum(r.ok and r.skip is None for r in stream.results)} failed 0 " in output,
                   "the kernel's own count is ours")
        return output


def _run(name, function):
    case = Case(name)
    try:
        function(case)
        if not case.passed and not case.failures and not case.skipped:
            case.failures.append("it checked nothing")
    except machine.TimedOut as e:
        case.failures.append(f"time-out: {e}")
    except Exception:
        case.failures.append(traceback.format_exc())
    case.seconds = time.monotonic() - case.started
    return case


_print_lock = threading.Lock()


def _report(case):
    with _print_lock:
        state = "FAIL" if case.failures else "ok"
        print(f"{state:4} {case.name:32} {case.passed:5} passed {len(case.failures):3} failed"
              f" {case.seconds:6.1f} s", flush=True)
        for note in case.notes:
            print("     " + note)
        for failure in case.failures[:12]:
            print("     " + failure.rstrip().replace("\n", "\n     "))
        if len(case.failures) > 12:
            print(f"     … and {len(case.failures) - 12} more")
        if case.failures and case.machines:
            print(f"     The end of its last serial line ({case.machines[-1].log_path}):")
            for line in case.machines[-1].output.rstrip().split("\n")[-12:]:
                print("     | " + line[:150])
        sys.stdout.flush()


def load(package_path, package):
    for module in pkgutil.iter_modules([package_path]):
        if module.name.startswith("test_"):
            importlib.import_module(f"{package}.{module.name}")


def run(patterns=()):
    """Runs the tests whose name contains one of @patterns (none: all); returns the cases."""
    os.makedirs(LOGS, exist_ok=True)
    chosen = [t for t in _tests if not patterns or any(re.search(p, t[2]) for p in patterns)]
    chosen.sort(key=lambda t: -t[0])
    cases = []

    def one(name, function):
        case = _run(name, function)
        _report(case)
        cases.append(case)

    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(lambda t: one(t[2], t[3]), [t for t in chosen if not t[1]]))
    for t in chosen:
        if t[1]:
            one(t[2], t[3])
    return cases


def summary(cases):
    """Prints the closing lines; returns the exit status."""
    passed = sum(c.passed for c in cases)
    failed = sum(len(c.failures) for c in cases)
    skipped = [s for c in cases for s in c.skipped]
    for s in skipped:
        print(f"skipped: {s}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def linux_tap(command, seconds, **kwargs):
    """(exit status, stream) of a program run on this machine."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, timeout=seconds, **kwargs)
    return done.returncode, tap.parse(done.stdout.decode("utf-8", "replace"))
