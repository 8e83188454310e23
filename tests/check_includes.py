#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Proves that includes point in one direction only, see docs/tour.md.

usage: check_includes.py [TREE]        names each offending include as file:line
       check_includes.py --self-test   seeds bad includes in a small tree and must find them all

A file of kernel/ may include its own room and the rooms before it in ORDER. Exceptions, all below:
x86 implements machine and is included by nobody; a *_test.c may use base/ktest.h and what base has
besides; the loader (boot/) shares only the contract and kernel/lib with the kernel.
"""
import pathlib
import re
import sys
import tempfile

# Rooms of the same rank may not include each other.
ORDER = [
    {"abi"}, {"lib"}, {"machine"}, {"base"}, {"mm"}, {"sched"}, {"vm"}, {"fs"}, {"proc"}, {"tty"},
    {"syscall", "drivers"},
]
RANK = {room: rank for rank, rooms in enumerate(ORDER) for room in rooms}
EVERYTHING = set(RANK)
FREESTANDING = {
    "float.h", "limits.h", "stdalign.h", "stdarg.h", "stdatomic.h", "stdbool.h", "stddef.h",
    "stdint.h", "stdnoreturn.h",
}
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
SOURCES = {".c", ".h", ".S"}


def allowed_rooms(path: pathlib.PurePath) -> set:
    """The rooms that the file (relative to the tree) may include."""
    top, room = path.parts[0], path.parts[1]
    if top == "include":
        return {"abi"}
    if top == "boot":
        return {"abi", "lib", "boot"}
    if len(path.parts) == 2:
        return EVERYTHING | {"kernel"}  # main, entry and what they share
    if room == "x86":
        rooms = {"abi", "lib", "machine", "base", "x86"}
    elif room in RANK:
        rooms = {r for r in RANK if RANK[r] < RANK[room]} | {room}
    else:
        return set()
    if path.name.endswith("_test.c"):
        rooms |= {"lib", "machine", "base"}
    return rooms


def generated(tree: pathlib.Path, room: str) -> set:
    """The headers without a folder that the build makes for a room, by its rules.mk."""
    rules = tree / "kernel" / room / "rules.mk"
    return set(re.findall(r"\$\(GEN\)/([\w.]+)", rules.read_text())) if rules.exists() else set()


def target_room(path: pathlib.PurePath, name: str, tree: pathlib.Path) -> str:
    """The room that an include in quotes belongs to; "" if it is none."""
    if name == "boot_info.h":
        return "abi"
    parts = pathlib.PurePath(name).parts
    if ".." in parts:
        return ""
    if len(parts) > 1:
        return parts[0]
    own = path.parts[1] if path.parts[0] == "kernel" and len(path.parts) > 2 else path.parts[0]
    return own if name in generated(tree, own) or (tree / path).with_name(name).exists() else ""


def fault_of(path: pathlib.PurePath, quoted: str, angled: str, tree: pathlib.Path) -> str:
    """What is wrong with one include, "" if nothing."""
    if angled:
        firmware = path.parts[0] == "boot" and angled.startswith("efi")
        return "" if angled in FREESTANDING or firmware else f"<{angled}> is not freestanding"
    if path.parts[0] == "boot" and quoted.startswith("efi"):
        return ""
    room = target_room(path, quoted, tree)
    if not room:
        return f'"{quoted}" is in no room'
    if room not in allowed_rooms(path):
        return f'"{quoted}": this file may not include {room}/'
    return ""


def check(tree: pathlib.Path) -> list:
    faults = []
    files = [p for top in ("kernel", "boot", "include") for p in sorted((tree / top).rglob("*"))]
    for file in files:
        if file.suffix not in SOURCES:
            continue
        path = file.relative_to(tree)
        if path.parts[0] == "kernel" and len(path.parts) > 2 and not allowed_rooms(path):
            faults.append(f"{path}:1: {path.parts[1]}/ is no room that is known")
            continue
        for number, line in enumerate(file.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            fault = match and fault_of(path, match[1] or "", match[2] or "", tree)
            if fault:
                faults.append(f"{path}:{number}: {fault}")
    return faults


GOOD = {
    "include/abi/errno.h": "",
    "include/boot_info.h": "#include <stdint.h>",
    "kernel/lib/a.c": '#include "lib/a.h"\n#include "abi/errno.h"',
    "kernel/lib/a_test.c": '#include "base/ktest.h"',
    "kernel/vm/a.c": '#include "mm/page.h"\n#include "boot_info.h"\n#include <stddef.h>',
    "kernel/x86/a.c": '#include "x86/a.h"\n#include "machine/cpu.h"',
    "kernel/syscall/rules.mk": "GENERATED += $(GEN)/syscall_table.inc",
    "kernel/syscall/a.c": '#include "syscall_table.inc"',
    "kernel/options.h": "",
    "kernel/main.c": '#include "options.h"\n#include "drivers/uart.h"\n#include "syscall/table.h"',
    "boot/main.c": '#include <efi.h>\n#include "lib/elf.h"\n#include "boot_info.h"',
}
BAD = {
    "kernel/mm/up.c": '#include "lib/a.h"\n#include "fs/vnode.h"',
    "kernel/lib/log.c": '\n# include "base/log.h"',
    "kernel/sched/x.c": '\n#include "x86/apic.h"',
    "kernel/entry.c": '\n#include "x86/apic.h"',
    "kernel/drivers/s.c": '\n#include "syscall/table.h"',
    "kernel/x86/v.c": '\n#include "mm/page.h"',
    "kernel/mm/a_test.c": '\n#include "vm/space.h"',
    "kernel/fs/h.c": "\n#include <string.h>",
    "kernel/fs/dots.c": '\n#include "../proc/process.h"',
    "kernel/fs/other.c": '\n#include "syscall_table.inc"',
    "kernel/fs/none.c": '\n#include "nowhere.h"',
    "boot/b.c": '\n#include "base/log.h"',
    "include/abi/k.h": '\n#include "lib/types.h"',
}


def self_test() -> list:
    with tempfile.TemporaryDirectory() as directory:
        tree = pathlib.Path(directory)
        for name, text in (GOOD | BAD).items():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_text(text + "\n")
        (tree / "kernel/attic").mkdir()
        (tree / "kernel/attic/a.c").write_text("int a;\n")
        found = {":".join(fault.split(":")[:2]) for fault in check(tree)}
    wanted = {f"{name}:2" for name in BAD} | {"kernel/attic/a.c:1"}
    return [f"not found: {n}" for n in sorted(wanted - found)] + \
        [f"wrongly found: {n}" for n in sorted(found - wanted)]


def main() -> int:
    if sys.argv[1:] == ["--self-test"]:
        faults = self_test()
    else:
        here = pathlib.Path(__file__).resolve().parent.parent
        faults = check(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here)
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


sys.exit(main())
