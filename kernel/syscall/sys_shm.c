/* SPDX-License-Identifier: ISC */
/* System calls of System V shared memory; what they do is in proc/shm.c. */
#include "abi/errno.h"
#include "machine/usercopy.h"
#include "proc/shm.h"
#include "syscall/syscalls.h"

i64 sys_shmget(u64 key, u64 size, u64 flags)
{
	return shm_find_or_make((i32)key, size, (u32)flags);
}

i64 sys_shmat(u64 id, u64 addr, u64 flags)
{
	return shm_attach((i32)id, addr, (u32)flags);
}

i64 sys_shmdt(u64 addr)
{
	return shm_detach(addr);
}

static i64 put_stat(u64 buf, i32 id, bool by_index, bool anybody)
{
	struct shmid_ds_abi ds;
	i64 r = shm_stat(id, by_index, anybody, &ds);

	if (r < 0)
		return r;
	return user_write(buf, &ds, sizeof(ds)) ? -EFAULT : r;
}

static i64 set(u64 buf, i32 id)
{
	struct shmid_ds_abi ds;

	if (user_read(&ds, buf, sizeof(ds)))
		return -EFAULT;
	return shm_change(id, &ds.perm);
}

static i64 put_limits(u64 buf)
{
	struct shminfo_abi info;
	i64 r = shm_limits(&info);

	return user_write(buf, &info, sizeof(info)) ? -EFAULT : r;
}

static i64 put_usage(u64 buf)
{
	struct shm_info_abi info;
	i64 r = shm_usage(&info);

	return user_write(buf, &info, sizeof(info)) ? -EFAULT : r;
}

i64 sys_shmctl(u64 id, u64 cmd, u64 buf)
{
	i32 n = (i32)id;

	if ((i32)cmd < 0 || n < 0)
		return -EINVAL;
	switch ((u32)cmd & ~(u32)IPC_64) {
	case IPC_RMID: return shm_remove(n);
	case IPC_SET: return set(buf, n);
	case IPC_STAT: return put_stat(buf, n, false, false);
	case SHM_STAT: return put_stat(buf, n, true, false);
	case SHM_STAT_ANY: return put_stat(buf, n, true, true);
	case IPC_INFO: return put_limits(buf);
	case SHM_INFO: return put_usage(buf);
	case SHM_LOCK:
	case SHM_UNLOCK: return shm_check(n);
	default: return -EINVAL;
	}
}
