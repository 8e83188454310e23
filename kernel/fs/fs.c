/* SPDX-License-Identifier: ISC */
/*
 * The tree as programs see it: tmpfs filled from the initrd, devices on /dev, /proc.
 * No locks: set up once at boot; the root stays for ever.
 */
#include "base/log.h"
#include "base/panic.h"
#include "fs/devfs.h"
#include "fs/initramfs.h"
#include "fs/procfs.h"
#include "fs/tmpfs.h"
#include "fs/walk.h"

static struct path root;
static const struct credentials root_credentials;

const struct path *fs_root(void)
{
	return &root;
}

struct fs_context fs_kernel_context(void)
{
	return (struct fs_context){ .root = root, .cwd = root, .cred = &root_credentials };
}

static void make_directory(const char *path, u32 mode)
{
	struct fs_context c = fs_kernel_context();
	int r = path_mkdir(&c, NULL, path, mode);

	if (r && r != -EEXIST)
		panic("fs: cannot make %s: error %d", path, -r);
}

/* What shells expect beside the devices: names for one's own descriptors. */
static void make_descriptor_links(void)
{
	static const struct {
		const char *path, *target;
	} links[] = {
		{ "/dev/fd", "/proc/self/fd" },
		{ "/dev/stdin", "/proc/self/fd/0" },
		{ "/dev/stdout", "/proc/self/fd/1" },
		{ "/dev/stderr", "/proc/self/fd/2" },
	};
	struct fs_context c = fs_kernel_context();

	for (unsigned i = 0; i < ARRAY_SIZE(links); i++) {
		int r = path_symlink(&c, NULL, links[i].path, links[i].target);

		if (r && r != -EEXIST)
			log_error("fs: cannot make %s: error %d", links[i].path, -r);
	}
}

static void mount_over(const char *dir, const char *type)
{
	struct fs_context c = fs_kernel_context();
	struct path at;
	int r = path_find(&c, NULL, dir, LOOKUP_DIRECTORY, &at);

	if (!r) {
		r = mount_new(&at, type, type, 0, "");
		path_put(&at);
	}
	if (r)
		panic("fs: cannot mount %s: error %d", dir, -r);
}

static void mount_the_root(void)
{
	struct superblock *sb = tmpfs_create(&tmpfs_type, 0755);

	ensure(sb);
	root = (struct path){ mount_first(sb), sb->root };
	ensure(root.mount);
}

void fs_init(const void *initrd, size_t bytes)
{
	struct fs_context c;

	tmpfs_init_caches();
	fs_type_register(&tmpfs_type);
	fs_type_register(&procfs_type);
	fs_type_register(&sysfs_type);
	fs_type_register(&devfs_type);
	mount_the_root();
	c = fs_kernel_context();
	if (bytes && initramfs_unpack(&c, initrd, bytes))
		log_error("fs: the root file system is not complete");
	make_directory("/dev", 0755);
	make_directory("/proc", 0555);
	make_directory("/sys", 0555);
	make_directory("/tmp", 01777);
	memdev_register();
	devfs_populate();
	ensure(procfs_root() && sysfs_root());
	mount_over("/dev", "devtmpfs");
	mount_over("/proc", "proc");
	mount_over("/sys", "sysfs");
	make_directory("/dev/shm", 01777);
	make_descriptor_links();
}
