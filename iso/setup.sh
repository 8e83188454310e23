#!/bin/sh
# SPDX-License-Identifier: ISC
# Looks after the tools: `setup.sh build|run|test|debug` checks the group (a few
# milliseconds when all is there) and installs what is missing with apt-get where root, or
# sudo without a question, allows it; otherwise it prints the command and fails.
# `setup.sh --doctor` lists every tool: needed for what, found or not, how to get it.
# Nothing but the distribution's packages is fetched.
set -u
here=$(dirname "$0")

# group|what it is|test that it is there|how its version is asked|apt|dnf|pacman|brew
tools() {
	cat <<-'END'
	build|C compiler|have gcc|gcc --version|build-essential|gcc|base-devel|x86_64-elf-gcc
	build|linker and binutils|have ld objcopy nm|ld --version|build-essential|binutils|binutils|x86_64-elf-binutils
	build|C library headers|[ -e /usr/include/stdio.h ]||build-essential|glibc-devel|glibc|
	build|nasm|have nasm|nasm --version|nasm|nasm|nasm|nasm
	build|gnu-efi|efi||gnu-efi|gnu-efi-devel|gnu-efi|
	build|Python 3|have python3|python3 --version|python3|python3|python|python
	build|mtools|have mformat mcopy mmd|mformat --version|mtools|mtools|mtools|mtools
	build|xorriso|have xorriso|xorriso --version|xorriso|xorriso|libisoburn|xorriso
	build|musl|have musl-gcc|ld-musl|musl-tools|musl-gcc|musl|filosottile/musl-cross/musl-cross
	build|static busybox|busybox||busybox-static|busybox|busybox|
	build|console font|font||fonts-spleen|terminus-fonts-console|terminus-font|
	run|QEMU|have qemu-system-x86_64|qemu-system-x86_64 --version|qemu-system-x86|qemu-system-x86|qemu-system-x86|qemu
	run|OVMF|ovmf||ovmf|edk2-ovmf|edk2-ovmf|qemu
	test|clang|have clang|clang --version|clang|clang|clang|llvm
	test|sanitizers for clang|rtlib||llvm-rt|compiler-rt|compiler-rt|llvm
	test|clang-format|have clang-format|clang-format --version|clang-format|clang-tools-extra|clang|clang-format
	test|clang-tidy|have clang-tidy|clang-tidy --version|clang-tidy|clang-tools-extra|clang|llvm
	test|cppcheck|have cppcheck|cppcheck --version|cppcheck|cppcheck|cppcheck|cppcheck
	test|spin|have spin|spin -V|spin|spin|spin|spin
	test|sparse|have sparse||sparse|sparse|sparse|sparse
	test|pytest|pytest3||python3-pytest|python3-pytest|python-pytest|pytest
	test|pexpect|module pexpect||python3-pexpect|python3-pexpect|python-pexpect|pexpect
	test|prove|have prove|prove --version|perl|perl-Test-Harness|perl|perl
	test|sgdisk|have sgdisk|sgdisk --version|gdisk|gdisk|gptfdisk|gptfdisk
	test|dash|have dash||dash|dash|dash|dash
	test|lua5.4|have lua5.4|lua5.4 -v|lua5.4|lua|lua|lua
	test|gawk|have gawk|gawk --version|gawk|gawk|gawk|gawk
	test|sqlite3|have sqlite3|sqlite3 --version|sqlite3|sqlite|sqlite|sqlite
	test|tmux|have tmux|tmux -V|tmux|tmux|tmux|tmux
	test|static bash|have bash-static|bash-static --version|bash-static|bash|bash|bash
	test|tcc|have tcc|tcc -v|tcc|tcc|tcc|tcc
	test|stress-ng|have stress-ng|stress-ng --version|stress-ng|stress-ng|stress-ng|stress-ng
	test|gosu|have gosu|gosu --version|gosu|gosu|gosu|
	test|fzf|have fzf|fzf --version|fzf|fzf|fzf|fzf
	test|strace|have strace||strace|strace|strace|
	test|gdb for its test|have gdb|gdb --version|gdb|gdb|gdb|
	debug|gdb|have gdb|gdb --version|gdb|gdb|gdb|gdb
	END
}

have() {
	for tool; do
		command -v "$tool" >/dev/null 2>&1 || [ -x "/usr/sbin/$tool" ] || return 1
	done
}
efi() { "$here/find-efi.sh" crt0 >/dev/null 2>&1 && "$here/find-efi.sh" include >/dev/null 2>&1; }
font() { "$here/find-font.sh" 8x16 >/dev/null 2>&1 && "$here/find-font.sh" 16x32 >/dev/null 2>&1; }
# What the user names himself is not a matter of packages; its script says if it is wrong.
ovmf() { [ -n "${OVMF_CODE:-}" ] || "$here/find-ovmf.sh" >/dev/null 2>&1; }
busybox() { [ -n "${BUSYBOX:-}" ] || "$here/find-busybox.sh" >/dev/null 2>&1; }
pytest3() { have pytest-3 || module pytest; }
module() { python3 -c "import importlib.util as u; exit(u.find_spec('$1') is None)" 2>/dev/null ||
	/usr/bin/python3 -c "import $1" 2>/dev/null; }
rtlib() { [ -e "$(clang -print-runtime-dir 2>/dev/null)/libclang_rt.fuzzer-x86_64.a" ] ||
	[ -e "$(clang -print-file-name=libclang_rt.fuzzer.a 2>/dev/null)" ]; }

# The groups that $1 needs: a test also builds and runs.
groups_of() {
	case $1 in
	build) echo build ;;
	run) echo build run ;;
	test) echo build run test ;;
	debug) echo build run debug ;;
	all) echo build run test debug ;;
	*) echo "setup.sh: build, run, test, debug or --doctor?" >&2; exit 2 ;;
	esac
}

# Prints the lines of the tools in groups $* that are not there.
missing() {
	tools | while IFS='|' read -r group what check rest; do
		case " $* " in *" $group "*) ;; *) continue ;; esac
		eval "$check" || printf '%s|%s|%s|%s\n' "$group" "$what" "$check" "$rest"
	done
}

# The packages in column $1 (5 apt, 6 dnf, 7 pacman, 8 brew) of the lines on stdin.
packages() {
	cut -d'|' -f"$1" | tr ' ' '\n' | grep . | sort -u | tr '\n' ' '
}

# Debian and Ubuntu name clang's runtime by its version.
apt_names() {
	rt=libclang-rt-dev
	if command -v apt-cache >/dev/null 2>&1; then
		version=$(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9]*\)$/\1/p' | head -n1)
		rt=${version:+libclang-rt-$version-dev}
		[ -n "$rt" ] && apt-cache show "$rt" >/dev/null 2>&1 || rt=libclang-common-${version:-14}-dev
	fi
	sed "s/llvm-rt/$rt/"
}

say_how() {
	echo "Install them with the line for your system, then run make again:" >&2
	echo "  Debian, Ubuntu   apt-get install $(echo "$1" | packages 5 | apt_names)" >&2
	echo "  Fedora           dnf install $(echo "$1" | packages 6)" >&2
	echo "  Arch             pacman -S $(echo "$1" | packages 7)" >&2
	echo "  Homebrew         brew install $(echo "$1" | packages 8)" >&2
	echo "(make doctor lists every tool; on Arch, Homebrew and Fedora not every package is tried.)" >&2
}

# Runs apt-get as root, by sudo if it asks nothing. Fails if neither is possible.
apt_get() {
	command -v apt-get >/dev/null 2>&1 || return 1
	if [ "$(id -u)" = 0 ]; then
		DEBIAN_FRONTEND=noninteractive apt-get "$@"
	elif sudo -n true 2>/dev/null; then
		sudo -n env DEBIAN_FRONTEND=noninteractive apt-get "$@"
	else
		return 1
	fi
}

install() {
	can=$(command -v apt-get >/dev/null 2>&1 && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; } && echo yes)
	if [ -z "$can" ] || [ "${SETUP:-}" = no ]; then
		say_how "$1"
		return 1
	fi
	echo "Installing what is missing with apt-get." >&2
	apt_get -qq update >&2
	# shellcheck disable=SC2046
	apt_get -qq -y -o DPkg::Lock::Timeout=120 --no-install-recommends install $(echo "$1" | packages 5 | apt_names) >&2 && return 0
	echo "setup: apt-get failed; its message is above." >&2
	say_how "$1"
	return 1
}

need() {
	# shellcheck disable=SC2046
	lack=$(missing $(groups_of "$1"))
	[ -z "$lack" ] && return 0
	if have flock; then
		# make -j asks for several groups at once: one installs, the others look again.
		exec 9>"${TMPDIR:-/tmp}/leash-setup.$(id -u).lock" && flock 9
		# shellcheck disable=SC2046
		lack=$(missing $(groups_of "$1"))
		[ -z "$lack" ] && return 0
	fi
	echo "Missing for this target: $(echo "$lack" | cut -d'|' -f2 | paste -sd, - | sed 's/,/, /g')." >&2
	install "$lack" || return 1
	# shellcheck disable=SC2046
	lack=$(missing $(groups_of "$1"))
	[ -z "$lack" ] && return 0
	echo "setup: still missing after the installation: $(echo "$lack" | cut -d'|' -f2 | paste -sd, -)." >&2
	return 1
}

doctor() {
	printf '%-7s %-24s %-34s %s\n' for tool found 'how to get it (Debian, Ubuntu)'
	tools | while IFS='|' read -r group what check version apt rest; do
		if eval "$check"; then
			found=yes
			case $version in ?*' '*) found=$($version 2>&1 | head -n1 | cut -c1-34) ;; esac
		else
			found='NO'
		fi
		printf '%-7s %-24s %-34s apt-get install %s\n' "$group" "$what" "$found" "$(echo "$apt" | apt_names)"
	done
	echo
	"$here/accel.sh" auto >/dev/null
	"$here/find-ovmf.sh" | paste -sd' ' - | sed 's/^/firmware: /'
	# shellcheck disable=SC2046
	lack=$(missing $(groups_of all))
	if [ -z "$lack" ]; then
		echo "Nothing is missing."
		return 0
	fi
	say_how "$lack"
	return 1
}

case ${1:-} in
--doctor) doctor ;;
*) need "${1:-all}" ;;
esac
