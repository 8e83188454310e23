/* SPDX-License-Identifier: ISC */
/* Mounts as text, /proc/<pid>/mounts and mountinfo, and as statfs(2) tells. Locks: mount.h. */
#include "fs/mount.h"

#include "fs/procfs.h"
#include "lib/string.h"
#include "mm/slab.h"

/* Text with what would break the line as octal numbers. */
static void print_escaped(struct procfs_text *t, const char *s)
{
	for (; *s; s++) {
		if (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\\' || *s == '#')
			procfs_print(t, "\\%03o", (u8)*s);
		else
			procfs_print(t, "%c", *s);
	}
}

static void print_flags(struct procfs_text *t, u32 flags)
{
	static const struct {
		u32 flag;
		const char *name;
	} names[] = {
		{ MS_NOSUID, "nosuid" },           { MS_NODEV, "nodev" },
		{ MS_NOEXEC, "noexec" },           { MS_NOATIME, "noatime" },
		{ MS_NODIRATIME, "nodiratime" },   { MS_RELATIME, "relatime" },
		{ MS_NOSYMFOLLOW, "nosymfollow" },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		if (flags & names[i].flag)
			procfs_print(t, ",%s", names[i].name);
}

static const char *access_of(bool readonly)
{
	return readonly ? "ro" : "rw";
}

static void print_options(struct procfs_text *t, struct superblock *sb)
{
	if (sb->ops->options)
		sb->ops->options(sb, t);
}

static void print_short(struct procfs_text *t, struct mount *m, const char *at)
{
	print_escaped(t, m->source);
	procfs_print(t, " ");
	print_escaped(t, at);
	procfs_print(t, " %s %s", m->sb->type->name, access_of(mount_flags(m) & MS_RDONLY));
	print_flags(t, READ_ONCE(m->flags));
	print_options(t, m->sb);
	procfs_print(t, " 0 0\n");
}

/* What part of its file system @m shows. */
static void print_root(struct procfs_text *t, struct mount *m, char *buf)
{
	struct fs_context c = { .root = { NULL, m->sb->root } };
	struct path p = { NULL, m->root };

	print_escaped(t, path_of(&c, &p, buf, PATH_MAX) > 0 ? buf : "/");
}

static void print_long(struct procfs_text *t, struct mount *m, const char *at, char *buf)
{
	struct path up;
	u32 parent = m->id;

	if (mount_place(m, &up)) {
		parent = up.mount->id;
		path_put(&up);
	}
	procfs_print(t, "%u %u 0:%lu ", m->id, parent, m->sb->dev);
	print_root(t, m, buf);
	procfs_print(t, " ");
	print_escaped(t, at);
	procfs_print(t, " %s", access_of(READ_ONCE(m->flags) & MS_RDONLY));
	print_flags(t, READ_ONCE(m->flags));
	procfs_print(t, " - %s ", m->sb->type->name);
	print_escaped(t, m->source);
	procfs_print(t, " %s", access_of(READ_ONCE(m->sb->readonly)));
	print_options(t, m->sb);
	procfs_print(t, "\n");
}

/* The mount with the lowest number >= @id, counted; NULL: there is none. */
static struct mount *mount_from(u64 id)
{
	struct mount *m, *best = NULL;

	mutex_lock(&mount_tree_lock);
	list_for_each (m, &mount_list, all) {
		if (m->id >= id && (!best || m->id < best->id))
			best = m;
	}
	mount_get(best);
	mutex_unlock(&mount_tree_lock);
	return best;
}

/* The line of @m if it is seen from @root, else nothing; @paths: room for two. */
static void print_line(struct procfs_text *t, struct mount *m, const struct path *root, bool info,
		       char *paths)
{
	struct fs_context c = { .root = *root };
	struct path p = { m, m->root };

	if (path_below_root(&c, &p, paths, PATH_MAX) <= 0)
		return;
	if (info)
		print_long(t, m, paths, paths + PATH_MAX);
	else
		print_short(t, m, paths);
}

ssize_t mount_next_line(const struct path *root, bool info, u64 *cursor, char *buf, size_t size)
{
	struct procfs_text t = { buf, size, 0 };
	char *paths = kmalloc(2 * PATH_MAX);
	struct mount *m;

	if (!paths)
		return -ENOMEM;
	while (!t.at && (m = mount_from(*cursor))) {
		u64 behind = (u64)m->id + 1;

		print_line(&t, m, root, info, paths);
		mount_put(m);
		if (t.at >= size && size < PROCFS_CHUNK) {
			kfree(paths);
			return -ERANGE; /* once more with all the room */
		}
		*cursor = behind;
		if (t.at >= size)
			t.at = 0; /* longer than a chunk: nobody can read such a line */
	}
	kfree(paths);
	return t.at;
}

void mount_statfs(const struct mount *m, const struct vnode *v, struct statfs *s)
{
	struct superblock *sb = v ? v->sb : NULL;

	memset(s, 0, sizeof(*s));
	s->f_bsize = s->f_frsize = PAGE_SIZE;
	s->f_namelen = NAME_MAX;
	s->f_type = sb ? sb->magic : PIPEFS_MAGIC;
	s->f_flags = ST_VALID | (mount_flags(m) & (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC |
						   ST_NOATIME | ST_NODIRATIME));
	if (mount_flags(m) & MS_RELATIME)
		s->f_flags |= ST_RELATIME;
	if (!sb)
		return;
	s->f_fsid[0] = sb->dev;
	if (sb->ops->statfs)
		sb->ops->statfs(sb, s);
}
