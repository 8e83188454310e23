/* SPDX-License-Identifier: ISC */
/*
 * System V shared memory: segments that have a number, and a key by which others find it, and stay
 * until somebody removes them. All return 0 or more, or negative errno as the manual pages tell.
 */
#pragma once

#include "abi/shm.h"
#include "lib/types.h"

#define SHM_SEGMENTS 128 /* of all users together */

i64 shm_find_or_make(i32 key, u64 size, u32 flags); /* its number */
i64 shm_attach(i32 id, u64 addr, u32 flags); /* where it is */
i64 shm_detach(u64 addr);
i64 shm_stat(i32 id, bool by_index, bool anybody, struct shmid_ds_abi *out); /* number or 0 */
i64 shm_change(i32 id, const struct ipc_perm_abi *to);
i64 shm_remove(i32 id);
i64 shm_check(i32 id); /* for locking, which changes nothing: memory stays in memory */
i64 shm_limits(struct shminfo_abi *out); /* the highest index in use */
i64 shm_usage(struct shm_info_abi *out);
