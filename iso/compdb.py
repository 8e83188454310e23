#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Writes compile_commands.json: OUT { -- COMPILER FLAGS... -- SOURCES... }..."""

import json
import os
import sys


def main():
    out, *rest = sys.argv[1:]
    groups, group = [], []
    for word in rest + ["--"]:
        if word == "--":
            groups.append(group)
            group = []
        else:
            group.append(word)
    groups = groups[1:]
    entries = [
        {"directory": os.getcwd(), "file": source, "arguments": command + ["-c", source]}
        for command, sources in zip(groups[0::2], groups[1::2])
        for source in sources
    ]
    with open(out, "w", encoding="utf-8") as file:
        json.dump(entries, file, indent=1)
        file.write("\n")


main()
