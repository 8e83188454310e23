/* SPDX-License-Identifier: ISC */
/* What was measured: as a table with histograms in the terminal, as CSV, as a picture. */
#include "measure.h"

#include <cpuid.h>
#include <string.h>
#include <sys/utsname.h>

#define BINS 60
#define BAR 50 /* characters of the longest bar in a terminal */
#define SPARK_BINS 16

/* -- on what ------------------------------------------------------------------------------------ */

static void brand(char *buf)
{
	unsigned *words = (unsigned *)buf;

	for (unsigned leaf = 0; leaf < 3; leaf++, words += 4)
		if (!__get_cpuid(0x80000002 + leaf, words, words + 1, words + 2, words + 3))
			strcpy(buf, "unknown processor");
	buf[48] = '\0';
}

/* Who runs the instructions: CPUID's leaf for hypervisors names it. */
static const char *accelerator(void)
{
	unsigned a, b, c, d, name[4] = { 0 };

	__cpuid(1, a, b, c, d);
	if (!(c >> 31))
		return "bare metal";
	__cpuid(0x40000000, a, name[0], name[1], name[2]);
	if (memcmp(name, "TCGTCGTCGTCG", 12) == 0)
		return "emulated by QEMU's TCG: ticks are the host's time (under -icount "
		       "instructions), not cycles";
	if (memcmp(name, "KVMKVMKVM", 9) == 0)
		return "a virtual machine of KVM";
	return "a virtual machine";
}

void machine_describe(char *buf, size_t size)
{
	char cpu[52] = "";
	struct utsname u;

	uname(&u);
	brand(cpu);
	snprintf(buf, size, "%s %s on %s, TSC %.0f MHz, %s", u.sysname, u.release,
		 cpu + strspn(cpu, " "), ticks_per_ns() * 1000, accelerator());
}

/* -- histograms ------------------------------------------------------------------------------------ */

struct histogram {
	double low, width; /* ticks */
	int bin[BINS], bins, highest, above;
};

/* From the minimum to the 99th percentile; the rest is `above`. */
static void histogram_make(struct histogram *h, const struct row *r, int bins)
{
	uint32_t high = row_quantile(r, 0.99);

	memset(h, 0, sizeof(*h));
	h->bins = bins;
	h->low = r->sample[0];
	h->width = (high - h->low + 1) / bins;
	for (int i = 0; i < r->count; i++) {
		int at = (int)((r->sample[i] - h->low) / h->width);

		if (at >= bins)
			h->above++;
		else if (++h->bin[at] > h->highest)
			h->highest = h->bin[at];
	}
}

/* The spread in one line of characters, a denser one for more. */
static void spark(const struct row *r, char *line)
{
	static const char levels[] = " .:-=+*#";
	struct histogram h;

	histogram_make(&h, r, SPARK_BINS);
	for (int i = 0; i < SPARK_BINS; i++)
		line[i] = levels[(h.bin[i] * 7 + h.highest - 1) / h.highest];
	line[SPARK_BINS] = '\0';
}

static void print_histogram(const struct row *r)
{
	struct histogram h;

	histogram_make(&h, r, 20);
	printf("\n%s, ns\n", r->name);
	for (int i = 0; i < h.bins; i++) {
		int length = h.bin[i] * BAR / h.highest;

		if (h.bin[i])
			printf("%10.0f  %6d  %.*s\n", to_ns(h.low + i * h.width), h.bin[i],
			       length ? length : 1,
			       "##################################################");
	}
	if (h.above)
		printf("    beyond  %6d\n", h.above);
}

/* -- the table ---------------------------------------------------------------------------------- */

static void print_row(const struct row *r)
{
	char line[SPARK_BINS + 1], book[16] = "";

	if (!r->count) {
		printf("%-24s not here\n", r->name);
		return;
	}
	spark(r, line);
	if (r->book_us)
		snprintf(book, sizeof(book), "%.0f", r->book_us * 1000);
	printf("%-24s %9.0f %9.0f %9.0f %8d  %s %8s\n", r->name, to_ns(r->sample[0]),
	       to_ns(row_quantile(r, 0.5)), to_ns(row_quantile(r, 0.99)), r->count, line, book);
}

void show_text(void)
{
	char machine[256];

	machine_describe(machine, sizeof(machine));
	printf("%s\nNanoseconds; what reading the clock costs is taken off; one CPU.\n\n", machine);
	printf("%-24s %9s %9s %9s %8s  %-16s %8s\n", "", "minimum", "median", "99 %", "samples",
	       "min ... 99 %", "in 1996");
	for (int i = 0; i < row_total(); i++)
		print_row(row_at(i));
	printf("\n");
	if (row_find("gettimeofday"))
		show_steps(stdout);
	printf("In 1996: Linux 1.3.37 on a P6 of 200 MHz, as the book reports (chapter 6, aside).\n");
	for (int i = 0; settings.histogram && i < row_total(); i++)
		if (row_at(i)->count)
			print_histogram(row_at(i));
}

void show_csv(FILE *out)
{
	char machine[256];

	machine_describe(machine, sizeof(machine));
	fprintf(out,
		"# %s\nname,samples,min_ticks,median_ticks,p99_ticks,mean_ticks,min_ns,"
		"median_ns,p99_ns,book_ns\n",
		machine);
	for (int i = 0; i < row_total(); i++) {
		const struct row *r = row_at(i);
		uint32_t median = r->count ? row_quantile(r, 0.5) : 0;
		uint32_t p99 = r->count ? row_quantile(r, 0.99) : 0,
			 min = r->count ? r->sample[0] : 0;

		fprintf(out, "\"%s\",%d,%u,%u,%u,%.1f,%.1f,%.1f,%.1f,%.0f\n", r->name, r->count,
			min, median, p99, r->mean, to_ns(min), to_ns(median), to_ns(p99),
			r->book_us * 1000);
	}
}

/* -- the picture ----------------------------------------------------------------------------------- */

#define PANEL_WIDTH 380
#define PANEL_HEIGHT 120
#define COLUMNS 2

static void draw_panel(FILE *f, const struct row *r, int n)
{
	int x = 20 + n % COLUMNS * PANEL_WIDTH, y = 60 + n / COLUMNS * PANEL_HEIGHT;
	struct histogram h;

	histogram_make(&h, r, BINS);
	fprintf(f, "<text x=\"%d\" y=\"%d\" class=\"n\">%s</text>\n", x, y, r->name);
	fprintf(f, "<text x=\"%d\" y=\"%d\">median %.0f ns, min %.0f, 99 %% %.0f</text>\n", x,
		y + 14, to_ns(row_quantile(r, 0.5)), to_ns(r->sample[0]),
		to_ns(row_quantile(r, 0.99)));
	for (int i = 0; i < BINS; i++) {
		double height = 60.0 * h.bin[i] / h.highest;

		if (h.bin[i])
			fprintf(f, "<rect x=\"%d\" y=\"%.1f\" width=\"5\" height=\"%.1f\"/>\n",
				x + i * 6, y + 80 - height, height);
	}
	fprintf(f,
		"<path d=\"M%d %dh%d\"/>\n<text x=\"%d\" y=\"%d\" class=\"a\">%.0f</text>\n"
		"<text x=\"%d\" y=\"%d\" class=\"a\" text-anchor=\"end\">%.0f ns</text>\n",
		x, y + 80, BINS * 6, x, y + 92, to_ns(h.low), x + BINS * 6, y + 92,
		to_ns(h.low + h.bins * h.width));
}

bool show_svg(const char *path)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "w") : stdout;
	char machine[256];
	int panels = 0;

	if (!f)
		return false;
	machine_describe(machine, sizeof(machine));
	for (int i = 0; i < row_total(); i++)
		panels += row_at(i)->count > 0;
	fprintf(f,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\">\n"
		"<style>text{font:11px sans-serif}.n{font-weight:bold}.a{fill:#777}rect{fill:#357}"
		"path{stroke:#999}</style>\n<rect width=\"100%%\" height=\"100%%\" "
		"style=\"fill:#fff\"/>\n<text x=\"20\" y=\"24\">%s</text>\n",
		40 + COLUMNS * PANEL_WIDTH, 80 + (panels + 1) / COLUMNS * PANEL_HEIGHT, machine);
	panels = 0;
	for (int i = 0; i < row_total(); i++)
		if (row_at(i)->count)
			draw_panel(f, row_at(i), panels++);
	fprintf(f, "</svg>\n");
	return f == stdout ? fflush(f) == 0 : fclose(f) == 0;
}
