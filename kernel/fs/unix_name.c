/* SPDX-License-Identifier: ISC */
/*
 * Names of AF_UNIX sockets: paths, whose vnode leads to the socket that made it, and abstract ones,
 * which are bytes behind a NUL and go with their socket. Both are found in one table.
 * Locks: unix_private.h; vnodes are made and looked up without it.
 */
#include "fs/unix_private.h"
#include "fs/walk.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/slab.h"

#define BUCKETS 64
#define FAMILY_BYTES 2
#define AUTOBIND_NAMES 0x100000u

static struct list buckets[BUCKETS]; /* [unix_lock] struct unix_name.link */

static bool is_path(const struct unix_address *a)
{
	return a->len > FAMILY_BYTES && a->sun.path[0];
}

/* The bucket of a path's vnode or (NULL) of the @n bytes of an abstract name. */
static struct list *bucket_of(const struct vnode *v, const char *text, size_t n)
{
	u64 h = v ? (u64)v >> 6 : n;
	struct list *b;

	for (size_t i = 0; !v && i < n; i++)
		h = h * 31 + (u8)text[i];
	b = &buckets[(h ^ h >> 16) % BUCKETS];
	if (!b->next)
		list_init(b);
	return b;
}

static struct unix_name *name_find(const struct vnode *v, const char *text, size_t n)
{
	struct list *b = bucket_of(v, text, n);
	struct unix_name *name;

	list_for_each (name, b, link) {
		if (v ? name->vnode == v
		      : !name->vnode && name->len == n && !memcmp(name->text, text, n))
			return name;
	}
	return NULL;
}

void unix_name_put(struct unix_name *n, struct unix_socket *owner)
{
	if (owner) {
		n->owner = NULL;
		list_remove(&n->link);
	}
	if (--n->refs)
		return;
	vnode_put(n->vnode);
	kfree(n);
}

void unix_name_tell(const struct unix_name *n, struct unix_address *a)
{
	memset(a, 0, sizeof(*a));
	a->len = FAMILY_BYTES;
	a->sun.family = AF_UNIX;
	if (!n)
		return;
	memcpy(a->sun.path, n->text, MIN(n->len, (u32)UNIX_PATH_MAX));
	a->len += n->len + (n->vnode ? 1 : 0); /* a path's NUL is counted */
}

/* -- binding ----------------------------------------------------------------------------------- */

static struct unix_name *name_alloc(const char *text, u32 n, struct vnode *v)
{
	struct unix_name *name = kmalloc(sizeof(*name) + n);

	if (!name)
		return NULL;
	*name = (struct unix_name){ .refs = 1, .len = n, .vnode = v };
	list_init(&name->link);
	memcpy(name->text, text, n);
	return name;
}

/* Gives @s the name. 0, -EINVAL: it has one, -EADDRINUSE. Under the lock. */
static int name_give(struct unix_socket *s, struct unix_name *name)
{
	if (s->name)
		return -EINVAL;
	if (!name->vnode && name_find(NULL, name->text, name->len))
		return -EADDRINUSE;
	name->owner = s;
	list_push_back(bucket_of(name->vnode, name->text, name->len), &name->link);
	s->name = name;
	return 0;
}

/* @v, counted, is taken over: NULL for an abstract name. */
static int bind_text(struct unix_socket *s, const char *text, u32 n, struct vnode *v)
{
	struct unix_name *name = name_alloc(text, n, v);
	int r;

	if (!name) {
		vnode_put(v);
		return -ENOMEM;
	}
	unix_lock_take();
	r = name_give(s, name);
	if (r)
		unix_name_put(name, NULL);
	unix_unlock();
	return r;
}

static int bind_path(struct unix_socket *s, const struct fs_context *c, const char *path)
{
	struct vnode *v;
	int r;

	if (READ_ONCE(s->name))
		return -EINVAL;
	r = path_make_socket(c, path, &v);
	if (r)
		return r == -EEXIST ? -EADDRINUSE : r;
	r = bind_text(s, path, strlen(path), v);
	if (r)
		(void)path_unlink(c, NULL, path, false);
	return r;
}

/* A name that nobody has: five digits behind the NUL. */
static int autobind(struct unix_socket *s)
{
	static u32 last; /* atomic */
	char text[8];
	int r = READ_ONCE(s->name) ? 0 : -EADDRINUSE;

	for (u32 i = 0; i < AUTOBIND_NAMES && r == -EADDRINUSE; i++) {
		u32 n = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED) % AUTOBIND_NAMES;

		text[0] = '\0';
		snprintf(text + 1, sizeof(text) - 1, "%05x", n);
		r = bind_text(s, text, 6, NULL);
	}
	return r;
}

int unix_bind(struct file *f, const struct fs_context *c, const struct unix_address *a)
{
	struct unix_socket *s = f->private;
	char path[UNIX_PATH_MAX + 1] = "";

	if (a->len < FAMILY_BYTES || a->len > sizeof(a->sun) || a->sun.family != AF_UNIX)
		return -EINVAL;
	if (a->len == FAMILY_BYTES)
		return autobind(s);
	if (!is_path(a))
		return bind_text(s, a->sun.path, a->len - FAMILY_BYTES, NULL);
	memcpy(path, a->sun.path, a->len - FAMILY_BYTES);
	return bind_path(s, c, path);
}

/* -- finding ----------------------------------------------------------------------------------- */

int unix_find_vnode(const struct fs_context *c, const struct unix_address *a, struct vnode **out)
{
	char path[UNIX_PATH_MAX + 1] = "";
	struct path p;
	int r;

	*out = NULL;
	if (a->len <= FAMILY_BYTES || a->len > sizeof(a->sun) || a->sun.family != AF_UNIX)
		return -EINVAL;
	if (!is_path(a))
		return 0;
	memcpy(path, a->sun.path, a->len - FAMILY_BYTES);
	r = path_find(c, NULL, path, LOOKUP_FOLLOW, &p);
	if (r)
		return r;
	r = vnode_permission(c->cred, p.vnode, 2);
	if (!r && (p.vnode->mode & S_IFMT) != S_IFSOCK)
		r = -ECONNREFUSED;
	if (!r)
		*out = vnode_get(p.vnode);
	path_put(&p);
	return r;
}

int unix_find(const struct unix_address *a, struct vnode *at, u32 type, struct unix_socket **out)
{
	struct unix_name *n = name_find(at, a->sun.path, a->len - FAMILY_BYTES);

	if (!n || !n->owner)
		return -ECONNREFUSED;
	if (n->owner->type != type)
		return -EPROTOTYPE;
	*out = unix_get(n->owner);
	return 0;
}
