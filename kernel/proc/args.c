/* SPDX-License-Identifier: ISC */
/*
 * Collects exec's strings: read once from the old program into kernel pages, so that nothing
 * another thread changes in between matters (checklist 15).
 */
#include "proc/exec.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "machine/usercopy.h"
#include "mm/page.h"

void args_init(struct arg_list *a)
{
	a->bytes = 0;
	a->argc = a->envc = 0;
	a->page[0] = NULL;
}

static size_t pages_in_use(const struct arg_list *a)
{
	return ALIGN_UP(a->bytes, PAGE_SIZE) / PAGE_SIZE;
}

void args_free(struct arg_list *a)
{
	size_t pages = pages_in_use(a);

	for (size_t i = 0; i < pages; i++)
		page_put(virt_to_page(a->page[i]));
	args_init(a);
}

/* Room behind the last byte: *room bytes at the returned address. */
static u8 *tail(struct arg_list *a, size_t *room)
{
	size_t index = a->bytes / PAGE_SIZE, offset = a->bytes % PAGE_SIZE;

	if (index >= ARG_PAGES)
		return NULL;
	*room = PAGE_SIZE - offset;
	if (offset == 0) {
		struct page *p = page_alloc(0, ALLOC_USER);

		if (!p)
			return NULL;
		a->page[index] = page_to_virt(p);
	}
	return a->page[index] + offset;
}

/* A fresh page that got no byte is not counted in a->bytes: give it back. */
static int fail(struct arg_list *a, int err)
{
	if (a->bytes % PAGE_SIZE == 0)
		page_put(virt_to_page(a->page[a->bytes / PAGE_SIZE]));
	return err;
}

static int add_user_string(struct arg_list *a, u64 src)
{
	size_t total = 0, room;

	for (;;) {
		u8 *dst = tail(a, &room);
		ssize_t n;

		if (!dst)
			return a->bytes / PAGE_SIZE >= ARG_PAGES ? -E2BIG : -ENOMEM;
		n = user_read_string((char *)dst, src + total, room);
		if (n >= 0) {
			a->bytes += n + 1;
			return total + n < ARG_STRING_MAX ? 0 : -E2BIG;
		}
		if (n != -ENAMETOOLONG)
			return fail(a, n);
		a->bytes += room;
		total += room;
		if (total >= ARG_STRING_MAX)
			return -E2BIG;
	}
}

/* The pointers lie on the new stack beside the strings: many short strings are too big as well. */
static bool too_big(const struct arg_list *a)
{
	return a->bytes + (a->argc + a->envc) * sizeof(u64) > ARG_PAGES * PAGE_SIZE;
}

int args_add_user(struct arg_list *a, u64 array, u32 *count)
{
	u64 pointer;
	int err;

	if (!array)
		return 0;
	for (;; array += sizeof(pointer)) {
		err = user_read_u64(&pointer, array);
		if (err || !pointer)
			return err;
		err = add_user_string(a, pointer);
		if (err)
			return err;
		++*count;
		if (too_big(a))
			return -E2BIG;
	}
}

int args_add_kernel(struct arg_list *a, const char *s, u32 *count)
{
	size_t n = strlen(s) + 1, room;

	++*count;
	while (n) {
		u8 *dst = tail(a, &room);
		size_t run;

		if (!dst)
			return -E2BIG;
		run = MIN(n, room);
		memcpy(dst, s, run);
		a->bytes += run;
		s += run;
		n -= run;
	}
	return 0;
}

static u8 byte_at(const struct arg_list *a, size_t i)
{
	return a->page[i / PAGE_SIZE][i % PAGE_SIZE];
}

/* Moves all bytes by @by (scripts only: short lists, rare). Room has been made. */
static void shift_bytes(struct arg_list *a, size_t from, size_t to, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		size_t i = to > from ? n - 1 - k : k;

		a->page[(to + i) / PAGE_SIZE][(to + i) % PAGE_SIZE] = byte_at(a, from + i);
	}
}

int args_prepend(struct arg_list *a, const char *s)
{
	size_t old = a->bytes, n = strlen(s) + 1;
	int err = args_add_kernel(a, s, &a->argc);

	if (err)
		return err;
	shift_bytes(a, 0, n, old);
	for (size_t i = 0; i < n; i++)
		a->page[i / PAGE_SIZE][i % PAGE_SIZE] = s[i];
	return 0;
}

void args_drop_first(struct arg_list *a)
{
	size_t n = 0, pages = pages_in_use(a);

	if (!a->argc)
		return;
	while (byte_at(a, n))
		n++;
	n++;
	shift_bytes(a, n, 0, a->bytes - n);
	a->bytes -= n;
	a->argc--;
	for (size_t i = pages_in_use(a); i < pages; i++)
		page_put(virt_to_page(a->page[i]));
}

int args_for_each_run(const struct arg_list *a, int (*fn)(const u8 *bytes, size_t n, void *arg),
		      void *arg)
{
	for (size_t done = 0; done < a->bytes; done += PAGE_SIZE) {
		int err = fn(a->page[done / PAGE_SIZE], MIN(a->bytes - done, PAGE_SIZE), arg);

		if (err)
			return err;
	}
	return 0;
}
