#!/bin/sh
# SPDX-License-Identifier: ISC
# Tries every interleaving of the models with spin, in TAP: the model is sound, and each seeded race
# is found. usage: check.sh DIRECTORY-FOR-BUILDING
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cd "$1"
number=0

# errors MODEL SEED...: how many spin finds.
errors() {
	model=$1
	shift
	spin -a "$@" "$here/$model.pml" > spin.log
	${CC:-cc} -w -O1 -DSAFETY -o pan pan.c
	./pan -m100000 | sed -n 's/.*errors: \([0-9]*\).*/\1/p'
}

report() {
	number=$((number + 1))
	[ "$1" = 0 ] && echo "ok $number - $2" || echo "not ok $number - $2"
}

# check MODEL SENTENCE SEED...
check() {
	model=$1
	sound=$(errors "$model")
	report "${sound:-1}" "$2: sound in every interleaving"
	shift 2
	for seed; do
		found=$(errors "$model" -D"$seed")
		[ "${found:-0}" -gt 0 ] && found=0 || found=1
		report "$found" "the seeded race $seed is found"
	done
}

check wait "a sleeper, its waker and two CPUs" NO_FENCE EARLY_UNLOCK LOOK_FIRST OUT_FIRST
check spinlock "a lock and four CPUs" SERVED_FIRST ALWAYS_RESET BARGE
echo "1..$number"
