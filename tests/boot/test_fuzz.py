# SPDX-License-Identifier: ISC
"""Random system calls with hostile arguments from several families of an ordinary user: a minute, or
ten with LONG=1 (`make test-long`). Then the kernel has everything back and its invariants hold."""

import os
import re
import time

from harness import tap
from harness.runner import test

LONG = bool(os.environ.get("LONG"))
SECONDS = 600 if LONG else 60
FAMILIES = 4


@test(SECONDS + 15)
def random_calls(case):
    # Each day has its seed; a failure's log names it, and those of the families at its end.
    seed = os.environ.get("FUZZ_SEED") or str(int(time.time()) // 86400)
    output = case.run_to_end(f"init=/tests/fuzz -- {seed} {SECONDS} {FAMILIES}", SECONDS + 240,
                             MEDIA="usb")
    case.tap(tap.parse(output), f"fuzz, seed {seed}")
    calls = re.findall(r"^# \d+ s: (\d+) calls", output, re.M)
    case.check(calls and int(calls[-1]) > 1000 * SECONDS // 10, f"calls were made: {calls[-1:]}")
