#!/bin/sh
# SPDX-License-Identifier: ISC
#
# `make check`: everything about the source that a machine can judge without booting it.
# Prints TAP; what a failed check has to say stands before its line, as comments.
# Each checker first finds a fault that was seeded for it, so that its silence means something.
# usage: check.sh [WORD]    only the checks whose name contains WORD

set -u
cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build}
OUT=$BUILD/check
ONLY=${1:-}
JOBS=$(nproc 2> /dev/null || echo 2)
KFLAGS="-std=gnu11 -ffreestanding -mcmodel=kernel -mno-red-zone -mgeneral-regs-only -Wall -Wextra
	-Ikernel -Iinclude -I$OUT/gen"
EFIFLAGS="-std=gnu11 -ffreestanding -fshort-wchar -mno-red-zone -Wall -Wextra
	-Ikernel -Iinclude -Iboot -I."
number=0
failures=0
mkdir -p "$OUT/tidy"

# check NAME COMMAND...: the command's status is the result; a status of 77 skips.
check() {
	name=$1
	shift
	case $name in *"$ONLY"*) ;; *) return ;; esac
	number=$((number + 1))
	"$@" > "$OUT/log" 2>&1
	status=$?
	sed 's/^/# /' "$OUT/log" | head -n 100
	case $status in
	0) echo "ok $number - $name" ;;
	77) echo "ok $number - $name # SKIP $(tail -n 1 "$OUT/log")" ;;
	*)
		echo "not ok $number - $name"
		failures=$((failures + 1))
		;;
	esac
}

# sources PATTERN...: the files of the repository, new ones too, or of a tree without git.
sources() {
	if git rev-parse --git-dir > /dev/null 2>&1; then
		git ls-files -co --exclude-standard -- "$@" | sort -u | while read -r file; do
			[ -e "$file" ] && echo "$file"
		done
	else
		for pattern; do
			find . -path "./${BUILD#./}" -prune -o -path "./$pattern" -type f -print
		done | sed 's|^\./||' | sort -u
	fi
}

# need TOOL: fails with a sentence if it is not there.
need() {
	command -v "$1" > /dev/null && return
	echo "$1 is not installed: \`make setup\` installs it, \`make doctor\` says how"
	return 1
}

# judge STATUS TOOL VERSION: tools of another version than the one the source was made with see
# other things; what they say is shown and not held against it.
judge() {
	[ "$1" -eq 0 ] && return 0
	"$2" --version | head -n 2 | grep -q "[ (]$3\." && return 1
	echo "this needs $2 $3, found $("$2" --version | grep -o '[0-9][0-9.]*' | head -n 1)"
	return 77
}

# A build of its own with every warning an error, and with gcc's analyzer, which follows pointers
# and resources through a file (through the whole kernel at once it would take all memory); that of
# other versions knows other things.
compiled() {
	compiler=gcc
	[ "$(gcc -dumpversion)" = 12 ] && compiler='gcc -fanalyzer'
	${MAKE:-make} -s -k -j"$JOBS" BUILD="$OUT" KLTO= CC="$compiler" CI=true "$OUT/kernel.elf" \
		> "$OUT/compile.log" 2>&1
	status=$?
	grep -v '^  [A-Z]* ' "$OUT/compile.log"
	return $status
}

formatted() {
	need clang-format || return
	sources '*.c' '*.h' | xargs -n 40 -P "$JOBS" clang-format --dry-run -Werror > "$OUT/format" 2>&1
	status=$?
	sed -n 's/^\([^:]*:[0-9]*\):[0-9]*: error: .*/\1: clang-format -i would change it/p' \
		"$OUT/format" | sort -u -t: -k1,1
	judge $status clang-format 14
}

# One file a process: clang-tidy 14 mixes up the va_lists of several. Paths in $1, flags after.
tidy() {
	files=$1
	shift
	echo "$files" | xargs -r -n 1 -P "$JOBS" sh tests/check_tidy.sh "$OUT/tidy" "$*"
}

clang_tidy_seeded() {
	need clang-tidy || return
	printf 'int f(int *p);\nint f(int *p)\n{\n\tif (!p)\n\t\treturn *p;\n\treturn 0;\n}\n' \
		> "$OUT/seeded.c"
	! clang-tidy --quiet --config-file=.clang-tidy "$OUT/seeded.c" -- $KFLAGS > /dev/null 2>&1
}

clang_tidy_kernel() {
	need clang-tidy || return
	tidy "$(sources 'kernel/*.c')" --target=x86_64-unknown-none-elf $KFLAGS
	judge $? clang-tidy 14
}

clang_tidy_boot() {
	need clang-tidy || return
	efi=$(iso/find-efi.sh include) || { echo 'no gnu-efi'; return 1; }
	tidy "$(sources 'boot/*.c')" $EFIFLAGS "-I$efi" "-I$efi/x86_64"
	judge $? clang-tidy 14
}

# comparePointers: the linker's tables are arrays with a begin and an end symbol.
# invalidPrintfArgType_uint, selfAssignment: gcc judges formats better, and a field rounded down in
# place is no mistake. The generated headers are left out: fonts are megabytes of numbers.
# -U: signal numbers that cppcheck takes for macros of the C library; here they are enumerators.
cppcheck_all() {
	need cppcheck || return
	cppcheck -q -j "$JOBS" --template=gcc --enable=warning,performance,portability \
		--error-exitcode=1 --inline-suppr --std=c11 --platform=unix64 -D__x86_64__ \
		-USIGABRT -USIGFPE -USIGINT -USIGKILL -USIGSEGV -USIGTERM \
		--suppress=comparePointers --suppress=invalidPrintfArgType_uint \
		--suppress=selfAssignment -Ikernel -Iinclude kernel boot
	judge $? cppcheck 2
}

style() {
	python3 tests/check_style.py $(sources '*')
}

need python3 || exit 1
for checker in includes style docs syscalls; do
	check "the checker of $checker finds what was seeded" \
		python3 "tests/check_$checker.py" --self-test
done
check 'includes point one way' python3 tests/check_includes.py
check 'house rules' style
check 'references in the documents' python3 tests/check_docs.py
check 'docs/syscalls.md and the numbers in the README are current' python3 tests/check_syscalls.py
check 'formatting' formatted
check 'the kernel compiles without a warning' compiled
check 'static analysis: cppcheck' cppcheck_all
clang-tidy --version > "$OUT/tidy/version" 2> /dev/null
check 'clang-tidy finds what was seeded' clang_tidy_seeded
check 'static analysis: clang-tidy, kernel' clang_tidy_kernel
check 'static analysis: clang-tidy, loader' clang_tidy_boot
echo "1..$number"
[ "$failures" -eq 0 ]
