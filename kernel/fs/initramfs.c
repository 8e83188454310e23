/* SPDX-License-Identifier: ISC */
/*
 * The root file system's contents: a cpio archive becomes files of tmpfs, page by page.
 * Runs once, at boot, before there are programs; no locks but those of the paths it uses.
 */
#include "fs/initramfs.h"

#include "base/log.h"
#include "fs/tmpfs.h"
#include "lib/cpio.h"
#include "lib/string.h"
#include "mm/slab.h"

/* A file with several names: later entries of the same number are links to it. */
struct hard_link {
	struct hard_link *next;
	u32 ino;
	struct path file; /* counted */
};

struct unpacking {
	const struct fs_context *c;
	struct hard_link *links;
};

static const struct path *link_find(const struct unpacking *u, u32 ino)
{
	for (const struct hard_link *l = u->links; l; l = l->next) {
		if (l->ino == ino)
			return &l->file;
	}
	return NULL;
}

static int link_remember(struct unpacking *u, u32 ino, const struct file *f)
{
	struct path file = { f->mount, f->vnode };
	struct hard_link *l = kmalloc(sizeof(*l));

	if (!l)
		return -ENOMEM;
	*l = (struct hard_link){ .next = u->links, .ino = ino, .file = path_get(&file) };
	u->links = l;
	return 0;
}

static void links_forget(struct unpacking *u)
{
	while (u->links) {
		struct hard_link *l = u->links;

		u->links = l->next;
		path_put(&l->file);
		kfree(l);
	}
}

static int write_data(struct vnode *v, const struct cpio_entry *e)
{
	for (u64 at = 0; at < e->size; at += PAGE_SIZE) {
		int r = tmpfs_append_page(v, e->data + at, MIN(PAGE_SIZE, e->size - at));

		if (r)
			return r;
	}
	return 0;
}

static int make_link(struct unpacking *u, const struct cpio_entry *e, const struct path *first)
{
	int r = path_link(u->c, first, NULL, e->name);

	/* Of several names the last one carries the data. */
	if (!r && e->size && !first->vnode->size)
		r = write_data(first->vnode, e);
	return r;
}

static int make_file(struct unpacking *u, const struct cpio_entry *e)
{
	const struct path *first = e->nlink > 1 ? link_find(u, e->ino) : NULL;
	struct file *f;
	int r;

	if (first)
		return make_link(u, e, first);
	r = path_open(u->c, NULL, e->name, O_WRONLY | O_CREAT | O_TRUNC, e->mode, &f);
	if (r)
		return r;
	r = write_data(f->vnode, e);
	if (!r && e->nlink > 1)
		r = link_remember(u, e->ino, f);
	file_put(f);
	return r;
}

static int make_symlink(struct unpacking *u, const struct cpio_entry *e)
{
	char *target = e->size < PATH_MAX ? kmalloc(e->size + 1) : NULL;
	int r;

	if (!target)
		return -ENAMETOOLONG;
	memcpy(target, e->data, e->size);
	target[e->size] = '\0';
	r = path_symlink(u->c, NULL, e->name, target);
	kfree(target);
	return r;
}

static int make_entry(struct unpacking *u, const struct cpio_entry *e)
{
	int r;

	switch (e->mode & S_IFMT) {
	case S_IFREG: return make_file(u, e);
	case S_IFLNK: return make_symlink(u, e);
	case S_IFDIR: r = path_mkdir(u->c, NULL, e->name, e->mode); return r == -EEXIST ? 0 : r;
	default:
		return path_mknod(u->c, NULL, e->name, e->mode,
				  MAKEDEV(e->rdev_major, e->rdev_minor));
	}
}

/* Owner, mode and time as the archive says. */
static int set_attributes(struct unpacking *u, const struct cpio_entry *e)
{
	struct vnode *v;
	int r = path_lookup(u->c, NULL, e->name, 0, &v);

	if (r)
		return r;
	v->uid = e->uid;
	v->gid = e->gid;
	v->mode = (v->mode & S_IFMT) | (e->mode & 07777);
	v->atime = v->mtime = file_time_of(e->mtime, 0);
	vnode_put(v);
	return 0;
}

/* Makes the directories above @name that the archive left out. */
static int make_parents(struct unpacking *u, const char *name)
{
	char *path = kstrdup(name);
	int r = path ? 0 : -ENOMEM;

	for (char *s = path; !r && (s = strchr(s, '/')); *s++ = '/') {
		*s = '\0';
		r = *path ? path_mkdir(u->c, NULL, path, 0755) : 0;
		if (r == -EEXIST)
			r = 0;
	}
	kfree(path);
	return r;
}

static int unpack_entry(struct unpacking *u, const struct cpio_entry *e)
{
	int r = make_entry(u, e);

	if (r == -ENOENT && !make_parents(u, e->name))
		r = make_entry(u, e);
	return r ? r : set_attributes(u, e);
}

int initramfs_unpack(const struct fs_context *c, const void *data, size_t bytes)
{
	struct unpacking u = { .c = c };
	struct cpio_reader reader;
	struct cpio_entry e;
	int r, more;

	cpio_open(&reader, data, bytes);
	while ((more = cpio_next(&reader, &e)) == 1) {
		r = unpack_entry(&u, &e);
		if (r) {
			log_error("initrd: %s: error %d", e.name, -r);
			links_forget(&u);
			return r;
		}
	}
	links_forget(&u);
	if (more < 0)
		log_error("initrd: damaged at byte %lu", (unsigned long)reader.offset);
	return more;
}
