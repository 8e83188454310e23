/* SPDX-License-Identifier: ISC */
/* System V shared memory: found by key, shared with children, removed with its last user. */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define KEY 0x1ea5400d
#define SIZE 10000

static int id;

static long get(long key, size_t size, int flags)
{
	return raw(SYS_shmget, key, size, flags);
}

static long attached(void)
{
	struct shmid_ds ds;

	return shmctl(id, IPC_STAT, &ds) ? -errno : (long)ds.shm_nattch;
}

static int child_writes(void *arg)
{
	char *p = arg, *q = shmat(id, NULL, 0);

	if (attached() != 3)
		return 1;
	strcpy(p + 9000, "from the child");
	return strcmp(q + 9000, "from the child") ? 2 : 0;
}

static int as_user(void *arg)
{
	(void)arg;
	if (raw(SYS_setresuid, 1000, 1000, 1000))
		return 1;
	if (get(KEY, SIZE, 0600) != -EACCES || raw(SYS_shmat, id, 0, 0) != -EACCES)
		return 2;
	return raw(SYS_shmctl, id, IPC_RMID, 0) == -EPERM ? 0 : 3;
}

int main(void)
{
	struct shmid_ds ds;
	char *p, *q;

	is_long(get(KEY, SIZE, 0), -ENOENT, "nobody has the key");
	id = get(KEY, SIZE, IPC_CREAT | 0600);
	ok(id >= 0, "one is made");
	is_long(get(KEY, 1, 0), id, "and found");
	is_long(get(KEY, SIZE, IPC_CREAT | IPC_EXCL), -EEXIST, "there is one");
	is_long(get(KEY, SIZE + 1, 0), -EINVAL, "it is smaller");
	is_long(shmctl(id, IPC_STAT, &ds), 0, "what it is");
	ok(ds.shm_segsz == SIZE && ds.shm_nattch == 0 && ds.shm_cpid == getpid() &&
		   (ds.shm_perm.mode & 0777) == 0600,
	   "is told");
	p = shmat(id, NULL, 0);
	ok(p != (void *)-1, "it is attached");
	is_long(attached(), 1, "once");
	is_long(p[SIZE - 1] | p[SIZE], 0, "it is zero");
	strcpy(p, "words");
	q = shmat(id, NULL, SHM_RDONLY);
	ok(!strcmp(q, "words"), "a second time, the same memory");
	is_long(mprotect(q, 4096, PROT_READ | PROT_WRITE) < 0 ? -errno : 0, -EACCES,
		"which was attached for reading");
	is_long(raw(SYS_shmdt, q), 0, "it is detached");
	is_long(raw(SYS_shmdt, q), -EINVAL, "once");
	is_long(raw(SYS_shmdt, p + 4096), -EINVAL, "by its beginning only");
	is_long(raw(SYS_shmat, id, p, 0), -EINVAL, "not over what is there");
	is_long(raw(SYS_shmat, id, p + 1, SHM_RND | SHM_REMAP), (long)p, "unless that is asked");
	is_status(in_child(child_writes, p), EXITED(0), "a child has it as well");
	ok(!strcmp(p + 9000, "from the child"), "its words are here");
	is_long(attached(), 1, "and its maps are gone");
	is_status(in_child(as_user, NULL), EXITED(0), "an ordinary user may nothing");
	ds.shm_perm.mode = 0644;
	is_long(shmctl(id, IPC_SET, &ds), 0, "its mode is changed");
	is_long(munmap(p, 4096), 0, "a page of it is unmapped");
	is_long(raw(SYS_shmctl, id, IPC_RMID, 0), 0, "it is removed");
	is_long(get(KEY, SIZE, 0), -ENOENT, "by its key it is gone");
	is_long(attached(), 1, "but not for who uses it");
	ok(!strcmp(p + 9000, "from the child"), "it holds what it held");
	munmap(p + 4096, 8192);
	is_long(attached(), -EINVAL, "now it is");
	id = get(IPC_PRIVATE, 4096, 0600);
	ok(id >= 0, "one without a key");
	is_long(raw(SYS_shmctl, id, IPC_RMID, 0), 0, "goes at once");
	is_long(raw(SYS_shmat, id, 0, 0), -EINVAL, "and cannot be attached");
	is_long(get(IPC_PRIVATE, 0, 0600), -EINVAL, "nothing is no size");
	is_long(get(IPC_PRIVATE, -1UL, 0600) < 0, 1, "everything neither");
	is_long(raw(SYS_shmat, -1, 0, 0), -EINVAL, "no number");
	is_long(raw(SYS_shmctl, 0x7fffffff, IPC_STAT, &ds), -EINVAL, "nobody's number");
	is_long(raw(SYS_shmctl, id, 99, &ds), -EINVAL, "an unknown command");
	is_long(raw(SYS_shmdt, 4097), -EINVAL, "an odd address");
	return done_testing();
}
