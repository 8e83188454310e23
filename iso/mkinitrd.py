#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Makes the initrd: mkinitrd.py TREE MODES OUT.

A cpio archive in the newc format that depends on nothing but the tree's names,
contents and execute bits: sorted, all dates SOURCE_DATE_EPOCH, everything root's.
/dev is the kernel's to fill, so no device nodes, and no need to be root.
"""

import os
import stat
import sys

ROUNDED = 4
EPOCH = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))


def pad(data):
    return data + b"\0" * (-len(data) % ROUNDED)


def record(name, ino, mode, nlink, mtime, data):
    """One member: header and name, then contents, each padded to four bytes."""
    encoded = os.fsencode(name) + b"\0"
    fields = (ino, mode, 0, 0, nlink, mtime, len(data), 0, 0, 0, 0, len(encoded), 0)
    header = b"070701" + b"".join(b"%08X" % field for field in fields)
    return pad(header + encoded) + pad(data)


def read_modes(path):
    modes = {}
    with open(path, encoding="utf-8") as table:
        for line in table:
            if line.strip() and not line.startswith("#"):
                mode, name = line.split()
                modes[name] = int(mode, 8)
    return modes


def names_under(tree):
    """Every path below the tree, sorted, a directory before what it holds."""
    names = []
    for top, directories, files in os.walk(tree):
        names += (os.path.relpath(os.path.join(top, name), tree) for name in directories + files)
    return sorted(names)


def mode_of(name, info, modes):
    """Type and permissions, freed from the umask under which the tree was laid."""
    kind = stat.S_IFMT(info.st_mode)
    if stat.S_ISLNK(kind):
        return kind | 0o777
    if name in modes:
        return kind | modes[name]
    special = info.st_mode & 0o7000
    return kind | special | (0o755 if stat.S_ISDIR(kind) or info.st_mode & 0o111 else 0o644)


def contents(path, info):
    if stat.S_ISLNK(info.st_mode):
        return os.fsencode(os.readlink(path))
    if stat.S_ISDIR(info.st_mode):
        return b""
    if not stat.S_ISREG(info.st_mode):
        sys.exit(f"mkinitrd: {path} is neither file, directory nor symbolic link.")
    with open(path, "rb") as file:
        return file.read()


def main():
    tree, table, out = sys.argv[1:]
    modes = read_modes(table)
    with open(out, "wb") as archive:
        for number, name in enumerate(names_under(tree), 1):
            path = os.path.join(tree, name)
            info = os.lstat(path)
            nlink = 2 if stat.S_ISDIR(info.st_mode) else 1
            mode = mode_of(name, info, modes)
            archive.write(record(name, number, mode, nlink, EPOCH, contents(path, info)))
        archive.write(record("TRAILER!!!", 0, 0, 1, 0, b""))


main()
