/* SPDX-License-Identifier: ISC */
/*
 * Linked dynamically against musl: its loader, its allocator, its formatting, a library opened while
 * it runs, a thread.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void *square(void *arg)
{
	return (void *)((long)arg * (long)arg);
}

int main(int argc, char **argv)
{
	static char *list[1000];
	char line[64];
	struct tm when;
	time_t day = 86400;
	void *result = NULL;
	pthread_t thread;

	for (int i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line), "%05d", i * 7919 % 10007);
		list[i] = strdup(line);
	}
	qsort(list, 1000, sizeof(*list), by_text);
	printf("%s %s %s\n", list[0], list[500], list[999]);
	printf("%.3f %a %s\n", 2.0 / 3, 0.1, argc > 1 ? argv[1] : "none");
	strftime(line, sizeof(line), "%F %T", gmtime_r(&day, &when));
	printf("%s\n", line);
	if (pthread_create(&thread, NULL, square, (void *)12) == 0)
		pthread_join(thread, &result);
	printf("%ld\n", (long)result);
	printf("%s\n", dlopen("libnothere.so", RTLD_NOW) ? "opened" : dlerror());
	printf("%d\n", dlsym(RTLD_DEFAULT, "qsort") == (void *)qsort);
	for (int i = 0; i < 1000; i++)
		free(list[i]);
	return 7;
}
