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

static struct vnode *root;
static const struct credentials root_credentials;

struct vnode *fs_root(void)
{
	return root;
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

static void mount_proc(void)
{
	struct fs_context c = fs_kernel_context();
	struct vnode *dir, *proc = procfs_root();

	if (!proc || path_lookup(&c, NULL, "/proc", LOOKUP_DIRECTORY, &dir))
		panic("fs: cannot mount /proc");
	vnode_mount(dir, proc);
	vnode_put(dir);
}

void fs_init(const void *initrd, size_t bytes)
{
	struct fs_context c;

	tmpfs_init_caches();
	root = tmpfs_create();
	ensure(root);
	c = fs_kernel_context();
	if (bytes && initramfs_unpack(&c, initrd, bytes))
		log_error("fs: the root file system is not complete");
	make_directory("/dev", 0755);
	make_directory("/proc", 0555);
	make_directory("/tmp", 01777);
	memdev_register();
	devfs_populate();
	make_descriptor_links();
	mount_proc();
}
