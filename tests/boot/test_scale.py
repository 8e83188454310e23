# SPDX-License-Identifier: ISC
"""`scale`: what two CPUs do in the time of one, held against what a loop that needs no kernel says
that they could.

An emulator's CPUs are threads of the host's. Where the host has no two to spare, the loop says so; a
row is judged by a run in which it had, and one that never was is skipped, with its figures. The loop says
nothing of the host's caches, which pages that are zeroed need: so a row that comes near the mark is noted,
not failed.
"""

import csv
import os
import subprocess

from harness import machine
from harness.runner import test

ROWS = ("user-mode loop", "null system call", "pipe, there and back", "page fault", "fork, exit and wait")
FREE = 1.7  # the loop's ratio on a host that has two CPUs for us
SHARE = 0.95  # of the loop's ratio: 1.9 where it is 2. The mark, which a row is given RUNS runs to reach
LEAST = 0.75  # below that in every run, two CPUs wait for each other, whatever caches and neighbours do
RUNS = 6


def parse(output):
    """{row: (one CPU's rate, all CPUs', ratio, the loop's, of that)}"""
    return {fields[0]: tuple(float(f) for f in fields[1:])
            for fields in csv.reader(line for line in output.split("\n") if line.startswith('"'))
            if len(fields) == 6}


def judge(case, runs):
    """@runs: what parse() gives, in order. A row is as good as in its best run on a free host."""
    for name in ROWS[1:]:
        rows = [run[name] for run in runs if name in run]
        free = [row for row in rows if row[3] >= FREE]
        figures = ", ".join(f"{row[2]:.2f} (loop {row[3]:.2f})" for row in rows)
        case.note(f"{name}: {figures}")
        if free:
            best = max(row[4] for row in free)
            case.check(best >= LEAST, f"{name}: two CPUs do {best:.2f} of what the loop does with them")
            if best < SHARE:
                case.note(f"{name}: below the mark of {SHARE}")
        elif rows:
            case.skipped.append(f"{name}: the host was never free; two CPUs over one {figures}")


def settled(runs):
    """Each row has had a run at the mark."""
    return all(any(set(run) >= set(ROWS) and run[name][3] >= FREE and run[name][4] >= SHARE for run in runs)
               for name in ROWS[1:])


@test(40, alone=True)
def two_cpus_over_one(case):
    runs = []
    while len(runs) < RUNS and not settled(runs):
        output = case.run_to_end("init=/bin/scale -- --csv", 200, SMP=2, ACCEL="tcg,thread=multi")
        runs.append(parse(output))
        if not case.equal(set(runs[-1]), set(ROWS), "rows on Leash"):
            return
        case.check(all(all(f > 0 for f in row[:2]) for row in runs[-1].values()),
                   f"each did something: {runs[-1]}")
    judge(case, runs)


@test(20)
def scale_on_linux(case):
    program = os.path.join(machine.BUILD, "userland/root/bin/scale")
    done = subprocess.run([program, "--csv", "-r", "3"], check=False, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120 * machine.PATIENCE)
    case.equal((done.returncode, done.stderr), (0, ""), "its status, and what it complains of")
    case.equal(set(parse(done.stdout)), set(ROWS), "rows on Linux")


@test(1)
def scale_is_judged(case):
    """The judge itself: what it passes, fails and skips."""
    def verdict(share, loop):
        class Probe:
            notes, skipped, wrong = [], [], []
        probe = Probe()
        probe.skipped, probe.wrong = [], []
        probe.note = lambda text: None
        probe.check = lambda good, what: good or probe.wrong.append(what)
        judge(probe, [{name: (1.0, 2.0, share * loop, loop, share) for name in ROWS}])
        return len(probe.wrong), len(probe.skipped)

    rows = len(ROWS) - 1
    case.equal(verdict(0.97, 1.95), (0, 0), "a free host, and good")
    case.equal(verdict(0.90, 1.95), (0, 0), "a free host, and near the mark")
    case.equal(verdict(0.70, 1.95), (rows, 0), "a free host, and bad")
    case.equal(verdict(0.90, 1.2), (0, rows), "a busy host")
