# SPDX-License-Identifier: ISC
"""What operations cost, in instructions that QEMU counts: no row may get worse unsaid."""

from harness import bench
from harness.runner import test


def run(case):
    """(rows, serial line) of the benchmark under -icount."""
    bench.build_plugin()
    counts = case.path(".counts")
    output = case.run_to_end("quiet init=/bin/bench", 400, status=0, ACCEL="tcg,thread=single",
                             args=bench.ICOUNT + bench.plugin_args(counts))
    with open(counts, encoding="utf-8") as file:
        return bench.parse(output, file.read()), output


@test(60)
def no_operation_got_worse(case):
    rows, output = run(case)
    if not case.check(bench.finished(output), "the benchmark ran to its end"):
        return
    calibration = rows["calib_2insn_loop"]
    case.check(20000 <= calibration.instructions < 20010, "a loop of 20,000 counts as that")
    case.equal(rows["calib_rep_stosb"].rep_bytes, 4096, "bytes of a repeated store of 4096")
    baseline, (linux, _) = bench.read_figures(bench.BASELINE), bench.linux_figures()
    case.equal(set(linux) - set(rows), set(), "rows that Linux has and Leash has not")
    if bench.compiler() == bench.baseline_compiler():
        worse = dict(bench.judge(bench.figures(rows), baseline))
    else:
        worse = {}
        case.note(f"the baseline is by {bench.baseline_compiler()}: nothing compared")
    for name in baseline:
        case.check(name not in worse, f"{name}: {worse.get(name)}; if that is meant, say why in "
                                      "the commit that changes tests/bench-baseline.txt")
    ratios = {name: row.instructions / linux[name][0] for name, row in rows.items()
              if name in linux and row.instructions}
    last = max(ratios, key=ratios.get)
    case.note(f"{len(ratios)} rows, instructions to Linux's: geometric mean "
              f"{bench.geometric_mean(list(ratios.values())):.3f}, the worst {last} "
              f"{ratios[last]:.3f}")


@test(1)
def the_baseline_is_a_judge(case):
    """What must be refused is refused: the comparison can fail."""
    old = {"a": [100.0, 0.0, 1.0], "b": [100.0, 4096.0, 1.0]}
    case.equal(bench.judge(old, old), [], "the same figures")
    case.equal(bench.judge({**old, "a": [102.0, 0, 9]}, old), [], "two in a hundred more")
    case.equal([n for n, _ in bench.judge({**old, "a": [103.0, 0, 1]}, old)], ["a"], "three more")
    case.equal([n for n, _ in bench.judge({**old, "b": [99.0, 8192, 1]}, old)], ["b"],
               "fewer instructions, more bytes")
    case.equal([n for n, _ in bench.judge({"a": old["a"]}, old)], ["b"], "a row is gone")
    case.equal([n for n, _ in bench.judge({**old, "c": old["a"]}, old)], ["c"], "a row is new")


@test(1)
def events_are_counted_once(case):
    """An iret that ends a system call is no exception; the table has what was counted."""
    caught = bench.Row(10, 0.0, {"instructions": 100, "syscall": 2, "sysret": 1, "iret": 3,
                                 "cr3_write": 1, "code_lines": 0.5, "data_lines": 1.2})
    case.equal(caught.exceptions, 2, "three irets, one of a system call")
    case.equal(caught.lines, (5, 12), "lines are those of the batch")
    case.equal(caught.cycles, 50 + 3 * 45 + 2 * 440 + 3 * 270 + 150, "modelled cycles")
    counted = bench.event_table({"Leash": {"row": caught}, "Linux": {}})[1].split()
    case.equal(counted, ["row", "Leash", "2.00", "1.00", "2.00", "3.00", "0.00", "1.00"] +
               ["0.00"] * 6 + ["|", "5", "12"], "the table")
