/* SPDX-License-Identifier: ISC */
/* /proc/trace and /proc/trace_control: see docs/trace.md. */
#pragma once

struct file;
struct vnode;

/* Opens /proc/trace: fills @f. 0, -ENOMEM. */
int trace_open(struct vnode *v, struct file *f);
/* Registers both; once, from info_init(). */
void trace_files_init(void);
/* Gives every CPU its ring; after page_init(), for tracing that the command line has turned on,
 * and before tracing is turned on. 0, -ENOMEM. */
int trace_rings_make(void);
/* Wakes who polls /proc/trace if this CPU's ring fills. Any context without locks. */
void trace_tell_readers(void);
