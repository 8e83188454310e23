/* SPDX-License-Identifier: ISC */
/*
 * Open files: their life, and the checked ways to read, write and seek.
 *
 * Lock: pos_lock guards pos. It is not taken while the count is one: then the caller's is
 * the only reference (its own, or the only descriptor of the only thread that may use it), and
 * a second one can only be made by the caller itself.
 */
#include "fs/file.h"

#include "abi/uio.h"
#include "fs/epoll.h"
#include "fs/locks.h"
#include "fs/mount.h"
#include "fs/pipe.h"
#include "lib/string.h"
#include "mm/slab.h"

#define BYTES_A_FILE 10240 /* of memory for each that there may be */

static struct slab_cache *file_cache;
bool (*file_caller_is_root)(void);

void file_init_caches(void)
{
	file_cache = slab_create("files", sizeof(struct file), 0);
	pipe_init_caches();
}

u64 file_count(void)
{
	return slab_live(file_cache);
}

u64 file_count_max(void)
{
	return page_total_count() * PAGE_SIZE / BYTES_A_FILE;
}

bool files_too_many(void)
{
	return file_count() >= file_count_max();
}

/* Asked who cares first: counting goes through all CPUs. */
static bool too_many(void)
{
	return file_caller_is_root && !file_caller_is_root() && files_too_many();
}

int file_create_error(void)
{
	return too_many() ? -ENFILE : -ENOMEM;
}

/* By access mode. The fourth is for ioctls alone: who asks for it must be allowed both and may neither. */
static const u8 may_of[O_ACCMODE + 1] = {
	[O_RDONLY] = FILE_MAY_READ,
	[O_WRONLY] = FILE_MAY_WRITE,
	[O_RDWR] = FILE_MAY_READ | FILE_MAY_WRITE,
	[O_ACCMODE] = 0,
};

struct file *file_create(const struct file_ops *ops, u32 flags)
{
	struct file *f = unlikely(too_many()) ? NULL : file_alloc(ops, flags);

	if (f)
		file_set_ops(f, ops);
	return f;
}

struct file *file_alloc(const struct file_ops *ops, u32 flags)
{
	struct file *f = slab_alloc(file_cache);

	if (!f)
		return NULL;
	f->ops = ops;
	f->vnode = NULL;
	f->mount = NULL;
	f->refs = 1;
	f->flags = flags;
	f->may = flags & O_PATH ? 0 : may_of[flags & O_ACCMODE];
	f->can = 0;
	f->pos = 0;
	mutex_init(&f->pos_lock);
	f->private = NULL;
	f->watchers = NULL;
	return f;
}

void file_put(struct file *f)
{
	if (__atomic_sub_fetch(&f->refs, 1, __ATOMIC_ACQ_REL))
		return;
	if (unlikely(f->watchers))
		epoll_forget(f);
	locks_drop(f, NULL); /* of the open file; a process's go with its descriptor */
	if (f->ops->release)
		f->ops->release(f);
	if (f->mount)
		mount_leave(f);
	vnode_put(f->vnode);
	slab_free(file_cache, f);
}

/* Kept out of line, so that the usual way is a plain jump to the file's own code. */
__attribute__((noinline)) ssize_t file_move_shared(struct file *f, struct io *io, file_move move)
{
	ssize_t n;

	if (f->ops->flags & FILE_NO_POS_LOCK)
		return move(f, io, &f->pos);
	mutex_lock(&f->pos_lock);
	n = move(f, io, &f->pos);
	mutex_unlock(&f->pos_lock);
	return n;
}

static i64 seek_data(struct file *f, i64 offset, bool data)
{
	u64 size = f->vnode ? READ_ONCE(f->vnode->size) : 0;

	if (offset < 0 || (u64)offset >= size)
		return -ENXIO;
	if (f->ops->seek_data)
		return f->ops->seek_data(f, offset, data);
	return data ? offset : (i64)size;
}

/* The new position, or -EINVAL. */
static i64 seek_target(struct file *f, i64 offset, int whence)
{
	i64 base, target;

	switch (whence) {
	case SEEK_SET: base = 0; break;
	case SEEK_CUR: base = f->pos; break;
	case SEEK_END: base = f->vnode ? READ_ONCE(f->vnode->size) : 0; break;
	case SEEK_DATA:
	case SEEK_HOLE: return seek_data(f, offset, whence == SEEK_DATA);
	default: return -EINVAL;
	}
	if (__builtin_add_overflow(base, offset, &target))
		return whence == SEEK_SET ? -EINVAL : -EOVERFLOW;
	return target < 0 ? -EINVAL : target;
}

/* Under pos_lock, where the position is shared. */
static __attribute__((noinline)) i64 seek(struct file *f, i64 offset, int whence)
{
	i64 target = seek_target(f, offset, whence);

	if (target >= 0)
		f->pos = target;
	return target;
}

static __attribute__((noinline)) i64 seek_locked(struct file *f, i64 offset, int whence)
{
	i64 target;

	mutex_lock(&f->pos_lock);
	target = seek(f, offset, whence);
	mutex_unlock(&f->pos_lock);
	return target;
}

i64 file_seek(struct file *f, i64 offset, int whence)
{
	if (unlikely(!file_seekable(f)))
		return file_no_position(f);
	if (f->ops->flags & FILE_NO_POS_LOCK) /* /dev/null: always at the beginning */
		return whence >= SEEK_SET && whence <= SEEK_END ? 0 : -EINVAL;
	if (unlikely(READ_ONCE(f->refs) > 1))
		return seek_locked(f, offset, whence);
	if (whence != SEEK_SET || offset < 0)
		return seek(f, offset, whence);
	f->pos = offset;
	return offset;
}

ssize_t file_read_kernel(struct file *f, void *buf, size_t n, u64 pos)
{
	size_t done = 0;

	while (done < n) {
		struct io io;
		ssize_t got;

		io_init_kernel(&io, (u8 *)buf + done, MIN(n - done, MAX_RW_COUNT));
		got = file_pread(f, &io, pos + done);
		if (got < 0)
			return got;
		if (!got)
			break;
		done += got;
	}
	return done;
}

void file_stat(struct file *f, struct stat *st)
{
	if (f->vnode)
		vnode_stat(f->vnode, st);
	else
		pipe_stat(f, st);
}
