/* SPDX-License-Identifier: ISC */
/* Compiled and run by tcc: recursion, structures, floating point, libc's sort and formatting. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct point {
	double x, y;
	char name[8];
};

static int by_x(const void *a, const void *b)
{
	double l = ((const struct point *)a)->x, r = ((const struct point *)b)->x;

	return (l > r) - (l < r);
}

static unsigned ackermann(unsigned m, unsigned n)
{
	if (!m)
		return n + 1;
	return ackermann(m - 1, n ? ackermann(m, n - 1) : 1);
}

int main(int argc, char **argv)
{
	static struct point p[200];
	unsigned long hash = 5381;
	double sum = 0;

	for (int i = 0; i < 200; i++) {
		p[i].x = (i * 7919 % 1009) / 8.0;
		p[i].y = p[i].x * p[i].x;
		snprintf(p[i].name, sizeof(p[i].name), "p%d", i);
	}
	qsort(p, 200, sizeof(p[0]), by_x);
	for (int i = 0; i < 200; i++) {
		sum += p[i].y;
		for (char *c = p[i].name; *c; c++)
			hash = hash * 33 + (unsigned char)*c;
	}
	printf("%s %s %.4f %lx\n", p[0].name, p[199].name, sum, hash);
	printf("ackermann %u, arguments %d %s\n", ackermann(2, 9), argc, argc > 1 ? argv[1] : "");
	return 7;
}
