/* SPDX-License-Identifier: ISC */
/*
 * A plugin for QEMU that counts the guest's instructions between the marks which the benchmark
 * executes (bench.h), by kind: how many, and how many of those that cost more than they count.
 * One CPU only.
 *
 *   -plugin libopcount.so,out=FILE[,symbols=FILE][,lines=on]
 *
 * out      a line a row: "ROW number median NAME=N ...", of the batch in the middle by instructions
 * symbols  (nm's list) adds lines "PROFILE number N NAME": the kernel's instructions by function,
 *          all batches of the row together
 * lines    adds code_lines and data_lines: different lines of the cache that the kernel touched in
 *          the row's first batch
 *
 * The firmware runs without being counted: nothing is, before the first instruction of the upper
 * half, where the kernels live.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify.h"
#include "qemu_plugin.h"

#define MAX_BATCHES 400
#define MAX_SYMBOLS 8192
#define LINE_SHIFT 6
#define LINE_BITS 18
#define LINE_SLOTS (1 << LINE_BITS)
#define LINE_LIMIT                                                                                 \
	(LINE_SLOTS / 4 * 3) /* counted at most: a table that is full is searched for ever */

PLUGIN_EXPORT int qemu_plugin_version = PLUGIN_VERSION;

static const char *const names[] = {
#define KIND(name) #name,
	KINDS
#undef KIND
};

static uint64_t count[KIND_COUNT], at_begin[KIND_COUNT], blocks;
static uint64_t batch[MAX_BATCHES][KIND_COUNT];
static int batches, row;
static bool in_kernel_yet, want_lines, in_batch;
static FILE *out;

/* -- the profile: kernel instructions by function ----------------------------------------- */

static struct symbol {
	uint64_t address, count, at_begin, in_row;
	char name[64];
} symbols[MAX_SYMBOLS];
static int symbol_count;

static void symbols_read(const char *path)
{
	FILE *file = fopen(path, "r");
	char kind;

	if (!file)
		return;
	while (symbol_count < MAX_SYMBOLS) {
		struct symbol *s = &symbols[symbol_count];

		if (fscanf(file, "%" SCNx64 " %c %63s", &s->address, &kind, s->name) != 3)
			break;
		if (kind == 't' || kind == 'T')
			symbol_count++;
	}
	fclose(file);
}

/* The function at @address: the last symbol that is not behind it (nm -n sorts). */
static struct symbol *symbol_at(uint64_t address)
{
	int low = 0, high = symbol_count;

	while (low < high) {
		int middle = (low + high) / 2;

		if (symbols[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &symbols[low - 1] : NULL;
}

static void profile_begin(void)
{
	for (int i = 0; i < symbol_count; i++)
		symbols[i].at_begin = symbols[i].count;
}

static void profile_end(void)
{
	for (int i = 0; i < symbol_count; i++)
		symbols[i].in_row += symbols[i].count - symbols[i].at_begin;
}

static void profile_print(void)
{
	for (int i = 0; i < symbol_count; i++) {
		struct symbol *s = &symbols[i];

		if (s->in_row)
			fprintf(out, "PROFILE %d %.2f %s\n", row, (double)s->in_row / batches,
				s->name);
		s->in_row = 0;
	}
}

/* -- lines of the cache ---------------------------------------------------------------------- */

static uint64_t line_slot[LINE_SLOTS];
static int lines;

static bool line_is_new(uint64_t address)
{
	uint64_t key = (address >> LINE_SHIFT) + 1;
	uint64_t slot = key * 0x9e3779b97f4a7c15 >> (64 - LINE_BITS);

	while (line_slot[slot] && line_slot[slot] != key)
		slot = (slot + 1) % LINE_SLOTS;
	if (line_slot[slot] || lines == LINE_LIMIT)
		return false;
	line_slot[slot] = key;
	lines++;
	return true;
}

static void code_executed(unsigned cpu, void *address)
{
	(void)cpu;
	if (in_batch && batches == 0 && line_is_new((uintptr_t)address))
		count[K_code_lines]++;
}

static void data_accessed(unsigned cpu, uint32_t info, uint64_t address, void *data)
{
	(void)cpu;
	(void)info;
	(void)data;
	if (in_batch && batches == 0 && line_is_new(address))
		count[K_data_lines]++;
}

/* -- batches and rows ------------------------------------------------------------------------ */

static uint64_t instructions(const uint64_t *kinds)
{
	return kinds[K_user] + kinds[K_kernel] - kinds[K_rep_again];
}

static int by_instructions(const void *a, const void *b)
{
	uint64_t x = instructions(a), y = instructions(b);

	return (x > y) - (x < y);
}

static void row_print(void)
{
	uint64_t code = batch[0][K_code_lines], data = batch[0][K_data_lines];
	uint64_t *median;

	qsort(batch, batches, sizeof(batch[0]), by_instructions);
	median = batch[batches / 2];
	median[K_code_lines] = code;
	median[K_data_lines] = data;
	fprintf(out, "ROW %d median instructions=%" PRIu64, row, instructions(median));
	for (int i = 0; i < KIND_COUNT; i++) {
		if (median[i])
			fprintf(out, " %s=%" PRIu64, names[i], median[i]);
	}
	fprintf(out, "\n");
	profile_print();
	fflush(out);
}

static void batch_begin(void)
{
	memcpy(at_begin, count, sizeof(count));
	if (want_lines && batches == 0) {
		memset(line_slot, 0, sizeof(line_slot));
		lines = 0;
	}
	profile_begin();
	in_batch = true;
}

static void batch_end(void)
{
	in_batch = false;
	if (batches == MAX_BATCHES)
		return;
	for (int i = 0; i < KIND_COUNT; i++)
		batch[batches][i] = count[i] - at_begin[i];
	batches++;
	profile_end();
}

static void row_end(void)
{
	if (batches)
		row_print();
	else
		fprintf(out, "ROW %d none\n", row);
	batches = 0;
	row++;
}

static void marked(unsigned cpu, void *what)
{
	static void (*const functions[])(void) = { NULL, batch_begin, batch_end, row_end };

	(void)cpu;
	functions[(uintptr_t)what]();
}

/* -- translation ----------------------------------------------------------------------------- */

struct rep {
	uint64_t address;
	struct symbol *symbol; /* in whose count the elements do not belong */
	unsigned size;
};

/*
 * A look at the counter of a repeated string instruction. QEMU makes a block of its own of it that
 * jumps to itself: the same address in consecutive blocks is the same instruction going on. Under
 * -icount there is a last look that finds nothing left, so n elements are 1 + n looks.
 */
static void rep_executed(unsigned cpu, void *data)
{
	static uint64_t last_address, last_block;
	const struct rep *rep = data;

	(void)cpu;
	if (last_address == rep->address && blocks == last_block + 1) {
		count[K_rep_again]++;
		count[K_rep_bytes] += rep->size;
		if (rep->symbol)
			rep->symbol->count--;
	}
	last_address = rep->address;
	last_block = blocks;
}

static void add(struct qemu_plugin_insn *insn, uint64_t *counter)
{
	qemu_plugin_register_vcpu_insn_exec_inline(insn, PLUGIN_ADD, counter, 1);
}

static void translate_rep(struct qemu_plugin_insn *insn, uint64_t address, unsigned size)
{
	struct rep *rep = malloc(sizeof(*rep));

	if (!rep)
		abort();
	*rep = (struct rep){ address, address >> 63 ? symbol_at(address) : NULL, size };
	qemu_plugin_register_vcpu_insn_exec_cb(insn, rep_executed, PLUGIN_NO_REGISTERS, rep);
}

static void translate_kernel(struct qemu_plugin_insn *insn, uint64_t address)
{
	struct symbol *s = symbol_at(address);

	if (s)
		add(insn, &s->count);
	if (!want_lines)
		return;
	qemu_plugin_register_vcpu_insn_exec_cb(insn, code_executed, PLUGIN_NO_REGISTERS,
					       (void *)(uintptr_t)address);
	qemu_plugin_register_vcpu_mem_cb(insn, data_accessed, PLUGIN_NO_REGISTERS,
					 PLUGIN_READ_WRITE, NULL);
}

static void translate_insn(struct qemu_plugin_insn *insn)
{
	const uint8_t *bytes = qemu_plugin_insn_data(insn);
	size_t size = qemu_plugin_insn_size(insn);
	uint64_t address = qemu_plugin_insn_vaddr(insn);
	struct classified is = classify(bytes, size);

	if (is.mark)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, marked, PLUGIN_NO_REGISTERS,
						       (void *)(uintptr_t)is.mark);
	add(insn, &count[address >> 63 ? K_kernel : K_user]);
	if (is.kind >= 0)
		add(insn, &count[is.kind]);
	if (is.lock)
		add(insn, &count[K_lock]);
	if (is.rep)
		translate_rep(insn, address, is.rep);
	if (address >> 63)
		translate_kernel(insn, address);
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	in_kernel_yet |= qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0)) >> 63;
	if (!in_kernel_yet)
		return;
	qemu_plugin_register_vcpu_tb_exec_inline(tb, PLUGIN_ADD, &blocks, 1);
	for (size_t i = 0; i < n; i++)
		translate_insn(qemu_plugin_tb_get_insn(tb, i));
}

static void finished(uint64_t id, void *data)
{
	(void)id;
	(void)data;
	fclose(out);
}

PLUGIN_EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	const char *path = "counts.txt";

	(void)info;
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "out=", 4) == 0)
			path = argv[i] + 4;
		else if (strncmp(argv[i], "symbols=", 8) == 0)
			symbols_read(argv[i] + 8);
		else if (strcmp(argv[i], "lines=on") == 0)
			want_lines = true;
	}
	out = fopen(path, "w");
	if (!out)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finished, NULL);
	return 0;
}
