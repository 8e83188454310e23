/* SPDX-License-Identifier: ISC */
/*
 * What the kernel does, as typed events with time stamps, in a ring a CPU: the rows of the book's
 * figures. /proc/trace shows them (kernel/trace_file.c), docs/trace.md describes them, and a
 * panic prints the last ones.
 *
 * Off, a site costs one predictable branch. On, an event is recorded if all are wanted, or if
 * the running thread or the one that the event is about is traced (WORK_TRACE in its context).
 * Milestones of the boot are recorded always, from the first instruction on, in a small table that
 * needs no memory.
 *
 * Locks: none; any context but NMI. A ring belongs to its CPU and is written with interrupts off.
 */
#pragma once

#include "lib/trace_ring.h"
#include "machine/context.h"

/*
 * Event, name, what aux and the arguments are: "key:form" each, forms d (decimal), i (signed), x
 * (hexadecimal), s (kernel address, shown with its symbol), n (a system call: number and name);
 * "-" for an aux that is not used.
 * Names and keys are part of the format that programs read.
 */
#define TRACE_EVENT_LIST(X)                                                                        \
	/* boot */                                                                                 \
	X(BOOT, "boot", "")                                                                        \
	X(TRAP_TABLE, "trap_table", "vectors:d table:x timer_vector:d timer_handler:s")            \
	X(SYSCALL_HANDLER, "syscall_handler", "- handler:s")                                       \
	X(TIMER_START, "timer_start", "- tsc_hz:d")                                                \
	X(CPU_START, "cpu_start", "cpu:d")                                                         \
	/* into the kernel and back */                                                             \
	X(SYSCALL_ENTER, "syscall_enter", "nr:n a0:x a1:x a2:x a3:x a4:x a5:x")                    \
	X(SYSCALL_EXIT, "syscall_exit", "nr:n result:i")                                           \
	X(TEXT, "text", "")                                                                        \
	X(FAULT, "fault", "vector:d address:x error:x rip:x")                                      \
	X(FAULT_EXIT, "fault_exit", "vector:d signal:d")                                           \
	X(IRQ_ENTER, "irq_enter", "vector:d user:d rip:x frame:x")                                 \
	X(IRQ_EXIT, "irq_exit", "vector:d")                                                        \
	X(RETURN_TO_USER, "return_to_user", "- rip:x rsp:x frame:x")                               \
	/* the switch */                                                                           \
	X(SWITCH, "switch", "why:d from:d to:d at:s caller:s")                                     \
	X(REGS_SAVED, "regs_saved", "- context:x")                                                 \
	X(REGS_RESTORED, "regs_restored", "- context:x")                                           \
	X(WAKE, "wake", "tid:d cpu:d")                                                             \
	X(MIGRATE, "migrate", "tid:d from:d to:d")                                                 \
	X(TIMER_ARMED, "timer_armed", "- deadline:d now:d")                                        \
	X(TIMER_FIRED, "timer_fired", "quantum_over:d now:d")                                      \
	/* a process's life */                                                                     \
	X(CREATED, "created", "pid:d")                                                             \
	X(FORK, "fork", "child:d")                                                                 \
	X(MEMORY, "memory", "copied:d")                                                            \
	X(LOADED, "loaded", "segments:d entry:x")                                                  \
	X(STACK, "stack", "argc:d sp:x")                                                           \
	X(REGS_CLEARED, "regs_cleared", "- entry:x sp:x")                                          \
	X(EXEC, "exec", "")                                                                        \
	X(SIGNAL, "signal", "sig:d pid:d code:i")                                                  \
	X(HANDLER, "handler", "sig:d handler:x")                                                   \
	X(KILLED, "killed", "sig:d code:i")                                                        \
	X(EXIT, "exit", "status:d")                                                                \
	X(FREED, "freed", "")                                                                      \
	X(REMOVED, "removed", "pid:d status:d")

enum trace_event {
#define TRACE_ENUM(id, name, args) TRACE_##id,
	TRACE_EVENT_LIST(TRACE_ENUM)
#undef TRACE_ENUM
		TRACE_EVENT_COUNT
};
_Static_assert(TRACE_EVENT_COUNT <= 64, "a bit each in trace_events");
#define TRACE_ALL ((1UL << TRACE_EVENT_COUNT) - 1)

/* Why a CPU went from one thread to another: SWITCH's "why". */
enum trace_why { WHY_IDLE, WHY_BLOCKED, WHY_QUANTUM, WHY_YIELD, WHY_EXIT, WHY_PREEMPTED };

extern u64 trace_events; /* a bit an event that is recorded; 0: tracing is off */

/* A plain read, so that it is one test of a byte in memory: a site may learn of a change late. */
static inline bool trace_wants(enum trace_event e)
{
	return unlikely(trace_events & 1UL << e);
}

/*
 * trace(EVENT, aux, args…) records an event of the running thread;
 * trace_about(EVENT, context, aux, args…) one that is about another thread as well.
 */
#define trace_about(e, other, aux, ...)                                                            \
	do {                                                                                       \
		if (trace_wants(e))                                                                \
			trace_record(e, other, aux, (const u64[TRACE_ARGS]){ __VA_ARGS__ });       \
	} while (0)
#define trace(e, ...) trace_about(e, NULL, __VA_ARGS__)

void trace_record(enum trace_event e, const struct context *other, u32 aux, const u64 *args);
/* The same in the name of another thread, which ran last on this CPU. */
void trace_record_as(enum trace_event e, i32 pid, i32 tid, const struct context *who, u64 a);
/* An event whose arguments are text: up to TRACE_TEXT_BYTES of @text, padded with zeroes. */
void trace_text(enum trace_event e, u32 aux, const char *text, size_t n);

/* The same for the boot, always recorded. trace_boot() says in words what is done now. */
void trace_milestone(enum trace_event e, u32 aux, u64 a, u64 b, u64 c);
void trace_boot(const char *what);

/* -- settings: by trace_file.c and the command line ---------------------------------------------- */

/* Everybody's events, or those of traced threads only; which events. No ring is needed yet. */
void trace_set(u64 events, bool all);
bool trace_everyone(void);
/* WORK_TRACE for a thread that the running one makes, or 0. */
u32 trace_inherited(void);
/* Memory for @cpu's ring; it is kept for ever. */
void trace_give_ring(u32 cpu, void *memory, size_t bytes);
struct trace_ring *trace_ring_of(u32 cpu);
/* The boot's table, as a ring of its own for trace_ring_get(). */
const struct trace_ring *trace_boot_ring(void);
u64 trace_boot_lost(void); /* events that found it full */

/* Set by proc: process and thread of the running thread, 0 where there is none. */
extern void (*trace_identify)(i32 *pid, i32 *tid);
/* Set by entry: the name of a system call, NULL: there is none of that number. */
extern const char *(*trace_call_name)(u64 number);

/* -- showing --------------------------------------------------------------------------------- */

const char *trace_event_name(enum trace_event e);
/* One line with a newline (docs/trace.md); returns its length as snprintf. */
#define TRACE_LINE_BYTES 512
int trace_format(const struct trace_record *r, char *buf, size_t size);

/* Prints the last @count events of this CPU through log_raw (for panic). */
void trace_print_last(unsigned count);
