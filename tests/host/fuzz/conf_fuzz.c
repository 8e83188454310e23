/* SPDX-License-Identifier: ISC */
/* The input is a menu file: the result must be consistent, a fault must name a line of it. */
#include "test.h"

#include "lib/conf.h"
#include "lib/string.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct conf c;
	unsigned line = 0;
	const char *why = NULL;

	if (conf_parse((const char *)data, size, &c, &line, &why)) {
		if (!line || line > size + 1 || !why)
			abort();
		return 0;
	}
	if (!c.entry_count || c.entry_count > CONF_MAX_ENTRIES || c.default_entry >= c.entry_count)
		abort();
	for (unsigned i = 0; i < c.entry_count; i++) {
		if (strnlen(c.entry[i].title, CONF_TITLE_MAX) == CONF_TITLE_MAX ||
		    strnlen(c.entry[i].cmdline, CONF_CMDLINE_MAX) == CONF_CMDLINE_MAX)
			abort();
	}
	return 0;
}
