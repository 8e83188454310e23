#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Makes kernel.sym, the symbol file that panics read, from the linked kernel.

File, little endian (reader: kernel/base/symbols.h):
    char magic[8] "LEASHSYM"; u32 version, nsyms, nlines, nframes, nstrings (bytes)
    nsyms  x { u32 offset from KERNEL_BASE, u32 name }         sorted by offset
    nlines x { u32 offset, u32 file name, u32 line }           sorted by offset
    nframes x { u32 offset, u16 bytes, u8 by_rbp, u8 rbp_at }  sorted by offset
    string bytes, each NUL-terminated; names are offsets into them
A line of 0 marks the end of a sequence: no line is known from there on. So do bytes of 0.
"""

import functools
import os
import re
import struct
import subprocess
import sys

KERNEL_BASE = 0xFFFFFFFF80000000


class Strings:
    """A string table that holds each string once."""

    def __init__(self):
        self.blob = bytearray()
        self.at = {}

    def add(self, text):
        if text not in self.at:
            self.at[text] = len(self.blob)
            self.blob += text.encode() + b"\0"
        return self.at[text]


def output_of(*command, text=None):
    """What the tool prints. What it complains about (nasm's DWARF) counts only if it fails."""
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"mksymbols: {command[0]} failed: {done.stderr.strip()}")
    return done.stdout


def functions(elf):
    """(offset, name) of each function; of several names at one place, the global one."""
    best = {}
    for line in output_of(os.environ.get("NM", "nm"), "-n", elf).splitlines():
        fields = line.split()
        if len(fields) != 3 or fields[1] not in "tT":
            continue
        address, kind, name = int(fields[0], 16), fields[1], fields[2]
        if address < KERNEL_BASE or name in ("text_start", "text_end", "kernel_start"):
            continue
        offset = address - KERNEL_BASE
        if offset not in best or (best[offset][0] == "t" and kind == "T"):
            best[offset] = (kind, name)
    return [(offset, best[offset][1]) for offset in sorted(best)]


@functools.lru_cache(None)
def source(path):
    """The path from the top of the tree. nasm names its directory twice."""
    path = os.path.relpath(path)
    parts = path.split(os.sep)
    for skip in range(len(parts)):
        shorter = os.sep.join(parts[skip:])
        if os.path.exists(shorter):
            return shorter
    return path


def line_starts(elf):
    """The offsets at which the line table has a row."""
    table = output_of(os.environ.get("OBJDUMP", "objdump"), "--dwarf=decodedline", elf)
    rows = re.finditer(r"^\S+\s+(?:\d+|-)\s+0x([0-9a-f]+)", table, re.MULTILINE)
    return sorted({int(row[1], 16) - KERNEL_BASE for row in rows if int(row[1], 16) >= KERNEL_BASE})


def lines(elf):
    """(offset, file, line) wherever the line changes; addr2line knows the paths."""
    starts = line_starts(elf)
    addresses = "".join(f"{KERNEL_BASE + at:#x}\n" for at in starts)
    answer = output_of(os.environ.get("ADDR2LINE", "addr2line"), "-e", elf, text=addresses)
    result, last = [], None
    for at, place in zip(starts, answer.splitlines()):
        path, _, number = re.sub(r" \(discriminator \d+\)$", "", place).rpartition(":")
        number = int(number) if number.isdigit() else 0
        here = (source(path) if number else "", number)
        if here != last:
            result.append((at, *here))
            last = here
    return result


def frame(columns, row):
    """(bytes, by_rbp, rbp_at) of a row of a function's table; no bytes where it is not so simple."""
    cells = dict(zip(columns, row))
    base = re.fullmatch(r"(rsp|rbp)\+(\d+)", cells["CFA"])
    saved = re.fullmatch(r"c-(\d+)|u", cells.get("rbp", "u"))
    if not base or not saved:
        return (0, 0, 0)
    return (int(base[2]), int(base[1] == "rbp"), int(saved[1] or 0))


def frames(elf):
    """(offset, bytes, by_rbp, rbp_at) wherever a function's frame changes, from .debug_frame."""
    found, end, columns = {}, None, []
    for line in output_of(os.environ.get("OBJDUMP", "objdump"), "--dwarf=frames-interp",
                          elf).splitlines():
        fields = line.split()
        bounds = re.search(r" FDE .*pc=([0-9a-f]+)\.\.([0-9a-f]+)$", line)
        if " CIE " in line:
            end = None
        elif bounds:
            start, end = (int(at, 16) - KERNEL_BASE for at in bounds.groups())
            found[start] = (8, 0, 0)  # as each function begins, with or without a table
            found.setdefault(end, (0, 0, 0))
        elif fields[:1] == ["LOC"]:
            columns = fields[1:]
        elif end and len(fields) > 1 and re.fullmatch(r"[0-9a-f]{16}", fields[0]):
            found[int(fields[0], 16) - KERNEL_BASE] = frame(columns, fields[1:])
    at = sorted(found)
    return [(a, *found[a]) for i, a in enumerate(at) if not i or found[a] != found[at[i - 1]]]


def main():
    elf, target = sys.argv[1:]
    strings = Strings()
    symbols = [struct.pack("<II", at, strings.add(name)) for at, name in functions(elf)]
    places = [struct.pack("<III", at, strings.add(path), line) for at, path, line in lines(elf)]
    stack = [struct.pack("<IHBB", *row) for row in frames(elf)]
    header = struct.pack("<8sIIIII", b"LEASHSYM", 2, len(symbols), len(places), len(stack),
                         len(strings.blob))
    with open(target, "wb") as out:
        out.write(header + b"".join(symbols + places + stack) + bytes(strings.blob))


main()
