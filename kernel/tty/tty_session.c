/* SPDX-License-Identifier: ISC */
/*
 * Whose terminal it is: sessions and the foreground process group (POSIX 2018, 11.1.2-11.1.4).
 *
 * A process's controlling terminal is the tty whose `session` is the process's: nothing is
 * stored in the process. A session whose leader is gone no longer holds the terminal.
 * Locks: process_lock to look at processes, then input_lock for the tty; never both.
 */
#include "abi/signal.h"
#include "proc/process.h"
#include "proc/signal.h"
#include "tty/tty_private.h"

struct who {
	i32 pid, pgid, sid;
};

static struct who caller(void)
{
	struct process *p = process_current();
	u64 flags = spin_lock_irq(&process_lock);
	struct who w = { p->pid, p->pgid, p->sid };

	spin_unlock_irq(&process_lock, flags);
	return w;
}

static bool leader_lives(i32 sid)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct process *p = process_find(sid);
	bool lives = p && p->state == PROCESS_ALIVE;

	spin_unlock_irq(&process_lock, flags);
	return lives;
}

static bool group_in_session(i32 pgid, i32 sid)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct process *p;
	bool found = false;

	list_for_each (p, &process_list, all)
		found |= p->pgid == pgid && p->sid == sid;
	spin_unlock_irq(&process_lock, flags);
	return found;
}

static void set_owner(struct tty *t, i32 session, i32 foreground)
{
	u64 flags = spin_lock_irq(&t->input_lock);

	t->session = session;
	t->foreground = foreground;
	spin_unlock_irq(&t->input_lock, flags);
}

static bool is_controlling(struct tty *t, const struct who *w)
{
	return w->sid && READ_ONCE(t->session) == w->sid;
}

struct tty *tty_controlling(void)
{
	struct who w = caller();

	return is_controlling(tty_console, &w) ? tty_console : NULL;
}

void tty_of_session(i32 sid, u64 *rdev, i32 *foreground)
{
	struct tty *t = tty_console;

	if (!sid || READ_ONCE(t->session) != sid)
		return;
	*rdev = CONSOLE_DEVICE;
	*foreground = READ_ONCE(t->foreground) ? READ_ONCE(t->foreground) : -1;
}

int tty_set_controlling(struct tty *t, bool steal)
{
	struct who w = caller();
	i32 holder = READ_ONCE(t->session);

	if (is_controlling(t, &w))
		return 0;
	if (w.pid != w.sid)
		return -EPERM;
	if (holder && leader_lives(holder) && !(steal && cred_current()->euid == 0))
		return -EPERM;
	set_owner(t, w.sid, w.pgid);
	return 0;
}

int tty_give_up_controlling(struct tty *t)
{
	struct who w = caller();

	if (!is_controlling(t, &w))
		return -ENOTTY;
	if (w.pid == w.sid)
		tty_session_ended();
	return 0;
}

/* Would @sig do nothing to the running thread? */
static bool shrugs_off(const struct task *t, int sig)
{
	return (t->sig_blocked & SIGNAL_BIT(sig)) ||
	       sigaction_handler(t->process->actions, sig) == SIG_IGN;
}

int tty_check_foreground(struct tty *t, int sig)
{
	struct who w = caller();
	i32 foreground = READ_ONCE(t->foreground);

	if (!is_controlling(t, &w) || !foreground || foreground == w.pgid)
		return 0;
	if (shrugs_off(task_current(), sig))
		return sig == SIGTTIN ? -EIO : 0;
	if (process_group_is_orphaned(w.pgid))
		return -EIO;
	if (tty_signal_group)
		tty_signal_group(w.pgid, sig);
	return -EINTR; /* stopped on the way out; continued, the call is made once more */
}

void tty_session_ended(void)
{
	struct tty *t = tty_console;
	struct who w = caller();
	i32 group = READ_ONCE(t->foreground);

	if (!is_controlling(t, &w))
		return;
	set_owner(t, 0, 0);
	if (tty_signal_group && group) {
		tty_signal_group(group, SIGHUP);
		tty_signal_group(group, SIGCONT);
	}
}

int tty_get_foreground(struct tty *t, i32 *pgid)
{
	struct who w = caller();

	if (!is_controlling(t, &w))
		return -ENOTTY;
	*pgid = READ_ONCE(t->foreground);
	return 0;
}

int tty_set_foreground(struct tty *t, i32 pgid)
{
	struct who w = caller();

	if (!is_controlling(t, &w))
		return -ENOTTY;
	if (pgid < 0)
		return -EINVAL;
	if (!group_in_session(pgid, w.sid))
		return -EPERM;
	set_owner(t, w.sid, pgid);
	return 0;
}

int tty_get_session(struct tty *t, i32 *sid)
{
	struct who w = caller();

	if (!is_controlling(t, &w))
		return -ENOTTY;
	*sid = w.sid;
	return 0;
}
