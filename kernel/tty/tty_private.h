/* SPDX-License-Identifier: ISC */
/*
 * The terminal as its own files see it.
 *
 * Legend: [i] input_lock  [t] ttys_lock  [a] atomic  [c] constant once made
 * Order: a claim → input_lock → a wait queue's; process_lock → ttys_lock → input_lock; nothing else
 * under these.
 */
#pragma once

#include "sched/wait.h"
#include "tty/ldisc.h"
#include "tty/tty.h"

/* One side of the tty, owned by a thread while it reads or writes. */
struct tty_claim {
	struct thread *owner; /* atomic */
	struct wait_queue queue;
	struct lock_dep dep; /* among the thread's mutexes */
};

#define DEVICE(major, minor) ((u64)(major) << 8 | (minor))

/*
 * What stands behind a terminal. Any context; those marked [i] are called under input_lock, the
 * others with no lock held. NULL: there is nothing to do.
 */
struct tty_ops {
	bool (*has_room)(struct tty *t); /* would a program's output be taken? */
	u32 (*space)(struct tty *t); /* [i] bytes that put() takes now; NULL: any number */
	void (*put)(struct tty *t, const u8 *text,
		    u32 n); /* [i] takes output, no more than space */
	void (*send)(struct tty *t, const u8 *text, u32 n); /* after put() of the same bytes */
	u32 (*queued)(struct tty *t); /* bytes of output not yet out */
	void (*input_taken)(struct tty *t); /* there is more room for input */
	void (*event)(struct tty *t, u8 packet_bits); /* [i] TIOCPKT_* */
	int (*file_opened)(struct tty *t); /* 0 or -EIO: it cannot be opened now */
	void (*file_closed)(struct tty *t);
	i64 (*ioctl)(struct tty *t, u32 cmd, u64 arg); /* what only this kind knows; else -ENOTTY */
	void (*free)(struct tty *t); /* the last reference is gone */
};

struct tty {
	const struct tty_ops *ops; /* [c] */
	u64 rdev; /* [c] device number */
	u32 refs; /* [a] */
	struct list all; /* [t] of those that may be controlling terminals */
	struct spinlock input_lock;
	struct ldisc ldisc; /* [i] */
	u32 in_speed, out_speed; /* [a] as termios2 gave them; they hold where c_cflag says so */
	struct winsize size; /* [i] */
	i32 session; /* [i] whose controlling terminal it is, 0: nobody's */
	i32 foreground; /* [i] process group that ^C goes to, 0: none was set */
	u32 hangups; /* [i] files opened before the last one are dead: see tty_is_hung_up() */
	bool exclusive; /* [i] TIOCEXCL */
	struct wait_queue readable; /* something can be read, or settings changed */
	struct wait_queue writable; /* an output has room, ^Q came */
	struct tty_claim reader, writer;
};

/* A tty with one reference, in the list of all. */
void tty_setup(struct tty *t, const struct tty_ops *ops, u64 rdev);
static inline struct tty *tty_get(struct tty *t)
{
	__atomic_fetch_add(&t->refs, 1, __ATOMIC_RELAXED);
	return t;
}
void tty_put(struct tty *t);

void tty_claim_init(struct tty_claim *c);
/* Sleeps until the side is the caller's. 0, -EINTR, or -EAGAIN if it is taken and @nonblock. */
int tty_claim(struct tty_claim *c, bool nonblock);
void tty_release(struct tty_claim *c);

/* -- files ----------------------------------------------------------------------------------- */

extern const struct file_ops tty_file_ops;
/*
 * Makes @f a file of @t: 0, -EBUSY (TIOCEXCL), -EIO. @own: a session's leader without a terminal
 * gets it by that.
 */
int tty_open_file(struct tty *t, struct file *f, bool own);
ssize_t tty_read(struct file *f, struct io *io, u64 *pos);
ssize_t tty_write(struct file *f, struct io *io, u64 *pos);
i64 tty_ioctl(struct file *f, u32 cmd, u64 arg);
/* What both ends of a pseudo-terminal answer alike; @master: asked there. */
i64 tty_ioctl_common(struct tty *t, u32 cmd, u64 arg, bool master, const struct file *f);

/* A terminal's file has no position; there is the number of hang-ups at its opening. */
static inline bool tty_is_hung_up(const struct file *f)
{
	const struct tty *t = f->private;

	return READ_ONCE(t->hangups) != f->pos;
}
/* All open files of @t are dead from now on, and its session is told. No lock held. */
void tty_hang_up(struct tty *t);

/* -- input and output ------------------------------------------------------------------------ */

/* Takes what of @n typed bytes there is room for, to the first that raises a signal; how many. */
u32 tty_input_some(struct tty *t, const u8 *bytes, u32 n);
/* Output of a program, through output processing: how many of @n <= TTY_CHUNK bytes were taken. */
#define TTY_CHUNK 128
u32 tty_output(struct tty *t, const u8 *text, u32 n);
/* Sends what the line discipline wants echoed. No lock held. */
void tty_drain_echo(struct tty *t);
/* Output is not stopped, and there is room for it. */
bool tty_has_room(struct tty *t);
u32 tty_queued(struct tty *t);
/* Has enough come that a read would not wait? For poll. */
bool tty_read_ready(struct tty *t);
/* Throws away what was typed, or is not out yet: TCIFLUSH, TCOFLUSH, TCIOFLUSH. */
void tty_flush(struct tty *t, u32 which);
/* As ^S does, until it is taken back. */
void tty_hold_output(struct tty *t, bool hold);
/* New settings; who waits looks again. */
void tty_set_termios(struct tty *t, const struct termios2 *wanted);
/* Waits until all output is out. 0 or -EINTR. */
int tty_drain(struct tty *t);

/* An ioctl on the settings, which have three forms (tty_termios.c). */
enum termios_form { TERMIOS, TERMIOS2, TERMIO };
/* When new ones hold: at once, when all output is out, or then and without what was typed. */
enum termios_moment { NOW, DRAINED, FLUSHED };
struct termios_call {
	u32 cmd;
	bool sets;
	enum termios_form form;
	enum termios_moment when;
};
const struct termios_call *tty_termios_call(u32 cmd); /* NULL: @cmd is another ioctl */
i64 tty_termios_ioctl(struct tty *t, const struct termios_call *c, u64 arg);

/* A new window; the foreground group is told of a change. */
void tty_set_size(struct tty *t, const struct winsize *wanted);
/* No lock held; @sig to the foreground group. */
void tty_signal_foreground(struct tty *t, int sig);

/* -- sessions and groups (tty_session.c) ------------------------------------------------------- */

extern struct spinlock ttys_lock; /* interrupts off */
void tty_list_add(struct tty *t);
void tty_list_remove(struct tty *t);
/*
 * May the caller read (SIGTTIN) or change (SIGTTOU) @t now? 0: yes; -EIO: never; -EINTR: its group
 * is in the background and has been sent @sig (POSIX 2018, 11.1.4).
 */
int tty_check_foreground(struct tty *t, int sig);
struct tty *tty_controlling(void); /* the caller's terminal, counted; NULL: none */
void tty_own_by_open(struct tty *t);
int tty_set_controlling(struct tty *t, bool steal, bool readable); /* TIOCSCTTY */
int tty_give_up_controlling(struct tty *t); /* TIOCNOTTY */
/* Asked at the @master even those may whose terminal it is not. */
int tty_get_foreground(struct tty *t, bool master, i32 *pgid); /* TIOCGPGRP */
int tty_get_session(struct tty *t, bool master, i32 *sid); /* TIOCGSID */
int tty_set_foreground(struct tty *t, i32 pgid); /* TIOCSPGRP */
/* The session's leader hears SIGHUP and SIGCONT; @foreground when it ends. */
void tty_session_hang_up(i32 session, i32 foreground);
