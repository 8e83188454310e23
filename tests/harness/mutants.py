# SPDX-License-Identifier: ISC
"""Runs tests/mutants.tbl: each protection taken away must turn its named test red.

The test build's kernel (MUTANTS=1) is booted once for each distinct command line without
break=, where every named test must be green, and once for each mutant. Red is: the named
test reported `not ok`; or, where the table says so (gone), that the machine ended or was
held before the test could report. A mutant that is not there is a failure.
"""

import collections
import os
import re
import subprocess

from harness import machine, runner, tap

Row = collections.namedtuple("Row", "name how test cmdline")
SECONDS = 60


def table():
    rows = []
    with open(os.path.join(machine.ROOT, "tests", "mutants.tbl")) as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                rows.append(Row(*(field.strip() for field in line.split("|"))))
    return rows


def build():
    make = os.environ.get("MAKE") or "make"
    directory = os.path.join(machine.BUILD, "mutants")
    subprocess.run([make, "MUTANTS=1", f"BUILD={directory}", "iso"], check=True,
                   cwd=machine.ROOT)
    return os.path.join(directory, "leash.iso")


def _boot(case, iso, cmdline):
    """(output, how it ended: "33", "status N" or "time-out")."""
    words = cmdline.split(" ")
    settings = dict(w.split("=", 1) for w in words if re.match("[A-Z]+=", w))
    cmdline = " ".join(w for w in words if not re.match("[A-Z]+=", w))
    with case.boot(f"onexit=debug panic=debug {cmdline}", ISO=iso, **settings) as m:
        try:
            status = m.wait(SECONDS)
            return m.output, "33" if status == 33 else f"status {status}"
        except machine.TimedOut:
            return m.output, "time-out"


def _baseline(iso, cmdline, rows):
    def run(case):
        output, end = _boot(case, iso, cmdline)
        stream = tap.parse(output)
        case.check(end == "33" and stream.complete, f"nothing broken: {end}, {stream.problems}")
        for row in rows:
            found = stream.find(row.test)
            case.check(found and all(r.ok and r.skip is None for r in found),
                       f"{row.test} is there and green while nothing is broken")
    return run


def _mutant(iso, row):
    def run(case):
        output, end = _boot(case, iso, f"break={row.name} {row.cmdline}")
        case.check(re.search(rf"mutant {row.name}:", output), f"break={row.name} took effect")
        found = tap.parse(output).find(row.test)
        red = any(not r.ok for r in found) or (row.how == "gone" and not found and end != "33")
        case.check(red, f"{row.test} is red without {row.name} (the machine: {end})")
        case.note(f"{row.test}: {'not ok' if found else 'gone'} ({end})")
    return run


def run(words):
    os.makedirs(runner.LOGS, exist_ok=True)
    iso = build()
    rows = [r for r in table() if not words or r.name in words]
    by_cmdline = collections.defaultdict(list)
    for row in rows:
        by_cmdline[row.cmdline].append(row)
    for i, (cmdline, group) in enumerate(by_cmdline.items(), 1):
        runner.add(f"mutants/none-{i}", _baseline(iso, cmdline, group))
    for row in rows:
        runner.add(f"mutants/{row.name} {row.cmdline}", _mutant(iso, row))
    return runner.run(["^mutants/"])
