/* SPDX-License-Identifier: ISC */
/*
 * The terminal as its own files see it.
 *
 * Legend: [i] input_lock  [b] written at boot only
 * Order: a claim → input_lock; nothing else is locked under input_lock.
 */
#pragma once

#include "sched/wait.h"
#include "tty/ldisc.h"
#include "tty/tty.h"

/* One side of the tty, owned by a thread while it reads or writes. */
struct tty_claim {
	struct thread *owner; /* atomic */
	struct wait_queue queue;
};

#define CONSOLE_DEVICE (5UL << 8 | 1) /* /dev/console: major 5, minor 1 */

struct tty {
	struct spinlock input_lock;
	struct ldisc ldisc; /* [i] */
	struct winsize size; /* [i] */
	i32 session; /* [i] whose controlling terminal it is, 0: nobody's */
	i32 foreground; /* [i] process group that ^C goes to, 0: none was set */
	struct wait_queue readable; /* something can be read, or settings changed */
	struct wait_queue writable; /* an output has room, ^Q came */
	struct tty_claim reader, writer;
	struct list outputs; /* [b] */
};

/* Sleeps until the side is the caller's. 0, -EINTR, or -EAGAIN if it is taken and @nonblock. */
int tty_claim(struct tty_claim *c, bool nonblock);
void tty_release(struct tty_claim *c);

extern const struct file_ops tty_file_ops;
ssize_t tty_read(struct file *f, struct io *io, u64 *pos);
ssize_t tty_write(struct file *f, struct io *io, u64 *pos);
i64 tty_ioctl(struct file *f, u32 cmd, u64 arg);

/* Writes what the line discipline wants echoed. No lock held. */
void tty_drain_echo(struct tty *t);
/* Output is not stopped, and every output has room for more. */
bool tty_has_room(struct tty *t);
/* Bytes that the slowest output still holds (TIOCOUTQ). */
u32 tty_queued(struct tty *t);
/* Has enough come that a read would not wait? For poll. */
bool tty_read_ready(struct tty *t);
/* No lock held; @sig to the foreground group. */
void tty_signal_foreground(struct tty *t, int sig);

/* Sessions and groups (tty_session.c). */
/*
 * May the caller read (SIGTTIN) or change (SIGTTOU) @t now? 0: yes; -EIO: never; -EINTR: its group
 * is in the background and has been sent @sig (POSIX 2018, 11.1.4).
 */
int tty_check_foreground(struct tty *t, int sig);
struct tty *tty_controlling(void); /* the caller's controlling terminal, NULL: none */
int tty_set_controlling(struct tty *t, bool steal); /* TIOCSCTTY */
int tty_give_up_controlling(struct tty *t); /* TIOCNOTTY */
int tty_get_foreground(struct tty *t, i32 *pgid); /* TIOCGPGRP */
int tty_set_foreground(struct tty *t, i32 pgid); /* TIOCSPGRP */
int tty_get_session(struct tty *t, i32 *sid); /* TIOCGSID */
