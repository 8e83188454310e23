#!/bin/sh
# SPDX-License-Identifier: ISC
# Prints two lines: OVMF's code and variables file, where Debian, Fedora, Arch, Gentoo
# and Homebrew keep them. OVMF_CODE= and OVMF_VARS= override.
set -eu

found() {
	echo "$1"
	echo "$2"
	exit 0
}

if [ -n "${OVMF_CODE:-}" ]; then
	if [ ! -r "$OVMF_CODE" ]; then
		echo "find-ovmf: OVMF_CODE=$OVMF_CODE cannot be read." >&2
		exit 1
	fi
	vars=${OVMF_VARS:-$(echo "$OVMF_CODE" | sed 's/CODE\([^/]*\)$/VARS\1/')}
	if [ ! -r "$vars" ]; then
		echo "find-ovmf: no variables file for $OVMF_CODE; name it with OVMF_VARS=." >&2
		exit 1
	fi
	found "$OVMF_CODE" "$vars"
fi

while read -r code vars; do
	if [ -r "$code" ] && [ -r "$vars" ]; then
		found "$code" "${OVMF_VARS:-$vars}"
	fi
done <<-END
	/usr/share/OVMF/OVMF_CODE_4M.fd /usr/share/OVMF/OVMF_VARS_4M.fd
	/usr/share/OVMF/OVMF_CODE.fd /usr/share/OVMF/OVMF_VARS.fd
	/usr/share/edk2/ovmf/OVMF_CODE.fd /usr/share/edk2/ovmf/OVMF_VARS.fd
	/usr/share/edk2/x64/OVMF_CODE.4m.fd /usr/share/edk2/x64/OVMF_VARS.4m.fd
	/usr/share/edk2-ovmf/x64/OVMF_CODE.fd /usr/share/edk2-ovmf/x64/OVMF_VARS.fd
	/usr/share/edk2-ovmf/OVMF_CODE.fd /usr/share/edk2-ovmf/OVMF_VARS.fd
	/usr/share/edk2/OvmfX64/OVMF_CODE.fd /usr/share/edk2/OvmfX64/OVMF_VARS.fd
	/opt/homebrew/share/qemu/edk2-x86_64-code.fd /opt/homebrew/share/qemu/edk2-i386-vars.fd
	/usr/local/share/qemu/edk2-x86_64-code.fd /usr/local/share/qemu/edk2-i386-vars.fd
	/usr/share/qemu/edk2-x86_64-code.fd /usr/share/qemu/edk2-i386-vars.fd
END

echo "find-ovmf: no UEFI firmware for QEMU (Debian: apt-get install ovmf)." >&2
echo "  Or name its files: make run OVMF_CODE=.../OVMF_CODE.fd OVMF_VARS=.../OVMF_VARS.fd" >&2
exit 1
