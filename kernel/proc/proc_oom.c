/* SPDX-License-Identifier: ISC */
/* /proc/<pid>/oom_score and oom_score_adj (oom.h). */
#include "lib/format.h"
#include "proc/oom.h"
#include "proc/proc_files.h"

#define DIGITS_MAX 6

ssize_t proc_show_oom_score(const struct proc_entry *e, char *buf, size_t size)
{
	u64 flags = spin_lock_irq(&process_lock);
	const struct task *t = proc_entry_find(e);
	ssize_t n = t ? snprintf(buf, size, "%lu\n", oom_score(t->process)) : -ESRCH;

	spin_unlock_irq(&process_lock, flags);
	return n;
}

ssize_t proc_show_oom_adj(const struct proc_entry *e, char *buf, size_t size)
{
	u64 flags = spin_lock_irq(&process_lock);
	const struct task *t = proc_entry_find(e);
	ssize_t n = t ? snprintf(buf, size, "%d\n", t->process->oom_adj) : -ESRCH;

	spin_unlock_irq(&process_lock, flags);
	return n;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t';
}

/* A decimal number with white space around it. 0 or -EINVAL. */
static int parse(const char *text, size_t n, i64 *out)
{
	bool negative;
	size_t digits = 0;

	while (n && is_space(*text))
		text++, n--;
	while (n && is_space(text[n - 1]))
		n--;
	negative = n && *text == '-';
	text += negative;
	n -= negative;
	for (*out = 0; digits < n && digits < DIGITS_MAX; digits++) {
		if (text[digits] < '0' || text[digits] > '9')
			return -EINVAL;
		*out = *out * 10 + (text[digits] - '0');
	}
	if (negative)
		*out = -*out;
	return digits && digits == n ? 0 : -EINVAL;
}

int proc_store_oom_adj(const struct proc_entry *e, const char *text, size_t n)
{
	struct task *t;
	u64 flags;
	i64 adj;
	int r = parse(text, n, &adj);

	if (r)
		return r;
	flags = spin_lock_irq(&process_lock);
	t = proc_entry_find(e);
	r = t ? oom_adjust(t->process, adj) : -ESRCH;
	spin_unlock_irq(&process_lock, flags);
	return r;
}
