/* SPDX-License-Identifier: ISC */
/*
 * epoll: each watched file has an item that stays enqueued at the file's wait queues. A wake-up
 * marks the item hot and wakes who waits for the set; waiting asks the hot items only. An item that
 * was reported stays hot if it is level-triggered, and cools down when asking it finds nothing.
 * Reported items go to the end of the list, so that a small buffer gets round to all.
 *
 * Lock: epoll_lock (mutex) guards all sets, their items and file.watchers. A set's poll may be
 * called with it held (a set within a set). Order: epoll_lock → locks of a file's poll. The
 * notifier runs under a wait queue's lock: it touches `hot`, `kicked` and the set's queues only.
 * A file is not counted by its items: file_put removes them first (epoll_forget).
 */
#include "fs/epoll.h"

#include "base/counter.h"
#include "fs/anon.h"
#include "fs/poll.h"
#include "machine/usercopy.h"
#include "mm/slab.h"

#define QUEUES_A_FILE 2
#define MAX_NESTING 5 /* sets within sets, as Linux */
#define MAX_ITEMS 65536 /* of all sets together: what they take of kernel memory */
#define PRIVATE_BITS (EPOLLEXCLUSIVE | EPOLLWAKEUP | EPOLLONESHOT | EPOLLET)
#define EXCLUSIVE_BITS                                                                             \
	(POLLIN | POLLOUT | POLLERR | POLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE)

COUNTER(live_epolls, "epoll sets");
COUNTER(live_items, "epoll items");

struct epoll {
	struct list items; /* [epoll_lock] struct epoll_item.link */
	struct wait_queue queue; /* threads in epoll_wait */
	struct wait_queue polls; /* who polls the set, and sets that hold it */
	bool kicked; /* [a] something may have become ready */
};

struct epoll_item {
	struct poll_sleep sleep; /* what wakes it */
	struct poll_entry entry[QUEUES_A_FILE];
	u32 entries;
	struct list link; /* [epoll_lock] of the set */
	struct epoll_item *next_watcher; /* [epoll_lock] of the file */
	struct epoll *set; /* [i] */
	struct file *file; /* [i] not counted */
	int fd; /* [i] */
	struct epoll_event event; /* [epoll_lock] */
	bool hot; /* [a] woken since it was last found without events */
};

static struct mutex epoll_lock = MUTEX_INIT(epoll_lock);
static const struct file_ops epoll_ops;

bool file_is_epoll(const struct file *f)
{
	return f->ops == &epoll_ops;
}

static void kick(struct epoll *set)
{
	__atomic_store_n(&set->kicked, true, __ATOMIC_SEQ_CST);
	wait_wake_all(&set->queue);
	wait_wake_all(&set->polls);
}

static void heat(struct epoll_item *it)
{
	__atomic_store_n(&it->hot, true, __ATOMIC_SEQ_CST);
}

static void item_notify(struct poll_sleep *s)
{
	struct epoll_item *it = container_of(s, struct epoll_item, sleep);

	heat(it);
	kick(it->set);
}

/* The events of @it that hold now; a single shot that is spent wants none. */
static u32 ask(struct epoll_item *it, struct poll_table *pt)
{
	u32 wanted = it->event.events & ~PRIVATE_BITS;
	u32 now = it->file->ops->poll(it->file, pt);

	return wanted ? now & (wanted | POLLERR | POLLHUP) : 0;
}

/*
 * Asks a hot item, which is cold from before the question on: what comes while it is asked and told
 * heats it again.
 */
static u32 ask_if_hot(struct epoll_item *it)
{
	struct poll_table only_ask = { .collect = false };

	if (!__atomic_exchange_n(&it->hot, false, __ATOMIC_SEQ_CST))
		return 0;
	return ask(it, &only_ask);
}

/* -- the set as a file ------------------------------------------------------------------------- */

static u32 epoll_poll(struct file *f, struct poll_table *pt)
{
	bool nested = mutex_is_mine(&epoll_lock);
	struct epoll *set = f->private;
	struct epoll_item *it;
	u32 events = 0;

	poll_wait(pt, &set->polls);
	if (!nested)
		mutex_lock(&epoll_lock);
	list_for_each (it, &set->items, link) {
		if (ask_if_hot(it)) {
			heat(it); /* nobody was told what it has */
			events = POLLIN | POLLRDNORM;
			break;
		}
	}
	if (!nested)
		mutex_unlock(&epoll_lock);
	return events;
}

static void unlink_watcher(struct epoll_item *it)
{
	struct epoll_item **at = &it->file->watchers;

	while (*at != it)
		at = &(*at)->next_watcher;
	*at = it->next_watcher;
}

/* Under the lock. */
static void item_free(struct epoll_item *it)
{
	for (u32 i = 0; i < it->entries; i++)
		wait_finish(&it->entry[i].waiter);
	unlink_watcher(it);
	list_remove(&it->link);
	kfree(it);
	counter_add(&live_items, -1);
}

static void epoll_release(struct file *f)
{
	struct epoll *set = f->private;

	mutex_lock(&epoll_lock);
	while (!list_empty(&set->items))
		item_free(list_first(&set->items, struct epoll_item, link));
	mutex_unlock(&epoll_lock);
	kfree(set);
	counter_add(&live_epolls, -1);
}

static const struct file_ops epoll_ops = {
	.poll = epoll_poll,
	.release = epoll_release,
	.flags = FILE_NO_POS_LOCK,
};

void epoll_forget(struct file *f)
{
	mutex_lock(&epoll_lock);
	while (f->watchers)
		item_free(f->watchers);
	mutex_unlock(&epoll_lock);
}

struct file *epoll_create(void)
{
	struct epoll *set = kzalloc_user(sizeof(*set));
	struct file *f = set ? anon_file(&epoll_ops, set, 0) : NULL;

	if (!f) {
		kfree(set);
		return NULL;
	}
	list_init(&set->items);
	wait_queue_init(&set->queue);
	wait_queue_init(&set->polls);
	counter_add(&live_epolls, 1);
	return f;
}

/* -- epoll_ctl --------------------------------------------------------------------------------- */

static struct epoll_item *find(struct epoll *set, const struct file *target, int fd)
{
	struct epoll_item *it;

	for (it = target->watchers; it; it = it->next_watcher) {
		if (it->set == set && it->fd == fd)
			return it;
	}
	return NULL;
}

/* Is @sought in @set or in a set within it, or do those go too deep? */
static bool reaches(const struct epoll *set, const struct epoll *sought, u32 depth)
{
	const struct epoll_item *it;

	if (set == sought || depth == MAX_NESTING)
		return true;
	list_for_each (it, &set->items, link) {
		if (file_is_epoll(it->file) && reaches(it->file->private, sought, depth + 1))
			return true;
	}
	return false;
}

/* Enqueues @it at the file's queues; its first question is asked at once. */
static void item_begin(struct epoll_item *it)
{
	struct poll_table pt = { .sleep = &it->sleep,
				 .entries = it->entry,
				 .capacity = QUEUES_A_FILE,
				 .collect = true };

	it->sleep.notify = item_notify;
	if (ask(it, &pt)) {
		heat(it);
		kick(it->set);
	}
	it->entries = pt.count;
}

static int add(struct epoll *set, struct file *target, int fd, const struct epoll_event *event)
{
	struct epoll_item *it;

	if (file_is_epoll(target) && (event->events & EPOLLEXCLUSIVE))
		return -EINVAL;
	if (file_is_epoll(target) && reaches(target->private, set, 1))
		return -ELOOP;
	if (READ_ONCE(live_items.value) >= MAX_ITEMS)
		return -ENOSPC;
	it = kzalloc_user(sizeof(*it));
	if (!it)
		return -ENOMEM;
	it->set = set;
	it->file = target;
	it->fd = fd;
	it->event = *event;
	it->next_watcher = target->watchers;
	target->watchers = it;
	list_push_back(&set->items, &it->link);
	counter_add(&live_items, 1);
	item_begin(it);
	return 0;
}

static int change(struct epoll_item *it, const struct epoll_event *event)
{
	if ((event->events | it->event.events) & EPOLLEXCLUSIVE)
		return -EINVAL;
	it->event = *event;
	heat(it);
	kick(it->set);
	return 0;
}

static int control_locked(struct epoll *set, u32 op, struct file *target, int fd,
			  const struct epoll_event *event)
{
	struct epoll_item *it = find(set, target, fd);

	switch (op) {
	case EPOLL_CTL_ADD: return it ? -EEXIST : add(set, target, fd, event);
	case EPOLL_CTL_MOD: return it ? change(it, event) : -ENOENT;
	case EPOLL_CTL_DEL:
		if (it)
			item_free(it);
		return it ? 0 : -ENOENT;
	default: return -EINVAL;
	}
}

int epoll_control(struct file *epoll, u32 op, struct file *target, int fd,
		  const struct epoll_event *event)
{
	int r;

	if (!target->ops->poll)
		return -EPERM;
	if (target == epoll || !file_is_epoll(epoll))
		return -EINVAL;
	if (op == EPOLL_CTL_ADD && (event->events & EPOLLEXCLUSIVE) &&
	    (event->events & ~EXCLUSIVE_BITS))
		return -EINVAL;
	mutex_lock(&epoll_lock);
	r = control_locked(epoll->private, op, target, fd, event);
	mutex_unlock(&epoll_lock);
	return r;
}

/* -- epoll_wait -------------------------------------------------------------------------------- */

/* Somebody else who waits for the set has something to look at; polls have been told. */
static void pass_on(struct epoll *set)
{
	__atomic_store_n(&set->kicked, true, __ATOMIC_SEQ_CST);
	wait_wake_one(&set->queue);
}

/* What was told of @it changes it: spent, waiting for the next edge, or still hot. */
static void item_reported(struct epoll_item *it)
{
	if (it->event.events & EPOLLONESHOT)
		it->event.events &= PRIVATE_BITS;
	if (!(it->event.events & (EPOLLONESHOT | EPOLLET)))
		heat(it);
	list_remove(&it->link);
	list_push_back(&it->set->items, &it->link);
}

/*
 * Writes the events of hot items to the user, each item once. *@left: some may be hot still. Under
 * the lock.
 */
static i64 scan(struct epoll *set, u64 events, u32 max, bool *left)
{
	struct list *pos, *next, *last = set->items.prev;
	struct epoll_event out;
	u32 n = 0;

	*left = false;
	for (pos = set->items.next; pos != &set->items && n < max; pos = next) {
		struct epoll_item *it = list_entry(pos, struct epoll_item, link);

		next = pos == last ? &set->items : pos->next;
		out.events = ask_if_hot(it);
		out.data = it->event.data;
		if (!out.events)
			continue;
		if (user_write(events + n * sizeof(out), &out, sizeof(out))) {
			heat(it);
			*left = true;
			return n ? (i64)n : -EFAULT;
		}
		item_reported(it);
		*left |= READ_ONCE(it->hot);
		n++;
	}
	*left |= n == max; /* the buffer is full */
	return n;
}

i64 epoll_collect(struct file *epoll, u64 events, u32 max, u64 deadline)
{
	struct epoll *set = epoll->private;
	bool left;
	i64 n;
	int r;

	for (;;) {
		__atomic_store_n(&set->kicked, false, __ATOMIC_SEQ_CST);
		mutex_lock(&epoll_lock);
		n = scan(set, events, max, &left);
		mutex_unlock(&epoll_lock);
		if (left)
			pass_on(set);
		if (n || !deadline)
			return n;
		r = wait_event_interruptible_until(&set->queue, READ_ONCE(set->kicked), deadline);
		if (r)
			return r == -ETIMEDOUT ? 0 : r;
	}
}
