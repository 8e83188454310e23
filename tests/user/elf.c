/* SPDX-License-Identifier: ISC */
/*
 * Executable files that lie. First the lies by name, each of which must end in an error of execve or
 * in the death of the process that tried; then a true file with some bytes of its headers changed,
 * whatever comes of it, as long as the kernel goes on. Checklist line 17. Arguments: the first seed
 * and how many.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define PATH "/tmp/elf.test"
#define BASE 0x10000000UL
#define SEEDS 300

struct image {
	Elf64_Ehdr header;
	Elf64_Phdr text, data;
	uint8_t code[64];
	uint8_t bytes[64];
};

static const struct image truth = {
	.header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_entry = BASE + offsetof(struct image, code),
		.e_phoff = offsetof(struct image, text),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 2,
	},
	.text = {
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_X,
		.p_vaddr = BASE,
		.p_filesz = sizeof(struct image),
		.p_memsz = sizeof(struct image),
		.p_align = 4096,
	},
	.data = {
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_W,
		.p_offset = offsetof(struct image, bytes),
		.p_vaddr = BASE + 4096 + offsetof(struct image, bytes),
		.p_filesz = 64,
		.p_memsz = 8192,
		.p_align = 4096,
	},
	/* mov $231, %eax; mov $42, %edi; syscall; ud2 */
	.code = { 0xb8, 231, 0, 0, 0, 0xbf, 42, 0, 0, 0, 0x0f, 0x05, 0x0f, 0x0b },
};

static bool put(const struct image *image, size_t size)
{
	int fd;

	unlink(PATH);
	fd = open(PATH, O_WRONLY | O_CREAT, 0755);
	if (fd < 0 || write(fd, image, size) != (ssize_t)size)
		return false;
	return close(fd) == 0;
}

/* The child's end, by a pipe that closes with it; one that goes on for ever is killed. */
static int run_for_a_while(void)
{
	char *argv[] = { PATH, NULL };
	int alive[2];
	struct pollfd fd;
	pid_t pid;

	if (pipe(alive) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		long error = raw(SYS_execve, PATH, argv, argv + 1);

		_exit(error == -ENOEXEC ? 100 : 101);
	}
	close(alive[1]);
	fd = (struct pollfd){ .fd = alive[0], .events = POLLIN };
	if (poll(&fd, 1, 2000) == 0)
		kill(pid, SIGKILL);
	close(alive[0]);
	return status_of(pid);
}

/* It must not have run to its end, nor still be running. */
static void is_a_lie(const char *name, const struct image *image, size_t size)
{
	int status = put(image, size) ? run_for_a_while() : -1;

	if (!ok(status == EXITED(100) || status == EXITED(101) || status == KILLED(SIGSEGV) ||
			status == KILLED(SIGBUS) || status == KILLED(SIGKILL),
		"%s", name))
		diag("status %#x", status);
}

/* Refused before the old program is gone: the caller gets the error. */
static void is_refused(const char *name, const struct image *image, size_t size)
{
	is_status(put(image, size) ? run_for_a_while() : -1, EXITED(100), "%s: ENOEXEC", name);
}

#define WITH(field, value)                                                                         \
	({                                                                                         \
		lie = truth;                                                                       \
		lie.field = (value);                                                               \
		&lie;                                                                              \
	})

static void header_lies(void)
{
	static struct image lie;
	size_t all = sizeof(lie);

	is_refused("no magic", WITH(header.e_ident[0], 0), all);
	is_refused("another machine", WITH(header.e_machine, EM_386), all);
	is_refused("an object file", WITH(header.e_type, ET_REL), all);
	is_refused("a core file", WITH(header.e_type, ET_CORE), all);
	is_refused("no program headers", WITH(header.e_phnum, 0), all);
	is_refused("small program headers", WITH(header.e_phentsize, 32), all);
	is_refused("65535 program headers", WITH(header.e_phnum, 65535), all);
	is_refused("cut within the header", &truth, 40);
	is_a_lie("cut behind the header", &truth, 64);
	is_a_lie("program headers behind the end", WITH(header.e_phoff, 100000), all);
	is_a_lie("program headers at -1", WITH(header.e_phoff, -1UL), all);
	is_a_lie("entry at 0", WITH(header.e_entry, 0), all);
	is_a_lie("entry in the kernel", WITH(header.e_entry, 0xffffffff80100000), all);
	is_a_lie("entry that is no address", WITH(header.e_entry, 0x800000000000), all);
	is_a_lie("entry at the end of the user half", WITH(header.e_entry, 0x7fffffffffff), all);
	is_a_lie("entry in data", WITH(header.e_entry, truth.data.p_vaddr), all);
}

static void segment_lies(void)
{
	static struct image lie;
	size_t all = sizeof(lie);

	is_a_lie("file larger than memory", WITH(text.p_filesz, 1UL << 40), all);
	is_a_lie("file larger than memory, by one byte", WITH(data.p_memsz, 63), all);
	is_a_lie("memory of 2^46 bytes", WITH(data.p_memsz, 1UL << 47), all);
	is_a_lie("memory of 2^63 bytes", WITH(data.p_memsz, 1UL << 63), all);
	is_a_lie("memory of -1", WITH(data.p_memsz, -1UL), all);
	is_a_lie("segment in the kernel half", WITH(data.p_vaddr, 0xffffffff80100000), all);
	is_a_lie("segment that is no address", WITH(data.p_vaddr, 0x800000000000 - 4096), all);
	is_a_lie("segment that wraps", WITH(data.p_vaddr, -4096UL + truth.data.p_offset), all);
	is_a_lie("offset and address apart", WITH(data.p_offset, truth.data.p_offset + 1), all);
	is_a_lie("offset of -4096", WITH(text.p_offset, -4096UL), all);
	is_a_lie("code that can't be executed", WITH(text.p_flags, PF_R), all);
}

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005UL + 1442695040888963407UL;
	return *state >> 33;
}

/* One to eight bytes of the headers changed. */
static void mutate(struct image *image, uint64_t seed)
{
	uint64_t state = seed * 2654435761UL + 1;
	int count = next_random(&state) % 8 + 1;
	uint8_t *bytes = (uint8_t *)image;

	*image = truth;
	while (count-- > 0)
		bytes[next_random(&state) % offsetof(struct image, code)] = next_random(&state);
}

static void mutations(uint64_t first, int count)
{
	static struct image image;
	int done = 0;

	for (int i = 0; i < count; i++) {
		mutate(&image, first + i);
		if (put(&image, sizeof(image)) && run_for_a_while() != -1)
			done++;
	}
	is_long(done, count, "files with changed headers: each has its end");
}

int main(int argc, char **argv)
{
	if (argc > 2) {
		mutations(strtoul(argv[1], NULL, 0), atoi(argv[2]));
	} else {
		put(&truth, sizeof(truth));
		is_status(run_for_a_while(), EXITED(42), "the true file runs");
		header_lies();
		segment_lies();
		mutations(1, SEEDS);
		put(&truth, sizeof(truth));
		is_status(run_for_a_while(), EXITED(42), "the true file runs still");
	}
	unlink(PATH);
	return done_testing();
}
