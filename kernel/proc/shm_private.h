/* SPDX-License-Identifier: ISC */
/* What shm.c (segments, and maps of them) and shm_control.c (shmctl) share. */
#pragma once

#include "base/spinlock.h"
#include "proc/shm.h"
#include "vm/space.h"

struct segment {
	struct backing backing; /* what is mapped */
	struct backing *memory; /* [i] counted */
	struct shmid_ds_abi ds; /* [shm_lock] */
	i32 id; /* [i] */
};

extern struct spinlock shm_lock; /* guards the table and all segments */
extern struct segment *shm_table[SHM_SEGMENTS]; /* [shm_lock] */
extern u64 shm_pages_promised; /* [shm_lock] */

u64 shm_pages_max(void);
i64 shm_now(void); /* seconds since 1970 */

/* Under shm_lock: the segment of a number, NULL; may the caller do @want (4 read, 2 write) with it; is
 * it the caller's to change? */
struct segment *segment_find(i32 id);
bool segment_allowed(const struct segment *s, u32 want);
bool segment_owned(const struct segment *s);
/* Under shm_lock: takes @s out if it was removed and nobody uses it. True: the caller frees it, without
 * the lock. */
bool segment_unlist_if_over(struct segment *s);
void segment_free(struct segment *s);
