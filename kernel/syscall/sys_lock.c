/* SPDX-License-Identifier: ISC */
/* flock, and fcntl's commands on locks: the ABI's structures, and who owns a lock. */
#include "fs/locks.h"
#include "syscall/fd_ref.h"
#include "syscall/lock.h"
#include "syscall/syscalls.h"

#define F_RDLCK 0
#define F_WRLCK 1
#define F_UNLCK 2
#define F_OFD_GETLK 36
#define F_OFD_SETLK 37
#define F_OFD_SETLKW 38

#define LOCK_SH 1u
#define LOCK_EX 2u
#define LOCK_NB 4u
#define LOCK_UN 8u

struct flock_abi {
	i16 type, whence;
	i64 start, len;
	i32 pid;
};

static int read_type(struct lock_request *r, i16 type)
{
	static const u32 types[] = { LOCK_READ, LOCK_WRITE, LOCK_NONE };

	if (type < F_RDLCK || type > F_UNLCK)
		return -EINVAL;
	r->type = types[type];
	return 0;
}

/* First and last byte; a negative length is what lies before the start. */
static int read_range(struct lock_request *r, struct file *f, const struct flock_abi *l)
{
	i64 start, end;

	switch (l->whence) {
	case SEEK_SET: start = 0; break;
	case SEEK_CUR: start = f->pos; break;
	case SEEK_END: start = f->vnode ? READ_ONCE(f->vnode->size) : 0; break;
	default: return -EINVAL;
	}
	if (__builtin_add_overflow(start, l->start, &start))
		return -EOVERFLOW;
	if (l->len < 0) {
		end = start - 1;
		start += l->len;
	} else if (!l->len) {
		end = LOCK_END;
	} else if (__builtin_add_overflow(start, l->len - 1, &end)) {
		return -EOVERFLOW;
	}
	if (start < 0)
		return -EINVAL;
	r->start = start;
	r->end = end;
	return 0;
}

static i64 get_lock(struct lock_request *r, struct flock_abi *l, u64 arg)
{
	if (l->type == F_UNLCK)
		return -EINVAL;
	if (locks_test(r)) {
		l->type = r->type == LOCK_WRITE ? F_WRLCK : F_RDLCK;
		l->whence = SEEK_SET;
		l->start = r->start;
		l->len = r->end == LOCK_END ? 0 : r->end - r->start + 1;
		l->pid = r->pid;
	} else {
		l->type = F_UNLCK;
	}
	return user_write(arg, l, sizeof(*l)) ? -EFAULT : 0;
}

static int check_access(const struct file *f, u32 type)
{
	if (type == LOCK_READ && !file_readable(f))
		return -EBADF;
	return type == LOCK_WRITE && !file_writable(f) ? -EBADF : 0;
}

/*
 * Another thread may have closed the descriptor while this one waited: then the locks it closes were
 * dropped before this one was there, and nobody would drop it.
 */
static i64 drop_if_closed(u64 fd, const struct file *f)
{
	struct fd_ref now = fd_borrow_any(fd);
	bool closed = now.file != f;

	fd_return(now);
	if (closed)
		locks_drop(task_current()->files, lock_place(f));
	return closed ? -EBADF : 0;
}

i64 fcntl_lock(u64 fd, struct file *f, u32 cmd, u64 arg)
{
	bool ofd = cmd >= F_OFD_GETLK;
	struct process *p = process_current();
	struct lock_request r = { .on = lock_place(f), .kind = LOCK_RANGE };
	struct flock_abi l;
	i64 err;

	if (f->flags & O_PATH)
		return -EBADF;
	if (user_read(&l, arg, sizeof(l)))
		return -EFAULT;
	if (ofd && l.pid)
		return -EINVAL;
	r.owner = ofd ? (const void *)f : task_current()->files;
	r.pid = ofd ? -1 : p->pid;
	err = read_type(&r, l.type);
	if (!err)
		err = read_range(&r, f, &l);
	if (err)
		return err;
	if (cmd == F_GETLK || cmd == F_OFD_GETLK)
		return get_lock(&r, &l, arg);
	err = check_access(f, r.type);
	if (!err)
		err = locks_set(&r, cmd == F_SETLKW || cmd == F_OFD_SETLKW);
	return err || ofd || r.type == LOCK_NONE ? err : drop_if_closed(fd, f);
}

bool fcntl_is_lock(u32 cmd)
{
	return (cmd >= F_GETLK && cmd <= F_SETLKW) || (cmd >= F_OFD_GETLK && cmd <= F_OFD_SETLKW);
}

static i64 flock_file(struct file *f, u32 type, bool wait)
{
	struct lock_request r = {
		.on = lock_place(f), .owner = f, .end = LOCK_END, .pid = -1, .kind = LOCK_WHOLE
	};

	/* As Linux: a conversion gives up the old lock first, and may lose it. */
	(void)locks_set(&r, false);
	r.type = type;
	return type == LOCK_NONE ? 0 : locks_set(&r, wait);
}

i64 sys_flock(u64 fd, u64 operation)
{
	u32 op = (u32)operation & ~LOCK_NB;
	struct fd_ref r = fd_borrow(fd);
	i64 result = -EINVAL;

	if (!r.file)
		return -EBADF;
	if (op == LOCK_SH || op == LOCK_EX || op == LOCK_UN)
		result = flock_file(r.file,
				    op == LOCK_SH   ? LOCK_READ
				    : op == LOCK_EX ? LOCK_WRITE
						    : LOCK_NONE,
				    !(operation & LOCK_NB));
	fd_return(r);
	return result;
}
