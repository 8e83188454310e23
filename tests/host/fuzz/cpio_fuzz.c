/* SPDX-License-Identifier: ISC */
/* The input is an archive: the reader must end, and every entry must lie inside. */
#include "test.h"

#include "lib/cpio.h"
#include "lib/string.h"

/* Reads that the compiler cannot leave out. */
static volatile u8 sink;

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct cpio_reader r;
	struct cpio_entry e;
	size_t count = 0;

	cpio_open(&r, data, size);
	while (cpio_next(&r, &e) == 1) {
		if (++count > size / 110 || e.data < data || e.size > size ||
		    (size_t)(e.data - data) > size - e.size || r.offset > size)
			abort();
		for (u64 i = 0; i < e.size; i++)
			sink += e.data[i];
		sink += (u8)strlen(e.name);
		if (e.name[0] == '/')
			abort();
	}
	return 0;
}
