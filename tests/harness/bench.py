# SPDX-License-Identifier: ISC
"""The benchmark's figures: how a run is made, read, scored and compared. See docs/bench.md.

A run is the serial line of tests/bench/ (ticks, by rdtsc) and the file of its plugin (counts by
kind); both list the rows in the same order.
"""

import math
import os
import re
import subprocess

from harness import machine

HERE = os.path.join(machine.ROOT, "tests")
BASELINE = os.path.join(HERE, "bench-baseline.txt")
LINUX = os.path.join(HERE, "bench", "linux.txt")
TARGETS = os.path.join(HERE, "bench", "targets.tbl")
OUT = os.path.join(machine.BUILD, "bench")
PLUGIN = os.path.join(OUT, "libopcount.so")
TOLERANCE = 0.02  # a row may be this much worse than the baseline
# Who is woken goes on at once or after its waker, by where the sampling tick falls: two levels.
TWO_LEVELS = {"futex_pingpong": 0.8}
TIMER = "timer_irq_gap"  # in ticks: what an interrupt takes from a program
UNSCORED = re.compile(r"calib_|rdtsc_pair")  # rows that say how the machine counts

# Under -icount shift=0 a tick of the TSC is an instruction; -seed and clock=vm make a run repeat.
ICOUNT = ["-icount", "shift=0,sleep=off", "-seed", "1", "-rtc",
          "base=2020-01-01T00:00:00,clock=vm"]

# A model of cycles: what each kind costs beside its half cycle an instruction. A repeated string
# instruction moves 32 bytes a cycle. Sources: docs/bench.md.
CYCLES = {"syscall": 45, "sysret": 45, "swapgs": 25, "exception": 440, "iret": 270,
          "cr3_write": 150, "invlpg": 200, "invpcid": 200, "wrmsr": 200, "lock": 20,
          "xsave": 80, "xrstor": 80, "verw": 500}


# The columns of the table of events. TCG has no PCID: each write of CR3 flushes.
EVENTS = {"syscall": ("syscall",), "sysret": ("sysret",), "except": ("exception",),
          "iret": ("iret",), "swapgs": ("swapgs",), "cr3": ("cr3_write",),
          "wrmsr": ("wrmsr",), "invlpg": ("invlpg", "invpcid"), "xsave": ("xsave",),
          "xrstor": ("xrstor",), "lock": ("lock",), "verw": ("verw",)}


class Row:
    """One row: operations a batch; ticks and kinds an operation (none without the plugin)."""

    def __init__(self, ops, ticks, kinds):
        self.ops = ops
        self.ticks = ticks
        self.kinds = kinds

    @property
    def instructions(self):
        """The score: a repeated string instruction counts once; without a count, ticks."""
        return self.kinds.get("instructions", self.ticks)

    @property
    def rep_bytes(self):
        return self.kinds.get("rep_bytes", 0)

    @property
    def exceptions(self):
        """Exceptions and interrupts: each ends with an iret or a sysret, as system calls do."""
        ends = self.kinds.get("iret", 0) + self.kinds.get("sysret", 0)
        return max(0, ends - self.kinds.get("syscall", 0))

    def events(self, *kinds):
        """How many of these an operation."""
        return sum(self.exceptions if k == "exception" else self.kinds.get(k, 0) for k in kinds)

    @property
    def cycles(self):
        return (self.instructions / 2 + self.rep_bytes / 32 +
                sum(cost * self.events(kind) for kind, cost in CYCLES.items()))

    @property
    def lines(self):
        """Lines of the cache that the kernel touches, (code, data): those of a whole batch."""
        return tuple(round(self.kinds.get(k, 0) * self.ops) for k in ("code_lines", "data_lines"))


def build_plugin():
    os.makedirs(OUT, exist_ok=True)
    source = os.path.join(HERE, "bench")
    subprocess.run([os.environ.get("CC") or "gcc", "-std=gnu11", "-O2", "-shared", "-fPIC",
                    "-fvisibility=hidden", "-o", PLUGIN, os.path.join(source, "opcount.c"),
                    os.path.join(source, "classify.c")], check=True)


def plugin_args(counts, symbols=None, lines=False):
    more = (f",symbols={symbols}" if symbols else "") + (",lines=on" if lines else "")
    return ["-plugin", f"{PLUGIN},out={counts}{more}"]


def parse(serial, counts=""):
    """The rows of a run by name; those that were skipped are not in it."""
    counted = {}
    for number, kinds in re.findall(r"^ROW (\d+) median (.*)", counts, re.M):
        counted[int(number)] = {k: int(v) for k, v in
                                (word.split("=") for word in kinds.split())}
    rows = {}
    line = re.compile(r"^BENCH (\S+) +per +(\d+) min +\S+ median +(\S+) ", re.M)
    for number, (name, ops, ticks) in enumerate(line.findall(serial)):
        kinds = {k: v / int(ops) for k, v in counted.get(number, {}).items()}
        rows[name] = Row(int(ops), float(ticks), kinds)
    if re.search(rf"^BENCH {TIMER} +NONE", serial, re.M):
        rows[TIMER] = Row(1, 0.0, {})
    return rows


def finished(serial):
    return bool(re.search(r"^BENCH-STATUS 0$", serial, re.M))


def skipped(serial):
    return re.findall(r"^BENCH (\S+) +SKIP", serial, re.M)


def read_table(path, separator=None):
    """Lines of words, or of fields between @separator; # begins a comment."""
    with open(path, encoding="utf-8") as file:
        return [[field.strip() for field in line.split(separator)] for line in file
                if line.strip() and not line.startswith("#")]


def targets():
    """(first mark, target) by row."""
    return {row: (float(mark), float(goal)) for row, mark, goal in read_table(TARGETS, "|")}


def read_figures(path):
    """{name: [numbers]} of a committed table."""
    return {name: [float(n) for n in numbers] for name, *numbers in read_table(path)}


def linux_figures():
    """(A, B) as figures() makes them."""
    both = read_figures(LINUX)
    return ({name: numbers[:3] for name, numbers in both.items()},
            {name: numbers[3:] for name, numbers in both.items()})


def baseline_compiler():
    with open(BASELINE, encoding="utf-8") as file:
        return re.search(r"^# compiler: (.*)$", file.read(), re.M)[1]


def compiler():
    """The compiler whose code is counted."""
    version = subprocess.run([os.environ.get("CC") or "gcc", "-dumpversion"],
                             stdout=subprocess.PIPE, text=True, check=True)
    return "gcc " + version.stdout.strip()


def figures(rows):
    """What the baseline keeps: instructions, rep bytes and modelled cycles by row."""
    return {name: [round(row.instructions, 2), round(row.rep_bytes), round(row.cycles)]
            for name, row in rows.items() if not UNSCORED.match(name)}


def judge(now, baseline):
    """[(row, sentence)] of what is worse than the baseline allows or does not fit it."""
    faults = []
    for name in sorted(set(now) | set(baseline)):
        if name not in baseline:
            faults.append((name, "is not in the baseline"))
        elif name not in now:
            faults.append((name, "was not measured"))
        else:
            for what, new, old in zip(("instructions", "rep bytes"), now[name], baseline[name]):
                if new > old * (1 + TWO_LEVELS.get(name, TOLERANCE)):
                    faults.append((name, f"{new:g} {what}, the baseline has {old:g}"))
    return faults


def geometric_mean(ratios):
    return math.exp(sum(math.log(r) for r in ratios) / len(ratios)) if ratios else 0


def verdict(name, value, marks, ratio):
    if name not in marks:
        return "ahead" if ratio < 1 else "BEHIND"
    mark, target = marks[name]
    return "target" if value <= target else "mark" if value <= mark else "ahead" \
        if ratio < 1 else "BEHIND"


def table(leash, linux_a, linux_b, baseline):
    """The lines of the table; each argument is {row: [instructions, rep bytes, cycles]}."""
    marks = targets()
    lines = [f"{'row':22} {'Leash':>9} {'Linux A':>9} {'Linux B':>9} {'L/A':>6} {'target':>7}"
             f" {'':7} {'baseline':>9} | {'rep bytes':>13} | {'cycles (model)':>15} {'L/A':>6}"]
    ratios, cycle_ratios = {}, []
    for name, (instructions, rep, cycles) in leash.items():
        if name not in linux_a:
            continue
        a, b = linux_a[name], linux_b.get(name, [0, 0, 0])
        ratio = instructions / a[0] if a[0] else 0
        cycle_ratio = cycles / a[2] if a[2] else 0
        if instructions:
            ratios[name] = ratio
            cycle_ratios.append(cycle_ratio)
        old = baseline.get(name, [0])[0]
        change = f"{100 * (instructions / old - 1):+8.1f}%" if old else "        -"
        goal = f"{marks[name][1]:7.0f}" if name in marks else "      -"
        lines.append(f"{name:22} {instructions:9.0f} {a[0]:9.0f} {b[0]:9.0f} {ratio:6.3f} {goal}"
                     f" {verdict(name, instructions, marks, ratio):7} {change} |"
                     f" {rep:6.0f} {a[1]:6.0f} | {cycles:7.0f} {a[2]:7.0f} {cycle_ratio:6.3f}")
    aimed = [ratio for name, ratio in ratios.items() if name in marks]
    lines.append(f"geometric mean of the ratios to A: {geometric_mean(list(ratios.values())):.3f} in "
                 f"instructions, {geometric_mean(cycle_ratios):.3f} in modelled cycles; "
                 f"the worst row: {max(ratios.values(), default=0):.3f}; "
                 f"of the {len(aimed)} rows with a target: {geometric_mean(aimed):.4f}")
    return lines


def event_table(systems):
    """Lines with what each row costs beside instructions; systems: {name: rows}."""
    lines = [f"{'row':22} {'on':6}" + "".join(f" {column:>7}" for column in EVENTS) +
             f" | {'lines: code':>11} {'data':>5}"]
    for name in next(iter(systems.values())):
        for system, rows in systems.items():
            if name in rows and rows[name].kinds:
                row = rows[name]
                lines.append(f"{name:22} {system:6}" +
                             "".join(f" {row.events(*k):7.2f}" for k in EVENTS.values()) +
                             " | {:11} {:5}".format(*row.lines))
    return lines


def profile(counts, serial, name, limit=25):
    """The kernel's functions in a row, by instructions an operation."""
    names = re.findall(r"^BENCH (\S+) +per +(\d+) ", serial, re.M)
    found = []
    for number, n, symbol in re.findall(r"^PROFILE (\d+) (\S+) (\S+)", counts, re.M):
        if names[int(number)][0] == name:
            found.append((float(n) / int(names[int(number)][1]), symbol))
    return sorted(found, reverse=True)[:limit]
