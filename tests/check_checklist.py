#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""docs/checklist.md: does each line name a test, and is it there?

usage: check_checklist.py               names each dead reference
       check_checklist.py --self-test   seeds some and must find them all

A reference is `path` "name": a test's file, and the words that name the test in it.
Every line of the tables needs one, and no number may be left out.
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DOCUMENT = os.path.join(ROOT, "docs", "checklist.md")
ROW = re.compile(r"^\| ([A-Z]?\d+) \| (.*?) \| (.*) \|$", re.M)
REFERENCE = re.compile(r'`([^`]+)` "([^"]+)"')
WANTED = [str(n) for n in range(1, 31)] + [f"L{n}" for n in range(1, 13)]


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def judge(text):
    """What is wrong, as lines."""
    wrong, seen = [], []
    for number, _, tests in ROW.findall(text):
        seen.append(number)
        references = REFERENCE.findall(tests)
        if not references:
            wrong.append(f"line {number} names no test")
        for path, name in references:
            if not os.path.exists(os.path.join(ROOT, path)):
                wrong.append(f"line {number}: no file {path}")
            elif name not in read(os.path.join(ROOT, path)):
                wrong.append(f"line {number}: {path} has no test \"{name}\"")
    return wrong + [f"line {number} is not there" for number in WANTED if number not in seen]


def self_test():
    seeded = ('| 1 | a | `tests/user/no_such.c` "x" |\n| 2 | b | `tests/user/regs.c` "no such test" |\n'
              '| 3 | c | nothing |\n| 4 | d | `tests/user/regs.c` "%s: general registers survive" |\n')
    wrong = judge(seeded)
    found = [w for w in wrong if not w.endswith("not there")]
    return len(found) == 3 and len(wrong) == 3 + len(WANTED) - 4


if __name__ == "__main__":
    if "--self-test" in sys.argv:
        sys.exit(0 if self_test() else "it did not find what was seeded")
    problems = judge(read(DOCUMENT))
    print("\n".join(problems))
    sys.exit(1 if problems else 0)
