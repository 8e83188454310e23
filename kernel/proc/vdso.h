/* SPDX-License-Identifier: ISC */
/* The vDSO: a page of time data and a library that reads it, mapped into every program. */
#pragma once

#include "vm/space.h"

/* Makes its pages. Once, at boot; after the clock and slab_init(). Without memory: no vDSO. */
void vdso_init(void);

/* The wall clock shows something else from now on: programs see it too. */
void vdso_clock_was_set(void);

/* Maps it into @s and returns where its image begins (AT_SYSINFO_EHDR), 0: there is none, or
 * negative errno. May sleep. */
i64 vdso_map(struct space *s);
