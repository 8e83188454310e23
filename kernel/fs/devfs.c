/* SPDX-License-Identifier: ISC */
/*
 * Devices by number. devtmpfs, on /dev, is a tmpfs that there is once, with a node for each device;
 * a node in it (or anywhere) carries type and number, and opening it asks this table who registered
 * them.
 * Locks: devfs_lock guards the table, which only grows.
 */
#include "fs/devfs.h"

#include "base/log.h"
#include "base/panic.h"
#include "base/spinlock.h"
#include "fs/tmpfs.h"

#define MAX_DEVICES 64

struct device {
	const char *name;
	u32 mode;
	u64 rdev;
	int (*open)(struct vnode *v, struct file *f);
};

static struct spinlock devfs_lock = SPINLOCK_INIT;
static struct device devices[MAX_DEVICES];
static u32 device_count;
static struct superblock *devtmpfs; /* [i] once populated; stays for ever */

static const struct device *device_find(u32 type, u64 rdev)
{
	u32 count = __atomic_load_n(&device_count, __ATOMIC_ACQUIRE);

	for (u32 i = 0; i < count; i++) {
		if (devices[i].rdev == rdev && (devices[i].mode & S_IFMT) == type)
			return &devices[i];
	}
	return NULL;
}

int devfs_open(struct vnode *v, struct file *f)
{
	const struct device *d = device_find(v->mode & S_IFMT, v->rdev);

	return d ? d->open(v, f) : -ENXIO;
}

static int make_node(const struct device *d)
{
	struct fs_context c = fs_kernel_context();

	c.root = (struct path){ NULL, devtmpfs->root };
	c.cwd = c.root;
	return path_mknod(&c, NULL, d->name, d->mode, d->rdev);
}

int devfs_register(const char *name, u32 mode, u64 rdev,
		   int (*open)(struct vnode *v, struct file *f))
{
	struct device *d;

	if (!(mode & S_IFMT))
		mode |= S_IFCHR;
	spin_lock(&devfs_lock);
	if (device_count == MAX_DEVICES) {
		spin_unlock(&devfs_lock);
		return -ENOSPC;
	}
	d = &devices[device_count];
	*d = (struct device){ .name = name, .mode = mode, .rdev = rdev, .open = open };
	__atomic_store_n(&device_count, device_count + 1, __ATOMIC_RELEASE);
	spin_unlock(&devfs_lock);
	return devtmpfs ? make_node(d) : 0;
}

/* All mounts show the same; it grows and shrinks for all. */
static int devfs_get(const char *options, struct superblock **out)
{
	int r = tmpfs_set_options(devtmpfs, options);

	if (!r)
		*out = superblock_get(devtmpfs);
	return r;
}

struct fs_type devfs_type = { .name = "devtmpfs", .get = devfs_get };

void devfs_populate(void)
{
	devtmpfs = tmpfs_create(&devfs_type, 0755);
	ensure(devtmpfs);
	for (u32 i = 0; i < device_count; i++) {
		if (make_node(&devices[i]))
			log_error("devfs: no memory for /dev/%s", devices[i].name);
	}
}
