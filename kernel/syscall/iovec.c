/* SPDX-License-Identifier: ISC */
/* Vectors of buffers (iovec.h). No locks. */
#include "syscall/iovec.h"

#include "mm/slab.h"

_Static_assert(sizeof(struct iovec) == sizeof(struct io_segment), "one layout");

/*
 * Checks a vector that was copied in, and cuts it at MAX_RW_COUNT. Its bytes, -EINVAL (a
 * negative length) or -EFAULT.
 */
static ssize_t check_vector(struct io_segment *segs, u32 count)
{
	size_t total = 0;

	for (u32 i = 0; i < count; i++) {
		if ((i64)segs[i].len < 0)
			return -EINVAL;
		if (!user_range_ok(segs[i].base, segs[i].len))
			return -EFAULT;
		segs[i].len = MIN(segs[i].len, MAX_RW_COUNT - total);
		total += segs[i].len;
	}
	return total;
}

int user_vector_get(struct user_vector *v, u64 iov, u64 count, struct io *io)
{
	ssize_t total = -EFAULT;

	if (count > UIO_MAXIOV)
		return -EINVAL;
	v->segs = count > IOV_ON_STACK ? kmalloc(count * sizeof(*v->segs)) : v->on_stack;
	if (!v->segs)
		return -ENOMEM;
	if (!user_read(v->segs, iov, count * sizeof(*v->segs)))
		total = check_vector(v->segs, count);
	if (total < 0) {
		user_vector_put(v);
		return total;
	}
	io_init_vector(io, v->segs, total);
	return 0;
}

void user_vector_put(struct user_vector *v)
{
	if (v->segs != v->on_stack)
		kfree(v->segs);
}
