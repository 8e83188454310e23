/* SPDX-License-Identifier: ISC */
/*
 * The vnode of files without a name. It is one for all of them, as on Linux (where it has no
 * type either), and is made with the first file; the first reference stays for ever.
 *
 * Lock: anon_lock guards the making.
 */
#include "fs/anon.h"

static void never_released(struct vnode *v)
{
	(void)v;
}

/* By its name in /proc/<pid>/fd. */
static int cannot_open(struct vnode *v, struct file *f)
{
	(void)v;
	(void)f;
	return -ENXIO;
}

static const struct vnode_ops anon_vnode_ops = { .open = cannot_open, .release = never_released };
static struct mutex anon_lock = MUTEX_INIT(anon_lock);
static struct vnode anon_vnode; /* [anon_lock] until ops is set, then [i] */

static struct vnode *the_vnode(void)
{
	mutex_lock(&anon_lock);
	if (!anon_vnode.ops)
		vnode_init(&anon_vnode, &anon_vnode_ops, NULL, 0600);
	mutex_unlock(&anon_lock);
	return vnode_get(&anon_vnode);
}

struct file *anon_file(const struct file_ops *ops, void *private, u32 flags)
{
	struct file *f = file_create(ops, O_RDWR | (flags & O_NONBLOCK));

	if (!f)
		return NULL;
	f->private = private;
	f->vnode = the_vnode();
	return f;
}
