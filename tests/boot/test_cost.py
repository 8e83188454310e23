# SPDX-License-Identifier: ISC
"""Instruction counts: under -icount each instruction takes 2^shift ns of the guest's time, and
its TSC counts those: what the guest measures with rdtsc, shifted back, are instructions.

A shift of 0 gives the same numbers, but OVMF looks for a TPM for two seconds of guest time:
two thousand million instructions, where a shift of 3 leaves an eighth of them.
"""

import re

from harness.runner import test

SHIFT = 3
BOOT_LIMIT = 50_000_000
LIMITS = {"an unknown call": 120, "yield, one way": 600}
CROWDS = (2, 16, 128, 1024)


def crowd_is_flat(case, output):
    """A switch costs the same however many wait: within a fifth of what it costs between two."""
    costs = {}
    for n in CROWDS:
        found = re.search(rf"^yield among {n} +min +(\d+) +median +(\d+)", output, re.M)
        if case.check(found, f"cost measures a crowd of {n}"):
            costs[n] = int(found[2]) >> SHIFT
    case.note(f"yield in a crowd: {costs}")
    for n in CROWDS[1:]:
        if n in costs and CROWDS[0] in costs:
            case.check(abs(costs[n] - costs[2]) * 5 <= costs[2],
                       f"a switch among {n} costs {costs[n]} instructions, among 2 {costs[2]}")


@test(60)
def instruction_marks(case):
    output = case.run_to_end("init=/bin/cost", 400, ACCEL="tcg,thread=single",
                             args=["-icount", f"shift={SHIFT},sleep=off"])
    boot = re.search(r"boot: (\d+) thousand cycles", output)
    if case.check(boot, "the kernel logs its count at the first user instruction"):
        count = int(boot[1]) * 1000 >> SHIFT
        case.check(count < BOOT_LIMIT, f"boot in under {BOOT_LIMIT} instructions: {count}")
        case.note(f"boot: {count} instructions")
    crowd_is_flat(case, output)
    for what, limit in LIMITS.items():
        found = re.search(rf"^{what} +min +(\d+) +median +(\d+)", output, re.M)
        if case.check(found, f"cost measures {what}"):
            count = int(found[2]) >> SHIFT
            case.check(0 < count < limit, f"{what} in under {limit} instructions: {count}")
            case.note(f"{what}: {count} instructions")
