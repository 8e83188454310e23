/* SPDX-License-Identifier: ISC */
/* Walks, names and permissions, on the real root. */
#include "fs/fs_test.h"

static int lookup(const struct fs_context *c, const char *path, u32 flags)
{
	struct vnode *v;
	int r = path_lookup(c, NULL, path, flags, &v);

	if (!r)
		vnode_put(v);
	return r;
}

KTEST(path_dots_and_slashes, 50)
{
	struct fs_context c = test_begin();

	KEXPECT_EQ(lookup(&c, "", 0), -ENOENT);
	KEXPECT_EQ(lookup(&c, "/", 0), 0);
	KEXPECT_EQ(lookup(&c, "//..//./..", 0), 0);
	KEXPECT_EQ(lookup(&c, TEST_DIR "/../../tmp/./ktest//", 0), 0);
	KEXPECT_EQ(lookup(&c, TEST_DIR "/none", 0), -ENOENT);
	KEXPECT_EQ(lookup(&c, TEST_DIR "/none/..", 0), -ENOENT);
	KEXPECT_EQ(test_make(&c, TEST_DIR "/f"), 0);
	KEXPECT_EQ(lookup(&c, TEST_DIR "/f", LOOKUP_DIRECTORY), -ENOTDIR);
	KEXPECT_EQ(lookup(&c, TEST_DIR "/f/", 0), -ENOTDIR);
	KEXPECT_EQ(lookup(&c, TEST_DIR "/f/..", 0), -ENOTDIR);
	KEXPECT_EQ(path_unlink(&c, NULL, TEST_DIR "/f", false), 0);
	test_end(&c);
}

/* What a directory was asked for last is known; that changes nothing of what a walk finds. */
KTEST(path_names_known, 50)
{
	struct fs_context c = test_begin();
	struct stat st;

	KEXPECT_EQ(path_mkdir(&c, NULL, TEST_DIR "/eight888", 0777), 0);
	KEXPECT_EQ(test_make(&c, TEST_DIR "/eight888/nine99999"), 0);
	for (int i = 0; i < 2; i++) {
		KEXPECT_EQ(path_stat(&c, NULL, TEST_DIR "/eight888/nine99999", 0, &st), 0);
		KEXPECT_EQ(st.st_mode & S_IFMT, S_IFREG);
		KEXPECT_EQ(path_stat(&c, NULL, TEST_DIR "/eight888", 0, &st), 0);
		KEXPECT_EQ(st.st_mode & S_IFMT, S_IFDIR);
		KEXPECT_EQ(path_stat(&c, NULL, TEST_DIR "/eight888/", 0, &st), 0);
		KEXPECT_EQ(path_stat(&c, NULL, TEST_DIR "/eight888/nine99999/", 0, &st), -ENOTDIR);
		KEXPECT_EQ(path_stat(&c, NULL, TEST_DIR "/eight888/nine999999", 0, &st), -ENOENT);
		KEXPECT_EQ(path_stat(&c, NULL, TEST_DIR "/eight888/nine9999", 0, &st), -ENOENT);
		KEXPECT_EQ(path_stat(&c, NULL, TEST_DIR "/eight8888", 0, &st), -ENOENT);
		KEXPECT_EQ(lookup(&c, TEST_DIR "//eight888//nine99999", LOOKUP_DIRECTORY),
			   -ENOTDIR);
		KEXPECT_EQ(lookup(&c, TEST_DIR "/eight888", LOOKUP_DIRECTORY), 0);
	}
	KEXPECT_EQ(path_unlink(&c, NULL, TEST_DIR "/eight888/nine99999", false), 0);
	KEXPECT_EQ(path_stat(&c, NULL, TEST_DIR "/eight888/nine99999", 0, &st), -ENOENT);
	KEXPECT_EQ(path_unlink(&c, NULL, TEST_DIR "/eight888", true), 0);
	KEXPECT_EQ(path_stat(&c, NULL, TEST_DIR "/eight888", 0, &st), -ENOENT);
	test_end(&c);
}

KTEST(path_too_long, 50)
{
	struct fs_context c = test_begin();
	char name[NAME_MAX + 8];

	memset(name, 'n', sizeof(name));
	memcpy(name, "/tmp/", 5);
	name[5 + NAME_MAX] = '\0';
	KEXPECT_EQ(lookup(&c, name, 0), -ENOENT);
	name[5 + NAME_MAX] = 'n';
	name[6 + NAME_MAX] = '\0';
	KEXPECT_EQ(lookup(&c, name, 0), -ENAMETOOLONG);
	KEXPECT_EQ(path_mkdir(&c, NULL, name, 0777), -ENAMETOOLONG);
	test_end(&c);
}

KTEST(path_symlinks, 50)
{
	struct fs_context c = test_begin();

	KEXPECT_EQ(test_make(&c, TEST_DIR "/f"), 0);
	KEXPECT_EQ(path_symlink(&c, NULL, TEST_DIR "/here", "."), 0);
	KEXPECT_EQ(path_symlink(&c, NULL, TEST_DIR "/abs", TEST_DIR "/here/f"), 0);
	KEXPECT_EQ(path_symlink(&c, NULL, TEST_DIR "/dangling", "new"), 0);
	KEXPECT_EQ(path_symlink(&c, NULL, TEST_DIR "/loop", "loop"), 0);
	KEXPECT_EQ(lookup(&c, TEST_DIR "/here/here/abs", LOOKUP_FOLLOW), 0);
	KEXPECT_EQ(lookup(&c, TEST_DIR "/abs/", 0), -ENOTDIR);
	KEXPECT_EQ(lookup(&c, TEST_DIR "/dangling", LOOKUP_FOLLOW), -ENOENT);
	KEXPECT_EQ(lookup(&c, TEST_DIR "/dangling", 0), 0);
	KEXPECT_EQ(lookup(&c, TEST_DIR "/loop", LOOKUP_FOLLOW), -ELOOP);
	KEXPECT_EQ(lookup(&c, TEST_DIR "/loop/x", 0), -ELOOP);
	KEXPECT_EQ(test_open(&c, TEST_DIR "/abs", O_RDONLY | O_NOFOLLOW), -ELOOP);
	KEXPECT_EQ(test_open(&c, TEST_DIR "/dangling", O_RDWR | O_CREAT | O_EXCL), -EEXIST);
	KEXPECT_EQ(test_open(&c, TEST_DIR "/dangling", O_RDWR | O_CREAT), 0);
	KEXPECT_EQ(path_unlink(&c, NULL, TEST_DIR "/new", false), 0);
	KEXPECT_EQ(path_unlink(&c, NULL, TEST_DIR "/dangling", false), 0);
	KEXPECT_EQ(path_unlink(&c, NULL, TEST_DIR "/loop", false), 0);
	KEXPECT_EQ(path_unlink(&c, NULL, TEST_DIR "/abs", false), 0);
	KEXPECT_EQ(path_unlink(&c, NULL, TEST_DIR "/here", false), 0);
	KEXPECT_EQ(path_unlink(&c, NULL, TEST_DIR "/f", false), 0);
	test_end(&c);
}

/* A chain of forty symlinks is walked, one of forty-one is not. */
KTEST(path_symlink_limit, 50)
{
	struct fs_context c = test_begin();
	char name[] = TEST_DIR "/aa", target[] = "aa";
	int n;

	KEXPECT_EQ(test_make(&c, TEST_DIR "/aa"), 0);
	for (n = 1; n <= 41; n++) {
		name[sizeof(name) - 3] = 'a' + n / 26;
		name[sizeof(name) - 2] = 'a' + n % 26;
		target[0] = 'a' + (n - 1) / 26;
		target[1] = 'a' + (n - 1) % 26;
		KEXPECT_EQ(path_symlink(&c, NULL, name, target), 0);
		KEXPECT_EQ(lookup(&c, name, LOOKUP_FOLLOW), n <= 40 ? 0 : -ELOOP);
	}
	while (--n >= 0) {
		name[sizeof(name) - 3] = 'a' + n / 26;
		name[sizeof(name) - 2] = 'a' + n % 26;
		KEXPECT_EQ(path_unlink(&c, NULL, name, false), 0);
	}
	test_end(&c);
}

KTEST(path_permissions, 50)
{
	struct credentials cred = { .uid = 7, .euid = 7, .fsuid = 7, .gid = 7, .fsgid = 7 };
	struct fs_context root = test_begin(), user = root;
	struct vnode *v;

	user.cred = &cred;
	KEXPECT_EQ(path_mkdir(&root, NULL, TEST_DIR "/shut", 0700), 0);
	KEXPECT_EQ(test_make(&root, TEST_DIR "/shut/f"), 0);
	KEXPECT_EQ(lookup(&user, TEST_DIR "/shut", 0), 0);
	KEXPECT_EQ(lookup(&user, TEST_DIR "/shut/f", 0), -EACCES);
	KEXPECT_EQ(test_open(&user, TEST_DIR "/shut", O_RDONLY), -EACCES);
	KEXPECT_EQ(test_make(&user, TEST_DIR "/mine"), 0);
	KEXPECT_EQ(test_make(&root, TEST_DIR "/roots"), 0);
	KEXPECT_EQ(test_open(&user, TEST_DIR "/roots", O_RDONLY), 0);
	KEXPECT_EQ(test_open(&user, TEST_DIR "/roots", O_RDWR), -EACCES);
	KEXPECT_EQ(test_open(&user, TEST_DIR "/roots", O_RDONLY | O_TRUNC), -EACCES);
	/* In a sticky directory others' files stay. */
	KREQUIRE(!path_lookup(&root, NULL, TEST_DIR, 0, &v));
	KEXPECT_EQ(vnode_chmod(&cred, v, 0), -EPERM);
	KEXPECT_EQ(vnode_chmod(root.cred, v, 01777), 0);
	vnode_put(v);
	KEXPECT_EQ(path_unlink(&user, NULL, TEST_DIR "/roots", false), -EPERM);
	KEXPECT_EQ(path_unlink(&user, NULL, TEST_DIR "/mine", false), 0);
	KEXPECT_EQ(path_unlink(&root, NULL, TEST_DIR "/roots", false), 0);
	KEXPECT_EQ(path_unlink(&root, NULL, TEST_DIR "/shut/f", false), 0);
	KEXPECT_EQ(path_unlink(&root, NULL, TEST_DIR "/shut", true), 0);
	test_end(&root);
}

KTEST(path_special_names, 50)
{
	struct fs_context c = test_begin();

	KEXPECT_EQ(path_mkdir(&c, NULL, "/", 0777), -EEXIST);
	KEXPECT_EQ(path_mkdir(&c, NULL, TEST_DIR "/.", 0777), -EEXIST);
	KEXPECT_EQ(path_unlink(&c, NULL, "/", true), -EBUSY);
	KEXPECT_EQ(path_unlink(&c, NULL, TEST_DIR "/.", true), -EINVAL);
	KEXPECT_EQ(path_unlink(&c, NULL, TEST_DIR "/..", true), -ENOTEMPTY);
	KEXPECT_EQ(path_unlink(&c, NULL, TEST_DIR, false), -EISDIR);
	KEXPECT_EQ(path_unlink(&c, NULL, "/proc", true), -EBUSY);
	KEXPECT_EQ(path_rename(&c, NULL, "/proc", NULL, TEST_DIR "/p"), -EBUSY);
	KEXPECT_EQ(path_rename(&c, NULL, TEST_DIR "/..", NULL, TEST_DIR "/p"), -EBUSY);
	KEXPECT_EQ(path_rename(&c, NULL, "/proc/uptime", NULL, TEST_DIR "/p"), -EXDEV);
	KEXPECT_EQ(test_open(&c, TEST_DIR "/n/", O_RDWR | O_CREAT), -EISDIR);
	KEXPECT_EQ(test_open(&c, TEST_DIR, O_RDWR), -EISDIR);
	KEXPECT_EQ(test_open(&c, "/dev/null", O_RDONLY | O_DIRECTORY), -ENOTDIR);
	test_end(&c);
}

KTEST(path_of_directories, 50)
{
	struct fs_context c = test_begin();
	struct path p, proc;
	char buf[64];

	KEXPECT_EQ(path_mkdir(&c, NULL, TEST_DIR "/sub", 0777), 0);
	KREQUIRE(!path_find(&c, NULL, TEST_DIR "/sub", 0, &p));
	KEXPECT_EQ(path_of(&c, &p, buf, sizeof(buf)), sizeof(TEST_DIR "/sub"));
	KEXPECT(!strcmp(buf, TEST_DIR "/sub"));
	KEXPECT_EQ(path_of(&c, &p, buf, 6), -ERANGE);
	KEXPECT_EQ(path_rename(&c, NULL, TEST_DIR "/sub", NULL, TEST_DIR "/bus"), 0);
	KEXPECT_EQ(path_of(&c, &p, buf, sizeof(buf)), sizeof(TEST_DIR "/bus"));
	KEXPECT(!strcmp(buf, TEST_DIR "/bus"));
	KEXPECT_EQ(path_unlink(&c, NULL, TEST_DIR "/bus", true), 0);
	KEXPECT_EQ(path_of(&c, &p, buf, sizeof(buf)), -ENOENT);
	path_put(&p);
	KEXPECT_EQ(path_of(&c, fs_root(), buf, sizeof(buf)), 2);
	KREQUIRE(!path_find(&c, NULL, "/proc/sys", 0, &proc));
	KEXPECT_EQ(path_of(&c, &proc, buf, sizeof(buf)), sizeof("/proc/sys"));
	KEXPECT(!strcmp(buf, "/proc/sys"));
	path_put(&proc);
	KEXPECT_EQ(lookup(&c, "/proc/../tmp", 0), 0);
	test_end(&c);
}

KTEST(path_rename_rules, 50)
{
	struct fs_context c = test_begin();
	const char *a = TEST_DIR "/a", *b = TEST_DIR "/b", *f = TEST_DIR "/f";

	KEXPECT_EQ(path_mkdir(&c, NULL, a, 0777), 0);
	KEXPECT_EQ(path_mkdir(&c, NULL, b, 0777), 0);
	KEXPECT_EQ(path_mkdir(&c, NULL, TEST_DIR "/a/in", 0777), 0);
	KEXPECT_EQ(test_make(&c, f), 0);
	KEXPECT_EQ(path_rename(&c, NULL, a, NULL, TEST_DIR "/a/in/x"), -EINVAL);
	KEXPECT_EQ(path_rename(&c, NULL, TEST_DIR "/a/in", NULL, a), -ENOTEMPTY);
	KEXPECT_EQ(path_rename(&c, NULL, b, NULL, a), -ENOTEMPTY);
	KEXPECT_EQ(path_rename(&c, NULL, f, NULL, a), -EISDIR);
	KEXPECT_EQ(path_rename(&c, NULL, a, NULL, f), -ENOTDIR);
	KEXPECT_EQ(path_rename(&c, NULL, TEST_DIR "/none", NULL, f), -ENOENT);
	KEXPECT_EQ(path_rename(&c, NULL, f, NULL, TEST_DIR "/g/"), -ENOTDIR);
	KEXPECT_EQ(path_rename(&c, NULL, f, NULL, f), 0);
	KEXPECT_EQ(path_rename(&c, NULL, a, NULL, b), 0); /* over an empty directory */
	KEXPECT_EQ(path_rename(&c, NULL, TEST_DIR "/b/in", NULL, TEST_DIR "/in/"), 0);
	KEXPECT_EQ(path_rename(&c, NULL, f, NULL, TEST_DIR "/in/f"), 0);
	KEXPECT_EQ(path_unlink(&c, NULL, TEST_DIR "/in", true), -ENOTEMPTY);
	KEXPECT_EQ(path_unlink(&c, NULL, TEST_DIR "/in/f", false), 0);
	KEXPECT_EQ(path_unlink(&c, NULL, TEST_DIR "/in", true), 0);
	KEXPECT_EQ(path_unlink(&c, NULL, b, true), 0);
	test_end(&c);
}

/* A directory that was removed while somebody is in it: nothing can be made there. */
KTEST(path_removed_directory, 50)
{
	struct fs_context c = test_begin();
	struct vnode *v;

	KEXPECT_EQ(path_mkdir(&c, NULL, TEST_DIR "/gone", 0777), 0);
	KREQUIRE(!path_lookup(&c, NULL, TEST_DIR "/gone", 0, &v));
	KEXPECT_EQ(path_unlink(&c, NULL, TEST_DIR "/gone", true), 0);
	c.cwd.vnode = v;
	KEXPECT_EQ(path_mkdir(&c, NULL, "x", 0777), -ENOENT);
	KEXPECT_EQ(lookup(&c, ".", 0), 0);
	KEXPECT_EQ(lookup(&c, "..", 0), 0);
	vnode_put(v);
	test_end(&c);
}

/* Out of memory at any point: an error, and nothing is lost. */
KTEST(path_out_of_memory, 200)
{
	struct fs_context c = test_begin();
	int r = -ENOMEM;

	for (u32 skip = 0; r && skip < 20; skip++) {
		fault_inject(skip, ~0u);
		r = test_make(&c, TEST_DIR "/f");
		fault_inject(0, 0);
		KEXPECT(r == 0 || r == -ENOMEM || r == -ENOSPC);
		/* the file may be there though its struct file could not be made */
		path_unlink(&c, NULL, TEST_DIR "/f", false);
	}
	KEXPECT_EQ(r, 0);
	test_end(&c);
}
