# SPDX-License-Identifier: ISC
"""`measure`, and marks for what it measures: under -icount each instruction takes 2^shift ns of the
guest's time, and its TSC counts those; shifted back, its ticks are instructions.

A shift of 0 gives the same numbers, but OVMF looks for a TPM for two seconds of guest time:
two thousand million instructions, where a shift of 3 leaves an eighth of them.
"""

import csv
import os
import re
import subprocess
import xml.dom.minidom

from harness import machine
from harness.runner import test

SHIFT = 3
BOOT_LIMIT = 50_000_000
LIMITS = {"unknown system call": 120, "null system call": 130, "yield, one way": 600}
CROWDS = (2, 16, 128, 1024)
RINGS = ("2", "4", "8", "16", "24", "32", "64", "96")
ROWS = {"rdtsc", "gettimeofday", "clock_gettime", "clock_gettime, by call", "null system call",
        "unknown system call", "read of 0 bytes", "write of 1 byte", "pipe to itself",
        "timer interrupt", "sleep, how late", "fault to signal handler", "signal to itself",
        "context switch", "yield, one way", "futex there and back", "page fault",
        "copy on write", "mmap and munmap", "fork, exit and wait", "the same with exec",
        *(f"yield among {n}" for n in CROWDS)}


def parse(output):
    """(rows by name, rings by number of processes) of --csv."""
    rows, rings = {}, {}
    for fields in csv.reader(line for line in output.split("\n") if '"' in line or
                             line.startswith("ring,")):
        if fields[0] == "ring":
            rings[fields[1]] = fields[2:]
        elif len(fields) == 10:
            rows[fields[0]] = {"samples": int(fields[1]), "min": int(fields[2]),
                               "median": int(fields[3]), "p99": int(fields[4])}
    return rows, rings


def check_rows(case, output, where):
    """All rows are there, with samples in order."""
    rows, rings = parse(output)
    case.equal(set(rows), ROWS, f"rows on {where}")
    for name, row in rows.items():
        case.check(row["samples"] >= 10 and row["min"] <= row["median"] <= row["p99"],
                   f"{name} on {where} was measured: {row}")
    for n in RINGS:
        case.check(n in rings and len(rings[n]) == 4 and all(float(x) >= 0 for x in rings[n]),
                   f"a ring of {n} on {where}: {rings.get(n)}")
    return rows


def check_picture(case, text, where):
    found = re.search(r"<svg.*</svg>", text, re.S)
    if case.check(found, f"a picture on {where}"):
        panels = xml.dom.minidom.parseString(found[0]).getElementsByTagName("path")
        case.equal(len(panels), len(ROWS), f"panels of the picture on {where}")


def crowd_is_flat(case, costs):
    """A switch costs the same however many wait: within a fifth of what it costs between two."""
    case.note(f"yield in a crowd: {costs}")
    for n in CROWDS[1:]:
        case.check(abs(costs[n] - costs[2]) * 5 <= costs[2],
                   f"a switch among {n} costs {costs[n]} instructions, among 2 {costs[2]}")


@test(60)
def instruction_marks(case):
    output = case.run_to_end("init=/bin/measure -- -n 1000 --csv --svg -", 400,
                             ACCEL="tcg,thread=single",
                             args=["-icount", f"shift={SHIFT},sleep=off"])
    boot = re.search(r"boot: (\d+) thousand cycles", output)
    if case.check(boot, "the kernel logs its count at the first user instruction"):
        count = int(boot[1]) * 1000 >> SHIFT
        case.check(count < BOOT_LIMIT, f"boot in under {BOOT_LIMIT} instructions: {count}")
        case.note(f"boot: {count} instructions")
    rows = check_rows(case, output, "Leash")
    check_picture(case, output, "Leash")
    if not ROWS <= set(rows):
        return
    crowd_is_flat(case, {n: rows[f"yield among {n}"]["median"] >> SHIFT for n in CROWDS})
    for what, limit in LIMITS.items():
        count = rows[what]["median"] >> SHIFT
        case.check(0 < count < limit, f"{what} in under {limit} instructions: {count}")
        case.note(f"{what}: {count} instructions")


@test(20)
def the_same_program_on_linux(case):
    """The command measures Linux too: this one."""
    program = os.path.join(machine.BUILD, "userland/root/bin/measure")
    done = subprocess.run([program, "-n", "200", "--csv", "--svg", "-"], check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=120 * machine.PATIENCE)
    case.equal(done.returncode, 0, f"its status ({done.stderr.strip()})")
    check_rows(case, done.stdout, "Linux")
    check_picture(case, done.stdout, "Linux")
    refused = subprocess.run([program, "-n", "0"], check=False, stderr=subprocess.DEVNULL)
    case.equal(refused.returncode, 2, "no samples are refused")
