/* SPDX-License-Identifier: ISC */
/*
 * The second serial port as a way out: raw bytes, no terminal, one program at a time, so that what
 * two send is not mixed. Polled, since nothing waits for its end but the sender.
 * Locks: port_lock (mutex) over one write; user memory is read under it.
 */
#include "drivers/outport.h"

#include "base/log.h"
#include "drivers/uart_port.h"
#include "fs/devfs.h"
#include "fs/file.h"

#define CHUNK 256

static struct uart_port port = { .base = UART_COM2 }; /* [port_lock] */
static struct mutex port_lock;
static u32 in_use; /* atomic */

/* Bytes that went out: fewer than @n if the line takes no more. */
static size_t put_bytes(const u8 *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i % UART_FIFO_BYTES == 0 && !uart_port_wait(&port))
			return i;
		uart_put(&port, UART_DATA, bytes[i]);
	}
	return n;
}

static ssize_t out_write(struct file *f, struct io *io, u64 *pos)
{
	u8 bytes[CHUNK];
	size_t done = 0;
	int err = 0;

	(void)f;
	(void)pos;
	mutex_lock(&port_lock);
	while (io->left && !err && !thread_interrupted(thread_current())) {
		size_t n = MIN(io->left, sizeof(bytes)), out = 0;

		err = io_get(io, bytes, n);
		if (!err)
			out = put_bytes(bytes, n);
		done += out;
		if (!err && out < n)
			err = -EIO;
		sched_point();
	}
	mutex_unlock(&port_lock);
	if (done)
		return (ssize_t)done;
	return err ? err : io->left ? -EINTR : 0;
}

static void out_release(struct file *f)
{
	(void)f;
	__atomic_store_n(&in_use, 0, __ATOMIC_RELEASE);
}

static const struct file_ops out_ops = {
	.write = out_write,
	.release = out_release,
	.flags = FILE_NO_POS_LOCK,
};

static int out_open(struct vnode *v, struct file *f)
{
	(void)v;
	if (__atomic_exchange_n(&in_use, 1, __ATOMIC_ACQUIRE))
		return -EBUSY;
	file_set_ops(f, &out_ops);
	return 0;
}

void outport_init(void)
{
	mutex_init(&port_lock);
	if (!uart_port_init(&port))
		return;
	if (devfs_register("ttyS1", S_IFCHR | 0600, MAKEDEV(4, 65), out_open))
		log_warning("outport: no room for /dev/ttyS1");
}
