/* SPDX-License-Identifier: ISC */
/*
 * When to draw what the terminal holds.
 *
 * `shown` remembers each cell as it is on the screen, so drawing costs what changed and the
 * framebuffer is never read. Small changes are drawn at once. A burst (scrolling) is drawn
 * at most once a frame: by its writer if that may be interrupted, else by a thread that a
 * timer wakes. In a panic all is drawn at once.
 *
 * Lock: screen.lock (interrupts off) guards all of struct screen; a long redraw lets it go
 * after each row. Answers to programs are handed to the tty with no lock held.
 */
#include "drivers/fbcon.h"

#include "drivers/console_lock.h"
#include "drivers/fb_draw.h"
#include "lib/string.h"
#include "machine/clock.h"
#include "mm/kmap.h"
#include "mm/page.h"
#include "sched/timer.h"
#include "sched/wait.h"

#define FRAME_NS (16 * NSEC_PER_MSEC)
#define LARGE_FONT_WIDTH 2560 /* pixels from which the small font is too small to read */
#define MAX_SIDE 16384 /* pixels */

static struct screen {
	struct console_lock lock;
	bool present; /* [i] */
	bool started; /* the thread runs */
	bool deferred; /* the thread has been asked to draw */
	bool panic_seen; /* the head of the report is out */
	bool cursor_shown;
	u16 cursor_x, cursor_y; /* where it is shown */
	u64 drawn_ns; /* when a burst was last drawn */
	struct vt vt;
	struct fb_surface surface;
	vt_cell *shown; /* rows * columns */
	struct timer timer;
	struct wait_queue wake;
} screen;

static u16 glyph_of(u32 rune)
{
	return font_glyph(screen.surface.font, rune);
}

static vt_cell *shown_at(struct screen *s, u16 x, u16 y)
{
	return s->shown + (size_t)y * s->vt.columns + x;
}

static void hide_cursor(struct screen *s)
{
	if (!s->cursor_shown)
		return;
	fb_draw_cell(&s->surface, s->cursor_x, s->cursor_y, *shown_at(s, s->cursor_x, s->cursor_y),
		     false);
	s->cursor_shown = false;
}

static void show_cursor(struct screen *s)
{
	struct vt_cursor *c = &s->vt.cursor;

	if (s->cursor_shown && s->vt.cursor_visible && s->cursor_x == c->x && s->cursor_y == c->y)
		return;
	hide_cursor(s);
	if (!s->vt.cursor_visible)
		return;
	s->cursor_x = c->x;
	s->cursor_y = c->y;
	s->cursor_shown = true;
	fb_draw_cell(&s->surface, c->x, c->y, *shown_at(s, c->x, c->y), true);
}

static void draw_row(struct screen *s, u16 y)
{
	struct vt_row *row = &s->vt.row[y];
	vt_cell *shown = shown_at(s, 0, y);

	if (row->dirty_from >= row->dirty_to)
		return;
	if (s->cursor_y == y)
		hide_cursor(s);
	for (u16 x = row->dirty_from; x < row->dirty_to; x++) {
		if (shown[x] == row->cells[x])
			continue;
		shown[x] = row->cells[x];
		fb_draw_cell(&s->surface, x, y, shown[x], false);
	}
	row->dirty_from = s->vt.columns;
	row->dirty_to = 0;
}

/* All in one hold of the lock. */
static void draw_now(struct screen *s)
{
	for (u16 y = 0; y < s->vt.rows; y++)
		draw_row(s, y);
	show_cursor(s);
}

/* With interrupts let in after each row. */
static void draw_gently(struct screen *s)
{
	u64 flags;

	for (u16 y = 0; y < s->vt.rows; y++) {
		flags = console_lock(&s->lock);
		draw_row(s, y);
		console_unlock(&s->lock, flags);
	}
	flags = console_lock(&s->lock);
	show_cursor(s);
	s->drawn_ns = clock_ns();
	console_unlock(&s->lock, flags);
}

static u32 dirty_cells(const struct screen *s)
{
	u32 n = 0;

	for (u16 y = 0; y < s->vt.rows; y++) {
		const struct vt_row *row = &s->vt.row[y];

		if (row->dirty_from < row->dirty_to)
			n += row->dirty_to - row->dirty_from;
	}
	return n;
}

static void defer(struct screen *s)
{
	if (s->deferred)
		return;
	s->deferred = true;
	timer_arm(&s->timer, s->drawn_ns + FRAME_NS);
}

/* Ends a hold of the lock in which the terminal was written to. */
static void unlock_and_draw(struct screen *s, u64 flags)
{
	bool gently = false;

	if (!s->started || log_in_panic() || dirty_cells(s) <= 2u * s->vt.columns)
		draw_now(s);
	else if (flags & RFLAGS_IF && clock_ns() - s->drawn_ns >= FRAME_NS)
		gently = true;
	else
		defer(s);
	console_unlock(&s->lock, flags);
	if (gently)
		draw_gently(s);
}

static void timer_fired(struct timer *t)
{
	(void)t;
	wait_wake_all(&screen.wake);
}

static void redraw_thread(void *arg)
{
	struct screen *s = arg;

	for (;;) {
		wait_event(&s->wake, READ_ONCE(s->deferred));
		WRITE_ONCE(s->deferred, false);
		draw_gently(s);
	}
}

/* The head of a panic stands out. */
static const struct vt_pen *log_pen(struct screen *s)
{
	static const struct vt_pen panic_pen = { .fg = 15, .bg = 1 };

	if (!log_in_panic() || s->panic_seen)
		return &vt_default_pen;
	s->panic_seen = true;
	return &panic_pen;
}

static void write_log(struct log_sink *sink, const char *text, size_t n)
{
	u64 flags = console_lock(&screen.lock);

	(void)sink;
	vt_write_log(&screen.vt, log_pen(&screen), text, n);
	screen.vt.reply_length = 0;
	unlock_and_draw(&screen, flags);
}

static void write_output(struct tty_output *o, const char *text, size_t n)
{
	char reply[VT_REPLY_MAX];
	u64 flags = console_lock(&screen.lock);
	u8 length;

	(void)o;
	vt_write(&screen.vt, text, n);
	length = screen.vt.reply_length;
	memcpy(reply, screen.vt.reply, length);
	screen.vt.reply_length = 0;
	unlock_and_draw(&screen, flags);
	for (u8 i = 0; i < length; i++)
		tty_input(tty_console, (u8)reply[i]);
}

struct log_sink fbcon_sink = { .name = "screen", .write = write_log };
struct tty_output fbcon_output = { .name = "screen", .write = write_output, .is_screen = true };

static bool plausible(const struct boot_framebuffer *fb)
{
	return fb->width >= 2 * 16 && fb->height >= 2 * 32 && fb->width <= MAX_SIDE &&
	       fb->height <= MAX_SIDE && fb->pitch >= 4 * fb->width && fb->pitch % 4 == 0 &&
	       (u64)fb->pitch * fb->height <= fb->size && fb->base + fb->size > fb->base &&
	       fb->red_shift <= 24 && fb->green_shift <= 24 && fb->blue_shift <= 24;
}

/* Memory for both screens' cells and for `shown`; NULL: there is none. */
static void *allocate_cells(u16 columns, u16 rows)
{
	size_t bytes = vt_storage_bytes(columns, rows) + (size_t)columns * rows * sizeof(vt_cell);
	unsigned order = 0;
	struct page *p;

	while (PAGE_SIZE << order < bytes)
		order++;
	p = page_alloc(order, ALLOC_ZERO);
	return p ? page_to_virt(p) : NULL;
}

static int map_surface(struct fb_surface *s, const struct boot_framebuffer *fb)
{
	s->width = fb->width;
	s->height = fb->height;
	s->pitch = fb->pitch;
	s->font = fb->width >= LARGE_FONT_WIDTH ? &font_large : &font_small;
	s->pixels = device_map(fb->base, (size_t)fb->pitch * fb->height, MMU_WRITE_COMBINING);
	if (!s->pixels)
		return -ENOMEM;
	fb_set_palette(s, fb);
	return 0;
}

int fbcon_init(const struct boot_framebuffer *fb)
{
	struct screen *s = &screen;
	u16 columns, rows;
	void *cells;

	if (!fb->base)
		return -ENODEV;
	if (!plausible(fb))
		return -EINVAL;
	if (map_surface(&s->surface, fb))
		return -ENOMEM;
	columns = (u16)MIN(fb->width / s->surface.font->width, VT_MAX_COLUMNS);
	rows = (u16)MIN(fb->height / s->surface.font->height, VT_MAX_ROWS);
	cells = allocate_cells(columns, rows);
	if (!cells)
		return -ENOMEM;
	/* commit: nothing fails from here */
	vt_init(&s->vt, columns, rows, cells, glyph_of);
	s->shown = (vt_cell *)((u8 *)cells + vt_storage_bytes(columns, rows));
	for (u16 y = 0; y < rows; y++)
		memcpy(shown_at(s, 0, y), s->vt.row[y].cells, columns * sizeof(vt_cell));
	fb_clear(&s->surface);
	timer_init(&s->timer, timer_fired);
	wait_queue_init(&s->wake);
	fbcon_output.columns = columns;
	fbcon_output.rows = rows;
	s->present = true;
	return 0;
}

void fbcon_start(void)
{
	u64 flags;

	if (!screen.present || !kthread_start("screen", redraw_thread, &screen))
		return;
	flags = console_lock(&screen.lock);
	screen.started = true;
	console_unlock(&screen.lock, flags);
}

void fbcon_flush(void)
{
	u64 flags;

	if (!screen.present)
		return;
	flags = console_lock(&screen.lock);
	draw_now(&screen);
	console_unlock(&screen.lock, flags);
}

bool fbcon_app_cursor(void)
{
	return screen.present && screen.vt.app_cursor;
}
