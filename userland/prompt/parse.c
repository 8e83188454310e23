/* SPDX-License-Identifier: ISC */
/*
 * From text to pipelines: words, quotes ('', "", \), and the operators | & ; < > >>. No variables
 * and no globbing; a real shell does that.
 */
#include "prompt.h"

#include <stdio.h>
#include <string.h>

enum token { END, WORD, PIPE, AMP, SEMI, IN, OUT, APPEND, BAD };

struct scanner {
	const char *at;
	char *room, *room_end;
	char *word;
};

static bool ends_word(char c)
{
	return c == '\0' || strchr(" \t\n|&;<>", c);
}

/* Copy one word without its quotes. Expands to at most its own length plus one. */
static enum token scan_word(struct scanner *s)
{
	char quote = 0;

	s->word = s->room;
	for (; *s->at && (quote || !ends_word(*s->at)); s->at++) {
		char c = *s->at;

		if (c == quote) {
			quote = 0;
			continue;
		}
		if (!quote && (c == '\'' || c == '"')) {
			quote = c;
			continue;
		}
		if (c == '\\' && quote != '\'' && s->at[1])
			c = *++s->at;
		if (s->room + 1 >= s->room_end)
			return BAD;
		*s->room++ = c;
	}
	*s->room++ = '\0';
	return quote ? BAD : WORD;
}

static enum token scan(struct scanner *s)
{
	while (*s->at == ' ' || *s->at == '\t')
		s->at++;
	if (*s->at == '#')
		s->at += strcspn(s->at, "\n");
	switch (*s->at) {
	case '\0': return END;
	case '|': s->at++; return PIPE;
	case '&': s->at++; return AMP;
	case ';':
	case '\n': s->at++; return SEMI;
	case '<': s->at++; return IN;
	case '>':
		s->at++;
		if (*s->at != '>')
			return OUT;
		s->at++;
		return APPEND;
	default: return scan_word(s);
	}
}

static bool redirect(struct scanner *s, struct command *cmd, enum token kind)
{
	if (scan(s) != WORD)
		return false;
	if (kind == IN) {
		cmd->in = s->word;
	} else {
		cmd->out = s->word;
		cmd->append = kind == APPEND;
	}
	return true;
}

static bool add_word(struct command *cmd, char *word)
{
	if (cmd->argc == MAX_WORDS)
		return false;
	cmd->argv[cmd->argc++] = word;
	return true;
}

/* One stage up to its operator, which is returned; BAD for what makes no sense. */
static enum token parse_stage(struct scanner *s, struct command *cmd)
{
	for (;;) {
		enum token t = scan(s);

		switch (t) {
		case WORD:
			if (!add_word(cmd, s->word))
				return BAD;
			break;
		case IN:
		case OUT:
		case APPEND:
			if (!redirect(s, cmd, t))
				return BAD;
			break;
		default: return t;
		}
	}
}

static int syntax_error(const char **line)
{
	*line += strlen(*line);
	fprintf(stderr, "prompt: syntax error\n");
	return -1;
}

int parse_pipeline(const char **line, struct pipeline *p)
{
	struct scanner s = { .at = *line, .room = p->text, .room_end = p->text + sizeof(p->text) };
	enum token t;

	memset(p->stage, 0, sizeof(p->stage));
	p->stages = 0;
	do {
		struct command *cmd = &p->stage[p->stages];

		t = p->stages < MAX_STAGES ? parse_stage(&s, cmd) : BAD;
		if (t == BAD)
			return syntax_error(line);
		if (cmd->argc > 0)
			p->stages++;
		else if (t == PIPE || t == AMP || p->stages > 0 || cmd->in || cmd->out)
			return syntax_error(line);
	} while (t == PIPE || (t == SEMI && p->stages == 0));
	p->background = t == AMP;
	*line = s.at;
	return p->stages > 0;
}
