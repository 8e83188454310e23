/* SPDX-License-Identifier: ISC */
/* What wait4 and waitid wait for, and how they tell it. */
#pragma once

#define WNOHANG 0x1u
#define WSTOPPED 0x2u
#define WUNTRACED WSTOPPED
#define WEXITED 0x4u
#define WCONTINUED 0x8u
#define WNOWAIT 0x01000000u
#define WNOTHREAD 0x20000000u
#define WALL 0x40000000u
#define WCLONE 0x80000000u

enum { P_ALL, P_PID, P_PGID, P_PIDFD };

#define STATUS_STOPPED(sig) ((sig) << 8 | 0x7f)
#define STATUS_CONTINUED 0xffff
