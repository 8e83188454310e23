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

static void set_one(const char *name, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(mutants); i++) {
		const struct mutant *m = &mutants[i];

		if (strlen(m->name) == n && memcmp(m->name, name, n) == 0) {
			*m->flag = true;
			log_warning("mutant %s: %s", m->name, m->text);
			return;
		}
	}
	log_warning("break=%s: there is no such mutant", name);
}

void mutants_set(const char *list)
{
	while (*list) {
		const char *comma = strchr(list, ',');
		size_t n = comma ? (size_t)(comma - list) : strlen(list);

		set_one(list, n);
		list += n + (comma != NULL);
	}
}

#endif
