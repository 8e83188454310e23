/* SPDX-License-Identifier: ISC */
/*
 * The menu: shown only if a key comes within the configured time, so that an unattended
 * machine just boots. Digits or arrows choose, e edits the command line, Enter boots.
 */
#include "loader.h"

#include "lib/string.h"

#define FOREVER_MS 60000

static void wait_key(EFI_INPUT_KEY *key)
{
	while (!key_within(FOREVER_MS, key))
		continue;
}

static void show(const struct conf *conf, unsigned chosen)
{
	SIMPLE_TEXT_OUTPUT_INTERFACE *out = loader.table->ConOut;

	if (out)
		out->ClearScreen(out);
	say("Leash\n\n");
	for (unsigned i = 0; i < conf->entry_count; i++)
		say(" %c %u  %s\n", i == chosen ? '>' : ' ', i + 1, conf->entry[i].title);
	say("\nCommand line: %s\n", conf->entry[chosen].cmdline);
	say("\nUp, Down or a digit: choose.  Enter: boot.  e: edit the command line.\n");
}

/* One line, edited at its end. Enter and Escape both leave; Escape restores. */
static void edit(char *line, size_t size)
{
	static char before[CONF_CMDLINE_MAX];
	size_t n = strlen(line);
	EFI_INPUT_KEY key;

	strlcpy(before, line, sizeof(before));
	say("\nEnter: keep.  Escape: as it was.\n> %s", line);
	for (;;) {
		wait_key(&key);
		if (key.UnicodeChar == '\r' || key.UnicodeChar == '\n')
			return;
		if (key.ScanCode == SCAN_ESC) {
			strlcpy(line, before, size);
			return;
		}
		if (key.UnicodeChar == '\b' && n) {
			line[--n] = '\0';
			say("\b \b");
		} else if (key.UnicodeChar >= ' ' && key.UnicodeChar < 127 && n + 1 < size) {
			line[n++] = (char)key.UnicodeChar;
			line[n] = '\0';
			say("%c", line[n - 1]);
		}
	}
}

static unsigned choose(struct conf *conf)
{
	unsigned chosen = conf->default_entry;
	EFI_INPUT_KEY key;

	for (;;) {
		show(conf, chosen);
		wait_key(&key);
		if (key.UnicodeChar == '\r' || key.UnicodeChar == '\n')
			return chosen;
		if (key.UnicodeChar == 'e')
			edit(conf->entry[chosen].cmdline, CONF_CMDLINE_MAX);
		else if (key.UnicodeChar >= '1' && key.UnicodeChar - '1' < (int)conf->entry_count)
			chosen = key.UnicodeChar - '1';
		else if (key.ScanCode == SCAN_UP && chosen)
			chosen--;
		else if (key.ScanCode == SCAN_DOWN && chosen + 1 < conf->entry_count)
			chosen++;
	}
}

EFI_STATUS menu_choose(struct conf *conf, const char **cmdline)
{
	unsigned chosen = conf->default_entry;
	EFI_INPUT_KEY key;

	if (!loader.automated) {
		say(" (a key opens the menu)");
		if (key_within(conf->timeout * 1000, &key)) {
			chosen = choose(conf);
			say("\n%s: stage", conf->entry[chosen].title);
		}
	}
	*cmdline = conf->entry[chosen].cmdline;
	return EFI_SUCCESS;
}
