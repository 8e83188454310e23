/* SPDX-License-Identifier: ISC */
/* struct rusage for programs: getrusage, wait4, waitid. */
#pragma once

#include "sched/account.h"

/* 0, -EFAULT. */
int rusage_write(u64 at, const struct cpu_time *t);
