/* SPDX-License-Identifier: ISC */
/*
 * printf into a buffer (C11 7.21.6.1 without floating point). Pure, no recursion, and at
 * most a hundred bytes of stack, so that it serves in a panic.
 *
 * Unlike the C library: %p is always 0x… (0x0 for NULL), an unknown conversion is
 * printed as it stands, and a length beyond INT_MAX is returned as INT_MAX.
 */
#include "lib/format.h"

#include "lib/string.h"

#define INT_LIMIT 0x7fffffff
#define DIGITS_MAX 22 /* 64 bits in octal */

struct output {
	char *buf;
	size_t size;
	u64 length; /* of the whole text, also where it did not fit */
};

enum length { LEN_CHAR, LEN_SHORT, LEN_INT, LEN_LONG };

struct spec {
	bool left, zero, alt, plus, space;
	unsigned width;
	int precision; /* -1: none given */
	enum length length;
	char conversion;
};

/* The rest of the buffer, one byte kept for the NUL. */
static size_t room(const struct output *o)
{
	return o->length + 1 < o->size ? o->size - 1 - o->length : 0;
}

static void put_text(struct output *o, const char *s, size_t n)
{
	size_t fits = MIN(n, room(o));

	if (fits)
		memcpy(o->buf + o->length, s, fits);
	o->length += n;
}

static void put_many(struct output *o, char c, size_t n)
{
	size_t fits = MIN(n, room(o));

	if (fits)
		memset(o->buf + o->length, c, fits);
	o->length += n;
}

/* Puts @prefix, @zeros times '0' and @body, filled up to the width. */
static void put_field(struct output *o, const struct spec *s, const char *prefix, size_t zeros,
		      const char *body, size_t n)
{
	size_t prefix_length = strlen(prefix);
	size_t used = prefix_length + zeros + n;
	size_t pad = s->width > used ? s->width - used : 0;

	if (!s->left)
		put_many(o, ' ', pad);
	put_text(o, prefix, prefix_length);
	put_many(o, '0', zeros);
	put_text(o, body, n);
	if (s->left)
		put_many(o, ' ', pad);
}

/* Writes the digits of @value so that they end before @end; returns where they begin. */
static char *make_digits(char *end, u64 value, unsigned base, bool capitals)
{
	const char *digits = capitals ? "0123456789ABCDEF" : "0123456789abcdef";

	for (; value; value /= base)
		*--end = digits[value % base];
	return end;
}

static void put_number(struct output *o, const struct spec *s, u64 value, unsigned base,
		       const char *prefix)
{
	char buf[DIGITS_MAX];
	char *end = buf + sizeof(buf);
	char *digits = make_digits(end, value, base, s->conversion == 'X');
	size_t n = end - digits, zeros = 0;
	size_t want = s->precision >= 0 ? (size_t)s->precision : 1;

	if (n < want)
		zeros = want - n;
	if (base == 8 && s->alt && !zeros)
		zeros = 1;
	/* The flag 0 fills the width with zeros, unless a precision or '-' says otherwise. */
	if (s->zero && !s->left && s->precision < 0 && strlen(prefix) + zeros + n < s->width)
		zeros = s->width - strlen(prefix) - n;
	put_field(o, s, prefix, zeros, digits, n);
}

static void put_signed(struct output *o, const struct spec *s, i64 value)
{
	const char *sign = s->plus ? "+" : s->space ? " " : "";

	if (value < 0)
		put_number(o, s, -(u64)value, 10, "-");
	else
		put_number(o, s, (u64)value, 10, sign);
}

static void put_hex(struct output *o, const struct spec *s, u64 value)
{
	const char *prefix = s->conversion == 'X' ? "0X" : "0x";

	put_number(o, s, value, 16, s->alt && value ? prefix : "");
}

static void put_pointer(struct output *o, const struct spec *s, const void *p)
{
	put_number(o, s, (uintptr_t)p, 16, "0x");
}

static void put_string(struct output *o, const struct spec *s, const char *text)
{
	size_t n;

	if (!text)
		text = "(null)";
	n = s->precision >= 0 ? strnlen(text, (size_t)s->precision) : strlen(text);
	put_field(o, s, "", 0, text, n);
}

static const char *parse_flags(const char *f, struct spec *s)
{
	for (;; f++) {
		switch (*f) {
		case '-': s->left = true; break;
		case '0': s->zero = true; break;
		case '#': s->alt = true; break;
		case '+': s->plus = true; break;
		case ' ': s->space = true; break;
		default: return f;
		}
	}
}

static const char *parse_number(const char *f, unsigned *out)
{
	u64 value = 0;

	for (; *f >= '0' && *f <= '9'; f++)
		value = MIN(value * 10 + (u64)(*f - '0'), (u64)INT_LIMIT);
	*out = (unsigned)value;
	return f;
}

static const char *parse_length(const char *f, struct spec *s)
{
	s->length = LEN_INT;
	switch (*f) {
	case 'h': s->length = f[1] == 'h' ? LEN_CHAR : LEN_SHORT; return f + 1 + (f[1] == 'h');
	case 'l': s->length = LEN_LONG; return f + 1 + (f[1] == 'l');
	case 'z':
	case 'j':
	case 't': s->length = LEN_LONG; return f + 1;
	default: return f;
	}
}

static i64 narrow_signed(i64 value, enum length length)
{
	switch (length) {
	case LEN_CHAR: return (i8)value;
	case LEN_SHORT: return (i16)value;
	case LEN_INT: return (i32)value;
	default: return value;
	}
}

static u64 narrow_unsigned(u64 value, enum length length)
{
	switch (length) {
	case LEN_CHAR: return (u8)value;
	case LEN_SHORT: return (u16)value;
	case LEN_INT: return (u32)value;
	default: return value;
	}
}

/* A va_list may be an array; inside a struct it can be handed on by address. */
struct arguments {
	va_list ap;
};

static u64 next_number(struct arguments *a, const struct spec *s)
{
	/* `long long`: 64 bits also where the loader's ABI has a short `long`. */
	return s->length == LEN_LONG ? va_arg(a->ap, unsigned long long)
				     : va_arg(a->ap, unsigned int);
}

static const char *parse_width(const char *f, struct spec *s, struct arguments *a)
{
	if (*f == '*') {
		int width = va_arg(a->ap, int);

		s->left |= width < 0;
		s->width = width < 0 ? -(unsigned)width : (unsigned)width;
		return f + 1;
	}
	return parse_number(f, &s->width);
}

static const char *parse_precision(const char *f, struct spec *s, struct arguments *a)
{
	unsigned number;
	int given;

	s->precision = -1;
	if (*f != '.')
		return f;
	if (f[1] == '*') {
		given = va_arg(a->ap, int);
		s->precision = MAX(given, -1);
		return f + 2;
	}
	f = parse_number(f + 1, &number);
	s->precision = (int)number;
	return f;
}

/* Puts one argument; false if the conversion is unknown. */
static bool convert(struct output *o, const struct spec *s, struct arguments *a)
{
	char c;

	switch (s->conversion) {
	case 'd':
	case 'i': put_signed(o, s, narrow_signed((i64)next_number(a, s), s->length)); return true;
	case 'u':
		put_number(o, s, narrow_unsigned(next_number(a, s), s->length), 10, "");
		return true;
	case 'o':
		put_number(o, s, narrow_unsigned(next_number(a, s), s->length), 8, "");
		return true;
	case 'x':
	case 'X': put_hex(o, s, narrow_unsigned(next_number(a, s), s->length)); return true;
	case 'p': put_pointer(o, s, va_arg(a->ap, void *)); return true;
	case 's': put_string(o, s, va_arg(a->ap, const char *)); return true;
	case 'c':
		c = (char)va_arg(a->ap, int);
		put_field(o, s, "", 0, &c, 1);
		return true;
	case '%': put_text(o, "%", 1); return true;
	default: return false;
	}
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct output o = { buf, size, 0 };
	struct arguments a;

	va_copy(a.ap, ap);
	while (*fmt) {
		const char *start = fmt;
		struct spec s = { 0 };

		if (*fmt != '%') {
			while (*fmt && *fmt != '%')
				fmt++;
			put_text(&o, start, fmt - start);
			continue;
		}
		fmt = parse_flags(fmt + 1, &s);
		fmt = parse_width(fmt, &s, &a);
		fmt = parse_precision(fmt, &s, &a);
		fmt = parse_length(fmt, &s);
		s.conversion = *fmt;
		fmt += *fmt != '\0';
		if (!convert(&o, &s, &a))
			put_text(&o, start, fmt - start);
	}
	va_end(a.ap);
	if (size)
		buf[MIN(o.length, size - 1)] = '\0';
	return (int)MIN(o.length, (u64)INT_LIMIT);
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int length;

	va_start(ap, fmt);
	length = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return length;
}
