/* SPDX-License-Identifier: ISC */
/*
 * What unix.c and unix_message.c share.
 *
 * Lock: unix_lock (mutex) guards every socket's peer and queue. User memory is copied out under
 * it: a page fault never wants it, since a socket cannot be mapped. Flags and counts are read
 * without it by who only asks (poll, sleepers).
 */
#pragma once

#include "fs/unix.h"
#include "lib/list.h"
#include "sched/mutex.h"

struct unix_socket {
	u32 refs; /* [a] its file, its peer, its messages under way */
	u32 type; /* [i] SOCK_* */
	struct ucred peer_cred; /* [i] */
	struct unix_socket *peer; /* [unix_lock] counted; NULL: it has gone */
	struct list queue; /* [unix_lock] struct message.link, oldest first */
	u32 messages; /* [unix_lock] in queue */
	u32 charged; /* [unix_lock] bytes under way from here, overhead included */
	bool read_ended, write_ended; /* [unix_lock] nothing more comes, nothing more goes */
	int error; /* [unix_lock] -ECONNRESET: the peer went with bytes of ours unread */
	struct wait_queue readable, writable;
};

struct message {
	struct list link;
	struct unix_socket *from; /* counted */
	u32 size, done; /* bytes in data; of a stream: read already */
	u8 data[];
};

extern struct mutex unix_lock;
void unix_put(struct unix_socket *s, u32 refs);

static inline bool unix_is_packets(const struct unix_socket *s)
{
	return s->type != SOCK_STREAM;
}
/* Takes @m out of @to's queue and frees it; its sender has room again. Under unix_lock. */
void message_drop(struct unix_socket *to, struct message *m);
u32 unix_queued(const struct unix_socket *s); /* bytes to read (first packet); under unix_lock */
