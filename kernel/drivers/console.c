/* SPDX-License-Identifier: ISC */
/* Puts the console together from its devices. Boot only, one CPU, no locks. */
#include "drivers/console.h"

#include "drivers/fbcon.h"
#include "drivers/keyboard.h"
#include "drivers/uart.h"

static bool early_sink; /* uart_sink is registered */

void console_init_early(void)
{
	if (early_sink || !uart_init())
		return;
	log_add_sink(&uart_sink);
	early_sink = true;
}

static void start_serial(void)
{
	console_init_early();
	if (!early_sink)
		return;
	uart_start();
	tty_add_output(&uart_output);
}

/* True if there is a screen to write on. */
static bool start_screen(const struct boot_info *info)
{
	const struct boot_framebuffer *fb = &info->framebuffer;
	int error = fbcon_init(fb);

	if (error) {
		log_notice("console: no screen (%d)", error);
		return false;
	}
	log_add_sink(&fbcon_sink);
	tty_add_output(&fbcon_output);
	log_info("console: screen %ux%u at 0x%lx, %u columns, %u rows", fb->width, fb->height,
		 fb->base, fbcon_output.columns, fbcon_output.rows);
	error = keyboard_init();
	if (error)
		log_notice("console: no keyboard (%d)", error);
	return true;
}

void console_set_serial_size(u16 rows, u16 columns)
{
	uart_set_size(rows, columns);
}

bool console_init(const struct boot_info *info, bool serial, bool screen)
{
	bool on_screen = screen && start_screen(info);

	if (serial || !on_screen)
		start_serial();
	else
		uart_mute();
	if (!on_screen)
		uart_note_terminal();
	return on_screen;
}

void console_start(void)
{
	fbcon_start();
}

void console_flush(void)
{
	uart_flush();
	fbcon_flush();
}
