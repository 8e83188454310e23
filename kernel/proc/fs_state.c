/* SPDX-License-Identifier: ISC */
/* Root, current directory and umask (fs_state.h). Directories are put after the lock is dropped. */
#include "proc/fs_state.h"

#include "mm/slab.h"
#include "proc/process.h"

struct fs_state *fs_state_create(struct vnode *root, struct vnode *cwd, u32 umask)
{
	struct fs_state *s = kzalloc(sizeof(*s));

	if (!s)
		return NULL;
	s->refs = 1;
	s->umask = umask;
	s->root = vnode_get(root);
	s->cwd = vnode_get(cwd);
	return s;
}

struct fs_state *fs_state_copy(struct fs_state *s)
{
	struct fs_state *copy = kzalloc(sizeof(*copy));
	u64 flags;

	if (!copy)
		return NULL;
	copy->refs = 1;
	flags = spin_lock_irq(&s->lock);
	copy->umask = s->umask;
	copy->root = vnode_get(s->root);
	copy->cwd = vnode_get(s->cwd);
	spin_unlock_irq(&s->lock, flags);
	return copy;
}

void fs_state_put(struct fs_state *s)
{
	if (!s || __atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL))
		return;
	vnode_put(s->root);
	vnode_put(s->cwd);
	kfree(s);
}

static struct vnode *get(struct fs_state *s, struct vnode *const *at)
{
	u64 flags = spin_lock_irq(&s->lock);
	struct vnode *v = vnode_get(*at);

	spin_unlock_irq(&s->lock, flags);
	return v;
}

struct vnode *fs_state_root(struct fs_state *s)
{
	return get(s, &s->root);
}

struct vnode *fs_state_cwd(struct fs_state *s)
{
	return get(s, &s->cwd);
}

void fs_state_replace(struct fs_state *s, struct vnode **at, struct vnode *v)
{
	u64 flags = spin_lock_irq(&s->lock);
	struct vnode *old = *at;

	*at = v;
	spin_unlock_irq(&s->lock, flags);
	vnode_put(old);
}

struct fs_context fs_context_begin(void)
{
	struct task *me = task_current();
	struct fs_state *s = me->fs;
	struct fs_context c = { s->root, s->cwd, s->umask, &me->cred, false };
	u64 flags;

	if (likely(READ_ONCE(s->refs) == 1))
		return c;
	flags = spin_lock_irq(&s->lock);
	c.root = vnode_get(s->root);
	c.cwd = vnode_get(s->cwd);
	c.umask = s->umask;
	c.counted = true;
	spin_unlock_irq(&s->lock, flags);
	return c;
}
