/* SPDX-License-Identifier: ISC */
/* System calls that change the tree of mounts. Only root's; what they do is in fs/mount_change.c. */
#include "fs/mount.h"
#include "machine/usercopy.h"
#include "mm/slab.h"
#include "syscall/at.h"
#include "syscall/syscalls.h"

#define CWD ((u64)AT_FDCWD)
#define OPTIONS_MAX PAGE_SIZE
#define PROPAGATION (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)
#define UMOUNT_FLAGS (MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW)

/* What mount(2) is handed beside the target. */
struct mount_words {
	struct user_path source, type;
	char *options;
};

/* A string that may be left out: then "". */
static int word_get(struct user_path *word, u64 addr)
{
	static char none[1];

	if (addr)
		return user_path_get(word, addr);
	word->text = none;
	word->allocated = NULL;
	return 0;
}

/* Options as text, a page of it at the most. 0, -EFAULT, -EINVAL, -ENOMEM. */
static int options_get(struct mount_words *w, u64 addr)
{
	ssize_t n = 0;

	w->options = kzalloc(OPTIONS_MAX);
	if (!w->options)
		return -ENOMEM;
	if (addr)
		n = user_read_string(w->options, addr, OPTIONS_MAX);
	if (n >= 0)
		return 0;
	kfree(w->options);
	return n == -ENAMETOOLONG ? -EINVAL : n;
}

static int words_get(struct mount_words *w, u64 source, u64 type, u64 options)
{
	int r = word_get(&w->type, type);

	if (r)
		return r == -ENAMETOOLONG ? -EINVAL : r;
	r = word_get(&w->source, source);
	if (!r) {
		r = options_get(w, options);
		if (!r)
			return 0;
		user_path_put(&w->source);
	}
	user_path_put(&w->type);
	return r == -ENAMETOOLONG ? -EINVAL : r;
}

static void words_put(struct mount_words *w)
{
	kfree(w->options);
	user_path_put(&w->source);
	user_path_put(&w->type);
}

/* Binds or moves the place that @source names. */
static int from_path(const struct path *at, u64 source, u32 flags)
{
	struct path old;
	int r = source ? at_path(CWD, source, 0, &old) : -EINVAL;

	if (r)
		return r == -ENOENT && !source ? -EINVAL : r;
	r = flags & MS_BIND ? mount_bind(&old, at, flags & MS_REC) : mount_move(&old, at);
	path_put(&old);
	return r;
}

static int do_mount(const struct path *at, const struct mount_words *w, u64 source, u64 type,
		    u32 flags)
{
	if ((flags & MS_MGC_MASK) == MS_MGC_VAL)
		flags &= ~MS_MGC_MASK;
	if (cred_current()->euid)
		return -EPERM;
	if (flags & MS_NOUSER)
		return -EINVAL;
	if (flags & MS_REMOUNT)
		return mount_remount(at, flags, w->options);
	if (flags & MS_BIND)
		return from_path(at, source, flags);
	if (flags & PROPAGATION)
		return mount_set_propagation(at, flags);
	if (flags & MS_MOVE)
		return from_path(at, source, flags);
	return type ? mount_new(at, w->source.text, w->type.text, flags, w->options) : -EINVAL;
}

i64 sys_mount(u64 source, u64 dir, u64 type, u64 flags, u64 options)
{
	struct mount_words *w = kmalloc(sizeof(*w));
	struct path at;
	int r = w ? words_get(w, source, type, options) : -ENOMEM;

	if (!r) {
		r = at_path(CWD, dir, 0, &at);
		if (!r) {
			r = do_mount(&at, w, source, type, flags);
			path_put(&at);
		}
		words_put(w);
	}
	kfree(w);
	return r;
}

i64 sys_umount2(u64 dir, u64 flags)
{
	u32 lookup = flags & UMOUNT_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0;
	struct path at;
	int r;

	if ((u32)flags & ~UMOUNT_FLAGS)
		return -EINVAL;
	r = at_path(CWD, dir, lookup, &at);
	if (r)
		return r;
	r = cred_current()->euid ? -EPERM : mount_unmount(&at, flags);
	path_put(&at);
	return r;
}
