/* SPDX-License-Identifier: ISC */
/*
 * tmpfs as a file system that is mounted: its options, its size, its end.
 * No locks: limits are numbers that are read whole.
 */
#include "fs/procfs.h"
#include "fs/tmpfs.h"
#include "lib/string.h"
#include "mm/slab.h"

#define DEFAULT_MODE 01777u
#define OPTION_MAX 64 /* bytes of one */

struct settings {
	u64 pages, inodes;
	u32 mode, uid, gid;
};

/* -- options ----------------------------------------------------------------------------------- */

static u64 digit_value(char c)
{
	return c >= '0' && c <= '9' ? (u64)(c - '0') : 10;
}

/* A number in @base at *s, which moves behind it. False: none, or it is too large. */
static bool take_number(const char **s, u64 base, u64 *out)
{
	const char *begin = *s;

	for (*out = 0; digit_value(**s) < base; (*s)++) {
		if (*out > (1UL << 50))
			return false;
		*out = *out * base + digit_value(**s);
	}
	return *s != begin;
}

/* A size as mount(8) writes it: 64, 10k, 5m, 1g, 50% of memory. */
static bool take_size(const char *s, u64 *bytes)
{
	if (!take_number(&s, 10, bytes))
		return false;
	switch (*s) {
	case 'k':
	case 'K': *bytes <<= 10; break;
	case 'm':
	case 'M': *bytes <<= 20; break;
	case 'g':
	case 'G': *bytes <<= 30; break;
	case '%': *bytes = *bytes * (page_total_count() * PAGE_SIZE) / 100; break;
	default: return !*s;
	}
	return !s[1] && *bytes < 1UL << 62;
}

static bool take_u32(const char *s, u64 base, u32 *out)
{
	u64 n;

	if (!take_number(&s, base, &n) || *s || n > ~0u - 1)
		return false;
	*out = n;
	return true;
}

/* 0 is "no limit": the one that all have. */
static u64 or_all(u64 n)
{
	return n ? n : tmpfs_pages_limit();
}

static bool set_option(struct settings *o, const char *name, const char *value)
{
	u64 n;

	if (!strcmp(name, "size") && take_size(value, &n))
		o->pages = or_all(ALIGN_UP(n, PAGE_SIZE) / PAGE_SIZE);
	else if (!strcmp(name, "nr_blocks") && take_size(value, &n))
		o->pages = or_all(n);
	else if (!strcmp(name, "nr_inodes") && take_size(value, &n))
		o->inodes = or_all(n);
	else if (!strcmp(name, "mode"))
		return take_u32(value, 8, &o->mode) && !(o->mode & ~07777u);
	else if (!strcmp(name, "uid"))
		return take_u32(value, 10, &o->uid);
	else if (!strcmp(name, "gid"))
		return take_u32(value, 10, &o->gid);
	else
		return false;
	return true;
}

/* The option of @n bytes at @text. */
static bool parse_option(struct settings *o, const char *text, size_t n)
{
	char option[OPTION_MAX], *value;

	if (n >= sizeof(option))
		return false;
	memcpy(option, text, n);
	option[n] = '\0';
	value = strchr(option, '=');
	if (!value)
		return !n;
	*value++ = '\0';
	return set_option(o, option, value);
}

static bool parse_options(struct settings *o, const char *text)
{
	while (*text) {
		const char *end = strchr(text, ',');
		size_t n = end ? (size_t)(end - text) : strlen(text);

		if (!parse_option(o, text, n))
			return false;
		text += n + (end ? 1 : 0);
	}
	return true;
}

int tmpfs_set_options(struct superblock *sb, const char *options)
{
	struct tmpfs *t = container_of(sb, struct tmpfs, sb);
	struct settings o = { t->max_pages, t->max_inodes, t->mode, t->uid, t->gid };

	if (!parse_options(&o, options))
		return -EINVAL;
	/* It cannot shrink below what is in it. */
	if (o.pages < READ_ONCE(t->pages) || o.inodes < READ_ONCE(t->inodes))
		return -EINVAL;
	WRITE_ONCE(t->max_pages, MIN(o.pages, tmpfs_pages_limit()));
	WRITE_ONCE(t->max_inodes, MIN(o.inodes, tmpfs_pages_limit()));
	return 0;
}

static void tmpfs_show_options(struct superblock *sb, struct procfs_text *text)
{
	const struct tmpfs *t = container_of(sb, struct tmpfs, sb);

	if (t->max_pages != tmpfs_pages_limit())
		procfs_print(text, ",size=%luk", t->max_pages * (PAGE_SIZE / 1024));
	if (t->max_inodes != tmpfs_pages_limit())
		procfs_print(text, ",nr_inodes=%lu", t->max_inodes);
	if (t->mode != DEFAULT_MODE)
		procfs_print(text, ",mode=%03o", t->mode);
	if (t->uid)
		procfs_print(text, ",uid=%u", t->uid);
	if (t->gid)
		procfs_print(text, ",gid=%u", t->gid);
}

/* -- size and end ------------------------------------------------------------------------------ */

bool tmpfs_take_inodes(struct tmpfs *t, u64 n)
{
	if (__atomic_add_fetch(&t->inodes, n, __ATOMIC_RELAXED) <= READ_ONCE(t->max_inodes))
		return true;
	tmpfs_return_inodes(t, n);
	return false;
}

void tmpfs_return_inodes(struct tmpfs *t, u64 n)
{
	__atomic_sub_fetch(&t->inodes, n, __ATOMIC_RELAXED);
}

void tmpfs_drop_links(struct vnode *v, u32 links)
{
	if (links && v->nlink > 1)
		tmpfs_return_inodes(tmpfs_of(v), 1);
	v->nlink -= links;
}

int tmpfs_add_link(struct vnode *v)
{
	int r = 0;

	mutex_lock(&v->lock);
	if (!v->nlink && !v->may_get_name)
		r = -ENOENT;
	else if (v->nlink && !tmpfs_take_inodes(tmpfs_of(v), 1))
		r = -ENOSPC;
	else
		v->nlink++;
	mutex_unlock(&v->lock);
	return r;
}

static void tmpfs_statfs(struct superblock *sb, struct statfs *s)
{
	const struct tmpfs *t = container_of(sb, struct tmpfs, sb);
	u64 pages = READ_ONCE(t->pages), inodes = READ_ONCE(t->inodes);

	s->f_blocks = t->max_pages;
	s->f_bfree = MIN(t->max_pages - MIN(pages, t->max_pages), page_free_count());
	s->f_bavail = s->f_bfree;
	s->f_files = t->max_inodes;
	s->f_ffree = t->max_inodes - MIN(inodes, t->max_inodes);
}

static bool tmpfs_in_use(struct superblock *sb)
{
	return tmpfs_is_used(sb->root);
}

static void tmpfs_kill(struct superblock *sb)
{
	if (!sb->root)
		return;
	tmpfs_clear(sb->root);
	vnode_put(sb->root);
}

static void tmpfs_free(struct superblock *sb)
{
	kfree(container_of(sb, struct tmpfs, sb));
}

const struct superblock_ops tmpfs_ops = {
	.statfs = tmpfs_statfs,
	.options = tmpfs_show_options,
	.remount = tmpfs_set_options,
	.in_use = tmpfs_in_use,
	.kill = tmpfs_kill,
	.free = tmpfs_free,
};

/* -- making ------------------------------------------------------------------------------------ */

static int create(const struct fs_type *type, const struct settings *o, struct superblock **out)
{
	struct tmpfs *t = kzalloc(sizeof(*t));
	int r = t ? superblock_init(&t->sb, type, &tmpfs_ops, TMPFS_MAGIC) : -ENOMEM;

	if (r) {
		kfree(t);
		return r;
	}
	t->max_pages = MIN(o->pages, tmpfs_pages_limit());
	t->max_inodes = MIN(o->inodes, tmpfs_pages_limit());
	t->mode = o->mode;
	t->uid = o->uid;
	t->gid = o->gid;
	t->sb.root = tmpfs_root_create(t, o->mode);
	if (!t->sb.root) {
		superblock_put(&t->sb);
		return -ENOMEM;
	}
	t->sb.root->uid = o->uid;
	t->sb.root->gid = o->gid;
	*out = &t->sb;
	return 0;
}

static struct settings defaults(u32 mode)
{
	return (struct settings){ tmpfs_pages_limit(), tmpfs_pages_limit(), mode, 0, 0 };
}

struct superblock *tmpfs_create(const struct fs_type *type, u32 mode)
{
	struct settings o = defaults(mode);
	struct superblock *sb;

	return create(type, &o, &sb) ? NULL : sb;
}

static int tmpfs_get(const char *options, struct superblock **out)
{
	struct settings o = defaults(DEFAULT_MODE);

	return parse_options(&o, options) ? create(&tmpfs_type, &o, out) : -EINVAL;
}

struct fs_type tmpfs_type = { .name = "tmpfs", .get = tmpfs_get };
