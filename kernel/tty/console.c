/* SPDX-License-Identifier: ISC */
/*
 * The console terminal: outputs that all show the same, its window, and the device files of
 * terminals that are not slaves.
 * Locks: the list of outputs is written at boot only.
 */
#include "base/log.h"
#include "fs/path.h"
#include "machine/usercopy.h"
#include "tty/pty.h"
#include "tty/tty_private.h"

static struct tty console;
static struct list outputs = LIST_INIT(outputs); /* [boot] struct tty_output.link */
struct tty *tty_console = &console;

static void console_send(struct tty *t, const u8 *text, u32 n)
{
	struct tty_output *o;

	(void)t;
	list_for_each (o, &outputs, link)
		o->write(o, (const char *)text, n);
}

static u32 console_queued(struct tty *t)
{
	struct tty_output *o;
	u32 most = 0;

	(void)t;
	list_for_each (o, &outputs, link)
		most = MAX(most, o->queued ? o->queued(o) : 0);
	return most;
}

static bool console_has_room(struct tty *t)
{
	struct tty_output *o;

	(void)t;
	list_for_each (o, &outputs, link) {
		if (o->queued && o->queued(o) > o->queue_bytes / 2)
			return false;
	}
	return true;
}

/* VT_OPENQRY tells programs (busybox init) that the console is a screen: there is no second one. */
static i64 console_ioctl(struct tty *t, u32 cmd, u64 arg)
{
	struct tty_output *o;

	(void)t;
	if (cmd != VT_OPENQRY)
		return -ENOTTY;
	list_for_each (o, &outputs, link) {
		if (o->is_screen)
			return user_write_u32(arg, ~0u);
	}
	return -ENOTTY;
}

static const struct tty_ops console_ops = {
	.ioctl = console_ioctl,
	.has_room = console_has_room,
	.send = console_send,
	.queued = console_queued,
};

/* The smallest of the outputs whose size is known. */
static void resize(void)
{
	struct winsize size = { 0 };
	struct tty_output *o;

	list_for_each (o, &outputs, link) {
		if (!o->rows || !o->columns)
			continue;
		size.ws_row = size.ws_row ? MIN(size.ws_row, o->rows) : o->rows;
		size.ws_col = size.ws_col ? MIN(size.ws_col, o->columns) : o->columns;
	}
	tty_set_size(&console, &size);
}

void tty_set_output_size(struct tty_output *o, u16 rows, u16 columns)
{
	o->rows = rows;
	o->columns = columns;
	resize();
}

void tty_add_output(struct tty_output *o)
{
	list_push_back(&outputs, &o->link);
	resize();
}

/* As Linux: opening the console never makes it a controlling terminal; TIOCSCTTY does. */
static int open_console(struct vnode *v, struct file *f)
{
	(void)v;
	return tty_open_file(&console, f, false);
}

static int open_controlling(struct vnode *v, struct file *f)
{
	struct tty *t = tty_controlling();
	int error;

	(void)v;
	if (!t)
		return -ENXIO;
	error = tty_open_file(t, f, false);
	tty_put(t);
	return error;
}

static void register_device(const char *name, u32 mode, u64 rdev,
			    int (*open)(struct vnode *v, struct file *f))
{
	int error = devfs_register(name, mode, rdev, open);

	if (error)
		log_error("tty: no /dev/%s (%d)", name, error);
}

void tty_init(void)
{
	tty_setup(&console, &console_ops, DEVICE(5, 1));
	register_device("console", S_IFCHR | 0600, DEVICE(5, 1), open_console);
	register_device("tty", S_IFCHR | 0666, DEVICE(5, 0), open_controlling);
	register_device("ptmx", S_IFCHR | 0666, DEVICE(5, 2), pty_open_master);
}
