#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Says what of a program's needs Leash has not: interpreter, libraries, system calls.

usage: needs.py FILE|PACKAGE [--run [ARGUMENT...]]

FILE      an ELF program or library; a script counts as the program in its first line
PACKAGE   a Debian package: it is downloaded, and each ELF file in it is looked at
--run     runs FILE on this Linux under strace and says which calls it really made

The system calls of an ELF file are found in its code: `mov $number,%eax` with a `syscall` behind it.
A program with libraries can make what the functions that it imports can make, followed through the
libraries' code, the shortest way first. What this cannot see: numbers that are computed, calls
through pointers and libraries opened later (dlopen); and it sees much that never happens: corners,
fall-backs, other systems' features. Most programs live well without the calls of the last list.
--run sees what did happen, in one run.

The status is 1 if something is missing that the program cannot start without, or, with --run, if a
call was made that Leash has not; else 0.
"""
import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TABLE = os.path.join(ROOT, "include", "abi", "syscall.tbl")
LIBRARY_DIRS = ("/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/lib", "/usr/lib")
NEAR = 3  # calls from an imported function to the system call: more is a corner
FUNCTION = re.compile(r"^([0-9a-f]+) <(.+)>:$")
INSTRUCTION = re.compile(r"^ +([0-9a-f]+):\t(\S+) *(\S*)")
SET_EAX = re.compile(r"^\$0x([0-9a-f]+),%[er]ax$")
TARGET = re.compile(r"^([0-9a-f]+)$")


def output(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          check=False).stdout.decode("utf-8", "replace")


def read_table():
    """{number: (name, state)}"""
    calls = {}
    with open(TABLE, encoding="ascii") as table:
        for line in table:
            if line.strip() and not line.startswith("#"):
                number, name, state = line.split("\t")[:3]
                calls[int(number)] = (name, state)
    return calls


def is_elf(path):
    try:
        with open(path, "rb") as file:
            return file.read(4) == b"\x7fELF"
    except OSError:
        return False


def script_interpreter(path):
    with open(path, "rb") as file:
        line = file.readline(256)
    return line[2:].split()[0].decode() if line.startswith(b"#!") and line[2:].split() else None


class Code:
    """The functions of an ELF file: which system calls each makes, whom it calls."""

    def __init__(self, path):
        self.calls = collections.defaultdict(set)  # function's address: numbers
        self.edges = collections.defaultdict(set)  # function's address: addresses, imported names
        self.names = collections.defaultdict(set)  # name: addresses
        self.computed = False  # a number that is not a constant
        self._symbols(path)
        self._disassemble(path)

    def _symbols(self, path):
        for line in output("readelf", "-sW", "--dyn-syms", path).split("\n"):
            field = line.split()
            if len(field) >= 8 and field[3] in ("FUNC", "IFUNC") and field[6] != "UND":
                self.names[field[7].split("@")[0]].add(int(field[1], 16))

    def _disassemble(self, path):
        text = output("objdump", "-d", "--no-show-raw-insn", path).split("\n")
        starts = self._starts(text)
        here, eax = None, None
        for line in text:
            found = INSTRUCTION.match(line)
            if not found:
                head = FUNCTION.match(line)
                if head:
                    here, eax = int(head[1], 16), None
                continue
            address, name, operand = int(found[1], 16), found[2], found[3]
            if address in starts:
                if here is not None and address != here and not self._ended:
                    self.edges[here].add(address)  # falls through
                here, eax = address, None
            self._ended = name.startswith(("jmp", "ret", "hlt", "ud2"))
            eax = self._step(here, eax, name, operand, line)

    def _starts(self, text):
        """Where functions begin: symbols, and targets of calls (stripped files have few symbols)."""
        starts = {a for addresses in self.names.values() for a in addresses}
        for line in text:
            found = INSTRUCTION.match(line)
            if found and found[2] == "call" and TARGET.match(found[3]):
                starts.add(int(found[3], 16))
            head = FUNCTION.match(line)
            if head:
                starts.add(int(head[1], 16))
        self._ended = True
        return starts

    def _step(self, here, eax, name, operand, line):
        """One instruction; returns the constant in eax afterwards, None: not known."""
        if name.startswith("mov") and (found := SET_EAX.match(operand)):
            return int(found[1], 16)
        if name == "xor" and operand in ("%eax,%eax", "%rax,%rax"):
            return 0
        if name == "syscall":
            if eax is None:
                self.computed = True
            else:
                self.calls[here].add(eax)
            return None
        if name in ("call", "jmp") and TARGET.match(operand):
            plt = re.search(r"<([\w.]+)@(?:plt|[\w.]+)", line)
            self.edges[here].add(plt[1] if plt and "plt" in line else int(operand, 16))
            return None if name == "call" else eax
        if operand.endswith(("%eax", "%rax")) and not name.startswith(("cmp", "test", "push")):
            return None
        return eax


class Program:
    """A file with the libraries that it loads at its start."""

    def __init__(self, path, extra=()):
        self.path = path
        self.dirs = [*extra, *LIBRARY_DIRS]
        self.missing, self.files, self.interpreter = [], [], None
        found = re.search(r"program interpreter: (.*)\]", output("readelf", "-lW", path))
        if found:
            self.interpreter = found[1]
        self._collect(path)

    def _collect(self, path):
        self.files.append(path)
        for name in re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "-dW", path)):
            library = self._find(name)
            if not library:
                self.missing.append(f"library {name}")
            elif library not in self.files:
                self._collect(library)

    def _find(self, name):
        if name == "libc.so" and self.interpreter and "musl" in self.interpreter:
            return os.path.realpath(self.interpreter)
        for directory in self.dirs:
            path = os.path.join(directory, name)
            if os.path.exists(path):
                return os.path.realpath(path)
        return None

    def is_dynamic(self):
        return len(self.files) > 1 or self.interpreter is not None


_codes = {}


def code_of(path):
    if path not in _codes:
        _codes[path] = Code(path)
    return _codes[path]


def reachable(program):
    """{number: (steps, way)}: the shortest way to each system call."""
    main = code_of(program.path)
    found, computed = {}, main.computed
    if not program.is_dynamic():
        for numbers in main.calls.values():
            found.update({n: (0, "") for n in numbers})
        return found, computed
    queue = collections.deque((program.path, a, 0, "its own code") for a in main.calls)
    imports = re.findall(r"UND +([\w.]+)", output("readelf", "-W", "--dyn-syms", program.path))
    queue.extend((None, name, 0, name) for name in imports)
    seen = set()
    while queue:
        file, target, steps, way = queue.popleft()
        if isinstance(target, str):
            for library in program.files[1:]:
                for address in code_of(library).names.get(target, ()):
                    queue.append((library, address, steps, way))
            continue
        if (file, target) in seen:
            continue
        seen.add((file, target))
        code = code_of(file)
        for number in code.calls.get(target, ()):
            found.setdefault(number, (steps, way))
        for next_one in code.edges.get(target, ()):
            queue.append((file, next_one, steps + 1, way))
    return found, computed


def describe(calls, found):
    """Those of @found that Leash has not, as (steps, text)."""
    lacking = []
    for number, (steps, way) in sorted(found.items()):
        name, state = calls.get(number, (f"number {number}", "none"))
        if state == "none":
            lacking.append((steps, f"{name}{f' (by {way})' if way else ''}"))
    return lacking


def print_list(title, items):
    if items:
        print(f"  {title}:")
        for item in items:
            print(f"    {item}")


def judge(path, shown, extra=()):
    """Prints what is missing for one file; the number of things it cannot start without."""
    program = Program(path, extra)
    if program.interpreter and not os.path.exists(program.interpreter):
        program.missing.append(f"interpreter {program.interpreter}")
    found, computed = reachable(program)
    calls = read_table()
    lacking = describe(calls, found)
    kind = f"dynamic, {len(program.files) - 1} libraries" if program.is_dynamic() else "static"
    print(f"{shown}: {kind}; {len(found)} system calls can be reached, "
          f"{len(found) - len(lacking)} of them are there")
    print_list("not on this machine", program.missing)
    print_list("system calls that Leash has not", [text for steps, text in lacking if steps < NEAR])
    print_list("system calls that it has not, in corners",
               [text for steps, text in lacking if steps >= NEAR])
    if computed:
        print("  and one place computes the number: what it calls is not known")
    if program.is_dynamic():
        print(f"  lay it over the root: tests/tools/overlay.sh DIR {shown}")
    return len(program.missing)


def run(path, arguments):
    """The calls of one run under strace."""
    if not shutil.which("strace"):
        sys.exit("needs.py: --run wants strace: apt-get install strace")
    with tempfile.NamedTemporaryFile("r") as log:
        subprocess.run(["strace", "-f", "-qq", "-o", log.name, path, *arguments], check=False,
                       stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        made = set(re.findall(r"^(?:\d+ +)?(?:<\.\.\. )?(\w+)(?:\(| resumed)", log.read(), re.M))
    states = dict(read_table().values())
    lacking = sorted(name for name in made if states.get(name, "none") == "none")
    print(f"{path}: made {len(made)} different system calls in this run")
    print_list("Leash has not", lacking)
    return len(lacking)


def judge_package(name):
    with tempfile.TemporaryDirectory() as place:
        done = subprocess.run(["apt-get", "-qq", "download", name], cwd=place, check=False)
        debs = [f for f in os.listdir(place) if f.endswith(".deb")]
        if done.returncode or not debs:
            sys.exit(f"needs.py: no file {name}, and apt-get cannot download such a package")
        root = os.path.join(place, "root")
        subprocess.run(["dpkg-deb", "-x", os.path.join(place, debs[0]), root], check=True)
        extra = [root + d for d in LIBRARY_DIRS if os.path.isdir(root + d)]
        files = sorted(os.path.join(d, f) for d, _, names in os.walk(root) for f in names)
        elves = [f for f in files if not os.path.islink(f) and is_elf(f)]
        print(f"{debs[0]}: {len(elves)} ELF files")
        return sum(judge(f, f[len(root):], extra) for f in elves)


def main():
    arguments = sys.argv[1:]
    if not arguments or arguments[0].startswith("-"):
        sys.exit(__doc__)
    path, rest = arguments[0], arguments[1:]
    if not os.path.exists(path) and shutil.which(path) and "/" not in path and rest:
        path = shutil.which(path)
    if not os.path.exists(path):
        sys.exit(min(judge_package(path), 1))
    if rest[:1] == ["--run"]:
        sys.exit(min(run(os.path.abspath(path), rest[1:]), 1))
    if not is_elf(path):
        interpreter = script_interpreter(path)
        if not interpreter or not is_elf(interpreter):
            sys.exit(f"needs.py: {path} is neither an ELF file nor a script of one")
        print(f"{path}: a script of {interpreter}")
        path = interpreter
    sys.exit(min(judge(path, path), 1))


if __name__ == "__main__":
    main()
