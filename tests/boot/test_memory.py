# SPDX-License-Identifier: ISC
"""Memory that is out: gluttons meet their end, neighbours live, and the log says who and why."""

import re

from harness import tap
from harness.runner import test

VICTIM = re.compile(r"^\[.*\] out of memory: (\w+)\[\d+\] \(uid (\d+)\) is killed: it has (\d+) KiB, "
                    r"adjusted by (-?\d+); \w+\[\d+\] wants a page, \d+ of \d+ KiB are free$", re.M)


def hunger(case, words="", **machine):
    output = case.run_to_end(f"init=/bin/hunger{words}", 400, MEDIA="usb", **machine)
    case.tap(tap.parse(output), "hunger")
    victims = VICTIM.findall(output)
    case.check(len(victims) >= 8, f"the log names the victims: {victims}")
    case.equal({uid for _, uid, _, adj in victims if adj != "1000"}, {"65534"}, "the victims' users")
    case.check(any(adj == "1000" for *_, adj in victims), "one had volunteered")


@test(60)
def hunger_in_64m(case):
    hunger(case, MEM="64M")


@test(30)
def hunger_in_512m(case):
    """What takes memory page by page; to count to a limit takes no less time with less memory."""
    hunger(case, " -- pages shared tables children volunteer", MEM="512M")


@test(15)
def five_thousand_processes_in_1g(case):
    """All sleep at once, and leave nothing behind; a user may have 4096 of them, root all."""
    output = case.run_to_end("init=/tests/crowd -- 5000", 400, MEM="1G")
    case.tap(tap.parse(output), "crowd")
    each = re.search(r"^# (\d+) KiB each$", output, re.M)
    if case.check(each, "the crowd was weighed"):
        case.check(int(each[1]) <= 100, f"{each[1]} KiB each")
