/* SPDX-License-Identifier: ISC */
/*
 * What the files of AF_UNIX sockets share: unix.c (life), unix_name.c (names), unix_connect.c,
 * unix_send.c, unix_receive.c, unix_rights.c (files under way), unix_option.c.
 *
 * Lock: unix_lock (mutex) guards all of it. User memory is copied out under it: a page fault never
 * wants it, since a socket cannot be mapped. Flags and counts are read without it by who only asks
 * (poll, sleepers). Files are put with it released.
 *
 * Legend: [i] immutable  [a] atomic  [u] unix_lock
 */
#pragma once

#include "fs/unix.h"
#include "lib/list.h"
#include "sched/mutex.h"

enum unix_state { UNIX_ALONE, UNIX_LISTENING, UNIX_CONNECTED };

struct unix_name {
	u32 refs; /* [u] sockets that are called so: the bound one, and those it accepted */
	u32 len; /* [i] bytes of text; abstract names begin with a NUL */
	struct vnode *vnode; /* [i] of a path: counted; NULL: abstract */
	struct unix_socket *owner; /* [u] who can be reached by it, NULL: nobody any more */
	struct list link; /* [u] of its bucket */
	char text[];
};

struct unix_socket {
	u32 refs; /* [a] its file, its peers, its messages under way, callers */
	u32 type; /* [i] SOCK_* */
	enum unix_state state; /* [u] of datagrams: CONNECTED with a peer, else ALONE */
	bool dead; /* [u] its file has gone */
	struct ucred own_cred; /* [u] as of listen, connect or making */
	struct ucred peer_cred; /* [u] */
	struct unix_name *name; /* [u] counted; NULL: none */
	struct unix_socket *peer; /* [u] counted; it may be dead */
	struct list followers; /* [u] datagram sockets that have this one as their peer */
	struct list following; /* [u] in the peer's list */
	struct list queue; /* [u] struct message.link, oldest first */
	u32 messages; /* [u] in queue */
	u32 charged; /* [u] bytes under way from here, overhead included */
	struct list waiting; /* [u] LISTENING: connected ones that nobody has accepted yet */
	struct list waiting_link; /* [u] in the listener's list */
	u32 waiting_count, backlog; /* [u] */
	bool read_ended, write_ended; /* [u] nothing more comes, nothing more goes */
	int error; /* [u] -ECONNRESET: the peer went with bytes of ours unread */
	u32 send_room, receive_room; /* [u] SO_SNDBUF, SO_RCVBUF */
	u32 switches; /* [u] bits by number of those options that are only kept */
	u32 low_water, priority; /* [u] kept */
	u64 send_timeout, receive_timeout; /* [u] ns, 0: none */
	struct wait_queue readable, writable;
	struct wait_queue room; /* a message has left, or a connection was accepted, or it died */
	struct file *file; /* [u] not counted; NULL: not accepted yet, or dead */
	/* unix_rights.c */
	u32 in_flight; /* [u] times its file is under way */
	u32 outside; /* [u] while garbage is looked for: references from what is reachable */
	bool suspect; /* [u] only messages hold it */
	struct list flying; /* [u] of those with in_flight */
};

struct message {
	struct list link;
	struct unix_socket *from; /* counted */
	struct unix_rights *rights; /* NULL: none */
	struct ucred cred;
	bool has_cred;
	u32 size, done; /* bytes in data; of a stream: read already */
	u8 data[];
};

struct unix_rights {
	struct list link; /* [u] of those to be put */
	bool flying; /* [u] counted in its sockets' in_flight */
	u32 count, taken;
	struct file *file[SCM_MAX_FD];
};

extern struct mutex unix_lock;

static inline struct unix_socket *unix_socket_of(const struct file *f)
{
	return f->private;
}
static inline bool unix_is_packets(const struct unix_socket *s)
{
	return s->type != SOCK_STREAM;
}
static inline struct unix_socket *unix_get(struct unix_socket *s)
{
	__atomic_fetch_add(&s->refs, 1, __ATOMIC_RELAXED);
	return s;
}
void unix_put(struct unix_socket *s); /* NULL is fine */
static inline void unix_lock_take(void)
{
	mutex_lock(&unix_lock);
}
/* Puts files that messages lost meanwhile, after releasing the lock. May sleep. */
void unix_unlock(void);

struct unix_socket *unix_socket_alloc(u32 type); /* one reference; NULL: out of memory */
struct file *unix_file(struct unix_socket *s, u32 flags); /* takes it over; NULL: it is put */
void unix_wake(struct unix_socket *s);
/* Both ends of a connection; each gets a reference to the other. */
void unix_join(struct unix_socket *a, struct unix_socket *b);
void unix_set_peer(struct unix_socket *s, struct unix_socket *peer); /* of datagrams; NULL: none */
void unix_end(struct unix_socket *s, bool never_accepted); /* its file goes. Under the lock */

/* unix_name.c */
/* The socket at @a, counted, that @type can talk to; under unix_lock. -ECONNREFUSED, -EPROTOTYPE, … */
int unix_find(const struct unix_address *a, struct vnode *at, u32 type, struct unix_socket **out);
/* The vnode of @a if it is a path, counted (else NULL), if it may be written. Not under the lock. */
int unix_find_vnode(const struct fs_context *c, const struct unix_address *a, struct vnode **out);
void unix_name_put(struct unix_name *n, struct unix_socket *owner); /* @owner leaves it, NULL: no */
void unix_name_tell(const struct unix_name *n, struct unix_address *a);

/* unix_send.c */
/* Takes @m out of @to's queue and frees it; its sender has room again. Under the lock. */
void message_drop(struct unix_socket *to, struct message *m);
bool unix_has_room(const struct unix_socket *s, const struct unix_socket *to, u32 charge);
/* unix_receive.c */
u32 unix_queued(const struct unix_socket *s); /* bytes to read (first packet); under the lock */

/* unix_rights.c: under the lock */
int unix_rights_launch(struct unix_rights *r); /* on its way: -ETOOMANYREFS */
void unix_rights_land(struct unix_rights *r); /* out of its message */
void unix_rights_doom(struct unix_rights *r); /* its files are put at unix_unlock(); NULL: fine */
struct unix_rights *unix_rights_copy(const struct unix_rights *r); /* NULL: out of memory */
void unix_collect_garbage(void); /* sockets that only each other's messages hold */
