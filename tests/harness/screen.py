# SPDX-License-Identifier: ISC
"""Reads a screenshot back into text, exactly: each cell is compared with the console font."""

import os
import struct

UNKNOWN = "\ufffd"


class Font:
    """A PSF1 or PSF2 font: the characters by their bitmaps (rows of bits, as tuples)."""

    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        if data[:2] == b"\x36\x04":
            mode, self.height = data[2], data[3]
            self.width, count = 8, 512 if mode & 1 else 256
            size, start, has_table = self.height, 4, bool(mode & 6)
        elif data[:4] == b"\x72\xb5\x4a\x86":
            fields = struct.unpack("<8I", data[:32])
            _, _, start, flags, count, size, self.height, self.width = fields
            has_table = bool(flags & 1)
        else:
            raise ValueError(f"{path} is no PSF font")
        table = data[start + count * size:] if has_table else b""
        names = self._names_psf1(table) if start == 4 else self._names_psf2(table)
        self.by_rows, self.by_char = {}, {}
        row_bytes = (self.width + 7) // 8
        for i in range(count):
            glyph = data[start + i * size:start + (i + 1) * size]
            rows = tuple(
                int.from_bytes(glyph[y * row_bytes:(y + 1) * row_bytes], "big")
                >> (row_bytes * 8 - self.width) for y in range(self.height))
            chars = names[i] if i < len(names) and names[i] else [chr(i)]
            for c in chars:
                self.by_char.setdefault(c, rows)
            best = min(chars, key=ord)
            if rows not in self.by_rows or ord(best) < ord(self.by_rows[rows]):
                self.by_rows[rows] = best
        self.by_rows[(0,) * self.height] = " "

    @staticmethod
    def _names_psf1(table):
        names, current, in_sequence = [], [], False
        for (code,) in struct.iter_unpack("<H", table[:len(table) & ~1]):
            if code == 0xFFFF:
                names.append(current)
                current, in_sequence = [], False
            elif code == 0xFFFE:
                in_sequence = True
            elif not in_sequence:
                current.append(chr(code))
        return names

    @staticmethod
    def _names_psf2(table):
        return [list(entry.split(b"\xfe")[0].decode("utf-8", "replace"))
                for entry in table.split(b"\xff")[:-1]]


def read_ppm(data):
    """(width, height, bytes of 3 a pixel) of a P6 file."""
    fields, at = [], 0
    while len(fields) < 4:
        while data[at:at + 1].isspace():
            at += 1
        end = at
        while not data[end:end + 1].isspace():
            end += 1
        fields.append(data[at:end])
        at = end
    if fields[0] != b"P6" or fields[3] != b"255":
        raise ValueError("not a P6 picture")
    return int(fields[1]), int(fields[2]), data[at + 1:]


def _cell(pixels, stride, x, y, font):
    """The rows of bits of one cell, by its first pixel's colour as the background."""
    rows, background, blank = [], None, True
    width = font.width
    for line in range(font.height):
        at = (y + line) * stride + x * 3
        row = pixels[at:at + 3 * width]
        if background is None:
            background = row[:3]
            plain = background * width
        if row == plain:
            rows.append(0)
            continue
        blank = False
        bits = 0
        for i in range(0, 3 * width, 3):
            bits = bits << 1 | (row[i:i + 3] != background)
        rows.append(bits)
    return None if blank else tuple(rows)


def _character(rows, font):
    if rows is None:
        return " "
    c = font.by_rows.get(rows)
    if c is None:
        mask = (1 << font.width) - 1
        c = font.by_rows.get(tuple(~r & mask for r in rows), UNKNOWN)
    return c


def read_text(ppm, font):
    """The lines of text on the screen, spaces at their ends removed."""
    width, height, pixels = read_ppm(ppm)
    lines = []
    for y in range(0, height - font.height + 1, font.height):
        cells = (_character(_cell(pixels, width * 3, x, y, font), font)
                 for x in range(0, width - font.width + 1, font.width))
        lines.append("".join(cells).rstrip())
    return lines


def best_reading(ppm, directory):
    """read_text with whichever console font leaves the fewest cells unread."""
    readings = []
    for name in ("font8x16.psf", "font16x32.psf"):
        path = os.path.join(directory, name)
        if os.path.exists(path):
            lines = read_text(ppm, Font(path))
            unread = sum(line.count(UNKNOWN) for line in lines)
            cells = sum(len(line.replace(" ", "")) for line in lines)
            readings.append((unread / max(cells, 1), lines))
    return min(readings)[1]


def draw(lines, font, columns, ink=b"\xc0\xc0\xc0", paper=b"\0\0\0"):
    """A picture of @lines as the console would show them: for testing the reader."""
    out = bytearray()
    for line in lines:
        glyphs = [font.by_char[c] for c in line.ljust(columns)]
        for y in range(font.height):
            for glyph in glyphs:
                for bit in reversed(range(font.width)):
                    out += ink if glyph[y] >> bit & 1 else paper
    head = b"P6\n%d %d\n255\n" % (columns * font.width, len(lines) * font.height)
    return head + bytes(out)
