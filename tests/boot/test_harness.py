# SPDX-License-Identifier: ISC
"""The harness tested first: what it would wave through it must not."""

import os

from harness import machine, screen, tap
from harness.runner import test


@test(1)
def tap_strictness(case):
    good = "KTAP version 1\r\n1..3\r\nok 1 a # time 3 ms\r\n# note\r\nok 2 - b\r\nok 3 c # SKIP no fpu\r\n"
    stream = tap.parse(good)
    case.check(stream.passed, f"a good stream passes ({stream.problems})")
    case.equal([r.name for r in stream.results], ["a", "b", "c"], "names")
    case.equal([r.skip for r in stream.results], [None, None, "no fpu"], "skips")
    case.check(tap.parse("ok 1 a\nok 2 b\n1..2\n").passed, "a plan at the end passes")
    bad = {
        "silence": "",
        "no plan": "ok 1 a\n",
        "a short plan": "1..2\nok 1 a\n",
        "a stream cut in a line": "1..2\nok 1 a\nok",
        "too many results": "1..1\nok 1 a\nok 2 b\n",
        "an early closing plan": "ok 1 a\n1..1\nok 2 b\n",
        "a wrong closing plan": "ok 1 a\n1..2\n",
        "a gap in the numbers": "1..2\nok 1 a\nok 3 b\n",
        "a number twice": "1..2\nok 1 a\nok 1 a\n",
        "no numbers": "1..2\nok a\nok b\n",
        "two plans": "1..1\n1..1\nok 1 a\n",
        "a plan of nothing": "1..0\n",
        "bail out": "1..1\nok 1 a\nBail out! no memory\n",
        "a second stream": "KTAP version 1\n1..1\nok 1 a\nKTAP version 1\n1..1\nok 1 a\n",
        "nested results only": "1..1\n    ok 1 a\n",
        "a result marked TODO": "1..1\nnot ok 1 a # TODO later\n",
    }
    for what, text in bad.items():
        case.check(not tap.parse(text).complete, f"{what} is not complete")
    failing = tap.parse("1..2\nok 1 a\nnot ok 2 fork: b\n")
    case.check(failing.complete and not failing.passed, "a failure is complete and not passed")
    case.equal(len(failing.find("b")), 1, "a result is found by its last name")


@test(1)
def tap_on_a_noisy_wire(case):
    noisy = ("\x1b[2J\x1b[01;01HBdsDxe: starting Boot0001\r\n\x1b[0m[    0.100000] leash\r\n"
             "1..2\r\n[    0.2] okay then\r\n\x1b[32mok 1 a\x1b[0m\r\n    not ok 1 nested\r\n"
             "ok 2 b\r\n[    0.300000] 1..7 is no plan here\r\n")
    stream = tap.parse(noisy)
    case.check(stream.passed, f"log lines and colours do not disturb ({stream.problems})")
    torn = "1..2\nok 1 a\n[    0.2] a line ok 2 b\n"
    case.check(not tap.parse(torn).complete, "a result inside another line does not count")


@test(1)
def glyph_reader(case):
    fonts = [n for n in ("font8x16.psf", "font16x32.psf")
             if os.path.exists(os.path.join(machine.BUILD, "gen", n))]
    case.check(fonts, "the image's fonts are in BUILD/gen")
    lines = ["leash:/$ echo 'Hello, |world|' > a_b; [~]", "0123456789 @#%&*()", "", "xyz"]
    for name in fonts:
        font = screen.Font(os.path.join(machine.BUILD, "gen", name))
        picture = screen.draw(lines, font, 60)
        case.equal(screen.read_text(picture, font), lines, f"{name} read back")
        inverse = screen.draw(lines, font, 60, ink=b"\0\0\0", paper=b"\xff\xff\xff")
        case.equal(screen.read_text(inverse, font), lines, f"{name} read back inverse")
        spoilt = bytearray(picture)
        at = len(spoilt) - 3 * (60 * font.width * (font.height * 4 - font.height // 2) - 3)
        spoilt[at:at + 3] = b"\xc0\xc0\xc0" if not any(spoilt[at:at + 3]) else b"\0\0\0"
        case.check(screen.read_text(bytes(spoilt), font) != lines, f"{name}: one pixel is seen")
