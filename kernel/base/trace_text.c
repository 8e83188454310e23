/* SPDX-License-Identifier: ISC */
/* Events as text, by the table in trace.h. Pure but for symbols; any context. */
#include "base/symbols.h"
#include "base/trace.h"
#include "lib/format.h"
#include "lib/string.h"

static const struct {
	const char *name, *args;
} events[TRACE_EVENT_COUNT] = {
#define TRACE_ROW(id, name, args) { name, args },
	TRACE_EVENT_LIST(TRACE_ROW)
#undef TRACE_ROW
};

struct text {
	char *buf;
	size_t size, at;
};

static void print(struct text *t, const char *fmt, ...) printf_like(2, 3);
static void print(struct text *t, const char *fmt, ...)
{
	size_t room = t->at < t->size ? t->size - t->at : 0;
	va_list args;

	va_start(args, fmt);
	t->at += vsnprintf(room ? t->buf + t->at : NULL, room, fmt, args);
	va_end(args);
}

const char *trace_event_name(enum trace_event e)
{
	return e < TRACE_EVENT_COUNT ? events[e].name : "?";
}

/* Quoted as in C, so that no byte of a program's breaks the line. */
static void print_quoted(struct text *t, const char *s, size_t n)
{
	print(t, "\"");
	for (size_t i = 0; i < n; i++) {
		u8 c = (u8)s[i];

		if (c == '"' || c == '\\')
			print(t, "\\%c", c);
		else if (c == '\n')
			print(t, "\\n");
		else if (c < ' ' || c >= 0x7f)
			print(t, "\\x%02x", c);
		else
			print(t, "%c", c);
	}
	print(t, "\"");
}

static void print_symbol(struct text *t, u64 address)
{
	char where[96];
	size_t n;

	symbols_describe(address, where, sizeof(where));
	n = strlen(where);
	for (size_t i = 0; i < n; i++)
		if (where[i] == ' ')
			where[i] = '_'; /* a value is one word */
	print(t, "%s", where);
}

static void print_call(struct text *t, u64 number)
{
	const char *name = trace_call_name ? trace_call_name(number) : NULL;

	print(t, "%lu call=%s", number, name ? name : "none");
}

static void print_value(struct text *t, char form, u64 v)
{
	switch (form) {
	case 'd': print(t, "%lu", v); break;
	case 'i': print(t, "%ld", (i64)v); break;
	case 's': print_symbol(t, v); break;
	case 'n': print_call(t, v); break;
	default: print(t, "%lx", v); break;
	}
}

/* " key=value" for each "key:form" of @spec: the first is aux, the others are the arguments. */
static void print_args(struct text *t, const char *spec, const struct trace_record *r)
{
	for (int i = -1; *spec && i < TRACE_ARGS; i++) {
		const char *colon = strchr(spec, ':');
		char key[16];

		if (*spec == '-') {
			spec += 2;
			continue;
		}
		if (!colon)
			return; /* a mistake in the table */
		strlcpy(key, spec, MIN(sizeof(key), (size_t)(colon - spec) + 1));
		print(t, " %s=", key);
		print_value(t, colon[1], i < 0 ? r->aux : r->arg[i]);
		spec = colon[2] ? colon + 3 : "";
	}
}

/* A TEXT event's aux: which argument, how many bytes of it are here, how many came before. */
static void print_text(struct text *t, const struct trace_record *r)
{
	if (r->event == TRACE_TEXT)
		print(t, " arg=%u at=%u ", r->aux & 0xff, r->aux >> 16);
	else
		print(t, " ");
	print_quoted(t, r->text,
		     r->event == TRACE_TEXT ? MIN(r->aux >> 8 & 0xff, (u32)TRACE_TEXT_BYTES)
					    : strnlen(r->text, TRACE_TEXT_BYTES));
}

int trace_format(const struct trace_record *r, char *buf, size_t size)
{
	struct text t = { buf, size, 0 };

	print(&t, "%lu %u %d %d %s", r->tsc, r->cpu, r->pid, r->tid, trace_event_name(r->event));
	if (r->event == TRACE_BOOT || r->event == TRACE_TEXT || r->event == TRACE_EXEC)
		print_text(&t, r);
	else if (r->event < TRACE_EVENT_COUNT)
		print_args(&t, events[r->event].args, r);
	print(&t, "\n");
	return (int)t.at;
}
