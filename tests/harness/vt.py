# SPDX-License-Identifier: ISC
"""What a terminal on the serial line would show: the part of ECMA-48 that full-screen programs use.

It is written from the standard and shares nothing with kernel/drivers/vt.c, so that a program's
picture on the serial line can be compared with the one on the screen.
"""

import re

_TOKEN = re.compile(r"\x1b\[([?>=]?)([\d;]*)[ -/]*([@-~])|\x1b[()*+%#]?(.)|([\x00-\x1f\x7f])"
                    r"|([^\x00-\x1f\x7f]+)", re.S)


class Terminal:
    def __init__(self, rows=24, columns=80):
        self.rows, self.columns = rows, columns
        self.cells = [[" "] * columns for _ in range(rows)]
        self.row = self.column = 0
        self.top, self.bottom = 0, rows - 1
        self.saved = (0, 0)
        self.wraps = False  # the last column was written: the next character begins a line

    def feed(self, text):
        for private, arguments, final, escape, control, plain in _TOKEN.findall(text):
            if plain:
                for c in plain:
                    self._put(c)
                continue
            wraps, self.wraps = self.wraps, False
            if control:
                self._control(control)
            elif escape:
                self._escape(escape)
            elif final == "m" or private:
                self.wraps = wraps
            elif final:
                self._sequence(final, [int(a or 0) for a in arguments.split(";")])

    def lines(self):
        return ["".join(row).rstrip() for row in self.cells]

    def _put(self, c):
        if self.wraps:
            self.column = 0
            self._down()
        self.cells[self.row][self.column] = c
        self.wraps = self.column == self.columns - 1
        self.column += not self.wraps

    def _scroll(self, top, n):
        """Lines from @top to the region's end move up by @n (down, if it is negative)."""
        part = self.cells[top:self.bottom + 1]
        blank = [[" "] * self.columns for _ in range(min(abs(n), len(part)))]
        part = part[n:] + blank if n > 0 else blank + part[:len(part) + n if -n < len(part) else 0]
        self.cells[top:self.bottom + 1] = part[:self.bottom + 1 - top]

    def _down(self):
        if self.row == self.bottom:
            self._scroll(self.top, 1)
        elif self.row < self.rows - 1:
            self.row += 1

    def _up(self):
        if self.row == self.top:
            self._scroll(self.top, -1)
        elif self.row:
            self.row -= 1

    def _control(self, c):
        if c in "\n\v\f":
            self._down()
        elif c == "\r":
            self.column = 0
        elif c == "\b":
            self.column = max(0, self.column - 1)
        elif c == "\t":
            self.column = min(self.columns - 1, self.column // 8 * 8 + 8)

    def _escape(self, c):
        if c == "M":
            self._up()
        elif c in "DE":
            self.column = 0 if c == "E" else self.column
            self._down()
        elif c == "7":
            self.saved = (self.row, self.column)
        elif c == "8":
            self.row, self.column = self.saved
        elif c == "c":
            self.__init__(self.rows, self.columns)

    def _erase(self, row, start, end):
        self.cells[row][start:end] = " " * (end - start)

    def _move(self, row, column):
        self.row = min(max(row, 0), self.rows - 1)
        self.column = min(max(column, 0), self.columns - 1)

    def _sequence(self, final, args):
        n = max(args[0], 1)
        second = max(args[1], 1) if len(args) > 1 else 1
        line = self.cells[self.row]
        if final in "Hf":
            self._move(n - 1, second - 1)
        elif final in "ABCD":
            dy, dx = {"A": (-n, 0), "B": (n, 0), "C": (0, n), "D": (0, -n)}[final]
            self._move(self.row + dy, self.column + dx)
        elif final in "Gd":
            self._move(*((self.row, n - 1) if final == "G" else (n - 1, self.column)))
        elif final in "JK":
            self._clear(final, args[0])
        elif final in "LM":
            self._scroll(self.row, n if final == "M" else -n)
        elif final in "P@X":
            rest = line[self.column:]
            blank = [" "] * min(n, len(rest))
            rest = {"P": rest[n:] + blank, "@": blank + rest, "X": blank + rest[n:]}[final]
            line[self.column:] = rest[:self.columns - self.column]
        elif final == "r":
            self.top = n - 1
            self.bottom = min(second, self.rows) - 1 if len(args) > 1 else self.rows - 1
            self._move(0, 0)
        elif final == "s":
            self.saved = (self.row, self.column)
        elif final == "u":
            self.row, self.column = self.saved

    def _clear(self, final, which):
        start, end = [(self.column, self.columns), (0, self.column + 1), (0, self.columns)][which]
        self._erase(self.row, start, end)
        if final == "J":
            rows = [range(self.row + 1, self.rows), range(self.row), range(self.rows)][which]
            for row in rows:
                self._erase(row, 0, self.columns)
