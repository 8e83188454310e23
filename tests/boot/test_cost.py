# SPDX-License-Identifier: ISC
"""Instruction counts: QEMU counts (-icount shift=0), the guest reads them with rdtsc."""

import os
import re

from harness.runner import test

ICOUNT = {"ACCEL": "tcg,thread=single", "args": ["-icount", "shift=0,sleep=off"]}
# Debian's 4 MiB firmware takes a minute to unpack itself when instructions are counted.
QUICK_FIRMWARE = "/usr/share/OVMF/OVMF_CODE.fd"
if not os.environ.get("OVMF_CODE") and os.path.exists(QUICK_FIRMWARE):
    ICOUNT["OVMF_CODE"] = QUICK_FIRMWARE


@test(120)
def instruction_marks(case):
    output = case.run_to_end("init=/bin/cost", 420, **ICOUNT)
    boot = re.search(r"boot: (\d+) thousand cycles", output)
    if case.check(boot, "the kernel logs its count at the first user instruction"):
        count = int(boot[1]) * 1000
        case.check(count < 50_000_000, f"boot in under 50 M instructions: {count}")
        print(f"     boot: {count} instructions")
    for what, limit in (("an unknown call", 120), ("yield, one way", 600)):
        found = re.search(rf"^{what} +min +(\d+) +median +(\d+)", output, re.M)
        if case.check(found, f"cost measures {what}"):
            case.check(int(found[2]) < limit, f"{what} in under {limit}: {found[2]}")
            print(f"     {found[0]}")
