/* SPDX-License-Identifier: ISC */
/*
 * devpts: the directory of the slaves' names. A name is there as long as its master is open; the
 * vnode is part of the pair, so owner and mode are of the pair too.
 * Lock: ttys_lock guards the table.
 */
#include "abi/dirent.h"
#include "base/log.h"
#include "fs/mount.h"
#include "fs/procfs.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "proc/process.h"
#include "tty/pty.h"

#define ROOT_INO 1
#define FIRST_INO 3 /* as Linux */
#define FIRST_POS 2 /* behind "." and ".." */
#define SLAVE_MAJOR 136
#define TTY_GROUP 5 /* Debian's: may write to the terminals of others (write, wall) */
#define NUMBER_BYTES 12

static struct pty *ptys[PTY_MAX]; /* [ttys_lock] by number */
static struct superblock devpts_sb; /* written at boot */
static const struct vnode_ops root_ops, slave_ops;

static int remount(struct superblock *sb, const char *options)
{
	(void)sb;
	return *options ? -EINVAL : 0;
}

static void never(struct superblock *sb)
{
	(void)sb;
}

static const struct superblock_ops sb_ops = { .remount = remount, .kill = never, .free = never };

/* There is one: all mounts show it. */
static int devpts_get(const char *options, struct superblock **out)
{
	if (*options)
		return -EINVAL;
	*out = superblock_get(&devpts_sb);
	return 0;
}

static struct fs_type devpts_type = { .name = "devpts", .get = devpts_get };

static int make_root(void)
{
	struct vnode *root = kzalloc(sizeof(*root));

	if (!root)
		return -ENOMEM;
	vnode_init(root, &root_ops, NULL, S_IFDIR | 0755);
	root->nlink = 2;
	root->ino = ROOT_INO;
	root->sb = &devpts_sb;
	root->dev = devpts_sb.dev;
	devpts_sb.root = root;
	return 0;
}

void devpts_init(void)
{
	struct fs_context c = fs_kernel_context();
	struct path at;
	int error = superblock_init(&devpts_sb, &devpts_type, &sb_ops, DEVPTS_SUPER_MAGIC);

	if (!error)
		error = make_root();
	if (!error)
		error = path_mkdir(&c, NULL, "/dev/pts", 0755);
	if (!error)
		error = path_find(&c, NULL, "/dev/pts", LOOKUP_DIRECTORY, &at);
	if (error) {
		log_error("tty: no /dev/pts (%d)", error);
		return;
	}
	fs_type_register(&devpts_type);
	error = mount_new(&at, "devpts", "devpts", 0, "");
	if (error)
		log_error("tty: devpts is not mounted (%d)", error);
	path_put(&at);
}

static void vnode_setup(struct pty *p)
{
	struct vnode *v = &p->vnode;

	vnode_init(v, &slave_ops, NULL, S_IFCHR | 0620);
	v->uid = cred_current()->fsuid;
	v->gid = TTY_GROUP;
	v->ino = p->index + FIRST_INO;
	v->sb = &devpts_sb;
	v->dev = devpts_sb.dev;
	v->rdev = p->tty.rdev = DEVICE(SLAVE_MAJOR, p->index);
	tty_get(&p->tty);
}

int devpts_add(struct pty *p)
{
	u64 flags = spin_lock_irq(&ttys_lock);
	u32 i = 0;

	while (i < PTY_MAX && ptys[i])
		i++;
	if (i < PTY_MAX) {
		p->index = i;
		vnode_setup(p);
		ptys[i] = p;
	}
	spin_unlock_irq(&ttys_lock, flags);
	return i < PTY_MAX ? 0 : -ENOSPC;
}

void devpts_remove(struct pty *p)
{
	u64 flags = spin_lock_irq(&ttys_lock);

	ptys[p->index] = NULL;
	p->vnode.nlink = 0;
	spin_unlock_irq(&ttys_lock, flags);
}

static void slave_release(struct vnode *v)
{
	tty_put(&container_of(v, struct pty, vnode)->tty);
}

static int slave_open(struct vnode *v, struct file *f)
{
	return tty_open_file(&container_of(v, struct pty, vnode)->tty, f, true);
}

static int slave_name(struct vnode *v, char *buf, struct vnode **parent)
{
	if (!READ_ONCE(v->nlink))
		return -ENOENT;
	snprintf(buf, NAME_MAX + 1, "%u", container_of(v, struct pty, vnode)->index);
	*parent = vnode_get(devpts_sb.root);
	return 0;
}

static int root_lookup(struct vnode *dir, const char *name, size_t len, struct vnode **out)
{
	i32 i = procfs_number(name, len);
	u64 flags;

	*out = NULL;
	if (len == 2 && !memcmp(name, "..", 2)) {
		*out = vnode_get(dir);
		return 0;
	}
	if (i < 0 || i >= PTY_MAX)
		return -ENOENT;
	flags = spin_lock_irq(&ttys_lock);
	if (ptys[i])
		*out = vnode_get(&ptys[i]->vnode);
	spin_unlock_irq(&ttys_lock, flags);
	return *out ? 0 : -ENOENT;
}

/* Positions: "." 0, ".." 1, number n at n + 2. */
static int root_readdir(struct vnode *dir, u64 *pos, dir_emit emit, void *arg)
{
	static const char dots[] = "..";
	char name[NUMBER_BYTES];

	for (; *pos < FIRST_POS; ++*pos) {
		if (!emit(arg, dots, *pos + 1, dir->ino, DT_DIR, *pos + 1))
			return 0;
	}
	for (; *pos < FIRST_POS + PTY_MAX; ++*pos) {
		u32 i = (u32)*pos - FIRST_POS;
		int len = snprintf(name, sizeof(name), "%u", i);

		if (READ_ONCE(ptys[i]) && !emit(arg, name, len, i + FIRST_INO, DT_CHR, *pos + 1))
			return 0;
	}
	return 0;
}

static const struct vnode_ops root_ops = {
	.lookup = root_lookup,
	.readdir = root_readdir,
};

static const struct vnode_ops slave_ops = {
	.open = slave_open,
	.name = slave_name,
	.release = slave_release,
};
