/* SPDX-License-Identifier: ISC */
/*
 * What each event of the kernel is in the words of the book's figures. One function an event; a
 * table at the end joins them.
 */
#include <string.h>

#include "timeline.h"

#define TIMER_VECTOR 240
#define WHY_BLOCKED 1
#define WHY_YIELD 3
#define WHY_EXIT 4
#define WHY_PREEMPTED 5

static const char *letter(const struct story *s, int pid)
{
	const struct told *p = story_find(s, pid);

	return p ? p->letter : pid ? "another" : "idle";
}

/* -- boot ---------------------------------------------------------------------------------------- */

static void on_trap_table(struct story *s, const struct trace_event *e)
{
	story_add(s, e->tsc, OS, 0, "initialize trap table");
	story_add(s, e->tsc, HARDWARE, 0, "remember addresses of %ld\ntrap handlers (timer: %ld)",
		  trace_number(e, "vectors"), trace_number(e, "timer_vector"));
}

static void on_syscall_handler(struct story *s, const struct trace_event *e)
{
	story_add(s, e->tsc, HARDWARE, 0, "remember address of syscall handler");
}

static void on_timer_start(struct story *s, const struct trace_event *e)
{
	story_add(s, e->tsc, OS, 0, "start interrupt timer");
	story_add(s, e->tsc, HARDWARE, 0, "start timer");
}

/* -- a process's life ---------------------------------------------------------------------------- */

static void on_created(struct story *s, const struct trace_event *e)
{
	story_add(s, e->tsc, OS, 0, "create entry for process list%s%s",
		  s->told_count > 1 ? ": " : "",
		  s->told_count > 1 ? letter(s, trace_number(e, "pid")) : "");
}

static void on_memory(struct story *s, const struct trace_event *e)
{
	if (trace_number(e, "copied"))
		story_add(s, e->tsc, OS, 0, "copy the parent's memory");
	else
		story_add(s, e->tsc, OS, e->pid, "allocate memory for program");
}

static void on_loaded(struct story *s, const struct trace_event *e)
{
	story_add(s, e->tsc, OS, e->pid, "load program into memory");
}

static void on_stack(struct story *s, const struct trace_event *e)
{
	story_add(s, e->tsc, OS, e->pid, "set up user stack with argv");
}

static void on_regs_cleared(struct story *s, const struct trace_event *e)
{
	story_add(s, e->tsc, OS, e->pid, "clear registers\nfill kernel stack with reg/PC");
}

static void on_exec(struct story *s, const struct trace_event *e)
{
	char path[48];

	trace_text(e, path, sizeof(path));
	story_add(s, e->tsc, OS, e->pid, "%s is now %s", letter(s, e->pid), path);
}

static void on_exit(struct story *s, const struct trace_event *e)
{
	long status = trace_number(e, "status");

	if (status & 0x7f)
		story_add(s, e->tsc, OS, e->pid, "%s ends by signal %ld", letter(s, e->pid),
			  status & 0x7f);
	else
		story_add(s, e->tsc, OS, e->pid, "%s ends with %ld", letter(s, e->pid),
			  status >> 8 & 0xff);
}

static void on_killed(struct story *s, const struct trace_event *e)
{
	story_add(s, e->tsc, OS, e->pid, "kill %s: %s", letter(s, e->pid),
		  strsignal(trace_number(e, "sig")));
}

static void on_freed(struct story *s, const struct trace_event *e)
{
	story_add(s, e->tsc, OS, e->pid, "free memory of process");
}

static void on_removed(struct story *s, const struct trace_event *e)
{
	story_add(s, e->tsc, OS, 0, "remove from process list%s%s", s->told_count > 1 ? ": " : "",
		  s->told_count > 1 ? letter(s, trace_number(e, "pid")) : "");
}

static void on_signal(struct story *s, const struct trace_event *e)
{
	story_add(s, e->tsc, OS, e->pid, "send %s to %s", strsignal(trace_number(e, "sig")),
		  letter(s, trace_number(e, "pid")));
}

static void on_handler(struct story *s, const struct trace_event *e)
{
	story_add(s, e->tsc, OS, e->pid, "set up %s's handler of %s", letter(s, e->pid),
		  strsignal(trace_number(e, "sig")));
}

/* -- into the kernel and back ---------------------------------------------------------------------- */

static void on_syscall_enter(struct story *s, const struct trace_event *e)
{
	char call[32];
	const char *p = letter(s, e->pid);

	trace_word(e, "call", call, sizeof(call));
	story_add(s, e->tsc, PROGRAM, e->pid, "call %s()\ntrap into OS", call);
	story_add(s, e->tsc, HARDWARE, e->pid,
		  "save PC and flags of %s\nmove to kernel mode\njump to syscall handler", p);
	story_add(s, e->tsc, OS, e->pid, "save regs(%s) → k-stack(%s)\nhandle trap\ndo work of %s",
		  p, p, call);
}

static void on_syscall_exit(struct story *s, const struct trace_event *e)
{
	char call[32];

	trace_word(e, "call", call, sizeof(call));
	story_add(s, e->tsc, OS, e->pid, "%s gives %ld", call, trace_number(e, "result"));
}

static void on_fault(struct story *s, const struct trace_event *e)
{
	static const char *const names[] = {
		[0] = "divide error",    [1] = "debug trap",   [3] = "breakpoint",
		[6] = "invalid opcode",  [12] = "stack fault", [13] = "general protection fault",
		[14] = "page fault",     [16] = "x87 error",   [17] = "alignment check",
		[19] = "SIMD exception",
	};
	unsigned long vector = trace_number(e, "vector");
	const char *p = letter(s, e->pid);
	const char *name = vector < sizeof(names) / sizeof(*names) ? names[vector] : NULL;

	if (vector == 14)
		story_add(s, e->tsc, PROGRAM, e->pid, "touch %lx", trace_hex(e, "address"));
	story_add(s, e->tsc, HARDWARE, e->pid,
		  "%s\nsave regs(%s) → k-stack(%s)\nmove to kernel mode\njump to trap handler",
		  name ? name : "trap", p, p);
}

static void on_fault_exit(struct story *s, const struct trace_event *e)
{
	int sig = trace_number(e, "signal");

	if (sig)
		story_add(s, e->tsc, OS, e->pid, "handle the trap: %s for %s", strsignal(sig),
			  letter(s, e->pid));
	else
		story_add(s, e->tsc, OS, e->pid, "handle the trap: bring the page in");
}

static const char *interrupt_name(long vector)
{
	if (vector == TIMER_VECTOR)
		return "timer interrupt";
	return vector < TIMER_VECTOR ? "device interrupt" : "interrupt from another CPU";
}

static void on_irq_enter(struct story *s, const struct trace_event *e)
{
	const char *what = interrupt_name(trace_number(e, "vector"));
	const char *p = letter(s, e->pid);

	if (trace_number(e, "user") &&
	    (s->folded || !s->count || s->rows[s->count - 1].column != PROGRAM))
		story_add(s, e->tsc, PROGRAM, e->pid, "Process %s", p);
	if (trace_number(e, "user"))
		story_add(
			s, e->tsc, HARDWARE, e->pid,
			"%s\nsave regs(%s) → k-stack(%s)\nmove to kernel mode\njump to trap handler",
			what, p, p);
	else
		story_add(s, e->tsc, HARDWARE, e->pid, "%s, %s", what,
			  e->pid ? "in the kernel" : "nobody runs");
	story_add(s, e->tsc, OS, e->pid, "handle the trap");
}

static void on_timer_fired(struct story *s, const struct trace_event *e)
{
	if (trace_number(e, "quantum_over") && e->pid)
		story_add(s, e->tsc, OS, e->pid, "the quantum of %s is over", letter(s, e->pid));
}

static void on_timer_armed(struct story *s, const struct trace_event *e)
{
	long ns = trace_number(e, "deadline") - trace_number(e, "now");

	if (s->verbose)
		story_add(s, e->tsc, OS, e->pid, "set timer: due in %ld us", ns / 1000);
}

static void on_return(struct story *s, const struct trace_event *e)
{
	const char *p = letter(s, e->pid);

	story_add(s, e->tsc, OS, e->pid, "return-from-trap%s%s",
		  s->current == e->pid ? "" : " into ", s->current == e->pid ? "" : p);
	story_add(s, e->tsc, HARDWARE, e->pid,
		  "restore regs(%s) ← k-stack(%s)\nmove to user mode\njump to %s's PC", p, p, p);
	story_add(s, e->tsc, PROGRAM, e->pid, "Process %s", p);
	s->current = e->pid;
}

/* -- the switch ------------------------------------------------------------------------------------ */

/* The kernel's function that waits; not the wait itself. */
static void where_waits(const struct trace_event *e, char *buf, size_t size)
{
	trace_word(e, "at", buf, size);
	if (strncmp(buf, "schedule_until", 14) == 0)
		trace_word(e, "caller", buf, size);
	buf[strcspn(buf, "+")] = '\0';
}

static void on_switch(struct story *s, const struct trace_event *e)
{
	const char *from = letter(s, trace_number(e, "from")),
		   *to = letter(s, trace_number(e, "to"));
	char why[96] = "", where[64];

	switch (trace_number(e, "why")) {
	case WHY_BLOCKED:
		where_waits(e, where, sizeof(where));
		snprintf(why, sizeof(why), "%s waits: %s\n", from, where);
		break;
	case WHY_YIELD: snprintf(why, sizeof(why), "%s yields\n", from); break;
	case WHY_EXIT: snprintf(why, sizeof(why), "%s has ended\n", from); break;
	case WHY_PREEMPTED: snprintf(why, sizeof(why), "%s woke up\n", to); break;
	}
	story_add(s, e->tsc, OS, e->pid, "%scall switch() routine", why);
}

static void on_regs_saved(struct story *s, const struct trace_event *e)
{
	const struct told *p = story_find(s, e->pid);

	if (p)
		story_add(s, e->tsc, OS, e->pid, "save regs(%s) → proc_t(%s)", p->letter,
			  p->letter);
}

static void on_regs_restored(struct story *s, const struct trace_event *e)
{
	const struct told *p = story_find(s, e->pid);

	if (p)
		story_add(s, e->tsc, OS, e->pid,
			  "restore regs(%s) ← proc_t(%s)\nswitch to k-stack(%s)", p->letter,
			  p->letter, p->letter);
	else if (e->pid == 0)
		story_add(s, e->tsc, OS, 0, "nobody can run: the CPU waits");
	s->current = 0;
}

static void on_wake(struct story *s, const struct trace_event *e)
{
	const struct told *p = story_find(s, trace_number(e, "tid"));

	if (p)
		story_add(s, e->tsc, OS, e->pid, "wake %s: it can run", p->letter);
}

static void on_migrate(struct story *s, const struct trace_event *e)
{
	story_add(s, e->tsc, OS, e->pid, "move %s from CPU %ld to CPU %ld",
		  letter(s, trace_number(e, "tid")), trace_number(e, "from"),
		  trace_number(e, "to"));
}

static const struct {
	const char *name;
	void (*tell)(struct story *s, const struct trace_event *e);
} tellers[] = {
	{ "trap_table", on_trap_table },
	{ "syscall_handler", on_syscall_handler },
	{ "timer_start", on_timer_start },
	{ "created", on_created },
	{ "memory", on_memory },
	{ "loaded", on_loaded },
	{ "stack", on_stack },
	{ "regs_cleared", on_regs_cleared },
	{ "exec", on_exec },
	{ "exit", on_exit },
	{ "killed", on_killed },
	{ "freed", on_freed },
	{ "removed", on_removed },
	{ "signal", on_signal },
	{ "handler", on_handler },
	{ "syscall_enter", on_syscall_enter },
	{ "syscall_exit", on_syscall_exit },
	{ "fault", on_fault },
	{ "fault_exit", on_fault_exit },
	{ "irq_enter", on_irq_enter },
	{ "timer_fired", on_timer_fired },
	{ "timer_armed", on_timer_armed },
	{ "return_to_user", on_return },
	{ "switch", on_switch },
	{ "regs_saved", on_regs_saved },
	{ "regs_restored", on_regs_restored },
	{ "wake", on_wake },
	{ "migrate", on_migrate },
};

void story_event(struct story *s, const struct trace_event *e)
{
	for (size_t i = 0; i < sizeof(tellers) / sizeof(*tellers); i++) {
		if (trace_is(e, tellers[i].name)) {
			s->event = tellers[i].name;
			tellers[i].tell(s, e);
			return;
		}
	}
}
