/* SPDX-License-Identifier: ISC */
/* Unpacking an archive that is made here, whole and damaged. */
#include "fs/initramfs.h"

#include "fs/fs_test.h"
#include "fs/tmpfs.h"
#include "lib/format.h"

struct archive {
	u8 bytes[4096];
	size_t used;
};

static void add_padded(struct archive *a, const void *data, size_t n)
{
	memcpy(a->bytes + a->used, data, n);
	a->used += n;
	while (a->used % 4)
		a->bytes[a->used++] = 0;
}

static void add(struct archive *a, const char *name, u32 mode, u32 ino, u32 nlink, const char *data)
{
	size_t name_bytes = strlen(name) + 1;
	char head[112];

	snprintf(head, sizeof(head), "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x",
		 ino, mode, 3, 4, nlink, 5, strlen(data), 0, 0, 1, 3, name_bytes, 0);
	memcpy(a->bytes + a->used, head, 110);
	a->used += 110;
	add_padded(a, name, name_bytes);
	add_padded(a, data, strlen(data));
}

static void fill(struct archive *a)
{
	a->used = 0;
	add(a, ".", S_IFDIR | 0700, 1, 2, "");
	add(a, "etc", S_IFDIR | 0711, 2, 2, "");
	add(a, "etc/motd", S_IFREG | 0604, 3, 1, "welcome");
	add(a, "etc/link", S_IFLNK | 0777, 4, 1, "motd");
	add(a, "no/parents/file", S_IFREG | 0600, 5, 1, "");
	add(a, "one", S_IFREG | 0644, 6, 2, "");
	add(a, "two", S_IFREG | 0644, 6, 2, "both");
	add(a, "null", S_IFCHR | 0666, 7, 1, "");
	add(a, "TRAILER!!!", 0, 0, 1, "");
}

static void check_file(const struct fs_context *c, const char *path, u32 mode, const char *text)
{
	struct file *f;
	char buf[16];

	KREQUIRE(!path_open(c, NULL, path, O_RDONLY, 0, &f));
	KEXPECT_EQ(f->vnode->mode, mode);
	KEXPECT_EQ(f->vnode->uid, 3);
	KEXPECT_EQ(f->vnode->gid, 4);
	KEXPECT_EQ(file_read_kernel(f, buf, sizeof(buf), 0), strlen(text));
	KEXPECT(!memcmp(buf, text, strlen(text)));
	file_put(f);
}

static void remove_all(const struct fs_context *c)
{
	static const char *const files[] = { "etc/motd", "etc/link", "no/parents/file",
					     "one",      "two",      "null" };
	static const char *const dirs[] = { "etc", "no/parents", "no" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		KEXPECT_EQ(path_unlink(c, NULL, files[i], false), 0);
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		KEXPECT_EQ(path_unlink(c, NULL, dirs[i], true), 0);
}

KTEST(initramfs_unpacks, 100)
{
	static struct archive a;
	struct fs_context c = fs_kernel_context();
	struct superblock *sb;
	struct vnode *v;

	sb = tmpfs_create(&tmpfs_type, 0755);
	KREQUIRE(sb);
	c.root = (struct path){ NULL, sb->root };
	c.cwd = c.root;
	fill(&a);
	KREQUIRE(!initramfs_unpack(&c, a.bytes, a.used));
	check_file(&c, "/etc/motd", S_IFREG | 0604, "welcome");
	check_file(&c, "etc/link", S_IFREG | 0604, "welcome");
	check_file(&c, "one", S_IFREG | 0644, "both");
	KREQUIRE(!path_lookup(&c, NULL, "two", 0, &v));
	KEXPECT_EQ(v->nlink, 2);
	vnode_put(v);
	KREQUIRE(!path_lookup(&c, NULL, "null", 0, &v));
	KEXPECT_EQ(v->rdev, MAKEDEV(1, 3));
	vnode_put(v);
	KEXPECT_EQ(test_open(&c, "no/parents/file", O_RDONLY), 0);
	remove_all(&c);
	superblock_put(sb);
}

/* Cut anywhere: an error, no crash, and what was made can be thrown away. */
KTEST(initramfs_damaged, 100)
{
	static struct archive a;
	struct fs_context c = fs_kernel_context();
	struct superblock *sb;

	sb = tmpfs_create(&tmpfs_type, 0755);
	KREQUIRE(sb);
	c.root = (struct path){ NULL, sb->root };
	c.cwd = c.root;
	a.used = 0;
	add(&a, "f", S_IFREG | 0600, 1, 1, "some text");
	KEXPECT_EQ(initramfs_unpack(&c, a.bytes, 60), -EINVAL);
	KEXPECT_EQ(initramfs_unpack(&c, a.bytes, a.used - 4), -EINVAL);
	KEXPECT_EQ(path_unlink(&c, NULL, "f", false), -ENOENT);
	KEXPECT_EQ(initramfs_unpack(&c, a.bytes, a.used), -EINVAL); /* no trailer */
	KEXPECT_EQ(path_unlink(&c, NULL, "f", false), 0);
	superblock_put(sb);
}
