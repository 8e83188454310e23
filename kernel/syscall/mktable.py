#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Makes from include/abi/syscall.tbl what the kernel needs of it.

usage: mktable.py TABLE OUTDIR
Writes OUTDIR/abi/syscall_numbers.h, OUTDIR/syscall/syscalls.h (prototypes),
OUTDIR/syscall/names.inc and texts.inc (C array elements: names, and which arguments are text) and
OUTDIR/syscall_table.inc (nasm: the jump table). A file is only touched when its contents change.
"""
import os
import sys


def fail(line, why):
    sys.exit(f"{sys.argv[1]}:{line}: {why}")


def read_table(path):
    calls = []
    with open(path, encoding="ascii") as table:
        for number, line in enumerate(table, 1):
            if line.startswith("#") or not line.strip():
                continue
            fields = line.rstrip("\n").split("\t")
            if len(fields) != 4 or fields[2] not in ("done", "full", "quiet", "none"):
                fail(number, "want number, name, state (done, full, quiet, none), arguments")
            args = [] if fields[3] == "-" else fields[3].split(",")
            if len(args) > 6:
                fail(number, "a system call has six arguments at the most")
            if calls and int(fields[0]) <= calls[-1][0]:
                fail(number, "numbers must ascend")
            calls.append((int(fields[0]), fields[1], fields[2], args))
    return calls


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.exists(path) and open(path).read() == text:
        return
    with open(path, "w") as out:
        out.write(text)


def header(calls):
    lines = ["/* Made by mktable.py from include/abi/syscall.tbl. */", "#pragma once", "",
             '#include "abi/syscall_numbers.h"', '#include "lib/types.h"', ""]
    for _, name, state, args in calls:
        if state in ("done", "full"):
            params = ", ".join(f"u64 {a}" for a in args) or "void"
            lines.append(f"i64 sys_{name}({params});")
    return "\n".join(lines) + "\n"


def numbers(calls):
    lines = ["/* Made by mktable.py from include/abi/syscall.tbl. */", "#pragma once", "",
             f"#define SYSCALL_COUNT {calls[-1][0] + 1}"]
    lines += [f"#define SYS_{name} {number}" for number, name, _, _ in calls]
    return "\n".join(lines) + "\n"


def jump_table(calls):
    by_number = {c[0]: c for c in calls}
    entries, externs, stubs = [], [], []
    for n in range(calls[-1][0] + 1):
        call = by_number.get(n)
        if not call or call[2] == "none":
            entries.append("\tdq upcall_syscall_unknown")
            continue
        if call[2] == "quiet":
            entries.append("\tdq syscall_quiet")
            continue
        externs.append(f"extern sys_{call[1]}")
        if call[2] == "full":
            stubs.append(f"FULL_FRAME sys_{call[1]}")
            entries.append(f"\tdq full_sys_{call[1]}")
        else:
            entries.append(f"\tdq sys_{call[1]}")
    head = ["; Made by mktable.py from include/abi/syscall.tbl.",
            f"SYSCALL_COUNT equ {len(entries)}"]
    body = ["section .text"] + stubs + ["section .rodata", "align 64", "syscall_table:"]
    return "\n".join(head + externs + body + entries) + "\n"


# What the tracer copies at the entry (strings; bytes of a buffer, as many as the argument behind it
# says) or at the exit (bytes, as many as the result says). By the name of the argument, and where
# that says too little by the call.
STRINGS = {"path", "target"}
STRINGS_OF = {"rename": {"from", "to"}, "renameat": {"from", "to"}, "renameat2": {"from", "to"},
              "link": {"old", "new"}, "linkat": {"old", "new"}, "memfd_create": {"name"}}
BYTES_IN = {"write": "buf", "pwrite64": "buf", "sendto": "buf"}
BYTES_OUT = {"read": "buf", "pread64": "buf", "recvfrom": "buf", "readlink": "buf",
             "readlinkat": "buf", "getcwd": "buf"}


def texts(calls):
    lines = []
    for number, name, state, args in calls:
        if state not in ("done", "full"):
            continue
        wanted = STRINGS | STRINGS_OF.get(name, set())
        fields = []
        mask = sum(1 << i for i, a in enumerate(args) if a in wanted)
        if mask:
            fields.append(f".strings = {mask}")
        for field, table in (("in", BYTES_IN), ("out", BYTES_OUT)):
            if name in table:
                fields.append(f".{field} = {args.index(table[name]) + 1}")
        if fields:
            lines.append(f"\t[{number}] = {{ {', '.join(fields)} }},\n")
    return "".join(lines)


def main():
    calls = read_table(sys.argv[1])
    out = sys.argv[2]
    write(f"{out}/abi/syscall_numbers.h", numbers(calls))
    write(f"{out}/syscall/syscalls.h", header(calls))
    write(f"{out}/syscall/names.inc",
          "".join(f'\t[{number}] = "{name}",\n' for number, name, _, _ in calls))
    write(f"{out}/syscall/texts.inc", texts(calls))
    write(f"{out}/syscall_table.inc", jump_table(calls))


main()
