#!/bin/sh
# SPDX-License-Identifier: ISC
# Prints QEMU's -accel argument for $1 (auto, kvm, tcg) and, on stderr, which and why.
# A /dev/kvm that opens proves nothing: there are machines with a software KVM on which
# firmware dies, so auto takes KVM only where the processor itself can virtualise.
set -eu
tcg=tcg,thread=multi

case ${1:-auto} in
kvm) echo kvm; echo "accelerator: KVM (asked for)" >&2 ;;
tcg) echo $tcg; echo "accelerator: TCG (asked for)" >&2 ;;
auto)
	if ! grep -qwE 'vmx|svm' /proc/cpuinfo 2>/dev/null; then
		echo $tcg
		echo "accelerator: TCG (this processor shows neither vmx nor svm)" >&2
	elif [ ! -r /dev/kvm ] || [ ! -w /dev/kvm ]; then
		echo $tcg
		echo "accelerator: TCG (/dev/kvm cannot be opened)" >&2
	else
		echo kvm
		echo "accelerator: KVM (vmx or svm, and /dev/kvm opens)" >&2
	fi ;;
*) echo "$1" ; echo "accelerator: $1 (asked for)" >&2 ;;
esac
