#!/bin/sh
# SPDX-License-Identifier: ISC
# The one place that composes the QEMU command. `make run`, `make selftest` and the Python
# tests use it; it ends in exec, so its process is QEMU. Settings come from the environment:
#
#   ISO      the image                              (build/leash.iso)
#   MEDIA    cd usb disk nvme virtio none           (cd)
#   MACHINE  q35 pc                                 (q35)
#   SMP MEM CPU                                     (1, 512M, max)
#   ACCEL    auto kvm tcg                           (auto; the choice is printed on stderr)
#   CMDLINE  words added to the kernel's command line; set, even empty: nobody is there to
#            ask, so the loader neither waits for a key nor shows its menu (AUTOMATED=no: it does)
#   SERIAL   stdio (with QEMU's monitor, Ctrl-A x leaves), log (output only), none,
#            file:PATH, unix:PATH (a socket that QEMU listens on)
#   OUT      a file that takes what leaves by the second serial port (none)
#   SCREEN   none, vga (a screen nobody sees), window
#   REBOOT   no (a reset ends QEMU), yes
#   QEMU OVMF_CODE OVMF_VARS
#
# Further arguments are passed on to QEMU.
set -eu
here=$(dirname "$0")

iso=${ISO:-build/leash.iso}
media=${MEDIA:-cd}
machine=${MACHINE:-q35}
serial=${SERIAL:-stdio}
screen=${SCREEN:-none}

if [ "$media" != none ] && [ ! -r "$iso" ]; then
	echo "qemu.sh: no image at $iso (make iso builds it)." >&2
	exit 1
fi
firmware=$("$here/find-ovmf.sh")
code=$(echo "$firmware" | sed -n 1p)
vars=$(echo "$firmware" | sed -n 2p)
accel=$("$here/accel.sh" "${ACCEL:-auto}")

# An option's value with its commas doubled, as QEMU wants them.
value() {
	printf %s "$1" | sed 's/,/,,/g'
}

# QEMU 10 ends with "Bad icount read" when a guest that is counted reads its timer by x2APIC.
cpu=${CPU:-max}
case " $* " in *' -icount '*) cpu=$cpu,x2apic=off ;; esac

set -- -nodefaults -no-user-config -machine "$machine" -accel "$accel" -cpu "$cpu" \
	-smp "${SMP:-1}" -m "${MEM:-512M}" \
	-drive "if=pflash,unit=0,format=raw,readonly=on,file=$(value "$code")" \
	-drive "if=pflash,unit=1,format=raw,snapshot=on,file=$(value "$vars")" \
	-device isa-debug-exit,iobase=0xf4,iosize=0x04 "$@"

drive="if=none,id=boot,format=raw,file=$(value "$iso")"
case $media in
cd) set -- -drive "$drive,media=cdrom,readonly=on" -device ide-cd,drive=boot,bootindex=0 "$@" ;;
usb) set -- -drive "$drive,snapshot=on" -device qemu-xhci \
	-device usb-storage,drive=boot,bootindex=0 "$@" ;;
disk) set -- -drive "$drive,snapshot=on" -device ide-hd,drive=boot,bootindex=0 "$@" ;;
nvme) set -- -drive "$drive,snapshot=on" -device nvme,serial=leash,drive=boot,bootindex=0 "$@" ;;
virtio) set -- -drive "$drive,snapshot=on" -device virtio-blk-pci,drive=boot,bootindex=0 "$@" ;;
none) ;;
*) echo "qemu.sh: MEDIA=$media? It is cd, usb, disk, nvme, virtio or none." >&2; exit 2 ;;
esac

if [ "${CMDLINE+set}" ] && [ "${AUTOMATED:-yes}" = yes ]; then
	set -- -smbios "type=11,value=leash.cmdline=$(value "$CMDLINE")" "$@"
fi

# The first -serial is COM1: this one is put behind it.
if [ "${OUT:-}" ]; then
	set -- -serial "file:$(value "$OUT")" "$@"
fi
case $serial in
stdio) set -- -serial mon:stdio "$@" ;;
log) set -- -serial stdio -monitor none "$@" ;;
none) set -- -serial none "$@" ;;
file:*) set -- -serial "file:$(value "${serial#file:}")" "$@" ;;
unix:*) set -- -chardev "socket,id=serial,path=$(value "${serial#unix:}"),server=on,wait=off" \
	-serial chardev:serial "$@" ;;
*) echo "qemu.sh: SERIAL=$serial? It is stdio, log, none, file:PATH or unix:PATH." >&2; exit 2 ;;
esac

case $screen in
none) set -- -display none "$@" ;;
vga) set -- -device VGA -display none "$@" ;;
window) set -- -device VGA "$@" ;;
*) echo "qemu.sh: SCREEN=$screen? It is none, vga or window." >&2; exit 2 ;;
esac

if [ "${REBOOT:-no}" = no ]; then
	set -- -no-reboot "$@"
fi

exec "${QEMU:-qemu-system-x86_64}" "$@"
