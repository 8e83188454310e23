# SPDX-License-Identifier: ISC
"""A client for QEMU's machine protocol: commands, and the events it has seen."""

import json
import os
import re
import socket
import time

KEYS = {" ": "spc", "\n": "ret", "/": "slash", "-": "minus", ".": "dot", ",": "comma",
        ";": "semicolon", "'": "apostrophe", "=": "equal", "\\": "backslash", "\b": "backspace",
        "\t": "tab", "[": "bracket_left", "]": "bracket_right", "`": "grave_accent"}
SHIFTED = {"|": "\\", "&": "7", ">": ".", "<": ",", "_": "-", ":": ";", '"': "'", "!": "1",
           "$": "4", "*": "8", "(": "9", ")": "0", "?": "/", "+": "=", "#": "3", "@": "2",
           "%": "5", "^": "6", "{": "[", "}": "]", "~": "`"}


class Qmp:
    """One connection. Not shared between threads."""

    def __init__(self, path, timeout=30):
        self.events = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        deadline = time.monotonic() + timeout
        while True:
            try:
                self.socket.connect(path)
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        self.lines = self.socket.makefile("r")
        self._read()
        self.command("qmp_capabilities")

    def _read(self):
        line = self.lines.readline()
        if not line:
            raise EOFError("QEMU has closed the machine protocol")
        return json.loads(line)

    def command(self, name, **arguments):
        message = {"execute": name}
        if arguments:
            message["arguments"] = arguments
        self.socket.sendall(json.dumps(message).encode() + b"\n")
        while True:
            answer = self._read()
            if "event" in answer:
                self.events.append(answer)
            elif "error" in answer:
                raise RuntimeError(f"QMP {name}: {answer['error']['desc']}")
            else:
                return answer.get("return")

    def wait_event(self, name, timeout):
        """The next event of that name, or None in @timeout seconds."""
        for event in self.events:
            if event["event"] == name:
                return event
        self.socket.settimeout(timeout)
        try:
            while True:
                answer = self._read()
                if answer.get("event") == name:
                    return answer
        except (OSError, EOFError):
            return None

    def press(self, *names, hold_ms=30):
        """Presses keys at once, by QEMU's names: press("ctrl", "c")."""
        keys = [{"type": "qcode", "data": name} for name in names]
        self.command("send-key", **{"keys": keys, "hold-time": hold_ms})
        time.sleep(2 * hold_ms / 1000)

    def type(self, text, hold_ms=30):
        """Presses the keys (US layout) that make @text."""
        for c in text:
            shift = c.isupper() or c in SHIFTED
            c = SHIFTED.get(c, c).lower()
            self.press(*(["shift"] if shift else []), KEYS.get(c, c), hold_ms=hold_ms)

    def screenshot(self, path):
        """The screen as PPM; returns its bytes."""
        self.command("screendump", filename=os.path.abspath(path))
        with open(path, "rb") as file:
            return file.read()

    def framebuffer(self, path, width, height):
        """As screenshot(), from the memory of the graphics card: QEMU may lose a change that
        the guest makes while a picture is being taken, and shows it only after the next one."""
        pci = self.command("human-monitor-command", **{"command-line": "info pci"})
        base = int(re.search(r"VGA controller.*?BAR0:.*? at (0x[0-9a-f]+)", pci, re.S)[1], 16)
        self.command("pmemsave", val=base, size=width * height * 4, filename=os.path.abspath(path))
        with open(path, "rb") as file:
            memory = file.read()
        pixels = bytearray(width * height * 3)
        for colour in range(3):  # blue, green, red, unused in memory
            pixels[2 - colour::3] = memory[colour::4]
        return b"P6\n%d %d\n255\n" % (width, height) + bytes(pixels)
