# SPDX-License-Identifier: ISC
"""Non-maskable interrupts at every instruction of a system call's way in and out."""

from harness import machine
from harness.runner import test

STORM = 10_000


@test(25)
def storm_of_nmis(case):
    """Ten thousand NMIs during a loop of calls: no register is lost, the kernel lives."""
    with case.boot("onexit=debug panic=debug", qmp=True) as m:
        m.expect(machine.PROMPT)
        m.send("/tests/regs storm\n")
        m.expect(r"^storm begins")
        qmp = m.qmp()
        for _ in range(STORM):
            qmp.command("inject-nmi")
        m.send("\n")
        ended = m.expect(r"^storm ends: (\d+) calls, (\d+) damaged$", 30)
        case.check(int(ended[1]) > 1000, f"calls were made: {ended[1]}")
        case.equal(int(ended[2]), 0, "calls with a damaged register")
        m.expect(machine.PROMPT, after=m.output.rfind("storm ends"))
        # Not run(): the prompt may show itself twice, for the newline that ended the storm.
        m.send("busybox cat /proc/interrupts\n")
        count = m.expect(r"^NMI:\s+(\d+)\s", 30)
        # One that comes while another is pending is the same one for the processor.
        case.check(int(count[1]) > STORM // 10, f"NMIs that came: {count[1]}")
        m.send("poweroff -f\n")
        case.equal(m.wait(20), 33, "QEMU's exit status")
