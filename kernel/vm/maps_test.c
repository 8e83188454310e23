/* SPDX-License-Identifier: ISC */
/*
 * Tests of the list and the tree of maps: random calls against a model that knows each page's rights
 * and its word, and borders that move between neighbours.
 */
#include "abi/errno.h"
#include "base/ktest.h"
#include "base/log.h"
#include "lib/string.h"
#include "vm/vma.h"

#define RW (MMU_READ | MMU_WRITE)
#define BASE 0x10000000UL
#define PAGES(n) ((n)*PAGE_SIZE)
#define MODEL_PAGES 64

static struct model_page {
	u8 prot; /* + 1; 0: unmapped */
	u64 word; /* what its first word holds */
} model[MODEL_PAGES];

static u64 next_random(u64 *x)
{
	*x = *x * 6364136223846793005UL + 1442695040888963407UL;
	return *x >> 24;
}

static void model_set(u64 first, u64 n, u32 prot)
{
	for (u64 i = first; i < first + n; i++)
		model[i] = (struct model_page){ (u8)(prot + 1), 0 };
}

static int random_map(struct space *s, u64 first, u64 n, u32 prot)
{
	i64 at = space_map(s, BASE + PAGES(first), PAGES(n), prot, 0, NULL, 0, MAP_AT_FIXED);

	model_set(first, n, prot);
	return at == (i64)(BASE + PAGES(first)) ? 0 : -EFAULT;
}

static int random_unmap(struct space *s, u64 first, u64 n)
{
	int err = space_unmap(s, BASE + PAGES(first), PAGES(n));

	memset(model + first, 0, n * sizeof(*model));
	return err;
}

/* What lies before a hole is changed. */
static int random_protect(struct space *s, u64 first, u64 n, u32 prot)
{
	int err = space_protect(s, BASE + PAGES(first), PAGES(n), prot), want = 0;

	for (u64 i = first; i < first + n && !want; i++) {
		if (model[i].prot)
			model[i].prot = (u8)(prot + 1);
		else
			want = -ENOMEM;
	}
	return err == want ? 0 : -EFAULT;
}

static int random_write(struct space *s, u64 page, u64 word)
{
	bool may = model[page].prot && (model[page].prot - 1) & MMU_WRITE;
	int err = space_write(s, BASE + PAGES(page), &word, sizeof(word));

	if (may)
		model[page].word = word;
	return !err == may ? 0 : -EFAULT;
}

static int random_step(struct space *s, u64 *x)
{
	u64 r = next_random(x), first = r & 31, n = (r >> 5 & 31) + 1;
	u32 prot = r >> 10 & 3;

	switch (r >> 12 & 7) {
	case 0: return random_unmap(s, first, n);
	case 1: return random_map(s, first, n, prot);
	case 2:
	case 3:
	case 4: return random_protect(s, first, n & 7 ? n & 7 : 1, prot);
	default: return random_write(s, first, r);
	}
}

/* Nothing in the space is other than in the model, and no two neighbours could be one map. */
static const char *compare(struct space *s)
{
	for (const struct vma *v = s->first; v && v->next; v = v->next)
		if (v->prot == v->next->prot && vma_adjoins(v, v->next))
			return "two maps that should be one";
	for (u64 i = 0; i < MODEL_PAGES; i++) {
		const struct vma *v = vma_find_down(s, BASE + PAGES(i));
		bool mapped = v && v->start <= BASE + PAGES(i);
		u64 word = 0;

		if (mapped ? model[i].prot != v->prot + 1 : model[i].prot != 0)
			return "a map unlike the model's";
		if (mapped && v->prot &&
		    (space_read(s, BASE + PAGES(i), &word, sizeof(word)) || word != model[i].word))
			return "a page with another's contents";
	}
	return space_check(s);
}

/* Its child goes on instead: its maps are in no tree yet. */
static struct space *succeed(struct space *s)
{
	struct space *child = space_fork(s);

	space_put(s);
	return child;
}

KTEST(maps_random_calls, 500)
{
	struct space *s = space_create();
	const char *wrong = NULL;
	u64 x = 12345;

	KREQUIRE(s);
	memset(model, 0, sizeof(model));
	for (u32 i = 0; i < 4000 && !wrong; i++) {
		if (random_step(s, &x))
			wrong = "a call that failed, or should have";
		else if (i % 8 == 0)
			wrong = compare(s);
		if (i % 32 == 8 || i % 32 == 11) {
			s = succeed(s);
			KREQUIRE(s);
		}
	}
	if (wrong)
		log_error("maps: %s", wrong);
	KEXPECT(!wrong);
	space_put(s);
}

static u64 end_of_first(const struct space *s)
{
	return s->first->end - BASE;
}

KTEST(maps_borders_move_without_memory, 20)
{
	struct space *s = space_create();

	KREQUIRE(s);
	KEXPECT_EQ(space_map(s, BASE, PAGES(4), RW, 0, NULL, 0, MAP_AT_FREE), BASE);
	KEXPECT_EQ(space_map(s, BASE + PAGES(4), PAGES(4), 0, 0, NULL, 0, MAP_AT_FREE),
		   BASE + PAGES(4));
	fault_inject(0, 1000);
	KEXPECT_EQ(space_protect(s, BASE + PAGES(4), PAGES(1), RW), 0);
	KEXPECT_EQ(end_of_first(s), PAGES(5));
	KEXPECT_EQ(space_protect(s, BASE + PAGES(2), PAGES(3), 0), 0);
	KEXPECT_EQ(end_of_first(s), PAGES(2));
	KEXPECT_EQ(space_protect(s, BASE + PAGES(3), PAGES(1), RW), -ENOMEM); /* its own map */
	fault_inject(0, 0);
	KEXPECT_EQ(s->map_count, 2);
	KEXPECT_EQ(space_protect(s, BASE, PAGES(2), 0), 0); /* all of it: they are one */
	KEXPECT_EQ(s->map_count, 1);
	KEXPECT(!space_check(s));
	space_put(s);
}

/* A map in the middle loses its second cut: what the first one did is undone. */
KTEST(maps_failed_cut_leaves_nothing, 20)
{
	struct space *s = space_create();

	KREQUIRE(s);
	KEXPECT_EQ(space_map(s, BASE, PAGES(8), RW, 0, NULL, 0, MAP_AT_FREE), BASE);
	fault_inject(1, 1);
	KEXPECT_EQ(space_protect(s, BASE + PAGES(3), PAGES(1), 0), -ENOMEM);
	fault_inject(0, 0);
	KEXPECT_EQ(s->map_count, 1);
	KEXPECT_EQ(end_of_first(s), PAGES(8));
	KEXPECT(!space_check(s));
	space_put(s);
}
