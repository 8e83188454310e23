#!/bin/sh
# SPDX-License-Identifier: ISC
# Makes the image: mkiso.sh OUT BOOTX64.EFI KERNEL SYMBOLS INITRD CONF; - leaves a file out.
# One file for CD, USB stick and disk: an ISO 9660 shell around a FAT partition that both
# El Torito and a GPT name. UEFI reads only the FAT; everything that boots lies in it.
# The same input gives the same bytes: fixed dates, serial numbers and GUIDs.
set -eu
out=$1 loader=$2 kernel=$3 symbols=$4 initrd=$5 conf=$6

export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-1700000000}" LC_ALL=C TZ=UTC
export MTOOLS_SKIP_CHECK=1 MTOOLSRC=/dev/null
date="@$SOURCE_DATE_EPOCH"
work=$out.work
esp=$work/esp.img

rm -rf "$work"
mkdir -p "$work/iso" "$work/fat/EFI/BOOT" "$work/fat/leash"
trap 'rm -rf "$work"' EXIT
put() {
	[ "$1" = - ] || cp "$1" "$work/fat/$2"
}
put "$loader" EFI/BOOT/BOOTX64.EFI
put "$kernel" leash/kernel.elf
put "$symbols" leash/kernel.sym
put "$initrd" leash/initrd.cpio
put "$conf" leash/leash.conf
cat >"$work/iso/README.TXT" <<'END'
Leash, a teaching kernel for x86-64 machines with UEFI firmware.
What boots lies in the FAT partition of this image: boot it as a CD, or write the whole
file to a USB stick or disk.
END
find "$work/fat" "$work/iso" -exec touch -d "$date" {} +

# The FAT's size: its files, a mebibyte for tables and rounding, whole mebibytes.
# At 65536 sectors El Torito's count wraps, and the image boots as a stick or disk only.
bytes=$(find "$work/fat" -type f -exec cat {} + | wc -c)
mebibytes=$(((bytes + 1048575) / 1048576 + 1))
[ "$mebibytes" -ge 4 ] || mebibytes=4
if [ "$mebibytes" -gt 31 ]; then
	echo "mkiso: the files take $mebibytes MiB; over 31 the image does not boot as a CD." >&2
	echo "  It does as a stick or disk: make run MEDIA=usb." >&2
fi
truncate -s "${mebibytes}M" "$esp"
mformat -i "$esp" -N 4c454153 -v LEASH ::
mmd -i "$esp" ::/EFI ::/EFI/BOOT ::/leash
(cd "$work/fat" && find . -type f | sort) | while read -r file; do
	mcopy -m -i "$esp" "$work/fat/$file" "::/${file#./}"
done

if ! xorriso -as mkisofs -quiet -o "$work/image" -R -V LEASH \
	--gpt_disk_guid 4c6561736800400080006b65726e656c \
	-append_partition 2 0xef "$esp" -appended_part_as_gpt -c boot.cat \
	-e --interval:appended_partition_2:all:: -no-emul-boot "$work/iso" >"$work/log" 2>&1; then
	cat "$work/log" >&2
	echo "mkiso: xorriso could not make $out." >&2
	exit 1
fi
mv "$work/image" "$out"
