#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Makes kernel.sym, the symbol file that panics read, from the linked kernel.

File, little endian (reader: kernel/base/symbols.h):
    char magic[8] "LEASHSYM"; u32 version, nsyms, nlines, nstrings (bytes)
    nsyms  x { u32 offset from KERNEL_BASE, u32 name }         sorted by offset
    nlines x { u32 offset, u32 file name, u32 line }           sorted by offset
    string bytes, each NUL-terminated; names are offsets into them
A line of 0 marks the end of a sequence: no line is known from there on.
"""

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


def output_of(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


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


def lines(elf):
    """(offset, file, line) wherever the line changes."""
    command = [os.environ.get("OBJDUMP", "objdump"), "--dwarf=decodedline", elf]
    row = re.compile(r"^(\S+)\s+(\d+|-)\s+0x([0-9a-f]+)(?:\s.*)?$")
    found, path = {}, ""
    for text in output_of(*command).splitlines():
        match = row.match(text)
        if match:
            number = 0 if match[2] == "-" or text.rstrip().endswith("END") else int(match[2])
            offset = int(match[3], 16) - KERNEL_BASE
            if offset < 0:
                continue
            if number or offset not in found:
                found[offset] = (path, number)
        elif text.startswith("CU: "):
            path = clean(text[4:])
        elif re.match(r"^\S+:(\[\+\+\])?$", text):
            path = clean(text)
    result, last = [], None
    for offset in sorted(found):
        if found[offset] != last:
            result.append((offset, *found[offset]))
            last = found[offset]
    return result


def clean(path):
    """A heading of objdump's as a path from the top of the tree."""
    path = os.path.normpath(re.sub(r":(\[\+\+\])?$", "", path))
    return path[2:] if path.startswith("./") else path


def main():
    elf, target = sys.argv[1:]
    strings = Strings()
    symbols = [struct.pack("<II", at, strings.add(name)) for at, name in functions(elf)]
    places = [struct.pack("<III", at, strings.add(path), line) for at, path, line in lines(elf)]
    header = struct.pack("<8sIIII", b"LEASHSYM", 1, len(symbols), len(places), len(strings.blob))
    with open(target, "wb") as out:
        out.write(header + b"".join(symbols) + b"".join(places) + bytes(strings.blob))


main()
