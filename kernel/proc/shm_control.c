/* SPDX-License-Identifier: ISC */
/* What shmctl(2) asks and changes; see shm.c. */
#include "abi/errno.h"
#include "proc/shm_private.h"

i64 shm_stat(i32 id, bool by_index, bool anybody, struct shmid_ds_abi *out)
{
	const struct segment *s;
	i64 r = -EINVAL;

	spin_lock(&shm_lock);
	s = by_index ? (id >= 0 && id < SHM_SEGMENTS ? shm_table[id] : NULL) : segment_find(id);
	if (s && !anybody && !segment_allowed(s, 4)) {
		r = -EACCES;
	} else if (s) {
		*out = s->ds;
		r = by_index ? s->id : 0;
	}
	spin_unlock(&shm_lock);
	return r;
}

/* Under the lock: the segment of @id, which is the caller's to change. 0, -EINVAL, -EPERM. */
static i64 find_owned(i32 id, struct segment **s)
{
	*s = segment_find(id);
	return !*s ? -EINVAL : segment_owned(*s) ? 0 : -EPERM;
}

i64 shm_change(i32 id, const struct ipc_perm_abi *to)
{
	struct segment *s;
	i64 r;

	spin_lock(&shm_lock);
	r = find_owned(id, &s);
	if (!r) {
		s->ds.perm.uid = to->uid;
		s->ds.perm.gid = to->gid;
		s->ds.perm.mode = (s->ds.perm.mode & ~0777u) | (to->mode & 0777);
		s->ds.ctime = shm_now();
	}
	spin_unlock(&shm_lock);
	return r;
}

i64 shm_remove(i32 id)
{
	struct segment *s;
	bool over = false;
	i64 r;

	spin_lock(&shm_lock);
	r = find_owned(id, &s);
	if (!r) {
		s->ds.perm.mode |= SHM_DEST;
		s->ds.perm.key = IPC_PRIVATE;
		over = segment_unlist_if_over(s);
	}
	spin_unlock(&shm_lock);
	if (over)
		segment_free(s);
	return r;
}

i64 shm_check(i32 id)
{
	struct segment *s;
	i64 r;

	spin_lock(&shm_lock);
	r = find_owned(id, &s);
	spin_unlock(&shm_lock);
	return r;
}

/* Under the lock; 0 where there is none, too, as Linux. */
static i64 highest_index(void)
{
	u32 i = SHM_SEGMENTS;

	while (i > 1 && !shm_table[i - 1])
		i--;
	return i - 1;
}

i64 shm_limits(struct shminfo_abi *out)
{
	i64 r;

	*out = (struct shminfo_abi){ .max = shm_pages_max() * PAGE_SIZE,
				     .min = 1,
				     .mni = SHM_SEGMENTS,
				     .seg = SHM_SEGMENTS,
				     .all = shm_pages_max() };
	spin_lock(&shm_lock);
	r = highest_index();
	spin_unlock(&shm_lock);
	return r;
}

i64 shm_usage(struct shm_info_abi *out)
{
	i64 r;

	*out = (struct shm_info_abi){ .used = 0 };
	spin_lock(&shm_lock);
	for (u32 i = 0; i < SHM_SEGMENTS; i++)
		out->used += shm_table[i] ? 1 : 0;
	out->total = shm_pages_promised;
	r = highest_index();
	spin_unlock(&shm_lock);
	return r;
}
