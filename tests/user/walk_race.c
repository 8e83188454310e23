/* SPDX-License-Identifier: ISC */
/*
 * Paths are walked while their names come and go: renamed, replaced, removed, made anew, mounted over.
 * Each walk ends at a file that had the name, whole, or says that there is none. Some walkers are
 * processes, some are threads that share their directories.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "child.h"
#include "now.h"
#include "raw_thread.h"

#define PART_MS 150 /* each race lasts so long */
#define DIR "/tmp/walk_race"
#define DEEP DIR "/exactly8/longer than eight"
#define WALKERS 3

static volatile int *ended;

/* What a file of this name holds: the name, and a line of numbers all the same. */
static int contents(char *text, const char *name, int number)
{
	return sprintf(text, "%s %08d %08d %08d\n", name, number, number, number);
}

static int make(const char *path, const char *name, int number)
{
	char text[128];
	int n = contents(text, name, number), fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);
	int bad = fd < 0 || write(fd, text, n) != n;

	close(fd);
	return bad;
}

/* Is @fd a whole file that was made under @name? */
static bool is_whole(int fd, const char *name)
{
	char text[128], want[128];
	ssize_t n = read(fd, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	contents(want, name, n > 0 ? atoi(text + strlen(name)) : 0);
	return !strcmp(text, want);
}

struct way {
	const char *path, *name; /* what it leads to was made as @name */
	bool always; /* it is never missing */
};

static bool may_fail(const struct way *w)
{
	return !w->always && (errno == ENOENT || errno == ENOTDIR);
}

/* 0, or the step that went wrong. */
static int walk_once(const struct way *w)
{
	struct stat st, opened;
	int fd, bad = 0;

	if (stat(w->path, &st))
		return may_fail(w) ? 0 : 3;
	if (!S_ISREG(st.st_mode) || st.st_size != (long)strlen(w->name) + 28)
		return 4;
	fd = open(w->path, O_RDONLY);
	if (fd < 0)
		return may_fail(w) ? 0 : 5;
	if (fstat(fd, &opened) || opened.st_dev == 0)
		bad = 6;
	else if (!is_whole(fd, w->name))
		bad = 7;
	close(fd);
	return bad;
}

static int walk_often(void *arg)
{
	int bad = 0;

	while (!*ended && !bad)
		bad = walk_once(arg);
	return bad;
}

static void *walk_as_thread(void *arg)
{
	return (void *)(long)walk_often(arg);
}

/* A process with two threads: their directories are shared. */
static int walk_in_threads(void *arg)
{
	pthread_t t = start(walk_as_thread, arg);
	int bad = walk_often(arg);
	void *other;

	pthread_join(t, &other);
	return bad ? bad : (int)(long)other;
}

/* Walks @w meanwhile in processes, and changes the tree by @change. False: that failed. */
static void race(const struct way *w, bool (*change)(int round), const char *name)
{
	long end = now_ms() + PART_MS;
	pid_t pids[WALKERS];
	bool good = true;
	int round = 0;

	*ended = 0;
	for (int i = 0; i < WALKERS; i++)
		pids[i] = start_child(i ? walk_often : walk_in_threads, (void *)w);
	for (; good && now_ms() < end; round++)
		good = change(round);
	*ended = 1;
	ok(good, "%s: the changes themselves", name);
	for (int i = 0; i < WALKERS; i++)
		is_status(status_of(pids[i]), EXITED(0), "%s: walker %d", name, i);
}

/* -- what changes -------------------------------------------------------------------------------- */

static bool rename_file(int round)
{
	return round % 2 ? !rename(DEEP "/other", DEEP "/file")
			 : !rename(DEEP "/file", DEEP "/other");
}

static bool rename_directory(int round)
{
	return round % 2 ? !rename(DIR "/elsewhere", DIR "/exactly8")
			 : !rename(DIR "/exactly8", DIR "/elsewhere");
}

/* Another file takes the name; it has one all the time. */
static bool replace_file(int round)
{
	return !make(DEEP "/new", "file", round) && !rename(DEEP "/new", DEEP "/file");
}

static bool make_anew(int round)
{
	return !unlink(DEEP "/file") && !rmdir(DEEP) && !mkdir(DEEP, 0755) &&
	       !make(DEEP "/new", "file", round) && !rename(DEEP "/new", DEEP "/file");
}

/* The directory's name leads to a file, for a while. */
static bool change_kind(int round)
{
	if (rename(DEEP, DIR "/exactly8/aside") || make(DEEP, "longer than eight", round))
		return false;
	return !unlink(DEEP) && !rename(DIR "/exactly8/aside", DEEP);
}

static bool exchange_links(int round)
{
	const char *to = round % 2 ? "other" : "file";

	return !symlink(to, DEEP "/new") && !rename(DEEP "/new", DEEP "/link");
}

static bool mount_over(int round)
{
	(void)round;
	return !mount("none", DEEP, "tmpfs", 0, NULL) && !make(DEEP "/new", "file", 1) &&
	       !rename(DEEP "/new", DEEP "/file") && !umount2(DEEP, MNT_DETACH);
}

static void races(void)
{
	const struct way sometimes = { DEEP "/file", "file", false };
	const struct way always = { "//tmp/../" DEEP "/file", "file", true };
	const struct way straight = { DEEP "/file", "file", true };
	const struct way through = { DEEP "/link", "file", true };

	race(&sometimes, rename_file, "a file is renamed");
	rename(DEEP "/other", DEEP "/file");
	race(&sometimes, rename_directory, "a directory is renamed");
	rename(DIR "/elsewhere", DIR "/exactly8");
	race(&straight, replace_file, "a file is replaced");
	race(&always, replace_file, "and looked for in other ways");
	race(&sometimes, make_anew, "a directory is removed and made");
	race(&sometimes, change_kind, "a directory's name leads to a file");
	make(DEEP "/other", "file", 2);
	symlink("file", DEEP "/link");
	race(&through, exchange_links, "a symlink is replaced");
	unlink(DEEP "/link");
	unlink(DEEP "/other");
}

/* Where that is not permitted, it is skipped. */
static void mounts(void)
{
	const struct way w = { DEEP "/file", "file", false };

	if (mount("none", DIR, "tmpfs", 0, NULL)) {
		for (int i = 0; i < WALKERS + 1; i++)
			skip("mounting is not permitted here", "a directory is mounted over %d", i);
		return;
	}
	umount(DIR);
	race(&w, mount_over, "a directory is mounted over");
}

/* -- one after the other -------------------------------------------------------------------------- */

static long errno_of_stat(const char *path)
{
	struct stat st;

	return stat(path, &st) ? errno : 0;
}

/* Each twice: what a directory was asked for is known the second time. */
static void names_alike(void)
{
	static const char *const names[] = { "a",        "ab",         "abcdefg",
					     "abcdefgh", "abcdefghi",  "abcdefghijklmnop",
					     "abcdefgX", "abcdefgh.X", "abcdefghijklmnopq" };
	long wrong = 0;
	char path[128];

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		sprintf(path, DIR "/%s", names[i]);
		make(path, names[i], i);
		for (unsigned j = 0; j < sizeof(names) / sizeof(names[0]); j++) {
			long want = j <= i ? 0 : ENOENT;

			stat(path, &(struct stat){ 0 });
			sprintf(path, DIR "/%s", names[j]);
			wrong += errno_of_stat(path) != want || errno_of_stat(path) != want;
			strcat(path, "/");
			wrong += errno_of_stat(path) != (want ? want : ENOTDIR);
			sprintf(path, DIR "/%s", names[i]);
		}
	}
	is_long(wrong, 0, "names that begin alike are told apart");
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		sprintf(path, DIR "/%s", names[i]);
		unlink(path);
		wrong += errno_of_stat(path) != ENOENT;
	}
	is_long(wrong, 0, "and are gone when they are removed");
}

/* A path whose words lie on both sides of a page's end, of each length up to where the next page begins. */
static void page_end(void)
{
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long wrong = 0;

	for (size_t at = 4096 - sizeof(DEEP "/file"); at < 4096; at++) {
		strcpy(pages + at, DEEP "/file");
		wrong += errno_of_stat(pages + at) != 0;
	}
	munmap(pages + 4096, 4096);
	strcpy(pages + 4096 - sizeof(DEEP "/file"), DEEP "/file");
	wrong += errno_of_stat(pages + 4096 - sizeof(DEEP "/file")) != 0;
	memset(pages + 4096 - sizeof(DEEP "/file"), 'x', sizeof(DEEP "/file"));
	wrong += errno_of_stat(pages + 4096 - sizeof(DEEP "/file")) != EFAULT;
	is_long(wrong, 0, "a path may end where memory does, and not behind it");
	munmap(pages, 4096);
}

static int search_as_user(void *arg)
{
	(void)arg;
	if (setuid(1000))
		return 2;
	for (int i = 0; i < 2; i++)
		if (errno_of_stat(DEEP "/file") != EACCES)
			return 3;
	return 0;
}

/* That root has just walked a way opens it to nobody else. */
static void closed_directory(void)
{
	chmod(DIR "/exactly8", 0700);
	ok(!errno_of_stat(DEEP "/file") && !errno_of_stat(DEEP "/file"), "root walks where it may");
	is_status(in_child(search_as_user, NULL), EXITED(0),
		  "another may not, though the way is known");
	chmod(DIR "/exactly8", 0755);
}

/* The latest of its names goes: an open of it by the other one has that name. */
static void other_name(void)
{
	char proc[64], name[128];
	ssize_t n;
	int fd;

	errno_of_stat(DEEP "/file");
	errno_of_stat(DEEP "/file");
	ok(!link(DEEP "/file", DIR "/other") && !unlink(DIR "/other"),
	   "a file gets another name and loses it");
	fd = open(DEEP "/file", O_RDONLY);
	sprintf(proc, "/proc/self/fd/%d", fd);
	n = readlink(proc, name, sizeof(name) - 1);
	name[n > 0 ? n : 0] = '\0';
	ok(!strcmp(name, DEEP "/file"), "an open file is called by the name it has");
	close(fd);
}

static void clean(void)
{
	unlink(DEEP "/file");
	unlink(DEEP "/new");
	rmdir(DEEP);
	rmdir(DIR "/exactly8");
	rmdir(DIR);
}

int main(void)
{
	ended = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	clean();
	mkdir(DIR, 0755);
	mkdir(DIR "/exactly8", 0755);
	mkdir(DEEP, 0755);
	make(DEEP "/file", "file", 1);
	names_alike();
	page_end();
	closed_directory();
	other_name();
	races();
	mounts();
	clean();
	return done_testing();
}
