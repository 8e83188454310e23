/* SPDX-License-Identifier: ISC */
/* Root, current directory and umask (fs_state.h). Directories are put after the lock is dropped. */
#include "proc/fs_state.h"

#include "mm/slab.h"
#include "proc/process.h"

struct fs_state *fs_state_create(const struct path *root, u32 umask)
{
	struct fs_state *s = kzalloc(sizeof(*s));

	if (!s)
		return NULL;
	s->refs = 1;
	s->umask = umask;
	s->root = path_get(root);
	s->cwd = path_get(root);
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
	copy->root = path_get(&s->root);
	copy->cwd = path_get(&s->cwd);
	spin_unlock_irq(&s->lock, flags);
	return copy;
}

void fs_state_put(struct fs_state *s)
{
	if (!s || __atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL))
		return;
	path_put(&s->root);
	path_put(&s->cwd);
	kfree(s);
}

static struct path get(struct fs_state *s, const struct path *at)
{
	u64 flags = spin_lock_irq(&s->lock);
	struct path p = path_get(at);

	spin_unlock_irq(&s->lock, flags);
	return p;
}

struct path fs_state_root(struct fs_state *s)
{
	return get(s, &s->root);
}

struct path fs_state_cwd(struct fs_state *s)
{
	return get(s, &s->cwd);
}

void fs_state_replace(struct fs_state *s, struct path *at, const struct path *to)
{
	u64 flags = spin_lock_irq(&s->lock);
	struct path old = *at;

	*at = *to;
	spin_unlock_irq(&s->lock, flags);
	path_put(&old);
}

void fs_context_count(struct fs_context *c, struct fs_state *s)
{
	u64 flags = spin_lock_irq(&s->lock);

	c->root = path_get(&s->root);
	c->cwd = path_get(&s->cwd);
	c->umask = s->umask;
	c->counted = true;
	spin_unlock_irq(&s->lock, flags);
}

struct fs_context fs_context_begin(void)
{
	struct task *me = task_current();
	struct fs_context c;

	fs_context_fill(&c, me->fs, &me->cred);
	return c;
}
