#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Turns a console font into a C header: mkfont.py NAME FONT.psf OUT.h

Reads PSF 1 and PSF 2 with their Unicode tables (sequences are left out; without a table the
glyphs' numbers count as ASCII). Writes NAME_bits (glyph after glyph, row after row, the
leftmost pixel in the highest bit), NAME_map (sorted by character) and the sizes.
"""
import struct
import sys

PSF1_MAGIC = b"\x36\x04"
PSF2_MAGIC = b"\x72\xb5\x4a\x86"
PSF1_512 = 0x01
PSF1_TABLE = 0x02 | 0x04
PSF2_TABLE = 0x01


def read_psf1(data):
    mode, height = data[2], data[3]
    count = 512 if mode & PSF1_512 else 256
    end = 4 + count * height
    runes = []
    if mode & PSF1_TABLE:
        words = struct.unpack(f"<{(len(data) - end) // 2}H", data[end:end + (len(data) - end) // 2 * 2])
        glyph, sequence = 0, False
        for word in words:
            if word == 0xFFFF:
                glyph, sequence = glyph + 1, False
            elif word == 0xFFFE:
                sequence = True
            elif not sequence:
                runes.append((word, glyph))
    return 8, height, count, data[4:end], runes


def read_psf2(data):
    _, header, flags, count, size, height, width = struct.unpack("<7I", data[4:32])
    end = header + count * size
    runes = []
    if flags & PSF2_TABLE:
        for glyph, entry in enumerate(data[end:].split(b"\xff")[:count]):
            single = entry.split(b"\xfe")[0].decode("utf-8")
            runes += [(ord(c), glyph) for c in single]
    return width, height, count, data[header:end], runes


def main():
    name, source, target = sys.argv[1:]
    data = open(source, "rb").read()
    if data[:2] == PSF1_MAGIC:
        width, height, count, bits, runes = read_psf1(data)
    elif data[:4] == PSF2_MAGIC:
        width, height, count, bits, runes = read_psf2(data)
    else:
        sys.exit(f"{source}: not a PSF font")
    if len(bits) != count * height * ((width + 7) // 8):
        sys.exit(f"{source}: cut short")
    first = {}
    for rune, glyph in runes or [(c, c) for c in range(0x20, 0x7F)]:
        if rune < 0x10000 and glyph < count:
            first.setdefault(rune, glyph)
    if ord(" ") not in first:
        sys.exit(f"{source}: has no space")
    with open(target, "w", encoding="ascii") as out:
        out.write(f"/* Made by mkfont.py. */\n#define {name}_WIDTH {width}\n"
                  f"#define {name}_HEIGHT {height}\n#define {name}_COUNT {count}\n"
                  f"static const u8 {name}_bits[] = {{\n")
        step = len(bits) // count
        for i in range(0, len(bits), step):
            out.write("\t" + " ".join(f"0x{b:02x}," for b in bits[i:i + step]) + "\n")
        out.write(f"}};\nstatic const struct font_char {name}_map[] = {{\n")
        for rune, glyph in sorted(first.items()):
            out.write(f"\t{{ 0x{rune:04x}, {glyph} }},\n")
        out.write("};\n")


if __name__ == "__main__":
    main()
