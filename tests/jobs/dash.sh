# SPDX-License-Identifier: ISC
# dash: functions, pipelines, here-documents, traps, arithmetic.
set -eu
fib() { [ "$1" -lt 2 ] && echo "$1" || echo $(($(fib $(($1 - 1))) + $(fib $(($1 - 2))))); }
echo "fib $(fib 8)"
i=0
while [ $i -lt 5 ]; do
	echo "line $i"
	i=$((i + 1))
done | while read -r word number; do
	printf '%s=%03d\n' "$word" "$number"
done
cat <<END
here: $((6 * 7)) ${HOME:-none} ${0##*/}
END
(exit 3) || echo "status $?"
trap 'echo trapped' USR1
kill -USR1 $$
ulimit -n 64
echo "files $(ulimit -n)"
(ulimit -f 1; trap '' XFSZ; head -c 4096 /dev/zero > "$TMP/limited" 2>/dev/null) || echo "too big"
wc -c < "$TMP/limited"
case $(umask) in 0022) echo umask ;; esac
sleep 0.1 &
wait $! && echo waited
