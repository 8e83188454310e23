/* SPDX-License-Identifier: ISC */
/* The input is a command line: words ascend inside it and become no longer in sum. */
#include "test.h"

#include "lib/cmdline.h"
#include "lib/string.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	char *line = malloc(size + 1), *cursor = line, *word, *end = line;

	memcpy(line, data, size);
	line[size] = '\0';
	while ((word = cmdline_next(&cursor)) != NULL) {
		if (word < end || cursor < word || cursor > line + size)
			abort();
		end = word + strlen(word) + 1;
		if (end > line + size + 1)
			abort();
		cmdline_value(word, "init");
	}
	free(line);
	return 0;
}
