# SPDX-License-Identifier: ISC
"""The loader with files missing or damaged: a sentence that names the file, and back to the
firmware; and its menu, opened by a key."""

import re
import struct

from harness import machine, tap
from harness.image import Image
from harness.runner import test

# What the firmware says on the serial line when a boot option has come back.
FIRMWARE_AGAIN = r"BdsDxe: failed to start"


def _refused(case, name, file, change, why=""):
    """Boots an image after @change(image): its loader must say a sentence with the file's name,
    @why and the EFI status, and return to the firmware."""
    sentence = rf"Leash cannot start: \\leash\\{re.escape(file)} .*\(EFI status \d+: [A-Z][^)]+\)"
    image = Image(case.path(f"-{name}.iso"))
    try:
        change(image)
        with case.boot("onexit=debug panic=debug", ISO=image.path, fatal=None) as m:
            said = m.expect(sentence, 60)
            after = m.output.index(said[0]) + len(said[0])
            case.check(why in said[0], f"{name}: {said[0]}")
            m.expect(FIRMWARE_AGAIN, 30, after=after)
            case.check(True, f"{name}: the firmware has the machine again")
            case.check("Kernel panic" not in m.output, f"{name}: the kernel was not entered")
    finally:
        image.discard()


def _patch(data, at, fmt, value):
    size = struct.calcsize(fmt)
    return data[:at] + struct.pack(fmt, value) + data[at + size:]


def _segments(elf):
    """Offsets of the program headers that are PT_LOAD."""
    start, = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    headers = [start + i * size for i in range(count)]
    return [h for h in headers if struct.unpack_from("<I", elf, h)[0] == 1]


@test(10)
def kernel_missing(case):
    _refused(case, "missing", "kernel.elf", lambda i: i.remove("kernel.elf"), "Not Found")


@test(10)
def kernel_cut_short(case):
    def cut(image):
        data = image.read("kernel.elf")
        image.write("kernel.elf", data[:len(data) // 2])
    _refused(case, "cut", "kernel.elf", cut)


@test(10)
def kernel_is_no_elf(case):
    _refused(case, "text", "kernel.elf",
             lambda i: i.write("kernel.elf", b"This is a letter.\n" * 500))


@test(10)
def kernel_for_another_machine(case):
    def foreign(image):
        image.write("kernel.elf", _patch(image.read("kernel.elf"), 18, "<H", 183))
    _refused(case, "arm", "kernel.elf", foreign)


@test(10)
def kernel_segments_overlap(case):
    def overlap(image):
        elf = image.read("kernel.elf")
        first, second = _segments(elf)[:2]
        address, = struct.unpack_from("<Q", elf, first + 16)
        image.write("kernel.elf", _patch(elf, second + 16, "<Q", address))
    _refused(case, "overlap", "kernel.elf", overlap)


@test(10)
def kernel_segment_outside(case):
    def outside(image):
        elf = image.read("kernel.elf")
        image.write("kernel.elf", _patch(elf, _segments(elf)[0] + 16, "<Q", 0x400000))
    _refused(case, "outside", "kernel.elf", outside)


@test(10)
def initrd_missing(case):
    _refused(case, "missing", "initrd.cpio", lambda i: i.remove("initrd.cpio"), "Not Found")


@test(10)
def initrd_cut_short(case):
    def cut(image):
        data = image.read("initrd.cpio")
        image.write("initrd.cpio", data[:len(data) * 2 // 3])
    _refused(case, "cut", "initrd.cpio", cut)


@test(15)
def menu_by_key(case):
    """A key in time opens the menu; its second entry is the self-test."""
    with case.boot(None, AUTOMATED="no") as m:
        m.expect(r"a key opens the menu")
        m.send(" ")
        m.expect(r"Self-test", 10)
        m.expect(r"Rogues", 10)
        m.expect(r"Cooperative", 10)
        m.send("\x1b[B\r")
        m.expect(r"^1\.\.\d+", 60)
        m.expect(r"^# passed \d+ failed \d+", 180)
        stream = tap.parse(m.output[m.output.index("KTAP version"):])
        case.check(stream.complete, f"the chosen entry ran the self-test: {stream.problems}")


@test(15)
def menu_ends_in_a_shell(case):
    """The demonstration leaves what it showed on the screen, and a machine that is on."""
    with case.boot(None, AUTOMATED="no") as m:
        m.expect(r"a key opens the menu")
        m.send(" ")
        m.expect(r"5 +Hostage", 10)
        m.send("5\r")
        m.expect(r"^The longest wait for a tick", 60)
        m.expect(machine.PROMPT, 30)
        case.equal(m.run("sched"), ["rr"], "with the timer again")
