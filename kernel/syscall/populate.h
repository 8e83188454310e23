/* SPDX-License-Identifier: ISC */
/* Pages that are wanted before they are touched, for the calls of sys_populate.c and sys_memory.c. */
#pragma once

#include "lib/types.h"

/* Of all of a range; the errors of space_populate, -EINTR: the program must end. */
int populate(u64 addr, u64 len, u32 need);
/* Those of a range that can be had, as the maps permit. Errors are not told: a touch will tell. */
void populate_what_can_be(u64 addr, u64 len);
