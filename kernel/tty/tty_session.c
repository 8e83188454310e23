/* SPDX-License-Identifier: ISC */
/*
 * Whose terminal it is: sessions and the foreground process group (POSIX 2018, 11.1.2-11.1.4).
 *
 * A process's controlling terminal is the tty whose `session` is the process's: nothing is
 * stored in the process. A session has one terminal at most, and its end frees it.
 * Locks: process_lock to look at processes, ttys_lock for the list, input_lock for a tty's owner.
 * Order: process_lock → ttys_lock → input_lock. A terminal is given to a session under the latter two,
 * so that no session gets a second one.
 */
#include "abi/signal.h"
#include "proc/process.h"
#include "proc/signal.h"
#include "tty/tty_private.h"

struct spinlock ttys_lock = SPINLOCK_INIT;
static struct list ttys = LIST_INIT(ttys); /* [ttys_lock] struct tty.all */

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

void tty_list_add(struct tty *t)
{
	u64 flags = spin_lock_irq(&ttys_lock);

	list_push_back(&ttys, &t->all);
	spin_unlock_irq(&ttys_lock, flags);
}

void tty_list_remove(struct tty *t)
{
	u64 flags = spin_lock_irq(&ttys_lock);

	list_remove(&t->all);
	spin_unlock_irq(&ttys_lock, flags);
}

/* The terminal of session @sid, NULL: it has none. Under ttys_lock. */
static struct tty *find(i32 sid)
{
	struct tty *t;

	list_for_each (t, &ttys, all) {
		if (sid && READ_ONCE(t->session) == sid)
			return t;
	}
	return NULL;
}

static struct tty *terminal_of(i32 sid)
{
	u64 flags = spin_lock_irq(&ttys_lock);
	struct tty *t = find(sid);

	if (t)
		tty_get(t);
	spin_unlock_irq(&ttys_lock, flags);
	return t;
}

struct tty *tty_controlling(void)
{
	return terminal_of(caller().sid);
}

void tty_of_session(i32 sid, u64 *rdev, i32 *foreground)
{
	u64 flags = spin_lock_irq(&ttys_lock);
	struct tty *t = find(sid);

	if (t) {
		*rdev = t->rdev;
		*foreground = READ_ONCE(t->foreground) ? READ_ONCE(t->foreground) : -1;
	}
	spin_unlock_irq(&ttys_lock, flags);
}

static bool is_controlling(struct tty *t, const struct who *w)
{
	return w->sid && READ_ONCE(t->session) == w->sid;
}

/* -- getting and losing it ------------------------------------------------------------------- */

static void forget_lost(void)
{
	u64 flags = spin_lock_irq(&process_lock);

	process_current()->lost_foreground = 0;
	spin_unlock_irq(&process_lock, flags);
}

/* The session of @w gets @t, unless it has a terminal or another session has this one. */
static int take(struct tty *t, const struct who *w, bool steal)
{
	u64 flags = spin_lock_irq(&ttys_lock);
	bool may;

	spin_lock(&t->input_lock);
	may = !find(w->sid) && (!t->session || steal);
	if (may) {
		t->session = w->sid;
		t->foreground = w->pgid;
	}
	spin_unlock(&t->input_lock);
	spin_unlock_irq(&ttys_lock, flags);
	if (may)
		forget_lost();
	return may ? 0 : -EPERM;
}

void tty_own_by_open(struct tty *t)
{
	struct who w = caller();

	if (w.pid == w.sid)
		(void)take(t, &w, false);
}

int tty_set_controlling(struct tty *t, bool steal, bool readable)
{
	struct who w = caller();
	bool root = cred_current()->euid == 0;

	if (w.pid == w.sid && is_controlling(t, &w))
		return 0;
	if (w.pid != w.sid || (!readable && !root))
		return -EPERM;
	return take(t, &w, steal && root);
}

/*
 * If it is still session @sid's it is nobody's from now on. Returns its foreground group; 0: there is
 * none, or the terminal is another's by now.
 */
static i32 disown(struct tty *t, i32 sid)
{
	u64 flags = spin_lock_irq(&t->input_lock);
	i32 group = 0;

	if (t->session == sid) {
		group = t->foreground;
		t->session = t->foreground = 0;
	}
	spin_unlock_irq(&t->input_lock, flags);
	return group;
}

static void signal_group(i32 pgid, int sig)
{
	if (tty_signal_group && pgid)
		tty_signal_group(pgid, sig);
}

int tty_give_up_controlling(struct tty *t)
{
	struct who w = caller();
	i32 group;

	if (!is_controlling(t, &w))
		return -ENOTTY;
	if (w.pid == w.sid) {
		group = disown(t, w.sid);
		signal_group(group, SIGHUP);
		signal_group(group, SIGCONT);
	}
	return 0;
}

void tty_session_ended(void)
{
	struct process *p = process_current();
	struct tty *t = tty_controlling();
	i32 group;

	if (t) {
		group = disown(t, p->sid);
		tty_put(t);
	} else {
		group = READ_ONCE(p->lost_foreground);
		signal_group(group, SIGCONT); /* what is stopped shall hear it too */
	}
	signal_group(group, SIGHUP);
}

void tty_session_hang_up(i32 session, i32 foreground)
{
	static const struct siginfo_kernel info = { .code = SI_KERNEL };
	u64 flags = spin_lock_irq(&process_lock);
	struct process *leader = process_find(session);

	if (leader && leader->state == PROCESS_ALIVE) {
		leader->lost_foreground = foreground;
		signal_send(leader, SIGHUP, &info);
		signal_send(leader, SIGCONT, &info);
	}
	spin_unlock_irq(&process_lock, flags);
}

void tty_hang_up_own(void)
{
	struct tty *t = tty_controlling();

	if (!t)
		return;
	tty_hang_up(t);
	tty_put(t);
}

/* -- foreground and background ----------------------------------------------------------------- */

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
	signal_group(w.pgid, sig);
	return -EINTR; /* stopped on the way out; continued, the call is made once more */
}

int tty_get_foreground(struct tty *t, bool master, i32 *pgid)
{
	struct who w = caller();

	if (!master && !is_controlling(t, &w))
		return -ENOTTY;
	*pgid = READ_ONCE(t->foreground);
	return 0;
}

int tty_get_session(struct tty *t, bool master, i32 *sid)
{
	struct who w = caller();

	if (!master && !is_controlling(t, &w))
		return -ENOTTY;
	*sid = READ_ONCE(t->session);
	return *sid ? 0 : -ENOTTY;
}

/* 0: @pgid is a group of session @sid; -EPERM: of another, or no group; -ESRCH: nobody's number. */
static int check_group(i32 pgid, i32 sid)
{
	u64 flags = spin_lock_irq(&process_lock);
	int result = process_find(pgid) ? -EPERM : -ESRCH;
	struct process *p;

	list_for_each (p, &process_list, all) {
		if (p->pgid == pgid)
			result = p->sid == sid ? 0 : -EPERM;
	}
	spin_unlock_irq(&process_lock, flags);
	return result;
}

int tty_set_foreground(struct tty *t, i32 pgid)
{
	struct who w = caller();
	u64 flags;
	int error;

	if (!is_controlling(t, &w))
		return -ENOTTY;
	if (pgid < 0)
		return -EINVAL;
	error = check_group(pgid, w.sid);
	if (error)
		return error;
	flags = spin_lock_irq(&t->input_lock);
	if (t->session == w.sid)
		t->foreground = pgid;
	else
		error = -ENOTTY;
	spin_unlock_irq(&t->input_lock, flags);
	return error;
}
