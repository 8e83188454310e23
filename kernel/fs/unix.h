/* SPDX-License-Identifier: ISC */
/*
 * AF_UNIX sockets: streams, datagrams and sequenced packets, in pairs or by name.
 *
 * The functions take files that file_is_socket(). They may sleep, and return 0 (or a count) or
 * negative errno as unix(7) and the calls' manual pages tell.
 */
#pragma once

#include "abi/socket.h"
#include "fs/file.h"
#include "fs/path.h"

#define UNIX_BUFFER 212992u /* bytes under way from one socket, as Linux's default */

/* A socket's name as programs write it. len counts the family; 2: no name. */
struct unix_address {
	u32 len;
	struct sockaddr_un sun;
};

struct unix_rights;

/* What goes along with the bytes of one call. */
struct unix_extra {
	const struct fs_context *fs; /* sending: for names that are paths */
	const struct unix_address *to; /* sending: to whom; NULL: the peer */
	struct unix_rights *rights; /* files; sending: taken over in any case, NULL: none */
	struct ucred cred; /* the sender's */
	bool has_cred; /* sending: it was said; receiving: it is to be told */
	struct unix_address from; /* receiving: whose it was */
	size_t full; /* receiving: the packet's length, however short the buffer */
};

/* Who calls; set by proc at boot. */
extern struct ucred (*unix_caller)(void);

struct file *unix_create(u32 type, u32 flags); /* @flags: O_NONBLOCK; NULL: out of memory */
/* A connected pair of @type, one reference each; @flags: O_NONBLOCK. 0, -ENOMEM. */
int unix_pair(u32 type, u32 flags, struct file *end[2]);
bool file_is_socket(const struct file *f);
u32 unix_type(const struct file *f); /* SOCK_* */

int unix_bind(struct file *f, const struct fs_context *c, const struct unix_address *a);
int unix_listen(struct file *f, u32 backlog);
int unix_connect(struct file *f, const struct fs_context *c, const struct unix_address *a);
int unix_accept(struct file *f, u32 flags, struct file **out); /* @flags: O_NONBLOCK of the new */
void unix_own_address(struct file *f, struct unix_address *a);
int unix_peer_address(struct file *f, struct unix_address *a);
int unix_shutdown(struct file *f, u32 how); /* SHUT_* */

/* By MSG_*; -EPIPE raises no signal by itself. */
ssize_t unix_send(struct file *f, struct io *io, u32 flags, struct unix_extra *x);
ssize_t unix_receive(struct file *f, struct io *io, u32 flags, struct unix_extra *x);

/* Open files under way: taken over by unix_rights_add(), which fails with -EINVAL beyond SCM_MAX_FD. */
struct unix_rights *unix_rights_create(void); /* NULL: out of memory */
int unix_rights_add(struct unix_rights *r, struct file *f);
struct file *unix_rights_take(
	struct unix_rights *r); /* the next, the caller's now; NULL: no more */
u32 unix_rights_count(const struct unix_rights *r);
void unix_rights_free(struct unix_rights *r); /* NULL is fine */

/* SO_* of one number. */
int unix_get_option(struct file *f, u32 name, u32 *value);
int unix_set_option(struct file *f, u32 name, u32 value, bool privileged);
struct ucred unix_peer_credentials(struct file *f);
u64 unix_get_timeout(struct file *f, bool sending); /* ns; 0: none */
void unix_set_timeout(struct file *f, bool sending, u64 ns);
