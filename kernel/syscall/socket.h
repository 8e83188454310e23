/* SPDX-License-Identifier: ISC */
/* What the system calls on sockets share. */
#pragma once

#include "abi/uio.h"
#include "fs/unix.h"
#include "proc/signal.h"
#include "syscall/fd_ref.h"

#define ADDRESS_MAX 128 /* bytes of any family's name */

/* The descriptor's file if it is a socket. 0, -EBADF, -ENOTSOCK; fd_return() only after 0. */
int borrow_socket(u64 fd, struct fd_ref *r);

/* A name copied in. 0, -EINVAL, -EFAULT. */
int address_get(struct unix_address *a, u64 addr, u32 len);
/* A name copied out, as much as the length at @len_addr allows; its own length is put there. */
int address_put(const struct unix_address *a, u64 addr, u64 len_addr);
void address_of_sender(struct unix_extra *x);

/* unix_send() for the caller; SIGPIPE where it is due. */
i64 socket_send(struct file *f, struct io *io, u32 flags, struct unix_extra *x);
