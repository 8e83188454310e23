# SPDX-License-Identifier: ISC
"""Copies of the image with something wrong in its FAT partition (mtools, no root needed)."""

import os
import shutil
import struct
import subprocess

from harness import machine

ESP_GUID = bytes.fromhex("28732ac11ff8d211ba4b00a0c93ec93b")


def esp_offset(iso):
    """Where the FAT partition begins in @iso, in bytes, by its GPT."""
    with open(iso, "rb") as file:
        file.seek(512)
        header = file.read(92)
        if header[:8] != b"EFI PART":
            raise ValueError(f"{iso} has no GPT")
        table, count, size = struct.unpack("<QII", header[72:88])
        file.seek(table * 512)
        for _ in range(count):
            entry = file.read(size)
            if entry[:16] == ESP_GUID:
                return struct.unpack("<Q", entry[32:40])[0] * 512
    raise ValueError(f"{iso} has no EFI system partition")


class Image:
    """A private copy of the image; changes go into its FAT partition."""

    def __init__(self, path):
        self.path = path
        shutil.copyfile(machine.ISO, path)
        self.at = f"{path}@@{esp_offset(path)}"

    def _mtool(self, *command):
        env = dict(os.environ, MTOOLS_SKIP_CHECK="1", MTOOLSRC="/dev/null")
        return subprocess.run([command[0], "-i", self.at, *command[1:]], check=True, env=env,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout

    def read(self, name):
        return self._mtool("mtype", f"::/leash/{name}")

    def remove(self, name):
        self._mtool("mdel", f"::/leash/{name}")

    def write(self, name, data):
        scratch = self.path + ".file"
        with open(scratch, "wb") as file:
            file.write(data)
        self._mtool("mcopy", "-o", scratch, f"::/leash/{name}")
        os.unlink(scratch)

    def discard(self):
        os.unlink(self.path)
