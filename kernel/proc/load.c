/* SPDX-License-Identifier: ISC */
/*
 * Loads a program: maps the segments of an ELF file, and of its interpreter, into a new space
 * (OSTEP 4.3 "how programs are transformed into processes"). Nothing is read that is not touched.
 */
#include "proc/exec.h"

#include "abi/errno.h"
#include "abi/personality.h"
#include "base/trace.h"
#include "fs/mount.h"
#include "lib/overflow.h"
#include "lib/string.h"
#include "machine/platform.h"
#include "mm/slab.h"
#include "proc/vdso.h"

#define PIE_BASE 0x555555554000UL /* two thirds of the user half, as Linux */
#define INTERP_PATH_MAX 256
/* Room kept for the stack, whatever its limit. */
#define STACK_MIN (4UL << 20)
#define STACK_MAX (1UL << 40)
#define STACK_GAP (1UL << 20) /* kept free below the stack */
#define MAPS_BESIDE 3 /* of a program without an interpreter, beside its segments: stack and vDSO */
#define RANDOM_PAGES 0x3fffffUL /* 34 bits of address for PIE, less for the stack */

int load_open(const struct path *start, const char *path, struct file **out)
{
	struct fs_context fs = fs_context_begin();
	struct path file;
	int err = path_find(&fs, start, path, LOOKUP_FOLLOW, &file);

	if (!err) {
		if ((file.vnode->mode & S_IFMT) != S_IFREG || (mount_flags(file.mount) & MS_NOEXEC))
			err = -EACCES;
		else
			err = vnode_permission(fs.cred, file.vnode, 1);
		if (!err && READ_ONCE(file.vnode->writers) > 0)
			err = -ETXTBSY;
		if (!err)
			err = path_open(&fs, &file, NULL, O_RDONLY, 0, out);
		path_put(&file);
	}
	fs_context_end(&fs);
	return err;
}

static int read_exactly(struct file *f, void *buf, size_t n, u64 pos)
{
	ssize_t got = file_read_kernel(f, buf, n, pos);

	if (got < 0)
		return got;
	return (size_t)got == n ? 0 : -ENOEXEC;
}

int load_head(struct file *f, struct file_head *head)
{
	ssize_t n = file_read_kernel(f, head->bytes, sizeof(head->bytes), 0);

	head->size = MAX(n, 0L);
	return MIN(n, 0L);
}

/* The program headers are not in the file's head. */
static int parse_far(struct file *f, const struct file_head *head, u64 phoff, u32 ph_bytes,
		     struct elf_image *elf)
{
	u8 *ph = kmalloc(ph_bytes);
	int err;

	if (!ph)
		return -ENOMEM;
	err = read_exactly(f, ph, ph_bytes, phoff);
	if (!err)
		err = elf_parse(head->bytes, ph, f->vnode->size, USER_END, elf, NULL);
	kfree(ph);
	return err;
}

static int parse(struct file *f, const struct file_head *head, struct elf_image *elf)
{
	u64 size = f->vnode->size, phoff;
	u32 ph_bytes;
	int err = elf_check_header(head->bytes, head->size, size, &phoff, &ph_bytes);

	if (err)
		return err;
	if (!range_ok(phoff, ph_bytes, head->size))
		return parse_far(f, head, phoff, ph_bytes, elf);
	return elf_parse(head->bytes, head->bytes + phoff, size, USER_END, elf, NULL);
}

static int map_segment(struct space *s, struct file *f, const struct elf_segment *seg, u64 bias)
{
	u64 start = ALIGN_DOWN(seg->vaddr + bias, PAGE_SIZE);
	u64 file_end = seg->vaddr + bias + seg->filesz;
	u64 mem_end = seg->vaddr + bias + seg->memsz;
	u64 file_pages_end = seg->filesz ? ALIGN_UP(file_end, PAGE_SIZE) : start;
	u32 prot = (seg->flags & ELF_PF_R ? MMU_READ : 0) |
		   (seg->flags & ELF_PF_W ? MMU_WRITE : 0) | (seg->flags & ELF_PF_X ? MMU_EXEC : 0);
	bool tail = seg->memsz > seg->filesz && file_end < file_pages_end;
	i64 at;

	if (seg->filesz) {
		at = space_map(s, start, file_pages_end - start, prot | (tail ? MMU_WRITE : 0), 0,
			       &f->vnode->backing, ALIGN_DOWN(seg->offset, PAGE_SIZE),
			       MAP_AT_FIXED);
		if (at < 0)
			return at;
	}
	/* Where there is a bss the file's last page is zero to its end: ld.so and libc begin their
	 * heaps right behind it. */
	if (tail) {
		int err = space_zero(s, file_end, file_pages_end - file_end);

		if (!err && !(prot & MMU_WRITE))
			err = space_protect(s, start, file_pages_end - start, prot);
		if (err)
			return err;
	}
	if (mem_end > file_pages_end) {
		at = space_map(s, file_pages_end, mem_end - file_pages_end, prot, 0, NULL, 0,
			       MAP_AT_FIXED);
		if (at < 0)
			return at;
	}
	return 0;
}

static int map_all(struct space *s, struct file *f, const struct elf_image *elf, u64 bias)
{
	for (unsigned i = 0; i < elf->segment_count; i++) {
		int err = map_segment(s, f, &elf->segment[i], bias);

		if (err)
			return err;
	}
	return 0;
}

static int load_interpreter(struct file *program, struct new_image *img)
{
	char path[INTERP_PATH_MAX];
	size_t n = img->elf.interp_size;
	struct elf_image elf;
	struct file *f;
	int err;
	i64 base;

	if (n > sizeof(path))
		return -ENOEXEC;
	err = read_exactly(program, path, n, img->elf.interp_offset);
	if (err)
		return err;
	path[n - 1] = 0;
	err = load_open(NULL, path, &f);
	if (err)
		return err;
	err = f->vnode->backing.ops ? load_head(f, img->head) : -EACCES;
	if (!err)
		err = parse(f, img->head, &elf);
	if (!err && (elf.type != ELF_DYN || elf.interp_size))
		err = -ELIBBAD;
	if (err)
		goto out;
	/* Reserve the span first: the mappings then replace their parts of it. */
	base = space_map(img->space, 0, elf.high - elf.low, 0, 0, NULL, 0, 0);
	err = base < 0 ? base : map_all(img->space, f, &elf, base - elf.low);
	img->interp_base = base - elf.low;
	img->entry = elf.entry + img->interp_base;
out:
	file_put(f);
	return err;
}

/* How many pages a part of the image lies off its place: random, so that no program relies on it. */
static u64 random_pages(const struct new_image *img, u64 mask)
{
	return img->persona & ADDR_NO_RANDOMIZE ? 0 : machine_entropy() & mask;
}

/* Where the stack ends and mmap begins. */
static int map_stack(const struct new_image *img)
{
	struct space *s = img->space;
	u64 top = USER_END - random_pages(img, 0xfff) * PAGE_SIZE;
	u64 limit = limits_now(RLIMIT_STACK);
	u64 stack = ALIGN_DOWN(MIN(MAX(limit, STACK_MIN), STACK_MAX), PAGE_SIZE);
	u32 prot = MMU_READ | MMU_WRITE | (img->elf.stack_exec ? MMU_EXEC : 0);
	i64 at;

	s->stack_top = top;
	s->stack_limit = top - stack;
	s->map_top = ALIGN_DOWN(top - stack - STACK_GAP - random_pages(img, 0xffff) * PAGE_SIZE,
				PAGE_SIZE);
	at = space_map(s, top - 2 * PAGE_SIZE, 2 * PAGE_SIZE, prot, VMA_STACK, NULL, 0,
		       MAP_AT_FIXED);
	return at < 0 ? at : 0;
}

static int map_vdso(struct new_image *img)
{
	i64 at = vdso_map(img->space);

	img->vdso = at > 0 ? at : 0;
	return at < 0 ? at : 0;
}

int load_image(struct file *f, struct new_image *img)
{
	int err = f->vnode->backing.ops ? parse(f, img->head, &img->elf) : -EACCES;

	if (err)
		return err;
	img->space = space_create();
	if (!img->space)
		return -ENOMEM;
	space_expect_maps(img->space, img->elf.segment_count + MAPS_BESIDE);
	trace(TRACE_MEMORY, false);
	err = map_stack(img);
	if (!err)
		err = map_vdso(img);
	if (err)
		return err;
	if (img->elf.type == ELF_DYN)
		img->bias = PIE_BASE + random_pages(img, RANDOM_PAGES) * PAGE_SIZE - img->elf.low;
	err = map_all(img->space, f, &img->elf, img->bias);
	if (err)
		return err;
	img->space->brk_start = img->space->brk = ALIGN_UP(img->elf.high + img->bias, PAGE_SIZE);
	img->entry = img->elf.entry + img->bias;
	err = exe_take(&(struct path){ f->mount, f->vnode }, &img->exe);
	if (err)
		return err;
	trace(TRACE_LOADED, img->elf.segment_count, img->entry);
	return img->elf.interp_size ? load_interpreter(f, img) : 0;
}
