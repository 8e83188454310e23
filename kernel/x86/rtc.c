/* SPDX-License-Identifier: ISC */
/*
 * The date from the CMOS clock (MC146818 and its heirs): BCD or binary, 12 or 24 hours, with or
 * without a century. Read while it is not updating itself, twice the same, in bounded time.
 * Boot CPU only: the index port would need a lock otherwise.
 */
#include "lib/string.h"
#include "machine/clock.h"
#include "machine/io.h"
#include "x86/acpi.h"
#include "x86/clock.h"

#define CMOS_INDEX 0x70
#define CMOS_DATA 0x71

#define RTC_STATUS_A 0x0a
#define RTC_STATUS_B 0x0b
#define RTC_UPDATING 0x80
#define RTC_24_HOURS 0x02
#define RTC_BINARY 0x04
#define RTC_PM 0x80

#define UPDATE_MAX_US 4000 /* an update takes 2.2 ms at most */
#define READ_TRIES 4

static u8 cmos_read(u8 index)
{
	outb(CMOS_INDEX, index); /* bit 7 clear: NMI stays on */
	return inb(CMOS_DATA);
}

/* False: it is still updating after longer than any update lasts. */
static bool wait_update_end(void)
{
	u64 start = clock_ns();

	while (cmos_read(RTC_STATUS_A) & RTC_UPDATING) {
		if (clock_ns() - start > UPDATE_MAX_US * NSEC_PER_USEC)
			return false;
	}
	return true;
}

static struct rtc_time read_registers(void)
{
	return (struct rtc_time){
		.second = cmos_read(0),
		.minute = cmos_read(2),
		.hour = cmos_read(4),
		.day = cmos_read(7),
		.month = cmos_read(8),
		.year = cmos_read(9),
		.century = acpi.century_index ? cmos_read(acpi.century_index) : 0,
		.status_b = cmos_read(RTC_STATUS_B),
	};
}

static u32 decode(u8 v, u8 status_b)
{
	return status_b & RTC_BINARY ? v : (v >> 4) * 10u + (v & 15u);
}

/* Noon is 12 PM and midnight 12 AM: twelve stands for zero. */
static u32 decode_hour(u8 v, u8 status_b)
{
	if (status_b & RTC_24_HOURS)
		return decode(v, status_b);
	return decode(v & 0x7f, status_b) % 12 + (v & RTC_PM ? 12 : 0);
}

static u32 full_year(const struct rtc_time *t)
{
	u32 year = decode(t->year, t->status_b);
	u32 century = decode(t->century, t->status_b);

	return year + 100 * (century >= 19 && century <= 21 ? century : 20);
}

static bool is_leap(u32 year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 1970-01-01 to the first of the month. */
static u64 days_before(u32 year, u32 month)
{
	static const u16 before[12] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	u64 days = 0;

	for (u32 y = 1970; y < year; y++)
		days += is_leap(y) ? 366 : 365;
	return days + before[month - 1] + (month > 2 && is_leap(year));
}

u64 rtc_to_epoch(const struct rtc_time *t)
{
	u32 second = decode(t->second, t->status_b);
	u32 minute = decode(t->minute, t->status_b);
	u32 hour = decode_hour(t->hour, t->status_b);
	u32 day = decode(t->day, t->status_b);
	u32 month = decode(t->month, t->status_b);
	u32 year = full_year(t);

	if (second > 60 || minute > 59 || hour > 23 || day < 1 || day > 31 || month < 1 ||
	    month > 12 || year < 1970)
		return 0;
	return ((days_before(year, month) + day - 1) * 24 + hour) * 3600 + minute * 60 + second;
}

u64 rtc_read(void)
{
	struct rtc_time now, before;

	if (!acpi.has_rtc || (cmos_read(RTC_STATUS_A) == 0xff && cmos_read(RTC_STATUS_B) == 0xff))
		return 0;
	for (u32 i = 0; i < READ_TRIES; i++) {
		if (!wait_update_end())
			return 0;
		before = read_registers();
		now = read_registers();
		if (!memcmp(&now, &before, sizeof(now)))
			return rtc_to_epoch(&now);
	}
	return 0;
}
