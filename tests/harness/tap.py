# SPDX-License-Identifier: ISC
"""Reads TAP and KTAP v1 strictly: what is not there has not passed.

A stream is complete when it has one plan, before the first result or after the last, and
exactly the planned results, numbered 1, 2, 3, … Indented lines (nested streams) and lines
of other kinds (the kernel's log runs on the same wire) are passed over.
"""

import re
from dataclasses import dataclass, field

ESCAPES = re.compile(r"\x1b(?:\[[0-9;?=]*[A-Za-z@`]|[()][A-Za-z0-9]|[=>78cDEHM])")
RESULT = re.compile(r"^(not ok|ok)\b(?: (\d+))?(?: -)?(?: ?(.*))?$")
PLAN = re.compile(r"^1\.\.(\d+)(?:\s+#\s*(.*))?$")
DIRECTIVE = re.compile(r"(?:^|\s)#\s*(?i:(SKIP|TODO))\b\s*(.*)$")
VERSION = re.compile(r"^K?TAP version \d+$")


@dataclass
class Result:
    ok: bool
    number: int
    name: str
    skip: str = None  # the reason, if it was skipped


@dataclass
class Stream:
    plan: int = None
    results: list = field(default_factory=list)
    problems: list = field(default_factory=list)  # why it is not complete

    @property
    def complete(self):
        return not self.problems

    @property
    def passed(self):
        return self.complete and all(r.ok for r in self.results)

    @property
    def failures(self):
        return [r for r in self.results if not r.ok]

    def find(self, name):
        """The results whose name is @name or ends with ": @name"."""
        return [r for r in self.results if r.name == name or r.name.endswith(": " + name)]


def clean(text):
    """Serial text without carriage returns and escape sequences."""
    return ESCAPES.sub("", text).replace("\r", "")


def _result(match, stream):
    rest = match[3] or ""
    directive = DIRECTIVE.search(rest)
    name = rest[: directive.start()] if directive else re.sub(r"\s+# .*$", "", rest)
    number = int(match[2]) if match[2] else None
    want = len(stream.results) + 1
    if number != want:
        stream.problems.append(f"result {want} is numbered {number}")
    skip = directive[2] if directive and directive[1].upper() == "SKIP" else None
    if directive and directive[1].upper() == "TODO":
        stream.problems.append(f"result {want} is marked TODO")
    stream.results.append(Result(match[1] == "ok", want, name.strip(), skip))


def _plan(match, stream):
    if stream.plan is not None:
        stream.problems.append("a second plan")
        return
    stream.plan = int(match[1])
    if stream.results and stream.plan != len(stream.results):
        stream.problems.append(f"a plan of {stream.plan} after {len(stream.results)} results")
    if stream.plan == 0:
        stream.problems.append("a plan of no tests")


def parse(text):
    """The top-level stream in @text."""
    stream = Stream()
    plan_closes = False
    for line in clean(text).split("\n"):
        line = line.rstrip()
        if line.startswith("Bail out!"):
            stream.problems.append(line)
            break
        if VERSION.match(line) and (stream.results or stream.plan is not None):
            stream.problems.append("a second stream begins")
            break
        plan, result = PLAN.match(line), RESULT.match(line)
        if plan:
            plan_closes = bool(stream.results)
            _plan(plan, stream)
        elif result:
            if plan_closes:
                stream.problems.append("a result after the closing plan")
            _result(result, stream)
    if stream.plan is None:
        stream.problems.append("no plan")
    elif stream.plan != len(stream.results):
        stream.problems.append(f"{len(stream.results)} results of {stream.plan} planned")
    return stream
