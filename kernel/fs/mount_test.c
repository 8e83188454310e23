/* SPDX-License-Identifier: ISC */
/* Mounts: that nothing is lost when memory runs out, and that their number is bounded. */
#include "fs/fs_test.h"
#include "fs/mount.h"
#include "lib/format.h"

static int find(const struct fs_context *c, const char *path, struct path *out)
{
	int r = path_find(c, NULL, path, 0, out);

	KEXPECT_EQ(r, 0);
	return r;
}

/* mount -t tmpfs over @dir. */
static int mount_over(const struct fs_context *c, const char *dir, const char *options)
{
	struct path at;
	int r = find(c, dir, &at);

	if (r)
		return r;
	r = mount_new(&at, "test", "tmpfs", 0, options);
	path_put(&at);
	return r;
}

static int unmount(const struct fs_context *c, const char *dir, u32 flags)
{
	struct path at;
	int r = find(c, dir, &at);

	if (r)
		return r;
	r = mount_unmount(&at, flags);
	path_put(&at);
	return r;
}

static int bind(const struct fs_context *c, const char *from, const char *to)
{
	struct path old, at;
	int r = find(c, from, &old);

	if (r)
		return r;
	r = find(c, to, &at);
	if (!r) {
		r = mount_bind(&old, &at, true);
		path_put(&at);
	}
	path_put(&old);
	return r;
}

KTEST(mount_out_of_memory, 200)
{
	struct fs_context c = test_begin();
	int r = -ENOMEM;

	for (u32 skip = 0; r && skip < 20; skip++) {
		fault_inject(skip, ~0u);
		r = mount_over(&c, TEST_DIR, "size=1m");
		fault_inject(0, 0);
		KEXPECT(!r || r == -ENOMEM || r == -ENOSPC);
	}
	KEXPECT_EQ(r, 0);
	KEXPECT_EQ(unmount(&c, TEST_DIR, 0), 0);
	test_end(&c);
}

/* How many mounts are allowed yet: one on top of the other, and all away again. */
static u32 mounts_left(const struct fs_context *c)
{
	u32 n = 0;
	int r;

	while (!(r = mount_over(c, TEST_DIR, "")) && n <= MOUNTS_MAX)
		n++;
	KEXPECT_EQ(r, -ENOSPC);
	for (u32 i = 0; i < n; i++)
		KEXPECT_EQ(unmount(c, TEST_DIR, 0), 0);
	return n;
}

KTEST(mount_recursive_bind_out_of_memory, 2000)
{
	struct fs_context c = test_begin();
	u32 left = mounts_left(&c);
	int r = -ENOMEM;

	KEXPECT_EQ(path_mkdir(&c, NULL, TEST_DIR "/to", 0755), 0);
	KEXPECT_EQ(path_mkdir(&c, NULL, TEST_DIR "/from", 0755), 0);
	KEXPECT_EQ(mount_over(&c, TEST_DIR "/from", ""), 0);
	KEXPECT_EQ(path_mkdir(&c, NULL, TEST_DIR "/from/in", 0755), 0);
	KEXPECT_EQ(mount_over(&c, TEST_DIR "/from/in", ""), 0);
	for (u32 skip = 0; r && skip < 30; skip++) {
		fault_inject(skip, ~0u);
		r = bind(&c, TEST_DIR "/from", TEST_DIR "/to");
		fault_inject(0, 0);
		KEXPECT(!r || r == -ENOMEM || r == -ENOSPC);
	}
	KEXPECT_EQ(r, 0);
	KEXPECT_EQ(unmount(&c, TEST_DIR "/to", 0), -EBUSY);
	KEXPECT_EQ(unmount(&c, TEST_DIR "/to", MNT_DETACH), 0);
	KEXPECT_EQ(unmount(&c, TEST_DIR "/from", MNT_DETACH), 0);
	KEXPECT_EQ(path_unlink(&c, NULL, TEST_DIR "/from", true), 0);
	KEXPECT_EQ(path_unlink(&c, NULL, TEST_DIR "/to", true), 0);
	KEXPECT_EQ(mounts_left(&c), left);
	test_end(&c);
}

KTEST(mount_number_is_bounded, 2000)
{
	struct fs_context c = test_begin();
	u32 n = mounts_left(&c);

	KEXPECT(n > MOUNTS_MAX / 2 && n <= MOUNTS_MAX);
	test_end(&c);
}

/* A tree goes with its mount: deep, wide, with links, a file that is held to the end. */
KTEST(mount_takes_its_files_along, 500)
{
	struct fs_context c = test_begin();
	char path[64];
	struct file *f;
	struct vnode *v;

	KEXPECT_EQ(mount_over(&c, TEST_DIR, ""), 0);
	for (u32 i = 0; i < 50; i++) {
		snprintf(path, sizeof(path), TEST_DIR "/d%u", i);
		KEXPECT_EQ(path_mkdir(&c, NULL, path, 0755), 0);
		snprintf(path, sizeof(path), TEST_DIR "/d%u/f", i);
		KEXPECT_EQ(test_make(&c, path), 0);
	}
	KREQUIRE(!path_open(&c, NULL, TEST_DIR "/d7/f", O_RDWR, 0, &f));
	KEXPECT_EQ(test_write(f, "held", 4), 4);
	KEXPECT_EQ(path_link(&c, &(struct path){ f->mount, f->vnode }, NULL, TEST_DIR "/d8/g"), 0);
	KEXPECT_EQ(unmount(&c, TEST_DIR, 0), -EBUSY);
	v = vnode_get(f->vnode);
	file_put(f);
	KEXPECT_EQ(unmount(&c, TEST_DIR, 0), -EBUSY); /* as a map of it would keep it */
	KEXPECT_EQ(unmount(&c, TEST_DIR, MNT_DETACH), 0);
	KEXPECT_EQ(v->size, 4);
	vnode_put(v);
	test_end(&c);
}
