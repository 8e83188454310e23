/* SPDX-License-Identifier: ISC */
/* System calls that move bytes: read, write and their kin, lseek, sendfile, getrandom. */
#include "abi/uio.h"
#include "fs/pipe.h"
#include "fs/random.h"
#include "fs/unix.h"
#include "machine/usercopy.h"
#include "mm/page.h"
#include "mm/slab.h"
#include "proc/signal.h"
#include "syscall/fd_ref.h"
#include "syscall/iovec.h"
#include "syscall/syscalls.h"

/* A write that nobody can read also raises SIGPIPE, even when part of it went through. */
static inline ssize_t write_checked(struct file *f, struct io *io)
{
	ssize_t n = file_write(f, io);

	if (unlikely((n == -EPIPE && !(file_is_socket(f) && unix_type(f) != SOCK_STREAM)) ||
		     (io->left && n >= 0 && pipe_is_broken(f))))
		signal_send_self(SIGPIPE);
	return n;
}

/* Whether a call reads or writes; at the file's position, or at one that it names. */
enum move { MOVE_READ, MOVE_WRITE, MOVE_PREAD, MOVE_PWRITE };

static inline i64 move(struct file *f, struct io *io, enum move how, u64 pos)
{
	switch (how) {
	case MOVE_READ: return file_read(f, io);
	case MOVE_WRITE: return write_checked(f, io);
	case MOVE_PREAD: return file_pread(f, io, pos);
	case MOVE_PWRITE: return file_pwrite(f, io, pos);
	}
	return -EINVAL;
}

/* The buffer is not the user's: but as on Linux it comes first what the file may not do. */
static __attribute__((noinline)) i64 no_buffer(const struct file *f, enum move how)
{
	bool reads = how == MOVE_READ || how == MOVE_PREAD;

	if ((how == MOVE_PREAD || how == MOVE_PWRITE) && !file_seekable(f))
		return file_no_position(f);
	return (reads ? file_readable(f) : file_writable(f)) ? -EFAULT : -EBADF;
}

static inline i64 move_buffer(struct file *f, u64 buf, u64 count, enum move how, u64 pos)
{
	struct io io;

	if (!io_init_user(&io, buf, count))
		return no_buffer(f, how);
	return move(f, &io, how, pos);
}

/* With a table that other threads use too. */
static __attribute__((noinline)) i64 move_counted(u64 fd, u64 buf, u64 count, enum move how,
						  u64 pos)
{
	struct fd_ref r = fd_borrow_any(fd);
	i64 n;

	if (!r.file)
		return -EBADF;
	n = move_buffer(r.file, buf, count, how, pos);
	fd_return(r);
	return n;
}

/* What is opened with O_PATH may neither be read nor written, nor has it positions. */
static inline i64 move_call(u64 fd, u64 buf, u64 count, enum move how, u64 pos)
{
	struct file *f;

	if (unlikely((i64)pos < 0))
		return -EINVAL;
	if (!fd_peek(task_current()->files, fd, &f))
		return move_counted(fd, buf, count, how, pos);
	return likely(f) ? move_buffer(f, buf, count, how, pos) : -EBADF;
}

i64 sys_read(u64 fd, u64 buf, u64 count)
{
	return move_call(fd, buf, count, MOVE_READ, 0);
}

i64 sys_write(u64 fd, u64 buf, u64 count)
{
	return move_call(fd, buf, count, MOVE_WRITE, 0);
}

i64 sys_pread64(u64 fd, u64 buf, u64 count, u64 pos)
{
	return move_call(fd, buf, count, MOVE_PREAD, pos);
}

i64 sys_pwrite64(u64 fd, u64 buf, u64 count, u64 pos)
{
	return move_call(fd, buf, count, MOVE_PWRITE, pos);
}

static i64 vector_call(u64 fd, u64 iov, u64 count, enum move how, u64 pos)
{
	struct fd_ref r = fd_borrow(fd);
	struct user_vector v;
	struct io io;
	i64 n;

	if (!r.file)
		return -EBADF;
	n = user_vector_get(&v, iov, count, &io);
	if (!n) {
		n = move(r.file, &io, how, pos);
		user_vector_put(&v);
	}
	fd_return(r);
	return n;
}

i64 sys_readv(u64 fd, u64 iov, u64 count)
{
	return vector_call(fd, iov, count, MOVE_READ, 0);
}

i64 sys_writev(u64 fd, u64 iov, u64 count)
{
	return vector_call(fd, iov, count, MOVE_WRITE, 0);
}

/* The position comes in two halves for 32-bit callers' sake; here the low one is all of it. */
i64 sys_preadv(u64 fd, u64 iov, u64 count, u64 pos_low, u64 pos_high)
{
	(void)pos_high;
	return (i64)pos_low < 0 ? -EINVAL : vector_call(fd, iov, count, MOVE_PREAD, pos_low);
}

i64 sys_pwritev(u64 fd, u64 iov, u64 count, u64 pos_low, u64 pos_high)
{
	(void)pos_high;
	return (i64)pos_low < 0 ? -EINVAL : vector_call(fd, iov, count, MOVE_PWRITE, pos_low);
}

#define RWF_HONOURED 0x07u /* HIPRI, DSYNC, SYNC: nothing to do, memory is the disk */

/* Position -1 is the file's own. */
static i64 vector_call2(u64 fd, u64 iov, u64 count, u64 pos, u64 flags, bool write)
{
	if ((u32)flags & ~RWF_HONOURED)
		return -EOPNOTSUPP;
	if (pos == ~0UL)
		return vector_call(fd, iov, count, write ? MOVE_WRITE : MOVE_READ, 0);
	if ((i64)pos < 0)
		return -EINVAL;
	return vector_call(fd, iov, count, write ? MOVE_PWRITE : MOVE_PREAD, pos);
}

i64 sys_preadv2(u64 fd, u64 iov, u64 count, u64 pos_low, u64 pos_high, u64 flags)
{
	(void)pos_high;
	return vector_call2(fd, iov, count, pos_low, flags, false);
}

i64 sys_pwritev2(u64 fd, u64 iov, u64 count, u64 pos_low, u64 pos_high, u64 flags)
{
	(void)pos_high;
	return vector_call2(fd, iov, count, pos_low, flags, true);
}

/* With a table that other threads use too. */
static __attribute__((noinline)) i64 seek_counted(u64 fd, u64 offset, u64 whence)
{
	struct fd_ref r = fd_borrow_any(fd);
	i64 pos = r.file ? file_seek(r.file, offset, whence) : -EBADF;

	fd_return(r);
	return pos;
}

i64 sys_lseek(u64 fd, u64 offset, u64 whence)
{
	struct file *f;

	if (!fd_peek(task_current()->files, fd, &f))
		return seek_counted(fd, offset, whence);
	return likely(f) ? file_seek(f, offset, whence) : -EBADF;
}

/* Copies one page at most from @in at @pos to @out. Bytes, 0 at the end, or an error. */
static ssize_t send_piece(struct file *out, struct file *in, u64 pos, size_t n, void *page)
{
	struct io io;
	ssize_t got;

	io_init_kernel(&io, page, MIN(n, PAGE_SIZE));
	got = file_pread(in, &io, pos);
	if (got <= 0)
		return got;
	io_init_kernel(&io, page, got);
	return write_checked(out, &io);
}

static ssize_t send_all(struct file *out, struct file *in, u64 *pos, size_t count)
{
	struct page *page = page_alloc(0, 0);
	size_t done = 0;
	ssize_t n = 0;

	if (!page)
		return -ENOMEM;
	while (done < count) {
		n = send_piece(out, in, *pos, count - done, page_to_virt(page));
		if (n <= 0 || thread_interrupted(thread_current()))
			break;
		*pos += n;
		done += n;
		sched_point(); /* nothing in there need ever block, and it may be 2 GiB */
	}
	if (n > 0 && done < count) { /* interrupted after a piece */
		*pos += n;
		done += n;
	}
	page_put(page);
	return done ? (ssize_t)done : n;
}

/* From @offset if it is given (and moved on), else from the file's position. */
static ssize_t send_file(struct file *out, struct file *in, u64 offset, size_t count)
{
	ssize_t n;
	u64 pos;

	if (!file_readable(in) || !file_writable(out))
		return -EBADF;
	if (!(in->ops->flags & FILE_SEEKABLE))
		return offset ? -ESPIPE : -EINVAL;
	if (out->flags & O_APPEND)
		return -EINVAL;
	if (offset && user_read_u64(&pos, offset))
		return -EFAULT;
	if (!offset)
		pos = file_seek(in, 0, SEEK_CUR);
	if ((i64)pos < 0)
		return -EINVAL;
	n = send_all(out, in, &pos, MIN(count, MAX_RW_COUNT));
	if (!offset)
		file_seek(in, pos, SEEK_SET);
	else if (user_write_u64(offset, pos))
		return -EFAULT;
	return n;
}

i64 sys_sendfile(u64 out, u64 in, u64 offset, u64 count)
{
	struct fd_ref to = fd_borrow(out), from = fd_borrow(in);
	ssize_t n = -EBADF;

	if (to.file && from.file)
		n = send_file(to.file, from.file, offset, count);
	fd_return(from);
	fd_return(to);
	return n;
}

#define GRND_NONBLOCK 1u
#define GRND_RANDOM 2u
#define GRND_INSECURE 4u

i64 sys_getrandom(u64 buf, u64 count, u64 flags)
{
	struct io io;

	if ((flags & ~(u64)(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) ||
	    (flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	/* It fills what there is, as on Linux: what is wanted may reach beyond user space. */
	if ((count && buf >= USER_END) || !io_init_user(&io, buf, MIN(count, USER_END - buf)))
		return -EFAULT;
	return random_io(&io);
}
