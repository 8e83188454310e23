# SPDX-License-Identifier: ISC
"""What is made of the kernel's trace: the book's tables, pictures, strace, the homework."""

import hashlib
import json
import os
import random
import re
import subprocess
import sys
from xml.etree import ElementTree

from harness import machine, trace_event
from harness.runner import test

RECEIVE = os.path.join(machine.ROOT, "iso", "receive.py")
FIGURES = os.path.join(machine.ROOT, "docs", "figures")
OS, HARDWARE, PROGRAM = range(3)


def receive(path, directory):
    done = subprocess.run([sys.executable, RECEIVE, path, directory], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    return done.returncode, [os.path.basename(n) for n in done.stdout.decode().split()]


def rows(table):
    """(column, text) of each line of the table. Figure 6.1 has no column for the hardware."""
    found = []
    for line in table.split("\n"):
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 2:
            cells.insert(HARDWARE, "")
        if len(cells) != 3 or cells[OS].startswith("OS @") or not any(cells):
            continue
        column = next(i for i, cell in enumerate(cells) if cell)
        found.append((column, cells[column]))
    return found


FIGURE_6_1 = [(OS, "create entry for process list"), (OS, "allocate memory for program"),
              (OS, "load program into memory"), (OS, "set up stack with argc/argv"),
              (OS, "clear registers"), (OS, "execute call main()"), (PROGRAM, "run main()"),
              (PROGRAM, "execute return from main"),
              (OS, "free memory of process"), (OS, "remove from process list")]

TRAP = [(HARDWARE, "save PC and flags of A"), (HARDWARE, "move to kernel mode"),
        (HARDWARE, "jump to syscall handler"), (OS, "save regs(A) → k-stack(A)"),
        (OS, "handle trap")]
RETURN = [(OS, "return-from-trap"), (HARDWARE, "restore regs(A) ← k-stack(A)"),
          (HARDWARE, "move to user mode"), (HARDWARE, "jump to A's PC"), (PROGRAM, "Process A")]
# From the moment when the new process calls exec.
FIGURE_6_2 = ([(PROGRAM, "call execve()"), (PROGRAM, "trap into OS")] + TRAP +
              [(OS, "do work of execve"), (OS, "allocate memory for program"),
               (OS, "load program into memory"), (OS, "set up user stack with argv"),
               (OS, "clear registers"), (OS, "fill kernel stack with reg/PC"),
               (OS, "A is now /bin/tiny"), (OS, "execve gives 0")] + RETURN +
              [(OS, "(1 page fault: trap, bring"), (OS, "the page in, return)"),
               (PROGRAM, "call write()"), (PROGRAM, "trap into OS")] + TRAP +
              [(OS, "do work of write"), (OS, "write gives 12")] + RETURN +
              [(PROGRAM, "call exit_group()"), (PROGRAM, "trap into OS")] + TRAP +
              [(OS, "do work of exit_group"), (OS, "A ends with 42"),
               (OS, "free memory of process"), (OS, "A has ended"), (OS, "call switch() routine"),
               (OS, "save regs(A) → proc_t(A)"), (OS, "remove from process list")])
BOOT = [(OS, "initialize trap table"), (HARDWARE, "remember addresses of 256"),
        (HARDWARE, "trap handlers (timer: 240)"), (HARDWARE, "remember address of syscall"),
        (HARDWARE, "handler"), (OS, "start interrupt timer"), (HARDWARE, "start timer")]
FIGURE_6_3 = BOOT + [(PROGRAM, "Process A"), (HARDWARE, "timer interrupt"),
                     (HARDWARE, "save regs(A) → k-stack(A)"), (HARDWARE, "move to kernel mode"),
                     (HARDWARE, "jump to trap handler"), (OS, "handle the trap"),
                     (OS, "the quantum of A is over"), (OS, "call switch() routine"),
                     (OS, "save regs(A) → proc_t(A)"), (OS, "restore regs(B) ← proc_t(B)"),
                     (OS, "switch to k-stack(B)"), (OS, "return-from-trap into B"),
                     (HARDWARE, "restore regs(B) ← k-stack(B)"), (HARDWARE, "move to user mode"),
                     (HARDWARE, "jump to B's PC"), (PROGRAM, "Process B")]


def _check_tables(case, texts):
    case.equal(rows(texts["figure-6.1.txt"]), FIGURE_6_1, "Figure 6.1")
    whole = rows(texts["figure-6.2.txt"])
    at = whole.index(FIGURE_6_2[0]) if FIGURE_6_2[0] in whole else 0
    case.equal(whole[:len(BOOT)], BOOT, "Figure 6.2, the boot")
    case.equal(whole[len(BOOT)], (OS, "create entry for process list"), "Figure 6.2, the birth")
    case.equal(whole[at:], FIGURE_6_2, "Figure 6.2, the run")
    case.equal(rows(texts["figure-6.3.txt"]), FIGURE_6_3, "Figure 6.3")
    for name in ("figure-6.1.txt", "figure-6.2.txt", "figure-6.3.txt", "hostage.txt"):
        widest = max(len(line) for line in texts[name].split("\n"))
        case.check(widest <= 80, f"{name} fits into 80 columns: {widest}")
    for n in ("6.1", "6.3"):
        with open(os.path.join(FIGURES, f"figure-{n}.txt"), encoding="utf-8") as file:
            case.equal(rows(file.read()), rows(texts[f"figure-{n}.txt"]),
                       f"docs/figures has today's Figure {n} (make figures)")


def _check_json(case, text):
    case.equal(trace_event.problems(text), [], "the JSON is Trace Event Format")
    events = json.loads(text)["traceEvents"]
    names = {e["args"]["name"] for e in events if e["ph"] == "M"}
    case.check({"CPUs", "CPU 0", "A: /bin/two", "B: /bin/two"} <= names, f"the tracks: {names}")
    spans = {(e["cat"], e["name"]) for e in events if e["ph"] == "X"}
    for span in (("syscall", "execve"), ("user", "user"), ("interrupt", "timer"),
                 ("away", "quantum over"), ("fault", "page fault"), ("cpu", "/bin/two")):
        case.check(span in spans, f"a span {span}")


def _check_svg(case, name, text):
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as e:
        case.check(False, f"{name}: {e}")
        return
    case.check(root.tag.endswith("svg") and len(list(root.iter())) > 20, f"{name} is a picture")
    _, _, width, height = (float(n) for n in root.get("viewBox").split())
    boxes = [tuple(float(e.get(k, 0)) for k in ("x", "y", "width", "height"))
             for e in root.iter() if e.tag.endswith("rect")]
    case.check(all(x >= 0 and y >= 0 and x + w <= width and y + h <= height
                   for x, y, w, h in boxes), f"{name}: all of it lies within the picture")
    if name.startswith("figure"):
        texts = {e.text for e in root.iter() if e.tag.endswith("text")}
        case.check({"restore regs(A) ← k-stack(A)", "restore regs(B) ← k-stack(B)"} & texts
                   or name == "figure-6.1.svg", f"{name}: no row is cut")


@test(25)
def figures(case):
    """`make figures` in one boot: the tables are the expected ones, the rest is well-formed."""
    out, directory = case.path(".out"), case.path(".files")
    case.run_to_end("quiet init=/bin/sh -- /etc/figures", 200, OUT=out)
    status, names = receive(out, directory)
    case.equal((status, len(names)), (0, 11), "eleven files came whole")
    texts = {}
    for name in names:
        with open(os.path.join(directory, name), encoding="utf-8") as file:
            texts[name] = file.read()
    _check_tables(case, texts)
    _check_json(case, texts["two.json"])
    for name in names:
        if name.endswith(".svg"):
            _check_svg(case, name, texts[name])
    waits = re.search(r"longest wait for a tick: (\d+) ms with the timer, (\d+)", texts["hostage.txt"])
    if case.check(waits, "hostage tells the longest wait"):
        case.check(int(waits[2]) >= 240, f"without the timer the hog is waited for: {waits[2]} ms")
        case.check(int(waits[1]) < int(waits[2]), f"with it less: {waits[1]} ms")


@test(1)
def trace_event_checker_refuses(case):
    """The checker of the JSON finds each seeded fault."""
    names = [{"name": name, "ph": "M", "pid": 1, "tid": 1, "args": {"name": "x"}}
             for name in ("process_name", "thread_name")]
    good = {"name": "a", "ph": "X", "ts": 1.0, "dur": 2.0, "pid": 1, "tid": 1}
    inside = {**good, "ts": 1.5, "dur": 1.5}
    start = {"name": "b", "ph": "s", "id": 7, "ts": 1.0, "pid": 1, "tid": 1}
    finish = {**start, "ph": "f", "bp": "e", "ts": 2.0}
    begin, end = {**good, "ph": "B"}, {**good, "ph": "E", "ts": 2.0}

    def problems(*events):
        return trace_event.problems(json.dumps({"traceEvents": [*names, *events]}))

    for what, fine in (("nested", (good, inside)), ("an arrow", (good, start, finish)),
                       ("a pair", (begin, end)), ("at once", (good, {**good, "dur": 1.0}))):
        case.equal(problems(*fine), [], what)
    for what, bad in (("no time", {**good, "ts": None}), ("no duration", {**good, "dur": -1}),
                      ("no name", {**good, "name": 3}), ("a phase", {**good, "ph": "Q"}),
                      ("a scope", {**good, "ph": "i", "s": "x"}), ("no pid", {**good, "pid": "1"}),
                      ("metadata", {**good, "ph": "M", "name": "colour"}),
                      ("an overlap", {**good, "ts": 2.0, "dur": 2.0}),
                      ("the inner one first", {**good, "dur": 3.0}),
                      ("a large pid", {**good, "pid": 1 << 32}),
                      ("a track without a name", {**good, "tid": 2}),
                      ("half an arrow", start), ("no id", {**start, "id": None}),
                      ("no end", begin), ("no beginning", end)):
        case.equal(len(problems(good, bad)), 1, what)
    case.equal(len(problems(good, {**start, "ts": 2.5}, finish)), 1, "an arrow into the past")
    case.equal(len(problems(good, start, {**finish, "ts": 3.0})), 1, "an arrow to nothing")
    case.equal(len(trace_event.problems("{")), 1, "no JSON at all")


# A saved trace: two CPUs whose lines come out of order, a stranger, a lost event.
SAVED = """# leash-trace 1 tsc_hz=1000000000 cpus=2
100 0 0 0 trap_table vectors=256 table=0 timer_vector=240 timer_handler=x
1000 0 5 5 created pid=6
1200 0 5 5 fork child=6
1300 1 0 0 regs_restored context=0
1100 0 5 5 memory copied=1
2000 1 6 6 return_to_user rip=400000 rsp=0 frame=0
2100 1 6 6 syscall_enter nr=1 call=write a0=1 a1=2 a2=3 a3=0 a4=0 a5=0
2150 0 9 9 syscall_enter nr=0 call=read a0=1 a1=2 a2=3 a3=0 a4=0 a5=0
2200 1 6 6 syscall_exit nr=1 call=write result=-9
2300 1 0 0 lost count=3
2400 1 6 6 exit status=256
2500 0 5 5 removed pid=6 status=256
2600 0 6 6 wake tid=6 cpu=0
"""
SAVED_ROWS = [(OS, "initialize trap table"), (HARDWARE, "remember addresses of 256"),
              (HARDWARE, "trap handlers (timer: 240)"), (OS, "create entry for process list"),
              (OS, "copy the parent's memory"), (OS, "nobody can run: the CPU waits"),
              (OS, "return-from-trap into A"), (HARDWARE, "restore regs(A) ← k-stack(A)"),
              (HARDWARE, "move to user mode"), (HARDWARE, "jump to A's PC"), (PROGRAM, "Process A"),
              (PROGRAM, "call write()"), (PROGRAM, "trap into OS"),
              (HARDWARE, "save PC and flags of A"), (HARDWARE, "move to kernel mode"),
              (HARDWARE, "jump to syscall handler"), (OS, "save regs(A) → k-stack(A)"),
              (OS, "handle trap"), (OS, "do work of write"), (OS, "write gives -9"),
              (OS, "A ends with 1"), (OS, "remove from process list")]

# One thread goes from CPU 0 to CPU 1 and back, and shares the first with another one.
MIGRATED = """# leash-trace 1 tsc_hz=1000000000 cpus=2
1000 0 5 5 created pid=6
1200 0 5 5 fork child=6
2000 0 5 5 switch why=1 from=5 to=6 at=x caller=x
2100 0 6 6 return_to_user rip=400000 rsp=0 frame=0
3000 0 6 6 switch why=2 from=6 to=5 at=x caller=x
3000 1 0 0 switch why=0 from=0 to=6 at=x caller=x
3100 1 6 6 return_to_user rip=400000 rsp=0 frame=0
4000 1 6 6 switch why=1 from=6 to=0 at=x caller=x
5000 0 5 5 switch why=1 from=5 to=6 at=x caller=x
5500 0 6 6 exit status=256
6000 0 6 6 switch why=4 from=6 to=5 at=x caller=x
6500 0 5 5 removed pid=6 status=256
"""

# Timer interrupts that hit the program and the kernel, and change nothing: not in Figure 6.2.
TICKED = "".join(line + "\n" + {
    "2000": "2010 1 6 6 irq_enter vector=240 user=1 rip=400000 frame=0\n"
            "2020 1 6 6 timer_fired now=1 quantum_over=0\n2030 1 6 6 irq_exit vector=240\n"
            "2040 1 6 6 return_to_user rip=400000 rsp=0 frame=0\n",
    "2100": "2110 1 6 6 irq_enter vector=240 user=0 rip=400000 frame=0\n"
            "2120 1 6 6 irq_exit vector=240\n"}.get(line.split()[0], "")
                 for line in SAVED.splitlines())


def _timeline(path, *options):
    program = os.path.join(machine.BUILD, "userland", "root", "bin", "timeline")
    return subprocess.run([program, *options, "--from", path, "6"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60)


@test(1)
def timeline_follows_a_migration(case):
    """An arrow from CPU to CPU in the JSON, for the story's threads alone."""
    path = case.path(".trace")
    with open(path, "w", encoding="utf-8") as file:
        file.write(MIGRATED)
    text = _timeline(path, "--json", "-").stdout.decode()
    if not case.equal(trace_event.problems(text), [], "the JSON"):
        return
    flows = [(e["ph"], e["ts"], e["tid"]) for e in json.loads(text)["traceEvents"]
             if e["ph"] in "sf"]
    case.equal(flows, [("s", 1.0, 0), ("f", 2.0, 1), ("s", 2.0, 1), ("f", 4.0, 0)], "the arrows")


@test(5)
def timeline_of_a_saved_trace(case):
    """A known trace makes a known table; a damaged one makes no harm."""
    path = case.path(".trace")
    with open(path, "w", encoding="utf-8") as file:
        file.write(SAVED)
    done = _timeline(path)
    table = done.stdout.decode()
    case.equal((done.returncode, rows(table)), (0, SAVED_ROWS), "the table")
    case.check("3 events were lost" in table, "what was lost is told")
    with open(path, "w", encoding="utf-8") as file:
        file.write(TICKED)
    case.equal(rows(_timeline(path, "-f", "6.2").stdout.decode()), SAVED_ROWS, "Figure 6.2 of it")
    case.check("timer interrupt" in _timeline(path).stdout.decode(), "which is not all")
    with open(path, "w", encoding="utf-8") as file:
        file.write(SAVED)
    case.equal(trace_event.problems(_timeline(path, "--json", "-").stdout.decode()), [], "the JSON")
    chance = random.Random(1)
    for n in range(150):
        data = bytearray(SAVED.encode())
        for _ in range(chance.randrange(1, 20)):
            data[chance.randrange(0 if n % 2 else 40, len(data))] = chance.randrange(256)
        with open(path, "wb") as file:
            file.write(data[:chance.randrange(len(data))] if n % 3 == 0 else data)
        for options in ((), ("--json", "-"), ("--svg", "-"), ("--lanes", "-", "-f", "6.3")):
            if _timeline(path, *options).returncode not in (0, 1):
                case.check(False, f"{options} of a damaged trace ({n}) ended badly")
                return
    case.check(True, "600 times of a damaged trace ended well")


STRACE_TINY = ['execve("/bin/tiny", ADDRESS, ADDRESS) = 0', 'write(1, "tiny: hello\\n", 12) = 12',
               "exit_group(42) = ?", "+++ exited with 42 +++"]


def _check_strace(case, m):
    lines = [re.sub(r"0x[0-9a-f]+", "ADDRESS", line) for line in m.run("strace -o /tmp/s tiny")]
    case.equal(lines, ["tiny: hello"], "the command's own output")
    lines = [re.sub(r"0x[0-9a-f]+", "ADDRESS", line) for line in m.run("busybox cat /tmp/s")]
    case.equal(lines, STRACE_TINY, "strace of tiny")
    text = "\n".join(m.run("strace -e openat,close busybox cat /etc/os-release /no/such"))
    case.check('openat(AT_FDCWD, "/etc/os-release", O_RDONLY, 0) = 3' in text, "flags in words")
    case.check('openat(AT_FDCWD, "/no/such", O_RDONLY, 0) = -1 ENOENT (No such file or directory)'
               in text, "an error by name")
    case.check("close(3) = 0" in text and "brk(" not in text, "only the calls that were named")
    text = "\n".join(m.run("strace -e wait4 busybox sh -c 'tiny; exit 3'"))
    case.check(re.search(r"^wait4\(-1, 0x[0-9a-f]+, 0, 0\) = \d+$", text, re.M), "where, not what")
    text = "\n".join(m.run("strace -f /bin/rogues/ud2"))
    case.check("+++ killed by SIGILL +++" in text, "how it was killed")
    text = "\n".join(m.run("strace -f -e getppid hostage 0"))
    case.check("+++ exited with 0 +++" in text, "and that it ended")


def _check_predict(case, m, seed):
    """Right is what was shown, wrong is anything else."""
    shown = "\n".join(m.run(f"predict -s {seed} -c", 60))
    order = "".join(re.findall(r"^  ([a-z])\. ", shown.partition("What happened:")[2], re.M))
    if not case.check(len(order) >= 6, f"seed {seed}: an order is shown"):
        return
    case.check("another order" not in shown, f"seed {seed}: it went as round robin must")
    right = "\n".join(m.run(f"predict -s {seed} -c {order}", 60))
    case.check(right.endswith("Right."), f"seed {seed}: the order that was shown is right")
    swapped = order[:2] + order[3] + order[2] + order[4:]
    for answer in (swapped, order[:-1], order + "a"):
        wrong = "\n".join(m.run(f"predict -s {seed} -c {answer}", 60))
        case.check(wrong.endswith("Wrong."), f"seed {seed}: {answer} is wrong")
    case.equal(m.run(f"predict -s {seed}"), m.run(f"predict -s {seed}"),
               f"seed {seed}: the same question each time")


def _check_model(case, m, seeds):
    """What happens is what a model of round robin says."""
    for seed in seeds:
        shown = "\n".join(m.run(f"predict -s {seed} -c", 60))
        case.check("What happened:" in shown and "another order" not in shown,
                   f"seed {seed}: it went as round robin must")


CROWD = "for i in 1 2 3 4; do busybox seq 400 >/dev/null & done; wait"


def _check_crowd(case, path, directory):
    """The JSON of processes that share two CPUs."""
    case.equal(receive(path, directory), (0, ["crowd.json"]), "a trace left the machine")
    with open(os.path.join(directory, "crowd.json"), encoding="utf-8") as file:
        text = file.read()
    case.equal(trace_event.problems(text), [], "the JSON of a crowd")
    events = json.loads(text)["traceEvents"]
    names = {e["args"]["name"] for e in events if e["name"] == "thread_name"}
    case.check({"CPU 0", "CPU 1"} <= names, f"both CPUs are tracks: {names}")
    case.check(len({e["pid"] for e in events if e["name"] == "process_name"}) >= 6,
               "and all of the family")


@test(30)
def strace_and_predict(case):
    out = case.path(".out")
    with case.boot("onexit=debug panic=debug", SMP=2, OUT=out) as m:
        m.expect(machine.PROMPT)
        _check_strace(case, m)
        _check_predict(case, m, 2)
        _check_model(case, m, range(10, 14))
        case.check("usage:" in "\n".join(m.run("predict -x")), "predict knows its options")
        case.check("usage:" in "\n".join(m.run("timeline")), "timeline too")
        case.check("not a directory" in "\n".join(m.run("timeline /etc/os-release/x")).lower(),
                   "a command that is none")
        m.run(f"timeline --table /dev/null --json /tmp/crowd.json sh -c '{CROWD}'", 60)
        case.equal(m.run("send /tmp/crowd.json", 60), [], "send says nothing")
        m.send("poweroff -f\n")
        case.equal(m.wait(30), 33, "QEMU's exit status")
    _check_crowd(case, out, case.path(".files"))


@test(12)
def files_leave_the_machine(case):
    """Any bytes arrive as they were; who comes second is told; no name leads elsewhere."""
    out, directory = case.path(".out"), case.path(".files")
    with case.boot("onexit=debug panic=debug", OUT=out) as m:
        m.expect(machine.PROMPT)
        m.run("busybox dd if=/dev/urandom of=/tmp/noise bs=1000 count=200", 60)
        digest = m.run("busybox md5sum /tmp/noise")[-1].split()[0]
        case.equal(m.run("send /tmp/noise", 60), [], "send says nothing")
        m.run("send -n ../../etc/passwd /etc/os-release")
        case.check("No such file" in m.run("send /no/such")[0], "a file that is not there")
        busy = m.run("busybox sh -c 'exec 3>/dev/ttyS1; send /etc/os-release'")
        case.check("busy" in busy[0].lower(), f"the port is taken: {busy}")
        m.run("send /etc/os-release")
        m.send("poweroff -f\n")
        case.equal(m.wait(30), 33, "QEMU's exit status")
    status, names = receive(out, directory)
    case.equal((status, names), (0, ["noise", "os-release"]), "what arrived")
    with open(os.path.join(directory, "noise"), "rb") as file:
        case.equal(hashlib.md5(file.read()).hexdigest(), digest, "the noise is the same")
    with open(out, "r+b") as file:  # one bit on the way
        file.seek(5000)
        byte = file.read(1)
        file.seek(5000)
        file.write(bytes([byte[0] ^ 1]))
    status, names = receive(out, directory)
    case.equal((status, names), (1, ["os-release"]), "a damaged file is refused")
