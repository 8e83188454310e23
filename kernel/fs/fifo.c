/* SPDX-License-Identifier: ISC */
/*
 * FIFOs: the pipe of a vnode exists while somebody has it open. open(2) waits for the other
 * side (fifo(7)). Locks: fifo_lock (mutex) guards the list and the users of its pipes; before
 * pipe.lock.
 */
#include "fs/pipe.h"

#include "mm/slab.h"

static const struct vnode_ops pipe_vnode_ops;

static struct mutex fifo_lock = MUTEX_INIT(fifo_lock);
static struct list fifos = LIST_INIT(fifos);

static struct pipe *fifo_find(const struct vnode *v)
{
	struct pipe *p;

	list_for_each (p, &fifos, link) {
		if (p->fifo == v)
			return p;
	}
	return NULL;
}

/* The vnode's pipe with one more user; NULL: out of memory. */
static struct pipe *fifo_get(struct vnode *v)
{
	struct pipe *p;

	if (v->ops == &pipe_vnode_ops) {
		p = v->private;
		__atomic_fetch_add(&p->users, 1, __ATOMIC_RELAXED);
		return p;
	}
	mutex_lock(&fifo_lock);
	p = fifo_find(v);
	if (p) {
		p->users++;
	} else {
		p = pipe_alloc();
		if (p) {
			p->fifo = v; /* kept by the files that use it */
			list_push_back(&fifos, &p->link);
		}
	}
	mutex_unlock(&fifo_lock);
	return p;
}

void fifo_put(struct pipe *p)
{
	if (!p->fifo) {
		if (__atomic_sub_fetch(&p->users, 1, __ATOMIC_ACQ_REL) == 0)
			pipe_free(p);
		return;
	}
	mutex_lock(&fifo_lock);
	if (--p->users == 0)
		list_remove(&p->link);
	else
		p = NULL;
	mutex_unlock(&fifo_lock);
	if (p)
		pipe_free(p);
}

/* Waits until the other side has been opened once since we came. */
static int wait_peer(struct pipe *p, const struct file *f, u32 reader_opens, u32 writer_opens)
{
	if ((f->flags & O_ACCMODE) == O_RDONLY && !READ_ONCE(p->writers))
		return wait_event_interruptible(&p->readable,
						READ_ONCE(p->writer_opens) != writer_opens);
	if ((f->flags & O_ACCMODE) == O_WRONLY && !READ_ONCE(p->readers))
		return wait_event_interruptible(&p->writable,
						READ_ONCE(p->reader_opens) != reader_opens);
	return 0;
}

int fifo_open(struct vnode *v, struct file *f)
{
	u32 reader_opens, writer_opens;
	struct pipe *p;

	if (!f->may)
		return -EINVAL;
	p = fifo_get(v);
	if (!p)
		return -ENOMEM;
	if (!p->fifo) { /* pipe(2)'s waits for nobody */
		pipe_attach(p, f);
		return 0;
	}
	if ((f->flags & O_ACCMODE) == O_WRONLY && (f->flags & O_NONBLOCK) &&
	    !READ_ONCE(p->readers)) {
		fifo_put(p);
		return -ENXIO;
	}
	reader_opens = READ_ONCE(p->reader_opens);
	writer_opens = READ_ONCE(p->writer_opens);
	pipe_attach(p, f);
	wait_wake_all(&p->readable);
	wait_wake_all(&p->writable);
	/* On -EINTR the caller puts the file, which detaches it again. */
	return f->flags & O_NONBLOCK ? 0 : wait_peer(p, f, reader_opens, writer_opens);
}

/* -- pipe(2)'s as a vnode ---------------------------------------------------------------------- */

static void pipe_vnode_release(struct vnode *v)
{
	fifo_put(v->private);
	kfree(v);
}

static const struct vnode_ops pipe_vnode_ops = { .release = pipe_vnode_release };

struct vnode *pipe_vnode(const struct file *f, u32 uid, u32 gid)
{
	struct pipe *p = f->private;
	struct vnode *v = kmalloc(sizeof(*v));

	if (!v)
		return NULL;
	vnode_init(v, &pipe_vnode_ops, NULL, S_IFIFO | 0600);
	v->ino = p->ino;
	v->uid = uid;
	v->gid = gid;
	__atomic_fetch_add(&p->users, 1, __ATOMIC_RELAXED);
	v->private = p;
	return v;
}
