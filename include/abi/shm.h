/* SPDX-License-Identifier: ISC */
/* System V shared memory: shmget(2) and its kin. */
#pragma once

#include <stdint.h>

#define IPC_PRIVATE 0
#define IPC_CREAT 01000
#define IPC_EXCL 02000
#define IPC_RMID 0
#define IPC_SET 1
#define IPC_STAT 2
#define IPC_INFO 3
#define IPC_64 0x100 /* the only layout there is here */

#define SHM_RDONLY 010000
#define SHM_RND 020000
#define SHM_REMAP 040000
#define SHM_EXEC 0100000
#define SHM_LOCK 11
#define SHM_UNLOCK 12
#define SHM_STAT 13
#define SHM_INFO 14
#define SHM_STAT_ANY 15
#define SHM_DEST 01000 /* in mode: it goes with its last user */

struct ipc_perm_abi {
	int32_t key;
	uint32_t uid, gid, cuid, cgid, mode;
	uint16_t seq, pad0;
	uint32_t pad1;
	uint64_t unused[2];
};

struct shmid_ds_abi {
	struct ipc_perm_abi perm;
	uint64_t size;
	int64_t atime, dtime, ctime;
	int32_t cpid, lpid;
	uint64_t attached;
	uint64_t unused[2];
};
_Static_assert(sizeof(struct shmid_ds_abi) == 112, "the ABI's size");

struct shminfo_abi {
	uint64_t max, min, mni, seg, all, unused[4];
};

struct shm_info_abi {
	int32_t used, pad0;
	uint64_t total, resident, swapped, attempts, successes;
};
