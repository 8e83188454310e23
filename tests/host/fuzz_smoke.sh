#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Runs each fuzzer once, bounded in runs and seconds, and says in TAP whether it stood.
# usage: fuzz_smoke.sh DIRECTORY RUNS SECONDS NAME...

out=$1 runs=$2 seconds=$3
shift 3
mkdir -p "$out/findings"
echo "1..$#"
number=0
failed=0
for name; do
	number=$((number + 1))
	mkdir -p "$out/corpus/$name"
	log=$out/$name-fuzz.log
	if "$out/${name}_fuzz" -runs="$runs" -max_total_time="$seconds" -max_len=8192 \
		-artifact_prefix="$out/findings/$name-" "$out/corpus/$name" "$out/seeds/$name" \
		> "$log" 2>&1; then
		echo "ok $number - fuzz $name: $(sed -n 's/^Done \([0-9]*\) runs.*/\1 runs/p' "$log")"
	else
		failed=1
		echo "not ok $number - fuzz $name"
		tail -n 40 "$log" | sed 's/^/# /'
	fi
done
exit $failed
