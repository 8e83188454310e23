/* SPDX-License-Identifier: ISC */
/* openat2: an open that says what its path may not do. */
#include "fs/mount.h"
#include "machine/usercopy.h"
#include "syscall/at.h"
#include "syscall/fd_ref.h"
#include "syscall/syscalls.h"

#define RESOLVE_KNOWN                                                                              \
	(RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH |         \
	 RESOLVE_IN_ROOT | RESOLVE_CACHED)
#define SCOPED (RESOLVE_BENEATH | RESOLVE_IN_ROOT)
#define OPEN_KNOWN                                                                                 \
	(O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC |      \
	 O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH |      \
	 O_TMPFILE | 0x2000 /* FASYNC */)

/* What is behind the struct that this kernel knows must be zero. 0, -E2BIG, -EFAULT. */
static int check_rest(u64 at, u64 n)
{
	u8 b[64];

	for (u64 piece; n; n -= piece, at += piece) {
		piece = MIN(n, sizeof(b));
		if (user_read(b, at, piece))
			return -EFAULT;
		for (u64 i = 0; i < piece; i++)
			if (b[i])
				return -E2BIG;
	}
	return 0;
}

static int how_get(struct open_how *how, u64 at, u64 size)
{
	int r;

	if (size < sizeof(*how))
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	r = check_rest(at + sizeof(*how), size - sizeof(*how));
	if (r)
		return r;
	return user_read(how, at, sizeof(*how)) ? -EFAULT : 0;
}

static int how_check(const struct open_how *how)
{
	bool makes = (how->flags & O_CREAT) || (how->flags & O_TMPFILE) == O_TMPFILE;

	if ((how->flags & ~(u64)OPEN_KNOWN) || (how->resolve & ~(u64)RESOLVE_KNOWN))
		return -EINVAL;
	if ((how->resolve & SCOPED) == SCOPED)
		return -EINVAL;
	if (makes ? how->mode & ~07777UL : how->mode)
		return -EINVAL;
	if ((how->flags & O_PATH) &&
	    (how->flags & ~(u64)(O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)))
		return -EINVAL;
	return 0;
}

/* As path_open(), with @dirfd as all there is. */
static int open_scoped(const struct at *a, u64 dirfd, const struct open_how *how, struct file **out)
{
	struct fs_context c = a->c;
	struct path top;
	int r;

	if ((how->resolve & RESOLVE_BENEATH) && a->path.text[0] == '/')
		return -EXDEV;
	r = at_descriptor(dirfd, &top);
	if (r)
		return r;
	c.root = top;
	c.resolve = how->resolve;
	r = path_open(&c, &top, a->path.text, how->flags, how->mode, out);
	path_put(&top);
	return r;
}

static int open_how(struct at *a, u64 dirfd, const struct open_how *how, struct file **out)
{
	if (how->resolve & SCOPED)
		return open_scoped(a, dirfd, how, out);
	a->c.resolve = how->resolve;
	return path_open(&a->c, a->start, a->path.text, how->flags, how->mode, out);
}

i64 sys_openat2(u64 dirfd, u64 path, u64 how_addr, u64 size)
{
	struct fd_table *t = task_current()->files;
	struct open_how how;
	struct file *f;
	struct at a;
	int r = how_get(&how, how_addr, size);

	if (!r)
		r = how_check(&how);
	if (!r)
		r = at_begin(&a, dirfd, path);
	if (r)
		return r;
	r = READ_ONCE(t->lowest) >= fd_limit() ? -EMFILE : open_how(&a, dirfd, &how, &f);
	at_end(&a);
	return r ? r : fd_give(f, how.flags);
}
