/* SPDX-License-Identifier: ISC */
/* The runner of the host tests, see test.h. */
#include <sys/mman.h>

#include "test.h"

#define PAGE 4096

static const char *data_directory = ".";
static const char *skip_reason;
static bool case_failed;

bool test_check(bool held, const char *what, const char *file, int line)
{
	if (!held) {
		printf("# %s:%d: %s\n", file, line, what);
		case_failed = true;
	}
	return held;
}

bool test_equal(i64 got, i64 want, const char *what, const char *file, int line)
{
	if (got == want)
		return true;
	printf("# %s:%d: %s is %lld (0x%llx), not %lld (0x%llx)\n", file, line, what,
	       (long long)got, (long long)got, (long long)want, (long long)want);
	case_failed = true;
	return false;
}

void test_skip(const char *why)
{
	skip_reason = why;
}

u8 *test_read_file(const char *name, size_t *size)
{
	char path[512];
	FILE *f;
	u8 *bytes = NULL;
	long length;

	host_snprintf(path, sizeof(path), *name == '/' ? "%.0s%s" : "%s/%s", data_directory, name);
	f = fopen(path, "rb");
	if (!f)
		return NULL;
	if (fseek(f, 0, SEEK_END) == 0 && (length = ftell(f)) > 0) {
		bytes = malloc((size_t)length);
		rewind(f);
		*size = fread(bytes, 1, (size_t)length, f);
	}
	fclose(f);
	return bytes;
}

void *test_guarded(size_t size)
{
	size_t bytes = ALIGN_UP(size, (size_t)PAGE);
	u8 *p = mmap(NULL, bytes + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		     0);

	if (p == MAP_FAILED || mprotect(p + bytes, PAGE, PROT_NONE))
		abort();
	return p + bytes - size;
}

u64 test_random(void)
{
	static u64 state = 88172645463325252ULL;

	/* Marsaglia's xorshift64. */
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

int test_main(int argc, char **argv, const struct test_case *cases, size_t count)
{
	int failed = 0;

	if (argc > 1)
		data_directory = argv[1];
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..%zu\n", count);
	for (size_t i = 0; i < count; i++) {
		case_failed = false;
		skip_reason = NULL;
		cases[i].run();
		printf("%sok %zu - %s%s%s\n", case_failed ? "not " : "", i + 1, cases[i].name,
		       skip_reason ? " # SKIP " : "", skip_reason ? skip_reason : "");
		failed += case_failed;
	}
	return failed != 0;
}
