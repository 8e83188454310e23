/* SPDX-License-Identifier: ISC */
/* Files as wholes: copy_file_range, fallocate, memfd_create, close_range. */
#include "abi/uio.h"
#include "fs/pipe.h"
#include "fs/tmpfs.h"
#include "lib/string.h"
#include "machine/usercopy.h"
#include "syscall/fd_ref.h"
#include "syscall/syscalls.h"

#define FALLOC_KEEP_SIZE 1u
#define FALLOC_PUNCH_HOLE 2u
#define FALLOC_ZERO_RANGE 16u
#define MFD_CLOEXEC 1u
#define MFD_ALLOW_SEALING 2u
#define MEMFD_NAME_MAX 249
#define CLOSE_RANGE_UNSHARE 2u
#define CLOSE_RANGE_CLOEXEC 4u

static bool is_regular(const struct file *f)
{
	return f->vnode && (f->vnode->mode & S_IFMT) == S_IFREG;
}

/* -- copy_file_range ----------------------------------------------------------------------------- */

/* Moves one page at most. Bytes, 0 at the end, or an error. */
static ssize_t copy_piece(struct file *in, struct file *out, u64 from, u64 to, size_t n, void *page)
{
	ssize_t got = file_read_kernel(in, page, MIN(n, PAGE_SIZE), from);
	struct io io;

	if (got <= 0)
		return got;
	io_init_kernel(&io, page, got);
	return file_pwrite(out, &io, to);
}

static ssize_t copy_range(struct file *in, struct file *out, u64 from, u64 to, size_t n)
{
	struct page *page = page_alloc(0, 0);
	size_t done = 0;
	ssize_t moved = 0;

	if (!page)
		return -ENOMEM;
	while (done < n && !thread_interrupted(thread_current())) {
		moved = copy_piece(in, out, from + done, to + done, n - done, page_to_virt(page));
		if (moved <= 0)
			break;
		done += moved;
		sched_point();
	}
	page_put(page);
	return done ? (ssize_t)done : moved;
}

static int check_copy(const struct file *in, const struct file *out, u64 from, u64 to, u64 n)
{
	if (!file_readable(in) || !file_writable(out) || (out->flags & O_APPEND))
		return -EBADF;
	if ((in->vnode && vnode_is_dir(in->vnode)) || (out->vnode && vnode_is_dir(out->vnode)))
		return -EISDIR;
	if (!is_regular(in) || !is_regular(out))
		return -EINVAL;
	if ((i64)from < 0 || (i64)to < 0 || (i64)(from + n) < 0 || (i64)(to + n) < 0)
		return -EOVERFLOW;
	if (in->vnode == out->vnode && from < to + n && to < from + n)
		return -EINVAL;
	return 0;
}

/* The position a call names: at @at in user memory, or the file's own. */
static int read_position(struct file *f, u64 at, u64 *pos)
{
	if (at)
		return user_read_u64(pos, at) ? -EFAULT : 0;
	*pos = f->pos;
	return 0;
}

static int write_position(struct file *f, u64 at, u64 pos)
{
	if (at)
		return user_write_u64(at, pos) ? -EFAULT : 0;
	return file_seek(f, pos, SEEK_SET) < 0 ? -EINVAL : 0;
}

static i64 copy_files(struct file *in, u64 in_at, struct file *out, u64 out_at, u64 n)
{
	u64 from, to;
	i64 r;

	if (read_position(in, in_at, &from) || read_position(out, out_at, &to))
		return -EFAULT;
	n = MIN(n, MAX_RW_COUNT);
	r = check_copy(in, out, from, to, n);
	if (!r && n)
		r = copy_range(in, out, from, to, n);
	if (r > 0 && (write_position(in, in_at, from + r) || write_position(out, out_at, to + r)))
		return -EFAULT;
	return r;
}

i64 sys_copy_file_range(u64 in, u64 in_at, u64 out, u64 out_at, u64 count, u64 flags)
{
	struct fd_ref from = fd_borrow(in), to = fd_borrow(out);
	i64 r = -EBADF;

	if (from.file && to.file)
		r = flags ? -EINVAL : copy_files(from.file, in_at, to.file, out_at, count);
	fd_return(to);
	fd_return(from);
	return r;
}

/* -- fallocate ----------------------------------------------------------------------------------- */

/* Gives each page of the range memory now, so that a later write cannot fail for want of it. */
static i64 reserve(struct vnode *v, u64 pos, u64 end)
{
	struct page *page;
	int err = 0;

	if (!v->backing.ops)
		return -EOPNOTSUPP;
	end = MIN(end, READ_ONCE(v->size));
	for (u64 i = pos / PAGE_SIZE; i * PAGE_SIZE < end && !err; i++) {
		err = v->backing.ops->page(&v->backing, i, &page);
		if (!err)
			page_put(page);
		if (thread_interrupted(thread_current()))
			return -EINTR;
	}
	return err ? -ENOSPC : 0;
}

static i64 allocate(struct file *f, u32 mode, u64 pos, u64 end)
{
	u64 size = READ_ONCE(f->vnode->size);
	i64 err = 0;

	if ((mode & (FALLOC_PUNCH_HOLE | FALLOC_KEEP_SIZE)) == FALLOC_PUNCH_HOLE)
		return -EOPNOTSUPP;
	if (mode & (FALLOC_PUNCH_HOLE | FALLOC_ZERO_RANGE))
		err = f->vnode->ops->punch ? f->vnode->ops->punch(f->vnode, pos, end) : -EOPNOTSUPP;
	if (mode & FALLOC_PUNCH_HOLE)
		return err;
	if (!err && end > size && !(mode & FALLOC_KEEP_SIZE))
		err = vnode_truncate(f->vnode, end);
	if (err)
		return err;
	err = reserve(f->vnode, pos, end);
	if (err && end > size)
		(void)vnode_truncate(f->vnode, size);
	return err;
}

i64 sys_fallocate(u64 fd, u64 mode, u64 offset, u64 len)
{
	struct fd_ref r = fd_borrow(fd);
	i64 result;

	if (!r.file)
		return -EBADF;
	if ((i64)offset < 0 || (i64)len <= 0)
		result = -EINVAL;
	else if ((u32)mode & ~(FALLOC_KEEP_SIZE | FALLOC_PUNCH_HOLE | FALLOC_ZERO_RANGE))
		result = -EOPNOTSUPP;
	else if (!file_writable(r.file))
		result = -EBADF;
	else if (!r.file->vnode || file_is_pipe(r.file))
		result = -ESPIPE;
	else if (!is_regular(r.file))
		result = -ENODEV;
	else if ((i64)(offset + len) < 0)
		result = -EFBIG;
	else
		result = allocate(r.file, (u32)mode, offset, offset + len);
	fd_return(r);
	return result;
}

/* -- memfd_create -------------------------------------------------------------------------------- */

/* Where such files are born and at once removed; nobody can walk to it. */
static struct vnode *memfd_directory(void)
{
	static struct superblock *files; /* the first one made stays */
	struct superblock *mine, *none = NULL;

	if (!READ_ONCE(files)) {
		mine = tmpfs_create(&tmpfs_type, 0700);
		if (mine && !__atomic_compare_exchange_n(&files, &none, mine, false,
							 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			superblock_put(mine);
	}
	return files ? files->root : NULL;
}

static int make_memfd(const char *name, struct file **out)
{
	struct vnode *dir = memfd_directory(), *v;
	size_t len = strlen(name);
	int err;

	if (!dir)
		return -ENOMEM;
	mutex_lock(&dir->lock);
	err = dir->ops->create(dir, name, len, S_IFREG | 0777, 0, &v);
	if (!err)
		err = dir->ops->unlink(dir, name, len, v);
	mutex_unlock(&dir->lock);
	if (err)
		return err;
	v->uid = cred_current()->fsuid;
	v->gid = cred_current()->fsgid;
	*out = file_create(v->file_ops, O_RDWR | O_LARGEFILE);
	if (!*out) {
		vnode_put(v);
		return file_create_error();
	}
	(*out)->vnode = v;
	return 0;
}

i64 sys_memfd_create(u64 name, u64 flags)
{
	char text[MEMFD_NAME_MAX + 1];
	struct file *f;
	ssize_t n;
	int r;

	if ((u32)flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING))
		return -EINVAL;
	n = user_read_string(text, name, sizeof(text));
	if (n < 0)
		return n == -EFAULT ? -EFAULT : -EINVAL;
	r = make_memfd("memfd", &f);
	return r ? r : fd_give(f, flags & MFD_CLOEXEC ? O_CLOEXEC : 0);
}

/* -- close_range --------------------------------------------------------------------------------- */

static int unshare_files(struct task *t)
{
	struct fd_table *own, *old = t->files;
	u64 flags;

	if (fd_table_is_mine(old))
		return 0;
	own = fd_table_copy(old);
	if (!own)
		return -ENOMEM;
	flags = spin_lock_irq(&process_lock);
	t->files = own;
	spin_unlock_irq(&process_lock, flags);
	fd_table_put(old);
	return 0;
}

i64 sys_close_range(u64 first, u64 last, u64 flags)
{
	struct task *t = task_current();
	u32 end;

	if (((u32)flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) || (u32)first > (u32)last)
		return -EINVAL;
	if ((flags & CLOSE_RANGE_UNSHARE) && unshare_files(t))
		return -ENOMEM;
	end = MIN((u32)last, READ_ONCE(t->files->size));
	for (u32 fd = (u32)first; fd <= end; fd++) {
		if (flags & CLOSE_RANGE_CLOEXEC)
			(void)fd_set_flags(t->files, fd, FD_CLOEXEC);
		else
			(void)fd_close(t->files, fd);
	}
	return 0;
}
