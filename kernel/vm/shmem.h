/* SPDX-License-Identifier: ISC */
/*
 * Anonymous shared memory: the pages of MAP_SHARED | MAP_ANONYMOUS, which fork leaves shared.
 * Lock: shmem.lock (mutex), inside space.lock.
 */
#pragma once

#include "vm/space.h"

/*
 * A backing of @bytes (rounded up to pages), zero at first, with one reference for the
 * caller; drop it with ops->put. NULL: out of memory. May sleep.
 */
struct backing *shmem_create(u64 bytes);

void shmem_init_cache(void); /* by space_init_caches() */
