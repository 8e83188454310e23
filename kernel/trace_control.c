/* SPDX-License-Identifier: ISC */
/*
 * /proc/trace_control: words that turn tracing on and off and say whose and which events.
 * A write is read to its end first; then all of it happens, or nothing.
 * Locks: control_lock (mutex) over a whole write. Order: control_lock → process_lock.
 */
#include "trace_call.h"
#include "trace_file.h"

#include "abi/errno.h"
#include "base/log.h"
#include "base/trace.h"
#include "fs/procfs.h"
#include "lib/string.h"
#include "mm/page.h"
#include "proc/process.h"

#define RING_ORDER 8 /* 1 MiB, 13 thousand records a CPU */
#define RING_SHARE 32 /* all rings together: at most this part of memory */
#define MAX_PIDS 16 /* in one write */

static struct mutex control_lock;
static u64 chosen = TRACE_ALL; /* [control_lock] the events that "on" turns on */

struct request {
	bool on, off, clear, all;
	u64 events; /* 0: as before */
	i32 pids[MAX_PIDS];
	u32 pid_count;
};

/* -- memory ------------------------------------------------------------------------------------ */

static unsigned ring_order(void)
{
	u64 most = page_total_count() / RING_SHARE / cpu_count;
	unsigned order = RING_ORDER;

	while (order > 0 && 1UL << order > most)
		order--;
	return order;
}

/* Kept for ever, so leak checks do not count them. */
int trace_rings_make(void)
{
	unsigned order = ring_order();

	for (u32 cpu = 0; cpu < cpu_count; cpu++) {
		struct page *p;

		if (trace_ring_of(cpu)->records)
			continue;
		p = page_alloc(order, 0);
		if (!p)
			return -ENOMEM;
		page_account(-(i64)(1UL << order));
		trace_give_ring(cpu, page_to_virt(p), PAGE_SIZE << order);
	}
	return 0;
}

/* -- reading the words --------------------------------------------------------------------------- */

static bool is_word(const char *text, size_t n, const char *word)
{
	return n == strlen(word) && memcmp(text, word, n) == 0;
}

/* "all", or names with commas between them. */
static int parse_events(const char *text, size_t n, u64 *events)
{
	if (is_word(text, n, "all")) {
		*events = TRACE_ALL;
		return 0;
	}
	*events = 0;
	for (size_t at = 0; at < n;) {
		const char *comma = memchr(text + at, ',', n - at);
		size_t len = comma ? (size_t)(comma - text) - at : n - at;
		unsigned e = 0;

		while (e < TRACE_EVENT_COUNT &&
		       !is_word(text + at, len, trace_event_name((enum trace_event)e)))
			e++;
		if (e == TRACE_EVENT_COUNT)
			return -EINVAL;
		*events |= 1UL << e;
		at += len + 1;
	}
	return *events ? 0 : -EINVAL;
}

static int parse_pid(const char *text, size_t n, struct request *r)
{
	i32 pid = is_word(text, n, "self") ? process_current()->pid : procfs_number(text, n);

	if (pid <= 0)
		return -EINVAL;
	if (r->pid_count == MAX_PIDS)
		return -E2BIG;
	r->pids[r->pid_count++] = pid;
	return 0;
}

static int parse_word(const char *text, size_t n, struct request *r)
{
	if (is_word(text, n, "on"))
		r->on = true;
	else if (is_word(text, n, "off"))
		r->off = true;
	else if (is_word(text, n, "clear"))
		r->clear = true;
	else if (is_word(text, n, "all"))
		r->all = true;
	else if (n > 4 && !memcmp(text, "pid=", 4))
		return parse_pid(text + 4, n - 4, r);
	else if (n > 7 && !memcmp(text, "events=", 7))
		return parse_events(text + 7, n - 7, &r->events);
	else
		return -EINVAL;
	return 0;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t';
}

static int parse(const char *text, size_t n, struct request *r)
{
	size_t at = 0, end;
	int err = 0;

	while (!err) {
		while (at < n && is_space(text[at]))
			at++;
		if (at == n)
			break;
		for (end = at; end < n && !is_space(text[end]);)
			end++;
		err = parse_word(text + at, end - at, r);
		at = end;
	}
	return !err && r->on && r->off ? -EINVAL : err;
}

/* -- doing it ------------------------------------------------------------------------------------ */

/* Under process_lock. */
static void mark(struct process *p, bool traced)
{
	struct task *t;

	list_for_each (t, &p->tasks, link) {
		if (!t->thread)
			continue;
		if (traced)
			context_set_work(&t->thread->ctx, WORK_TRACE);
		else
			context_clear_work(&t->thread->ctx, WORK_TRACE);
	}
}

static bool is_below(const struct process *p, const struct process *top)
{
	while (p && p != top)
		p = p->parent;
	return p;
}

/* Everybody (@top NULL), or @top and all below it. Under process_lock. */
static void mark_tree(const struct process *top, bool traced)
{
	struct process *p;

	list_for_each (p, &process_list, all)
		if (!top || is_below(p, top))
			mark(p, traced);
}

static int check_pids(const struct request *r)
{
	for (u32 i = 0; i < r->pid_count; i++) {
		const struct process *p = process_find(r->pids[i]);

		if (!p || p->state != PROCESS_ALIVE)
			return -ESRCH;
	}
	return 0;
}

/* The events first: a child made in between inherits its parent's mark. Under process_lock. */
static int apply(const struct request *r)
{
	int err = check_pids(r);
	bool on;

	if (err)
		return err;
	if (r->events)
		chosen = r->events;
	on = r->on || (trace_events && !r->off);
	trace_set(on ? chosen : 0, !r->off && (r->all || trace_everyone()));
	if (r->off)
		mark_tree(NULL, false);
	if (r->all)
		mark_tree(NULL, true);
	for (u32 i = 0; i < r->pid_count; i++)
		mark_tree(process_find(r->pids[i]), true);
	if (r->clear)
		for (u32 cpu = 0; cpu < cpu_count; cpu++)
			trace_ring_clear(trace_ring_of(cpu));
	return 0;
}

static int control_store(const char *text, size_t n)
{
	struct request r = { 0 };
	int err = parse(text, n, &r);
	u64 flags;

	if (err)
		return err;
	mutex_lock(&control_lock);
	if (r.on)
		err = trace_rings_make();
	if (!err) {
		flags = spin_lock_irq(&process_lock);
		err = apply(&r);
		spin_unlock_irq(&process_lock, flags);
	}
	mutex_unlock(&control_lock);
	return err;
}

static void show_events(struct procfs_text *t, u64 events)
{
	procfs_print(t, "events");
	if (events == TRACE_ALL)
		procfs_print(t, " all");
	for (unsigned e = 0; e < TRACE_EVENT_COUNT && events != TRACE_ALL; e++)
		if (events >> e & 1)
			procfs_print(t, " %s", trace_event_name((enum trace_event)e));
	procfs_print(t, "\n");
}

static ssize_t control_show(char *buf, size_t size)
{
	struct procfs_text t = { buf, size, 0 };

	procfs_print(&t, "%s %s\n", trace_events ? "on" : "off",
		     trace_everyone() ? "all" : "chosen");
	show_events(&t, chosen);
	for (u32 cpu = 0; cpu < cpu_count; cpu++) {
		const struct trace_ring *r = trace_ring_of(cpu);
		u64 end = trace_ring_end(r), written = end - READ_ONCE(r->start);

		procfs_print(&t, "cpu%u records %lu written %lu overwritten %lu\n", cpu, r->size,
			     written, written > r->size ? written - r->size : 0);
	}
	return t.at;
}

void trace_files_init(void)
{
	mutex_init(&control_lock);
	trace_call_name = syscall_name;
	if (trace_events && trace_rings_make()) /* for the CPUs that have started since */
		log_warning("trace: no memory for the rings");
	if (procfs_register_open("trace", 0400, trace_open) ||
	    procfs_register("trace_control", 0600, control_show, control_store))
		log_warning("/proc/trace could not be made");
}
