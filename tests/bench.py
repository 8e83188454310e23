#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""`make bench`: the same program on Leash and on Linux, counted. See docs/bench.md.

usage: bench.py                the table, and wall-clock times
       bench.py --update       writes what was measured into the committed tables
       bench.py --profile ROW  the kernel's functions in a row (Leash alone)
       bench.py --events       what each row costs beside instructions: system calls, exceptions,
                               writes of CR3 and of MSRs, locked instructions, lines of the cache

Settings: BUILD, ACCEL (kvm: cycles of the real processor, nothing counted), WALL (pairs of
runs by the clock; 3, 0: none), LINUX (no: Linux's figures as committed), LINUX_KERNEL, BENCH (a
part of a row's name).
"""

import os
import shutil
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import bench, machine  # noqa: E402  (needs the path above)

SECONDS = 900
ONLY = os.environ.get("BENCH", "")
A, B = "", "mitigations=off nokaslr"


def text_of(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def checked(serial, what):
    if not bench.finished(serial):
        sys.exit(f"bench: {what} did not finish; its last words:\n" + serial[-800:])
    return serial


def leash(args=(), accel="tcg,thread=single"):
    """The serial line of a run on Leash."""
    log = os.path.join(bench.OUT, "leash.log")
    open(log, "wb").close()
    cmdline = "quiet init=/bin/bench" + (f" BENCH={ONLY}" if ONLY else "")
    with machine.Machine(log, cmdline, args=args, ACCEL=accel) as m:
        m.wait(SECONDS)
        return checked(m.output, "Leash")


def linux_initrd():
    tree = os.path.join(bench.OUT, "tree")
    initrd = os.path.join(bench.OUT, "linux.cpio")
    shutil.rmtree(tree, ignore_errors=True)
    os.makedirs(tree)
    shutil.copy(os.path.join(machine.BUILD, "userland/root/bin/bench"),
                os.path.join(tree, "init"))
    subprocess.run([sys.executable, "iso/mkinitrd.py", tree, "iso/root.modes", initrd],
                   cwd=machine.ROOT, check=True)
    return initrd


def linux(kernel, words, args=(), accel="tcg,thread=single"):
    """The serial line of a run on Linux: the same machine, but the kernel is loaded by QEMU."""
    cpu = "max,x2apic=off" if "-icount" in args else "max"  # as iso/qemu.sh, which says why
    command = ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-machine", "q35",
               "-accel", accel, "-cpu", cpu, "-smp", "1", "-m", "512M", "-display", "none",
               "-no-reboot", "-serial", "stdio", "-monitor", "none", *args,
               "-kernel", kernel, "-initrd", linux_initrd(),
               "-append", f"console=ttyS0 quiet panic=-1 {words} " + (f"BENCH={ONLY}" if ONLY else "")]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          timeout=SECONDS * machine.PATIENCE, check=False)
    return checked(done.stdout.decode("utf-8", "replace").replace("\r", ""), "Linux")


def counted(name, run, **plugin):
    """{row: figures} of a run under -icount with the plugin."""
    counts = os.path.join(bench.OUT, f"{name}.counts")
    serial = run(bench.ICOUNT + bench.plugin_args(counts, **plugin))
    with open(os.path.join(bench.OUT, f"{name}.serial"), "w", encoding="utf-8") as file:
        file.write(serial)
    return bench.parse(serial, text_of(counts)), serial, text_of(counts)


def linux_kernel():
    found = subprocess.run([os.path.join(bench.HERE, "bench/linux.sh"),
                            os.path.join(bench.OUT, "linux")], stdout=subprocess.PIPE, text=True,
                           check=True).stdout.strip()
    return found or sys.exit("bench: no Linux kernel")


def write_table(path, head, columns, tables):
    """@tables: one {row: numbers} for each group of columns, side by side."""
    with open(path, "w", encoding="utf-8") as file:
        for line in head:
            print("# " + line, file=file)
        print(f"# {'row':22} " + " ".join(f"{c:>10}" for c in columns), file=file)
        for name in tables[0]:
            numbers = [n for t in tables for n in t.get(name, [0, 0, 0])]
            print(f"{name:24} " + " ".join(f"{n:10g}" for n in numbers), file=file)


def update_baseline(now):
    write_table(bench.BASELINE, [
        "What an operation costs on Leash: guest instructions (a repeated string instruction",
        "counts once), bytes of such instructions, modelled cycles. Written by",
        "`make bench UPDATE=1`; a row may only get worse in a commit whose message says why.",
        f"compiler: {bench.compiler()}"], ["instr", "rep", "cycles"], [now])


def update_linux(a, b, kernel):
    write_table(bench.LINUX, [
        "The same on Linux, A: as installed, B: mitigations=off nokaslr.",
        f"Written by `make bench UPDATE=1` with {os.path.basename(kernel)} of Debian 12, QEMU",
        "with -cpu max -m 512M -machine q35 " + " ".join(bench.ICOUNT) + "."],
                ["A instr", "rep", "cycles", "B instr", "rep", "cycles"], [a, b])


def by_clock(kernel, accel, pairs):
    """Ticks of real time, medians of paired runs: for the eye, judged by nobody."""
    runs = [(bench.parse(leash(accel=accel)), bench.parse(linux(kernel, A, accel=accel)))
            for _ in range(pairs)]
    print(f"\nticks of the TSC by the clock, accelerator {accel}, medians of {pairs} pairs of "
          "runs (they vary; nothing is judged by them)")
    print(f"{'row':22} {'Leash':>9} {'Linux A':>9} {'L/A':>6}")
    for name in runs[0][0]:
        if all(name in rows for pair in runs for rows in pair):
            mine, theirs = (statistics.median(pair[i][name].ticks for pair in runs)
                            for i in (0, 1))
            ratio = f"{mine / theirs:6.3f}" if theirs else "     -"
            print(f"{name:22} {mine:9.0f} {theirs:9.0f} {ratio}")


def show_profile(row):
    symbols = os.path.join(bench.OUT, "leash.nm")
    with open(symbols, "w", encoding="utf-8") as file:
        subprocess.run(["nm", "-n", os.path.join(machine.BUILD, "kernel.elf")], stdout=file,
                       check=True)
    _, serial, counts = counted("profile", leash, symbols=symbols)
    functions = bench.profile(counts, serial, row)
    if not functions:
        sys.exit(f"bench: nothing was counted for a row {row}: it has another name (make bench shows "
                 f"them), or is a time, as {bench.TIMER} is")
    for n, symbol in functions:
        print(f"{n:10.1f} {symbol}")


def show_events():
    systems = {"Leash": counted("events", leash, lines=True)[0]}
    if os.environ.get("LINUX") != "no":
        kernel = linux_kernel()
        systems["Linux"] = counted("events-a", lambda args: linux(kernel, A, args), lines=True)[0]
    print("events an operation, and lines of the cache that the kernel touches in a batch")
    print("\n".join(bench.event_table(systems)))


def linux_counted():
    """(A, B, the kernel's name): measured, or with LINUX=no as they were committed."""
    if os.environ.get("LINUX") == "no":
        return *bench.linux_figures(), "Linux as committed"
    kernel = linux_kernel()
    a, b = (bench.figures(counted(name, lambda args: linux(kernel, words, args))[0])
            for name, words in (("linux-a", A), ("linux-b", B)))
    if "--update" in sys.argv:
        update_linux(a, b, kernel)
    return a, b, os.path.basename(kernel)


def compare():
    """Prints the table; true if a row is worse than the baseline allows."""
    now, serial, _ = counted("leash", leash)
    a, b, name = linux_counted()
    now = bench.figures(now)
    if "--update" in sys.argv:
        update_baseline(now)
    baseline = bench.read_figures(bench.BASELINE)
    print(f"guest instructions an operation, counted in QEMU's TCG; {bench.compiler()}; "
          f"A: {name} as installed, B: with {B}")
    print("\n".join(bench.table(now, a, b, baseline)))
    for name in bench.skipped(serial):
        print(f"missing on Leash: {name}")
    faults = [] if ONLY else bench.judge(now, baseline)
    for name, sentence in faults:
        print(f"WORSE {name}: {sentence}")
    return bool(faults)


def main():
    accel = os.environ.get("ACCEL") or "tcg"
    bench.build_plugin()
    if "--profile" in sys.argv:
        return show_profile(sys.argv[sys.argv.index("--profile") + 1])
    if "--events" in sys.argv:
        return show_events()
    pairs = int(os.environ.get("WALL") or 3)
    if accel == "kvm":
        return by_clock(linux_kernel(), "kvm", max(pairs, 1))
    worse = compare()
    if pairs:
        by_clock(linux_kernel(), "tcg", pairs)
    return worse


sys.exit(main())
