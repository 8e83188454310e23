#!/bin/sh
# SPDX-License-Identifier: ISC
# Runs iso/qemu.sh and says in words how it ended. With OUT= set, the files that the guest sent out
# (`send`) are put into the directory "files" beside it. With --selftest only the kernel's
# report of success (isa-debug-exit 0x10, QEMU's 33) counts.
set -u
here=$(dirname "$0")
want=any
# The terminal we are on has a size, and the line to it tells nobody.
if [ "${SERIAL:-}" = stdio ] && size=$(stty size 2>/dev/null) && [ "${size%% *}" != 0 ]; then
	CMDLINE="serial=${size%% *}x${size##* } ${CMDLINE:-}"
	export CMDLINE
fi
if [ "${1:-}" = --selftest ]; then
	want=33
	shift
fi

"$here/qemu.sh" "$@"
status=$?
if [ -s "${OUT:-}" ]; then
	"${PYTHON:-python3}" "$here/receive.py" "$OUT" "$(dirname "$OUT")/files"
fi

case $want-$status in
33-33) echo "selftest: passed" ;;
33-0) echo "selftest: QEMU ended without the kernel's report (a reset or power-off)." >&2; exit 1 ;;
33-1) echo "selftest: QEMU did not start, or the kernel reported 0." >&2; exit 1 ;;
33-*) echo "selftest: FAILED (QEMU's status $status)" >&2; exit 1 ;;
any-0 | any-33) ;;
any-255) echo "The kernel panicked; its report is above." >&2; exit 255 ;;
any-*)
	if [ $((status & 1)) = 1 ] && [ "$status" -gt 33 ]; then
		echo "The first process ended with status $(((status - 33) / 2))." >&2
	else
		echo "QEMU ended with status $status." >&2
	fi
	exit "$status" ;;
esac
