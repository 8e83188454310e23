# SPDX-License-Identifier: ISC
"""What the boot tests share: the emulator, TAP, the screen, the runner."""
