/* SPDX-License-Identifier: ISC */
/* Which kernel a test runs on, for the few things that only one of the two can be asked. */
#pragma once

#include <stdbool.h>
#include <string.h>
#include <sys/utsname.h>

static inline bool on_leash(void)
{
	struct utsname u;

	return uname(&u) == 0 && strstr(u.release, "leash");
}
