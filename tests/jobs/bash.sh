# SPDX-License-Identifier: ISC
# bash: arrays, process substitution, regular expressions, co-processes, job control's wait.
declare -A count
for word in the cat the dog the end; do
	((count[$word]++))
done
for word in "${!count[@]}"; do echo "$word ${count[$word]}"; done | sort
list=({1..10})
echo "${list[@]:3:4} ${#list[@]} $((${list[@]/%/+} 0))"
paste -d- <(printf '1\n2\n3\n') <(printf 'a\nb\n')
[[ "leash-0.1" =~ ^([a-z]+)-([0-9.]+)$ ]] && echo "${BASH_REMATCH[1]} ${BASH_REMATCH[2]}"
coproc cat
pid=$COPROC_PID # unset by bash itself once that has ended
echo "through a co-process" >&"${COPROC[1]}"
read -r answer <&"${COPROC[0]}"
echo "$answer"
exec {COPROC[1]}>&-
wait "$pid"
printf -v padded '%-6s|%6.2f|%x' ab 3.14159 255
echo "$padded"
mapfile -t lines < <(seq 5)
echo "${lines[4]} ${lines[*]/3/three}"
for n in 3 1 2; do (sleep 0.$((n * 3)); exit $n) & done
wait -n; echo "first $?"
wait
echo {a,b}{1,2} ${BASH##*/} $((2 ** 40))
while IFS=: read -r a b; do echo "$b,$a"; done <<< $'x:1\ny:2'
trap 'echo bye' EXIT
