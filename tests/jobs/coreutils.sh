# SPDX-License-Identifier: ISC
# coreutils: the files and texts that every script works on.
cd "$TMP" || exit 1
rm -rf work && mkdir -p work/a/b/c && cd work || exit 1
seq 1 2000 > numbers
sort -rn numbers | head -3
sort -R numbers | sort -n | cmp - numbers && echo sorted
wc numbers
tail -c 9 numbers | od -c | head -2
cut -c1 numbers | sort | uniq -c | sort -k1,1n -k2,2
tr 0-9 a-j < numbers | tail -2
cp -a numbers a/b/copy && ln -s b/copy a/link && ln numbers hard
stat -c '%n %s %h %F %a' numbers a/link a/b/copy hard
stat -c '%n %h %F %a' a/b
mv hard a/b/c/moved && ls -1R .
chmod 640 numbers && ls -l numbers | cut -c1-10
touch -d '2020-02-03 04:05:06 UTC' numbers && stat -c %Y numbers && date -u -d @1580702706 +%F_%T
dd if=/dev/zero of=blob bs=4k count=25 status=none && truncate -s 50k blob && stat -c %s blob
cp --sparse=always blob blob2 && cmp blob blob2 && echo copied
sha256sum blob numbers
paste -d, numbers numbers | tail -1
split -n 3 -d numbers part. && cat part.* | cmp - numbers && ls part.*
comm -12 numbers numbers | wc -l
env -i A=1 B=2 env
timeout 0.2 sleep 5; echo "timeout $?"
echo one two | tee copy | wc -w
basename "$(readlink -f a/link)"
expr 12 '*' 12
rm -r ../work && echo gone
