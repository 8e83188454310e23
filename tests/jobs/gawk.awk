# SPDX-License-Identifier: ISC
# gawk: arrays, sorting, regular expressions, pipes both ways, big sums.
BEGIN {
	for (i = 1; i <= 3000; i++) {
		n = (i * 7919) % 3001
		bucket[n % 7] += n
		words[sprintf("w%02d", n % 13)]++
	}
	PROCINFO["sorted_in"] = "@ind_str_asc"
	for (b in bucket) print "bucket", b, bucket[b]
	for (w in words) print w, words[w]
	text = "The quick brown fox jumps over the lazy dog"
	print gensub(/(\w+) (\w+)/, "\\2 \\1", "g", text), length(text), toupper(substr(text, 5, 5))
	print match(text, /j[a-z]+/, m), m[0], split(text, parts, / /), parts[9]
	printf "%.10f %e %d %s %5.1f|\n", atan2(0, -1), 12345.678, 2 ^ 40, 1e6, 2.25
	sorter = "sort -n"
	for (i = 5; i > 0; i--) print i * i |& sorter
	close(sorter, "to")
	while ((sorter |& getline line) > 0) all = all " " line
	close(sorter)
	print "sorted" all
	"echo from a command" | getline said
	print said, system("exit 5")
	print strftime("%Y-%m-%d %H:%M:%S", 1e9, 1), and(12, 10), xor(12, 10), strtonum("0x1f")
	file = ENVIRON["TMP"] "/awk.txt"
	for (i = 0; i < 100; i++) print i, i * i > file
	close(file)
	while ((getline < file) > 0) squares += $2
	print squares, NF
}
