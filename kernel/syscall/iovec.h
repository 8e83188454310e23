/* SPDX-License-Identifier: ISC */
/* Vectors of buffers (struct iovec) copied in and checked once, for all calls that take one. */
#pragma once

#include "abi/uio.h"
#include "fs/io.h"

#define IOV_ON_STACK 8

struct user_vector {
	struct io_segment on_stack[IOV_ON_STACK], *segs;
};

/*
 * The @count buffers at @iov, cut at MAX_RW_COUNT bytes in all, as *io. 0, -EINVAL (too many, a
 * negative length), -EFAULT, -ENOMEM; user_vector_put() only after 0, when io has been used.
 */
int user_vector_get(struct user_vector *v, u64 iov, u64 count, struct io *io);
void user_vector_put(struct user_vector *v);
