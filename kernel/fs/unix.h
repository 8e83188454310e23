/* SPDX-License-Identifier: ISC */
/* AF_UNIX sockets in connected pairs: streams, datagrams and sequenced packets. */
#pragma once

#include "abi/socket.h"
#include "fs/file.h"

#define UNIX_BUFFER 212992u /* bytes under way from one socket, as Linux's default */

/* A connected pair of @type, one reference each, made by @cred; @flags: O_NONBLOCK. 0, -ENOMEM. */
int unix_pair(u32 type, u32 flags, const struct ucred *cred, struct file *end[2]);
bool file_is_socket(const struct file *f);
u32 unix_type(const struct file *f); /* SOCK_* */
struct ucred unix_peer_credentials(const struct file *f);
bool unix_is_connected(const struct file *f);
/* An error that came by itself (-ECONNRESET), told once; 0: none. */
int unix_take_error(struct file *f);

/*
 * Bytes moved or negative errno, by MSG_*; -EPIPE raises no signal by itself. *full: the length of
 * the packet that was read, however short the buffer. May sleep.
 */
ssize_t unix_send(struct file *f, struct io *io, u32 flags);
ssize_t unix_receive(struct file *f, struct io *io, u32 flags, size_t *full);
/* SHUT_*. 0, -EINVAL, -ENOTCONN. */
int unix_shutdown(struct file *f, u32 how);
