#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The house rules that clang-format does not know.

usage: check_style.py FILE...       faults as file:line, warnings begin with "warning:"
       check_style.py --self-test   seeds one fault of each kind and must find it

Every source begins with its licence line; no notes to oneself and no switched-off code are left;
no function of C is longer than 80 lines; a file over 400 lines is a warning.
"""
import pathlib
import re
import statistics
import sys

LICENCE = "SPDX-License-Identifier: ISC"
FUNCTION_MAX = 80
FILE_MAX = 400
CODE = {".c", ".h", ".asm", ".inc", ".py", ".sh", ".mk", ".ld", ".S"}
# Spelt in pieces, so that this file is not its own first finding.
NOTES = re.compile(r"\b(" + "|".join(("XX" + "X", "TO" + "DO", "FIX" + "ME")) + r")\b")
# One of the words is also a directive of TAP; its reader must know it.
MAY_NAME_THEM = {"tests/harness/tap.py", "tests/boot/test_harness.py"}
SWITCHED_OFF = re.compile(r"^\s*#\s*if\s+0\b")


def is_code(path: pathlib.Path, lines: list) -> bool:
    return path.suffix in CODE or path.name == "Makefile" or (bool(lines) and lines[0][:2] == "#!")


def functions(lines: list):
    """(first line, length) of each function: in the house style its braces stand in column 0."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{" and number > 1:
            start = number - 1
            # The head may go over several lines, all but the first of them indented.
            while start > 1 and lines[start - 1][:1] in ("\t", " "):
                start -= 1
        elif line == "}" and start:
            yield start, number - start + 1
            start = None


def check(path: pathlib.Path, text: str) -> tuple:
    """Faults, warnings and the lengths of the functions."""
    lines = text.splitlines()
    if not is_code(path, lines):
        return [], [], []
    faults, warnings, lengths = [], [], []
    licence_at = 1 if lines and lines[0].startswith("#!") else 0
    if len(lines) <= licence_at or LICENCE not in lines[licence_at]:
        faults.append(f"{path}:{licence_at + 1}: no licence line")
    for number, line in enumerate(lines, 1):
        if NOTES.search(line) and str(path) not in MAY_NAME_THEM:
            faults.append(f"{path}:{number}: a note to oneself: {line.strip()[:60]}")
        if SWITCHED_OFF.match(line):
            faults.append(f"{path}:{number}: switched-off code")
    if path.suffix == ".h" and "#pragma once" not in lines:
        faults.append(f"{path}:1: no #pragma once")
    if path.suffix in (".c", ".h"):
        for start, length in functions(lines):
            lengths.append(length)
            if length > FUNCTION_MAX:
                faults.append(f"{path}:{start}: a function of {length} lines")
    if len(lines) > FILE_MAX:
        warnings.append(f"warning: {path}: {len(lines)} lines")
    return faults, warnings, lengths


def self_test() -> list:
    head = f"/* {LICENCE} */\n"
    long_body = "int f(int a,\n      int b)\n{\n" + "\ta++;\n" * FUNCTION_MAX + "}\n"
    seeded = {
        "no licence": ("a.c", "int a;\n", 1),
        "licence too late": ("a.py", "import os\n# " + LICENCE + "\n", 1),
        "licence after #!": ("a", "#!/bin/sh\n# " + LICENCE + "\n", 0),
        "note": ("a.c", head + "/* TO" + "DO: more */\n", 2),
        "template is no note": ("a.c", head + 'char t[] = "/tmp/XX' + 'XXXX";\n', 0),
        "switched off": ("a.c", head + "# if 0\n#endif\n", 2),
        "long function": ("a.c", head + long_body, 2),
        "no pragma": ("a.h", head, 1),
        "no code": ("a.txt", "TO" + "DO\n", 0),
    }
    failures = []
    for name, (path, text, line) in seeded.items():
        faults = check(pathlib.Path(path), text)[0]
        found = [int(f.split(":")[1]) for f in faults]
        if found != ([line] if line else []):
            failures.append(f"{name}: {faults}")
    return failures


def main() -> int:
    if sys.argv[1:] == ["--self-test"]:
        failures = self_test()
        print("\n".join(failures), end="\n" if failures else "")
        return 1 if failures else 0
    failed, all_lengths = False, []
    for name in sys.argv[1:]:
        path = pathlib.Path(name)
        try:
            text = path.read_text()
        except (UnicodeDecodeError, FileNotFoundError):
            continue  # a picture, or deleted since the list was made
        faults, warnings, lengths = check(path, text)
        all_lengths += lengths
        failed |= bool(faults)
        for line in faults + warnings:
            print(line)
    if all_lengths:
        under = sum(length < 40 for length in all_lengths) / len(all_lengths)
        print(f"{len(all_lengths)} functions: median {statistics.median(all_lengths):.0f} lines, "
              f"{under:.0%} under 40, longest {max(all_lengths)}")
    return 1 if failed else 0


sys.exit(main())
