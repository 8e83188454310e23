/* SPDX-License-Identifier: ISC */
/* See mutants.h. The flags are written once, before the second thread. No locks. */
#include "base/mutants.h"

#ifdef MUTANTS

#include "base/log.h"
#include "lib/string.h"

#define MUTANT_DEFINE(name, text) bool mutant_##name;
MUTANTS_LIST(MUTANT_DEFINE)

struct mutant {
	const char *name, *text;
	bool *flag;
};

#define MUTANT_ENTRY(name, text) { #name, text, &mutant_##name },
static const struct mutant mutants[] = { MUTANTS_LIST(MUTANT_ENTRY) };

/* The mutant whose name is the @n bytes at @name, NULL if there is none. */
static const struct mutant *find(const char *name, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(mutants); i++)
		if (strlen(mutants[i].name) == n && memcmp(mutants[i].name, name, n) == 0)
			return &mutants[i];
	return NULL;
}

void mutants_set(const char *list)
{
	while (*list) {
		const char *comma = strchr(list, ',');
		size_t n = comma ? (size_t)(comma - list) : strlen(list);
		const struct mutant *m = find(list, n);

		if (m) {
			*m->flag = true;
			log_warning("mutant %s: %s", m->name, m->text);
		} else {
			log_warning("break=%s: there is no such mutant", list);
		}
		list += n + (comma != NULL);
	}
}

void mutants_early(const char *cmdline)
{
	const char *at = strstr(cmdline, "break=");

	for (at = at ? at + 6 : ""; *at && *at != ' ';) {
		size_t n = 0;
		const struct mutant *m;

		while (at[n] && at[n] != ',' && at[n] != ' ')
			n++;
		m = find(at, n);
		if (m)
			*m->flag = true;
		at += n + (at[n] == ',');
	}
}

#endif
