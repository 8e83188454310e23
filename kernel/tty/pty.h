/* SPDX-License-Identifier: ISC */
/*
 * Pseudo-terminals: the slave is a terminal as any other (struct tty), and what stands behind it is
 * the master, a file that another program reads and writes.
 *
 *	program ── slave ── line discipline ── out ring ──> read │ master ── terminal emulator
 *	                         └──────── input <───────── write │
 *
 * A pair lives from the opening of /dev/ptmx until the last file of either side and the last user of
 * the slave's name are gone; after the master's end the slave is hung up for ever.
 *
 * Legend: [i] tty.input_lock  [t] ttys_lock  [c] constant once made
 */
#pragma once

#include "tty/tty_private.h"

#define PTY_MAX 128 /* pairs at a time; one more is -ENOSPC */
#define PTY_OUT_BYTES 8192 /* of output the master has not read; power of two */

struct pty {
	struct tty tty; /* the slave's side; its references are the pair's */
	struct vnode vnode; /* /dev/pts/index; holds a reference on tty while anybody has it */
	u32 index; /* [c] */
	bool master_open; /* [t] */
	bool locked; /* [t] the slave cannot be opened (TIOCSPTLCK) */
	u32 slaves; /* [t] open files of the slave */
	bool slave_gone; /* [t] it was open, and no longer is: reading the master is -EIO */
	bool packet; /* [i] TIOCPKT */
	u8 events; /* [i] TIOCPKT_* to be read; only in packet mode */
	struct ring out; /* [i] output for the master */
	struct wait_queue master_queue; /* output, room for input, the slave came or went */
	struct tty_claim feeder; /* who writes on the master */
	u8 out_storage[PTY_OUT_BYTES];
};

static inline struct pty *pty_of(struct tty *t)
{
	return container_of(t, struct pty, tty);
}

/* Opens /dev/ptmx: a new pair. -ENOSPC, -ENOMEM. */
int pty_open_master(struct vnode *v, struct file *f);
extern const struct file_ops pty_master_ops;
/* The master's last reference is gone: the slave is hung up, its name goes. */
void pty_close_master(struct file *f);
i64 pty_master_ioctl(struct file *f, u32 cmd, u64 arg);

/* Gives @p a number and its name in /dev/pts. -ENOSPC. */
int devpts_add(struct pty *p);
void devpts_remove(struct pty *p);
