# SPDX-License-Identifier: ISC
"""Holes that only a look from outside shows: what a machine says that ends."""

import re

from harness.runner import test


@test(8)
def kernel_stack_overflow(case):
    """It hits the guard page; the double fault's own stack can still tell."""
    output = case.run_to_end("selftest=kstack_overflow_is_reported", status=255, MEDIA="usb")
    case.check(re.search(r"^\*\*\* Kernel panic: double fault.*: a kernel stack overflowed", output, re.M),
               "the panic says what happened")
    case.check(re.search(r"eat_stack\+0x", output), "and where")
