#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Writes the fuzzers' first inputs, from real files where there are any.

usage: seeds.py OUTPUT-DIRECTORY REAL-FILES-DIRECTORY
"""
import pathlib
import sys


def newc(name: bytes, data: bytes, magic: bytes = b"070701") -> bytes:
    """One entry of a newc archive."""
    check = sum(data) if magic == b"070702" else 0
    numbers = [1, 0o100644, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, check]
    head = magic + b"".join(b"%08X" % n for n in numbers) + name + b"\0"
    head += b"\0" * (-len(head) % 4)
    return head + data + b"\0" * (-len(data) % 4)


def elf_seeds(real: pathlib.Path) -> list:
    paths = [pathlib.Path("/bin/busybox"), pathlib.Path("/bin/sh")] + sorted(real.glob("hello-*"))
    return [p.read_bytes()[:size] for p in paths if p.is_file() for size in (512, 2048)]


def cpio_seeds(real: pathlib.Path) -> list:
    trailer = newc(b"TRAILER!!!", b"")
    seeds = [
        newc(b"a", b"hello") + newc(b"./dir/b", b"") + trailer,
        newc(b"sum", b"12345", b"070702") + trailer + b"\0" * 64 + newc(b"c", b"x") + trailer,
    ]
    return seeds + [p.read_bytes() for p in real.glob("*.cpio")]


def main() -> None:
    out, real = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    seeds = {
        "elf": elf_seeds(real),
        "cpio": cpio_seeds(real),
        "conf": [(real / "leash.conf").read_bytes(), b"\xef\xbb\xbfentry \"x\"", b"default 17\n"],
        "cmdline": [b'init=/bin/sh quiet "a b" -- -c "echo x"', b'"', b"  a  "],
        "format": [b"\x40%d %-8s %#lx", b"\x08%*.*d|%p", b"\x01%02147483647d%%"],
    }
    for name, inputs in seeds.items():
        directory = out / name
        directory.mkdir(parents=True, exist_ok=True)
        for i, data in enumerate(inputs):
            (directory / f"seed{i}").write_bytes(data)


main()
