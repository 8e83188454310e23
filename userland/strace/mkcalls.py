#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Makes the tables of strace: calls with their arguments' names, from include/abi/syscall.tbl, and
the errors' names, from include/abi/errno.h.

usage: mkcalls.py SYSCALL.TBL ERRNO.H > calls.inc
"""
import re
import sys


def main():
    print("/* Made by mkcalls.py. */")
    print("const struct call calls[] = {")
    last = 0
    with open(sys.argv[1], encoding="ascii") as table:
        for line in table:
            if line.startswith("#") or not line.strip():
                continue
            number, name, _, args = line.rstrip("\n").split("\t")
            names = "" if args == "-" else args
            print(f'\t[{number}] = {{ "{name}", "{names}" }},')
            last = int(number)
    print("};")
    print(f"const unsigned call_count = {last + 1};")
    print("const char *const error_names[] = {")
    seen = set()
    with open(sys.argv[2], encoding="ascii") as header:
        for name, number in re.findall(r"^#define (E\w+)\s+(\d+)", header.read(), re.M):
            if number not in seen:
                print(f'\t[{number}] = "{name}",')
                seen.add(number)
    print("};")
    print(f"const unsigned error_count = {max(map(int, seen)) + 1};")


main()
