/* SPDX-License-Identifier: ISC */
/*
 * Open files: what descriptors point at, shared by dup and fork.
 * Lock: file.pos_lock guards pos for read, write and lseek (POSIX: atomic to each other).
 */
#pragma once

#include "fs/io.h"
#include "fs/vnode.h"

struct epoll_item;
struct poll_table;

struct file_ops {
	/* Move bytes; *pos is advanced. Bytes moved, 0 at the end, or negative errno. May sleep. */
	ssize_t (*read)(struct file *f, struct io *io, u64 *pos);
	ssize_t (*write)(struct file *f, struct io *io, u64 *pos);
	i64 (*ioctl)(struct file *f, u32 cmd, u64 arg); /* NULL: -ENOTTY */
	/* POLL* bits that hold now; enqueues on @pt's behalf (poll.h). NULL: always ready. */
	u32 (*poll)(struct file *f, struct poll_table *pt);
	/* The first byte >= @from that is data, or in a hole (the end counts as one); -ENXIO: none.
	 * NULL: all of it is data. */
	i64 (*seek_data)(struct file *f, u64 from, bool data);
	void (*release)(struct file *f); /* last reference gone; vnode is put afterwards */
	u32 flags; /* FILE_* */
};
#define FILE_SEEKABLE 1u /* lseek and pread work; else -ESPIPE */
#define FILE_NO_POS_LOCK 2u /* position means nothing: don't serialise (pipes, terminals) */

#define FILE_MAY_READ 1u
#define FILE_MAY_WRITE 2u

struct file {
	const struct file_ops *ops; /* [i] */
	struct vnode *vnode; /* [i] counted; NULL for pipes */
	struct mount *mount; /* [i] counted; NULL: opened through none */
	u32 refs; /* [a] */
	u32 flags; /* [a] O_ACCMODE, O_APPEND, O_NONBLOCK … */
	u8 may; /* [i] FILE_MAY_*: what it was opened for; nothing with O_PATH */
	u8 can; /* [i] of that, what its operations have: file_set_ops() */
	u64 pos; /* [pos_lock] */
	struct mutex pos_lock;
	void *private;
	struct epoll_item *watchers; /* epoll.c; NULL: no set holds it */
};

/* A file with one reference on nothing yet; NULL: file_create_error() says why. */
struct file *file_create(const struct file_ops *ops, u32 flags);
/*
 * The same for who has looked at files_too_many(), unless he is root. It moves no bytes before
 * file_set_ops(). NULL: out of memory.
 */
struct file *file_alloc(const struct file_ops *ops, u32 flags);
/* The kind that it turned out to be; before anybody else has it. */
static inline void file_set_ops(struct file *f, const struct file_ops *ops)
{
	f->ops = ops;
	f->can = f->may & ((ops->read ? FILE_MAY_READ : 0) | (ops->write ? FILE_MAY_WRITE : 0));
}
bool files_too_many(void);
/* -ENFILE: there are too many in all for one without privileges; or -ENOMEM. */
int file_create_error(void);
u64 file_count(void);
u64 file_count_max(
	void); /* for those without privileges: as Linux, a tenth of memory at 1 KiB each */
/* Is the caller root? Set by proc; NULL: yes. */
extern bool (*file_caller_is_root)(void);
static inline struct file *file_get(struct file *f)
{
	__atomic_fetch_add(&f->refs, 1, __ATOMIC_RELAXED);
	return f;
}
void file_put(struct file *f); /* may sleep */

static inline bool file_readable(const struct file *f)
{
	return f->may & FILE_MAY_READ;
}
static inline bool file_writable(const struct file *f)
{
	return f->may & FILE_MAY_WRITE;
}

static inline bool file_seekable(const struct file *f)
{
	return f->ops->flags & FILE_SEEKABLE;
}
/* The error of a call that wants a position, from one that is not seekable. */
static inline int file_no_position(const struct file *f)
{
	return f->flags & O_PATH ? -EBADF : -ESPIPE;
}

typedef ssize_t (*file_move)(struct file *f, struct io *io, u64 *pos);

/* At the position, while others have the file too. */
ssize_t file_move_shared(struct file *f, struct io *io, file_move move);
static inline ssize_t file_move_at_pos(struct file *f, struct io *io, file_move move)
{
	return READ_ONCE(f->refs) > 1 ? file_move_shared(f, io, move) : move(f, io, &f->pos);
}

/* Why it can not do @what, FILE_MAY_*: it is not open so, or there is no such operation. */
static inline int file_cannot(const struct file *f, u8 what)
{
	return f->may & what ? -EINVAL : -EBADF;
}

/* Checked entry points for handlers: access mode, position and its lock. -EBADF if not open so. */
static inline ssize_t file_read(struct file *f, struct io *io)
{
	return likely(f->can & FILE_MAY_READ) ? file_move_at_pos(f, io, f->ops->read)
					      : file_cannot(f, FILE_MAY_READ);
}
static inline ssize_t file_write(struct file *f, struct io *io)
{
	return likely(f->can & FILE_MAY_WRITE) ? file_move_at_pos(f, io, f->ops->write)
					       : file_cannot(f, FILE_MAY_WRITE);
}
static inline ssize_t file_move_at(struct file *f, struct io *io, file_move move, u8 what, u64 pos)
{
	if ((i64)pos < 0)
		return -EINVAL;
	if (unlikely(!file_seekable(f)))
		return file_no_position(f);
	return likely(f->can & what) ? move(f, io, &pos) : file_cannot(f, what);
}
static inline ssize_t file_pread(struct file *f, struct io *io, u64 pos)
{
	return file_move_at(f, io, f->ops->read, FILE_MAY_READ, pos);
}
static inline ssize_t file_pwrite(struct file *f, struct io *io, u64 pos)
{
	return file_move_at(f, io, f->ops->write, FILE_MAY_WRITE, pos);
}
i64 file_seek(struct file *f, i64 offset, int whence);
/* Reads @n bytes at @pos into kernel memory; short only at the end. */
ssize_t file_read_kernel(struct file *f, void *buf, size_t n, u64 pos);

/* pipe(2): two files with one reference each. 0, -ENOMEM. */
int pipe_create(struct file **read_end, struct file **write_end, u32 flags);

/* fstat(2), also for files without a vnode. All bytes of *st are written. */
void file_stat(struct file *f, struct stat *st);
/*
 * Entries of directory @f as struct dirent64, or (@old) struct dirent_old, into @io. Bytes; 0 at the end, -ENOTDIR, -EINVAL
 * (not even one fits), -ENOENT (removed), -EFAULT.
 */
ssize_t file_getdents(struct file *f, struct io *io, bool old);

void file_init_caches(void);
