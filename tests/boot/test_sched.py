# SPDX-License-Identifier: ISC
"""The scheduler with several CPUs: the tests of it that say most there."""

from harness import tap
from harness.runner import test

PROGRAMS = "cpus sched priority realtime cputime pipe fork wait"


@test(60)
def sched_with_two_cpus(case):
    output = case.run_to_end(f"init=/tests/run -- {PROGRAMS}", 400, SMP=2)
    case.tap(tap.parse(output), "on two CPUs")
