/* SPDX-License-Identifier: ISC */
/*
 * The i8042: set up once by polling, then one interrupt a byte. The controller translates to
 * scan code set 1 (the state BIOSes leave it in and that all emulations know).
 *
 * Where there is none, its ports read 0xff: "input full" for ever, so every wait is bounded.
 * State belongs to the interrupt handler, which runs on one CPU; no lock.
 */
#include "drivers/keyboard.h"

#include "base/log.h"
#include "drivers/fbcon.h"
#include "drivers/keymap.h"
#include "machine/clock.h"
#include "machine/io.h"
#include "machine/irq.h"
#include "machine/platform.h"

#define DATA 0x60
#define STATUS 0x64 /* read */
#define COMMAND 0x64 /* write */
#define KEYBOARD_IRQ 1
#define ABSENT 0xff
#define STATUS_OUTPUT 0x01 /* a byte is there for us */
#define STATUS_INPUT 0x02 /* it has not taken ours yet */
#define STATUS_MOUSE 0x20 /* the byte is the mouse's */
#define CMD_READ_CONFIG 0x20
#define CMD_WRITE_CONFIG 0x60
#define CMD_DISABLE_MOUSE 0xa7
#define CMD_DISABLE_KEYBOARD 0xad
#define CMD_ENABLE_KEYBOARD 0xae
#define CONFIG_KEYBOARD_IRQ 0x01
#define CONFIG_MOUSE_IRQ 0x02
#define CONFIG_KEYBOARD_OFF 0x10
#define CONFIG_TRANSLATE 0x40
#define KEYBOARD_SET_LEDS 0xed
#define KEYBOARD_ENABLE 0xf4
#define KEYBOARD_ACK 0xfa
#define KEYBOARD_RESEND 0xfe
#define WAIT_STEP_US 20
#define WAIT_STEPS 2500 /* 50 ms */
#define IRQ_WAIT_READS 2000
#define FLUSH_MAX 64

static struct keyboard {
	struct keymap map;
	u8 leds; /* as the keyboard shows them */
	bool leds_asked; /* KEYBOARD_SET_LEDS is out, the mask follows its acknowledgement */
} keyboard;

static bool wait_status(u8 mask, u8 value)
{
	for (int i = 0; i < WAIT_STEPS; i++) {
		if ((inb(STATUS) & mask) == value)
			return true;
		clock_delay_us(WAIT_STEP_US);
	}
	return false;
}

static bool command(u8 c)
{
	if (!wait_status(STATUS_INPUT, 0))
		return false;
	outb(COMMAND, c);
	return true;
}

static bool write_data(u8 v)
{
	if (!wait_status(STATUS_INPUT, 0))
		return false;
	outb(DATA, v);
	return true;
}

static bool write_config(u8 config)
{
	return command(CMD_WRITE_CONFIG) && write_data(config);
}

static bool read_data(u8 *v)
{
	if (!wait_status(STATUS_OUTPUT, STATUS_OUTPUT))
		return false;
	*v = inb(DATA);
	return true;
}

static void flush(void)
{
	for (int i = 0; i < FLUSH_MAX && inb(STATUS) & STATUS_OUTPUT; i++)
		inb(DATA);
}

/* Both devices off, translation on, no interrupts yet (polling eats their bytes), keyboard on
 * again. *@config: what was written. */
static bool set_up_controller(u8 *config)
{
	if (!command(CMD_DISABLE_KEYBOARD) || !command(CMD_DISABLE_MOUSE))
		return false;
	flush();
	if (!command(CMD_READ_CONFIG) || !read_data(config))
		return false;
	*config |= CONFIG_TRANSLATE;
	*config &= (u8) ~(CONFIG_KEYBOARD_IRQ | CONFIG_MOUSE_IRQ | CONFIG_KEYBOARD_OFF);
	return write_config(*config) && command(CMD_ENABLE_KEYBOARD);
}

/* Whether a keyboard answers or not: one may be plugged in later. */
static void enable_scanning(void)
{
	u8 answer = 0;

	if (!write_data(KEYBOARD_ENABLE) || !read_data(&answer) || answer != KEYBOARD_ACK)
		log_info("keyboard: no answer (0x%x)", answer);
}

/* From the interrupt: a short wait, then the byte or nothing. */
static void send_quickly(u8 v)
{
	for (int i = 0; i < IRQ_WAIT_READS; i++) {
		if (!(inb(STATUS) & STATUS_INPUT)) {
			outb(DATA, v);
			return;
		}
	}
}

static void update_leds(struct keyboard *k)
{
	if (k->leds_asked || k->leds == keymap_leds(&k->map))
		return;
	k->leds_asked = true;
	send_quickly(KEYBOARD_SET_LEDS);
}

static void handle_byte(struct keyboard *k, u8 code)
{
	char text[KEYMAP_MAX];
	u8 n;

	if (code == KEYBOARD_ACK || code == KEYBOARD_RESEND) {
		if (k->leds_asked) {
			k->leds_asked = false;
			k->leds = keymap_leds(&k->map);
			if (code == KEYBOARD_ACK)
				send_quickly(k->leds);
		}
		return;
	}
	n = keymap_decode(&k->map, code, fbcon_app_cursor(), text);
	for (u8 i = 0; i < n; i++)
		tty_input(tty_console, (u8)text[i]);
	update_leds(k);
}

static bool interrupt(void *arg)
{
	for (int i = 0; i < FLUSH_MAX; i++) {
		u8 status = inb(STATUS), code;

		if (!(status & STATUS_OUTPUT) || status == ABSENT)
			break;
		code = inb(DATA);
		if (!(status & STATUS_MOUSE))
			handle_byte(arg, code);
	}
	return true; /* an edge whose byte the round before took is ours too */
}

int keyboard_init(void)
{
	u8 config;
	int error;

	if (!platform_has_i8042() || inb(STATUS) == ABSENT || !set_up_controller(&config))
		return -ENODEV;
	enable_scanning();
	flush();
	keyboard.map.num = true;
	error = irq_register_isa(KEYBOARD_IRQ, interrupt, &keyboard, "keyboard");
	if (error)
		return error;
	if (!write_config(config | CONFIG_KEYBOARD_IRQ))
		return -ENODEV;
	update_leds(&keyboard);
	return 0;
}
