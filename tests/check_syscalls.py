#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""docs/syscalls.md, made from include/abi/syscall.tbl and the handlers in kernel/; and the README's
numbers of what the tables list: system calls that are there, that are not, rogues.

usage: check_syscalls.py               is the document what the table says?
       check_syscalls.py --write       makes it (`make docs`)
       check_syscalls.py --self-test   a changed table must be noticed
"""
import glob
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TABLE = os.path.join(ROOT, "include", "abi", "syscall.tbl")
DOCUMENT = os.path.join(ROOT, "docs", "syscalls.md")
README = os.path.join(ROOT, "README.md")
ROGUES = os.path.join(ROOT, "userland", "rogues", "rogues.tbl")
STATES = {"done": "yes", "full": "yes", "quiet": "quietly refused", "none": "no"}
HEAD = """# System calls

Made by `make docs` from `include/abi/syscall.tbl`, which is the one list: the jump table, the
prototypes and the names that the log uses come from it as well. Change that, not this.

- **yes**: handled, with the semantics of Linux. What differs is said where the handler is.
- **quietly refused**: -ENOSYS, as an older Linux answers; every libc asks and goes on without.
- **no**: -ENOSYS, and one line in the log a process: `unsupported system call N (name) from NAME[pid]`.

Numbers that are not in the list are answered as "no".
What a program or a package needs of them: `make needs FILE=elf-or-package`.

| number | name | | arguments | handler |
|---|---|---|---|---|
"""


def handlers():
    """{name: path} of the functions sys_NAME."""
    found = {}
    for path in sorted(glob.glob(os.path.join(ROOT, "kernel", "**", "*.c"), recursive=True)):
        with open(path, encoding="utf-8") as file:
            for name in re.findall(r"^i64 sys_(\w+)\(", file.read(), re.M):
                found[name] = os.path.relpath(path, ROOT)
    return found


def make(table_text):
    rows, where = [], handlers()
    for line in table_text.split("\n"):
        if not line.strip() or line.startswith("#"):
            continue
        number, name, state, arguments = line.split("\t")[:4]
        arguments = "" if arguments == "-" else arguments.replace(",", ", ")
        handler = f"`{where[name]}`" if name in where and state in ("done", "full") else ""
        rows.append(f"| {number} | {name} | {STATES[state]} | {arguments} | {handler} |\n")
    return HEAD + "".join(rows)


def count(readme, table_text, rogues):
    """The README with the numbers of today. Each must stand there once."""
    states = [line.split("\t")[2] for line in table_text.split("\n")
              if line.strip() and not line.startswith("#")]
    for n, behind in ((sum(s in ("done", "full") for s in states), " system calls with Linux's"),
                      (states.count("none"), r" calls\s+that Linux has answer"),
                      (len(re.findall(r"^ROGUE\(", rogues, re.M)), " such programs, each with a misdeed")):
        readme, found = re.subn(rf"\b\d+(?={behind})", str(n), readme)
        if found != 1:
            sys.exit(f"README.md: '...{behind}' stands there {found} times")
    return readme


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def main():
    table = read(TABLE)
    readme = count(read(README), table, read(ROGUES))
    if "--write" in sys.argv:
        with open(DOCUMENT, "w", encoding="utf-8") as file:
            file.write(make(table))
        with open(README, "w", encoding="utf-8") as file:
            file.write(readme)
    elif "--self-test" in sys.argv:
        changed = re.sub(r"^1\twrite\tdone", "1\twrite\tnone", table, flags=re.M)
        sys.exit(0 if make(changed) != make(table) and make(table).count("\n| 1 | write | yes |") == 1
                 and count(readme, changed, read(ROGUES)) != readme
                 and count(readme, table, "") != readme
                 else "a changed table makes the same document")
    elif not os.path.exists(DOCUMENT) or read(DOCUMENT) != make(table):
        sys.exit("docs/syscalls.md is not what include/abi/syscall.tbl says: run `make docs`")
    elif readme != read(README):
        sys.exit("README.md has other numbers of system calls or rogues than the tables: run `make docs`")


if __name__ == "__main__":
    main()
