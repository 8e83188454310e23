# SPDX-License-Identifier: ISC
# Runs each job of jobs.tbl: all.sh JOBS-DIRECTORY [JOB...]. Between the outputs: "=== job NAME",
# "=== status N". The same script runs them on Linux and on Leash, with dash.
jobs=$1
shift
export TMP=/tmp/leash-jobs HOME=/ PATH=/usr/bin:/bin LC_ALL=C TZ=UTC
rm -rf "$TMP"
mkdir -p "$TMP"
cd "$jobs" || exit 1
while read -r name command; do
	case $name in '' | '#'*) continue ;; esac
	case " ${*:-$name} " in *" $name "*) ;; *) continue ;; esac
	echo "=== job $name"
	{
		eval "$command" < /dev/null
		echo "=== status $?"
	} 2>&1 | cat # so that no program's output is a terminal
done < jobs.tbl
rm -rf "$TMP"
