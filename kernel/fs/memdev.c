/* SPDX-License-Identifier: ISC */
/* The devices without hardware: null, zero, full, random and urandom. No state, no locks. */
#include "fs/devfs.h"
#include "fs/random.h"

static ssize_t read_nothing(struct file *f, struct io *io, u64 *pos)
{
	(void)f;
	(void)io;
	(void)pos;
	return 0;
}

static ssize_t read_zeros(struct file *f, struct io *io, u64 *pos)
{
	size_t n = io->left;

	(void)f;
	(void)pos;
	if (likely(!io_put_zero(io, n)))
		return n;
	return io->left != n ? (ssize_t)(n - io->left) : -EFAULT;
}

static ssize_t read_random(struct file *f, struct io *io, u64 *pos)
{
	(void)f;
	(void)pos;
	return random_io(io);
}

static ssize_t write_swallow(struct file *f, struct io *io, u64 *pos)
{
	size_t n = io->left;

	(void)f;
	(void)pos;
	io->left = 0;
	return n;
}

static ssize_t write_no_space(struct file *f, struct io *io, u64 *pos)
{
	(void)f;
	(void)io;
	(void)pos;
	return -ENOSPC;
}

#define MEMDEV_FLAGS (FILE_SEEKABLE | FILE_NO_POS_LOCK)

static const struct file_ops null_ops = {
	.read = read_nothing,
	.write = write_swallow,
	.flags = MEMDEV_FLAGS,
};
static const struct file_ops zero_ops = {
	.read = read_zeros,
	.write = write_swallow,
	.flags = MEMDEV_FLAGS,
};
static const struct file_ops full_ops = {
	.read = read_zeros,
	.write = write_no_space,
	.flags = MEMDEV_FLAGS,
};
static const struct file_ops random_ops = {
	.read = read_random,
	.write = write_swallow,
	.flags = MEMDEV_FLAGS,
};

static const struct {
	const char *name;
	u32 minor;
	const struct file_ops *ops;
} memdevs[] = {
	{ "null", 3, &null_ops },     { "zero", 5, &zero_ops },      { "full", 7, &full_ops },
	{ "random", 8, &random_ops }, { "urandom", 9, &random_ops },
};

static int memdev_open(struct vnode *v, struct file *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(memdevs); i++) {
		if (MAKEDEV(1, memdevs[i].minor) == v->rdev) {
			file_set_ops(f, memdevs[i].ops);
			return 0;
		}
	}
	return -ENXIO;
}

void memdev_register(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(memdevs); i++)
		devfs_register(memdevs[i].name, S_IFCHR | 0666, MAKEDEV(1, memdevs[i].minor),
			       memdev_open);
}
