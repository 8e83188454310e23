/* SPDX-License-Identifier: ISC */
/*
 * The vDSO's pages: one of data, then the image. Made once, shared by all programs, never freed: the
 * reference taken here stays.
 */
#include "proc/vdso.h"

#include "abi/errno.h"
#include "abi/time.h"
#include "abi/vdso_data.h"
#include "base/log.h"
#include "lib/string.h"
#include "machine/clock.h"
#include "mm/page.h"

#define MAX_PAGES 4

extern const u8 vdso_image_start[], vdso_image_end[];

static struct page *pages[MAX_PAGES]; /* written at boot: data, image … */
static u64 page_count;

static int vdso_page(struct backing *b, u64 index, struct page **out)
{
	(void)b;
	if (index >= page_count)
		return -ENXIO;
	page_get(pages[index]);
	*out = pages[index];
	return 0;
}

static void vdso_count(struct backing *b)
{
	(void)b; /* it is never freed */
}

static void vdso_describe(struct backing *b, char *buf, size_t size)
{
	(void)b;
	strlcpy(buf, "[vdso]", size);
}

static const struct backing_ops vdso_ops = {
	.page = vdso_page, .get = vdso_count, .put = vdso_count, .describe = vdso_describe
};
static struct backing vdso_backing = { &vdso_ops };

static void fill(u64 bytes)
{
	struct vdso_data *data = page_to_virt(pages[0]);

	data->mult = clock_params.mult;
	for (u32 clock = 0; clock < VDSO_CLOCKS; clock++)
		data->clock_ns[clock] = -clock_params.base_ns;
	for (u64 i = 1, done = 0; i < page_count; i++, done += PAGE_SIZE)
		memcpy(page_to_virt(pages[i]), vdso_image_start + done,
		       MIN(bytes - done, PAGE_SIZE));
}

void vdso_clock_was_set(void)
{
	struct vdso_data *data = page_count ? page_to_virt(pages[0]) : NULL;
	u64 start = clock_wall_offset() - clock_params.base_ns;

	if (!data)
		return;
	WRITE_ONCE(data->clock_ns[CLOCK_REALTIME], start);
	WRITE_ONCE(data->clock_ns[CLOCK_REALTIME_COARSE], start);
}

void vdso_init(void)
{
	u64 bytes = vdso_image_end - vdso_image_start;
	u64 wanted = 1 + ALIGN_UP(bytes, PAGE_SIZE) / PAGE_SIZE;

	ensure(wanted <= MAX_PAGES);
	if (clock_is_shared())
		return; /* a program cannot read the time by itself */
	for (u64 i = 0; i < wanted; i++) {
		pages[i] = page_alloc(0, ALLOC_ZERO);
		if (!pages[i]) {
			log_warning("vdso: no memory for it");
			return;
		}
	}
	page_count = wanted;
	fill(bytes);
	vdso_clock_was_set();
}

i64 vdso_map(struct space *s)
{
	i64 image, data;

	if (!page_count)
		return 0;
	image = space_map(s, 0, (page_count - 1) * PAGE_SIZE, MMU_READ | MMU_EXEC, 0, &vdso_backing,
			  PAGE_SIZE, 0);
	if (image < 0)
		return image;
	/* Its data, which is not for running, where the image looks for it. */
	data = space_map(s, image - PAGE_SIZE, PAGE_SIZE, MMU_READ, 0, &vdso_backing, 0,
			 MAP_AT_FREE);
	return data < 0 ? data : image;
}
