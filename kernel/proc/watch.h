/* SPDX-License-Identifier: ISC */
/*
 * Files that tell of processes: signalfd (a signal waits for the reader) and pidfd (a process has
 * ended). Who polls such a file may outlive the process that it is about, as a set of epoll does, so
 * the queues are nobody's: a few for all processes, chosen by pid. A wake-up means "look again".
 *
 * Locks: none of their own; wait_queue.lock, and process_lock for a look at a process.
 */
#pragma once

#include "fs/file.h"
#include "proc/process.h"

void watch_room_init(void);
/* A signal was made pending for @p, or for one of its threads. Any context. */
void watch_signal(const struct process *p);
/* @p has become a zombie. Any context. */
void watch_end(const struct process *p);
struct wait_queue *watch_signal_queue(i32 pid);
struct wait_queue *watch_end_queue(i32 pid);

/* A signalfd on the signals of @mask; @flags: O_NONBLOCK. NULL: out of memory. */
struct file *signalfd_create(u64 mask, u32 flags);
/* Another mask. 0, -EINVAL: it is no signalfd. */
int signalfd_set_mask(struct file *f, u64 mask);

/* A pidfd of the process @pid; @flags: O_NONBLOCK. 0, -ESRCH, -EINVAL (a thread), -ENOMEM. */
int pidfd_create(i32 pid, u32 flags, struct file **out);
/* Its process's pid; -EBADF: no pidfd. */
i32 pidfd_pid(const struct file *f);
/* The same of whom pidfd_send() takes: a pidfd or the directory /proc/<pid>. */
i32 pidfd_receiver(const struct file *f);
/* As signal_send_to(), never to another process that has got the number. */
int pidfd_send(const struct file *f, int sig, const struct siginfo_kernel *info);
