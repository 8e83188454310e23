/* SPDX-License-Identifier: ISC */
/*
 * The initial stack (ABI page, section 0): argc, argv[], NULL, envp[], NULL, auxv, and above
 * them the strings. Written into a space that nobody runs yet.
 */
#include "proc/exec.h"

#include "abi/auxv.h"
#include "abi/errno.h"
#include "base/trace.h"
#include "fs/random.h"
#include "lib/string.h"
#include "machine/cpu.h"

#define WRITER_WORDS 64
#define AUXV_PAIRS 21
#define PLATFORM "x86_64\0" /* a word of it */
#define RANDOM_BYTES 16
#define MIN_SIGNAL_STACK 2048

/* Words written in ascending order, a buffer at a time. */
struct writer {
	struct space *space;
	u64 at; /* address of words[0] */
	unsigned count;
	int err;
	u64 words[WRITER_WORDS];
};

static __attribute__((noinline)) void flush(struct writer *w)
{
	if (!w->err)
		w->err = space_write(w->space, w->at, w->words, w->count * sizeof(u64));
	w->at += w->count * sizeof(u64);
	w->count = 0;
}

static inline void put(struct writer *w, u64 word)
{
	if (unlikely(w->count == WRITER_WORDS))
		flush(w);
	w->words[w->count++] = word;
}

/* The address of the next word. */
static u64 place_of(const struct writer *w)
{
	return w->at + w->count * sizeof(u64);
}

/* As many as there is room for. */
static void put_all(struct writer *w, const u64 *words, unsigned n)
{
	assert(n <= WRITER_WORDS);
	if (w->count + n > WRITER_WORDS)
		flush(w);
	memcpy(w->words + w->count, words, n * sizeof(u64));
	w->count += n;
}

struct copy {
	struct space *space;
	u64 at;
};

static int copy_run(const u8 *bytes, size_t n, void *arg)
{
	struct copy *c = arg;
	int err = space_write(c->space, c->at, bytes, n);

	c->at += n;
	return err;
}

/* The addresses of the strings follow from where the NULs are. */
struct pointers {
	struct writer *w;
	u64 at; /* address of the current byte */
	bool begins; /* a string begins at it */
	u32 left; /* strings of argv still to come; then NULL and envp */
};

static int put_pointers(const u8 *bytes, size_t n, void *arg)
{
	struct pointers *p = arg;

	for (size_t i = 0; i < n; i++, p->at++) {
		if (p->begins) {
			if (p->left-- == 0) {
				put(p->w, 0); /* the NULL between argv and envp */
				p->w->space->env_start = p->at;
			}
			put(p->w, p->at);
		}
		p->begins = bytes[i] == 0;
	}
	return p->w->err;
}

struct places { /* of what auxv points at */
	u64 path, platform, random;
};

static void put_auxv(struct writer *w, const struct new_image *img, const struct places *at)
{
	const struct credentials *cred = &img->cred;
	const u64 pairs[][2] = {
		{ AT_HWCAP, cpu_features.hwcap },
		{ AT_PAGESZ, PAGE_SIZE },
		{ AT_CLKTCK, 100 },
		{ AT_PHDR, img->elf.phdr_vaddr ? img->elf.phdr_vaddr + img->bias : 0 },
		{ AT_PHENT, 56 },
		{ AT_PHNUM, img->elf.phnum },
		{ AT_BASE, img->interp_base },
		{ AT_FLAGS, 0 },
		{ AT_ENTRY, img->elf.entry + img->bias },
		{ AT_UID, cred->uid },
		{ AT_EUID, cred->euid },
		{ AT_GID, cred->gid },
		{ AT_EGID, cred->egid },
		{ AT_SECURE, cred->euid != cred->uid || cred->egid != cred->gid },
		{ AT_RANDOM, at->random },
		{ AT_HWCAP2, cpu_features.fsgsbase ? HWCAP2_FSGSBASE : 0 },
		{ AT_EXECFN, at->path },
		{ AT_PLATFORM, at->platform },
		{ AT_MINSIGSTKSZ, MAX(MIN_SIGNAL_STACK, 1024 + cpu_features.xsave_bytes) },
		{ AT_NULL, 0 },
	};

	_Static_assert(ARRAY_SIZE(pairs) + 1 == AUXV_PAIRS, "the vDSO's is before them");
	if (img->vdso) {
		put(w, AT_SYSINFO_EHDR);
		put(w, img->vdso);
	}
	put_all(w, pairs[0], 2 * ARRAY_SIZE(pairs));
}

/* What auxv points at, but for strings of the program's own; it lies as @at says behind a gap. */
static void put_strings(struct writer *w, const struct places *at)
{
	u64 random[RANDOM_BYTES / sizeof(u64)], platform;

	while (place_of(w) < at->random)
		put(w, 0);
	random_bytes(random, sizeof(random));
	for (unsigned i = 0; i < ARRAY_SIZE(random); i++)
		put(w, random[i]);
	memcpy(&platform, PLATFORM, sizeof(platform));
	put(w, platform);
}

int stack_build(struct new_image *img, const struct arg_list *args)
{
	struct space *s = img->space;
	u64 top = s->stack_top - 8; /* one word of zero ends the stack */
	size_t path_bytes = strlen(img->path) + 1;
	struct copy strings;
	struct places at;
	struct writer w = { .space = s };
	struct pointers p = { &w, 0, true, args->argc };
	int err;

	at.path = top - path_bytes;
	strings = (struct copy){ s, at.path - args->bytes };
	s->args_start = p.at = strings.at;
	s->args_end = s->env_start = at.path;
	at.platform = ALIGN_DOWN(strings.at - 8, 8);
	at.random = at.platform - RANDOM_BYTES;
	/* argc, argv, NULL, envp, NULL, auxv: rsp is a multiple of 16 at the entry. */
	img->sp = ALIGN_DOWN(at.random - (3UL + args->argc + args->envc + 2 * AUXV_PAIRS) * 8, 16);
	err = space_write(s, at.path, img->path, path_bytes);
	if (!err)
		err = args_for_each_run(args, copy_run, &strings);
	if (err)
		return err;
	w.at = img->sp;
	put(&w, args->argc);
	args_for_each_run(args, put_pointers, &p);
	if (!args->envc)
		put(&w, 0); /* no string of envp came to end argv */
	put(&w, 0);
	s->auxv_start = place_of(&w);
	put_auxv(&w, img, &at);
	s->auxv_end = place_of(&w);
	put_strings(&w, &at);
	flush(&w);
	trace(TRACE_STACK, args->argc, img->sp);
	return w.err;
}
