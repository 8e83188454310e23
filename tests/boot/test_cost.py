# SPDX-License-Identifier: ISC
"""Instruction counts: QEMU counts (-icount shift=0), the guest reads them with rdtsc."""

import re

from harness.runner import test

ICOUNT = {"ACCEL": "tcg,thread=single", "args": ["-icount", "shift=0,sleep=off"]}


@test(30)
def instruction_marks(case):
    output = case.run_to_end("init=/bin/cost", 180, **ICOUNT)
    boot = re.search(r"first user instruction.*?(\d+)", output)
    if case.check(boot, "the kernel logs its count at the first user instruction"):
        case.check(int(boot[1]) < 50_000_000, f"boot under 50 M instructions: {boot[1]}")
    for what, limit in (("null", 120), ("yield", 600)):
        found = re.search(rf"{what}\D*(\d+)", output)
        if case.check(found, f"cost prints {what}"):
            case.check(int(found[1]) < limit, f"{what} under {limit}: {found[1]}")
