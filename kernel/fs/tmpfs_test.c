/* SPDX-License-Identifier: ISC */
/* Contents of files, listings, links, and the tree of pages. */
#include "fs/fs_test.h"
#include "fs/page_tree.h"
#include "fs/tmpfs.h"
#include "lib/format.h"

KTEST(page_tree_grows_and_is_cut, 50)
{
	static const u64 index[] = { 0, 1, 63, 64, 4095, 4096, 1UL << 30, (1UL << 51) - 1 };
	struct page_tree t = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(index); i++) {
		struct page *p = page_alloc(0, 0);

		KREQUIRE(p);
		p->owner = index[i];
		KEXPECT_EQ(page_tree_set(&t, index[i], p), 0);
	}
	KEXPECT_EQ(t.pages, ARRAY_SIZE(index));
	for (size_t i = 0; i < ARRAY_SIZE(index); i++) {
		struct page *p = page_tree_get(&t, index[i]);

		KEXPECT(p && p->owner == index[i]);
	}
	KEXPECT(!page_tree_get(&t, 2));
	KEXPECT(!page_tree_get(&t, ~0UL));
	KEXPECT_EQ(page_tree_cut(&t, 63, 64), 2);
	KEXPECT(page_tree_get(&t, 1) && !page_tree_get(&t, 63) && !page_tree_get(&t, 64));
	KEXPECT_EQ(page_tree_cut(&t, 4096, ~0UL), 3);
	KEXPECT(page_tree_get(&t, 4095) && !page_tree_get(&t, 4096));
	KEXPECT_EQ(page_tree_cut(&t, 0, ~0UL), 3);
	KEXPECT(!t.root);
	KEXPECT_EQ(t.nodes, 0);
}

static struct file *open_file(const struct fs_context *c, const char *path, u32 flags)
{
	struct file *f = NULL;

	KEXPECT_EQ(path_open(c, NULL, path, flags, 0644, &f), 0);
	return f;
}

KTEST(tmpfs_holes_read_as_zero, 100)
{
	struct fs_context c = test_begin();
	struct file *f = open_file(&c, TEST_DIR "/f", O_RDWR | O_CREAT);
	char buf[16];

	KREQUIRE(f);
	KEXPECT_EQ(file_seek(f, 100 * PAGE_SIZE - 2, SEEK_SET), 100 * PAGE_SIZE - 2);
	KEXPECT_EQ(test_write(f, "abcd", 4), 4); /* crosses a page */
	KEXPECT_EQ(f->vnode->size, 100 * PAGE_SIZE + 2);
	KEXPECT_EQ(tmpfs_node(f->vnode)->pages.pages, 2);
	KEXPECT_EQ(file_read_kernel(f, buf, 16, 100 * PAGE_SIZE - 4), 6);
	KEXPECT(!memcmp(buf, "\0\0abcd", 6));
	KEXPECT_EQ(file_read_kernel(f, buf, 16, 50 * PAGE_SIZE), 16);
	KEXPECT(!buf[0] && !buf[15]);
	KEXPECT_EQ(tmpfs_node(f->vnode)->pages.pages, 2); /* reading makes none */
	KEXPECT_EQ(test_read(f, buf, 16), 0);
	file_put(f);
	KEXPECT_EQ(path_unlink(&c, NULL, TEST_DIR "/f", false), 0);
	test_end(&c);
}

KTEST(tmpfs_truncate_forgets, 100)
{
	struct fs_context c = test_begin();
	struct file *f = open_file(&c, TEST_DIR "/f", O_RDWR | O_CREAT);
	char buf[8];

	KREQUIRE(f);
	KEXPECT_EQ(test_write(f, "abcdefgh", 8), 8);
	KEXPECT_EQ(vnode_truncate(f->vnode, 3), 0);
	KEXPECT_EQ(vnode_truncate(f->vnode, 8), 0);
	KEXPECT_EQ(file_read_kernel(f, buf, 8, 0), 8);
	KEXPECT(!memcmp(buf, "abc\0\0\0\0\0", 8));
	KEXPECT_EQ(vnode_truncate(f->vnode, 1UL << 63), -EINVAL);
	KEXPECT_EQ(vnode_truncate(f->vnode, ~0UL >> 1), 0);
	KEXPECT_EQ(file_seek(f, -1, SEEK_END), (i64)(~0UL >> 1) - 1);
	KEXPECT_EQ(test_write(f, "xy", 2), 1); /* the last byte there can be */
	KEXPECT_EQ(test_write(f, "y", 1), -EFBIG);
	KEXPECT_EQ(file_seek(f, -9, SEEK_SET), -EINVAL);
	KEXPECT_EQ(vnode_truncate(f->vnode, 0), 0);
	KEXPECT_EQ(tmpfs_node(f->vnode)->pages.pages, 0);
	file_put(f);
	KEXPECT_EQ(path_unlink(&c, NULL, TEST_DIR "/f", false), 0);
	test_end(&c);
}

KTEST(tmpfs_append_and_access_mode, 50)
{
	struct fs_context c = test_begin();
	struct file *w = open_file(&c, TEST_DIR "/f", O_WRONLY | O_CREAT | O_APPEND);
	struct file *r = open_file(&c, TEST_DIR "/f", O_RDONLY);
	char buf[8];

	KREQUIRE(w && r);
	KEXPECT_EQ(test_write(w, "ab", 2), 2);
	KEXPECT_EQ(file_seek(w, 0, SEEK_SET), 0);
	KEXPECT_EQ(test_write(w, "cd", 2), 2);
	KEXPECT_EQ(test_read(w, buf, 1), -EBADF);
	KEXPECT_EQ(test_write(r, buf, 1), -EBADF);
	KEXPECT_EQ(test_read(r, buf, 8), 4);
	KEXPECT(!memcmp(buf, "abcd", 4));
	file_put(w);
	KEXPECT_EQ(test_open(&c, TEST_DIR "/f", O_WRONLY | O_TRUNC), 0);
	KEXPECT_EQ(r->vnode->size, 0);
	file_put(r);
	KEXPECT_EQ(path_unlink(&c, NULL, TEST_DIR "/f", false), 0);
	test_end(&c);
}

KTEST(tmpfs_unlinked_lives_while_open, 50)
{
	struct fs_context c = test_begin();
	struct file *f = open_file(&c, TEST_DIR "/f", O_RDWR | O_CREAT);
	char buf[4];

	KREQUIRE(f);
	KEXPECT_EQ(path_link(&c, &(struct path){ f->mount, f->vnode }, NULL, TEST_DIR "/g"), 0);
	KEXPECT_EQ(f->vnode->nlink, 2);
	KEXPECT_EQ(path_unlink(&c, NULL, TEST_DIR "/f", false), 0);
	KEXPECT_EQ(path_unlink(&c, NULL, TEST_DIR "/g", false), 0);
	KEXPECT_EQ(f->vnode->nlink, 0);
	KEXPECT_EQ(path_link(&c, &(struct path){ f->mount, f->vnode }, NULL, TEST_DIR "/h"),
		   -ENOENT);
	KEXPECT_EQ(test_write(f, "data", 4), 4);
	KEXPECT_EQ(file_read_kernel(f, buf, 4, 0), 4);
	KEXPECT(!memcmp(buf, "data", 4));
	test_end(&c); /* its directory may go before it */
	file_put(f);
}

struct seen {
	u32 count, dots;
	u64 stop_at; /* refuse after so many */
	u8 numbers[256];
};

static bool see(void *arg, const char *name, size_t len, u64 ino, u8 type, u64 next_pos)
{
	struct seen *s = arg;

	(void)ino;
	(void)type;
	(void)next_pos;
	if (s->count == s->stop_at)
		return false;
	s->count++;
	if (name[0] == '.')
		s->dots++;
	else if (len == 3)
		s->numbers[(name[0] - '0') * 100 + (name[1] - '0') * 10 + name[2] - '0']++;
	return true;
}

static void for_200_files(const struct fs_context *c, u32 from, u32 step, bool make)
{
	char path[32];

	for (u32 i = from; i < 200; i += step) {
		snprintf(path, sizeof(path), TEST_DIR "/%03u", i);
		KEXPECT_EQ(make ? test_make(c, path) : path_unlink(c, NULL, path, false), 0);
	}
}

/* Every file that stays is listed once, though the others go between two calls. */
KTEST(tmpfs_readdir_is_stable, 200)
{
	struct fs_context c = test_begin();
	struct vnode *dir;
	struct seen s = { .stop_at = 60 };
	u64 pos = 0;

	for_200_files(&c, 0, 1, true);
	KREQUIRE(!path_lookup(&c, NULL, TEST_DIR, 0, &dir));
	mutex_lock(&dir->lock);
	KEXPECT_EQ(dir->ops->readdir(dir, &pos, see, &s), 0);
	mutex_unlock(&dir->lock);
	for_200_files(&c, 0, 2, false);
	s.stop_at = ~0UL;
	mutex_lock(&dir->lock);
	KEXPECT_EQ(dir->ops->readdir(dir, &pos, see, &s), 0);
	mutex_unlock(&dir->lock);
	KEXPECT_EQ(s.dots, 2);
	for (u32 i = 1; i < 200; i += 2)
		KEXPECT_EQ(s.numbers[i], 1);
	vnode_put(dir);
	for_200_files(&c, 1, 2, false);
	test_end(&c);
}

KTEST(tmpfs_getdents_buffer, 50)
{
	struct fs_context c = test_begin();
	struct file *f = open_file(&c, TEST_DIR, O_RDONLY | O_DIRECTORY);
	struct io io;
	u8 buf[64];

	KREQUIRE(f);
	io_init_kernel(&io, buf, 23);
	KEXPECT_EQ(file_getdents(f, &io, false), -EINVAL);
	io_init_kernel(&io, buf, 24);
	KEXPECT_EQ(file_getdents(f, &io, false), 24); /* "." */
	io_init_kernel(&io, buf, 64);
	KEXPECT_EQ(file_getdents(f, &io, false), 24); /* ".." */
	KEXPECT(buf[16] == 24 && buf[18] == 4 && !strcmp((char *)buf + 19, ".."));
	KEXPECT_EQ(file_getdents(f, &io, false), 0);
	file_put(f);
	test_end(&c);
}

/* A map's pages are the file's. */
KTEST(tmpfs_backing, 50)
{
	struct fs_context c = test_begin();
	struct file *f = open_file(&c, TEST_DIR "/f", O_RDWR | O_CREAT);
	struct backing *b = &f->vnode->backing;
	struct page *p;
	char where[64];

	KREQUIRE(f);
	KEXPECT_EQ(b->ops->page(b, 0, &p), -ENXIO);
	KEXPECT_EQ(test_write(f, "mapped", 6), 6);
	KREQUIRE(!b->ops->page(b, 0, &p));
	KEXPECT(!memcmp(page_to_virt(p), "mapped\0", 7));
	*(char *)page_to_virt(p) = 'M';
	KEXPECT_EQ(file_read_kernel(f, where, 6, 0), 6);
	KEXPECT(!memcmp(where, "Mapped", 6));
	page_put(p);
	KEXPECT_EQ(b->ops->page(b, 1, &p), -ENXIO);
	b->ops->describe(b, where, sizeof(where));
	KEXPECT(!strcmp(where, TEST_DIR "/f"));
	file_put(f);
	KEXPECT_EQ(path_unlink(&c, NULL, TEST_DIR "/f", false), 0);
	test_end(&c);
}

/* A deep chain of removed directories ends in a loop, not by recursion. */
KTEST(tmpfs_deep_removed_chain, 1000)
{
	struct fs_context c = test_begin();
	struct fs_context at = c;
	struct vnode *v, *up;
	u32 depth = 2000;

	KREQUIRE(!path_lookup(&c, NULL, TEST_DIR, 0, &v));
	for (u32 i = 0; i < depth; i++) {
		at.cwd.vnode = v;
		KEXPECT_EQ(path_mkdir(&at, NULL, "d", 0777), 0);
		KREQUIRE(!path_lookup(&at, NULL, "d", 0, &up));
		vnode_put(v);
		v = up;
	}
	up = vnode_get(v);
	for (u32 i = 0; i < depth; i++) {
		struct vnode *parent;

		at.cwd.vnode = up;
		KREQUIRE(!path_lookup(&at, NULL, "..", 0, &parent));
		at.cwd.vnode = parent;
		KEXPECT_EQ(path_unlink(&at, NULL, "d", true), 0);
		vnode_put(up);
		up = parent;
	}
	vnode_put(up);
	vnode_put(v); /* this ends all of them */
	test_end(&c);
}
