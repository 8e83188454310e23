#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Takes files out of what the guest's second serial port said (`send` in the guest).

usage: receive.py STREAM DIRECTORY     prints the files' names; fails if one is damaged

A file is a line "LEASH-FILE SIZE NAME", SIZE bytes, and a line "LEASH-END CRC32". Anything else
in the stream is passed over. A name is a name: it leads nowhere out of DIRECTORY.
"""
import os
import re
import sys
import zlib

HEAD = re.compile(rb"^LEASH-FILE (\d{1,10}) ([\w.+-]{1,100})\n", re.M)
END = re.compile(rb"\nLEASH-END ([0-9a-f]{8})\n")


def files(stream):
    """(name, bytes; None: damaged) of each file in @stream."""
    at = 0
    while head := HEAD.search(stream, at):
        start, size = head.end(), int(head[1])
        data = stream[start:start + size]
        end = END.match(stream, start + size)
        name = head[2].decode("ascii", "replace")
        whole = end and zlib.crc32(data) == int(end[1], 16)
        yield name, data if whole else None
        at = end.end() if end else start


def main():
    path, directory = sys.argv[1:]
    damaged = False
    with open(path, "rb") as file:
        stream = file.read()
    for name, data in files(stream):
        if data is None or name.strip(".") == "":
            print(f"receive: {name} is damaged", file=sys.stderr)
            damaged = True
            continue
        os.makedirs(directory, exist_ok=True)
        with open(os.path.join(directory, name), "wb") as out:
            out.write(data)
        print(os.path.join(directory, name))
    return 1 if damaged else 0


if __name__ == "__main__":
    sys.exit(main())
