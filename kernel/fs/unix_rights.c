/* SPDX-License-Identifier: ISC */
/*
 * Open files under way in messages (SCM_RIGHTS). A message holds a reference to each; how many may
 * be under way at a time is bounded for all processes together.
 *
 * A socket may lie in its own queue, or two in each other's: nobody can reach them, and still they
 * hold each other. So whenever a socket is closed while sockets are under way, garbage is looked
 * for: those whose every reference is a message's are suspects; what lies in the queue of a socket
 * that is none is reachable, and so on from there; the queues of those that are left are emptied.
 * Nobody can come to hold a suspect meanwhile: that takes receiving it, under the lock.
 *
 * Files are put only by unix_unlock(), in a loop: the end of one may end messages with more.
 * Locks: unix_private.h.
 */
#include "fs/unix_private.h"
#include "mm/slab.h"

#define FLYING_MAX 16384u /* files under way in all */

static u32 flying_files; /* [unix_lock] */
static struct list flying_sockets = LIST_INIT(flying_sockets); /* [unix_lock] */
static struct list doomed = LIST_INIT(doomed); /* [unix_lock] struct unix_rights.link */
static bool draining; /* [unix_lock] somebody puts the doomed */

struct unix_rights *unix_rights_create(void)
{
	struct unix_rights *r = kmalloc(sizeof(*r));

	if (!r)
		return NULL;
	list_init(&r->link);
	r->flying = false;
	r->count = r->taken = 0;
	return r;
}

int unix_rights_add(struct unix_rights *r, struct file *f)
{
	if (r->count == SCM_MAX_FD) {
		file_put(f);
		return -EINVAL;
	}
	r->file[r->count++] = f;
	return 0;
}

struct file *unix_rights_take(struct unix_rights *r)
{
	return r->taken < r->count ? r->file[r->taken++] : NULL;
}

u32 unix_rights_count(const struct unix_rights *r)
{
	return r ? r->count - r->taken : 0;
}

void unix_rights_free(struct unix_rights *r)
{
	struct file *f;

	while (r && (f = unix_rights_take(r)))
		file_put(f);
	kfree(r);
}

struct unix_rights *unix_rights_copy(const struct unix_rights *r)
{
	struct unix_rights *copy = unix_rights_create();

	for (u32 i = 0; copy && i < r->count; i++)
		copy->file[copy->count++] = file_get(r->file[i]);
	return copy;
}

static void count_socket(struct unix_socket *s, i32 by)
{
	s->in_flight += by;
	if (s->in_flight && list_empty(&s->flying))
		list_push_back(&flying_sockets, &s->flying);
	else if (!s->in_flight)
		list_remove(&s->flying);
}

static void count_all(struct unix_rights *r, i32 by)
{
	for (u32 i = 0; i < r->count; i++) {
		if (file_is_socket(r->file[i]))
			count_socket(unix_socket_of(r->file[i]), by);
	}
	flying_files = by > 0 ? flying_files + r->count : flying_files - r->count;
	r->flying = by > 0;
}

int unix_rights_launch(struct unix_rights *r)
{
	if (flying_files + r->count > FLYING_MAX)
		return -ETOOMANYREFS;
	count_all(r, 1);
	return 0;
}

void unix_rights_land(struct unix_rights *r)
{
	count_all(r, -1);
}

void unix_rights_doom(struct unix_rights *r)
{
	if (r)
		list_push_back(&doomed, &r->link);
}

void unix_unlock(void)
{
	struct list *l;

	while (unlikely(!list_empty(&doomed)) && !draining) {
		l = list_pop_front(&doomed);
		draining = true;
		mutex_unlock(&unix_lock);
		unix_rights_free(list_entry(l, struct unix_rights, link));
		mutex_lock(&unix_lock);
		draining = false;
	}
	mutex_unlock(&unix_lock);
}

/* -- garbage ----------------------------------------------------------------------------------- */

/* Calls @fn for each socket that lies in a message of @s's queue. */
static void for_each_carried(struct unix_socket *s, void (*fn)(struct unix_socket *carried))
{
	const struct message *m;

	list_for_each (m, &s->queue, link) {
		for (u32 i = 0; m->rights && i < m->rights->count; i++) {
			if (file_is_socket(m->rights->file[i]))
				fn(unix_socket_of(m->rights->file[i]));
		}
	}
}

/* As it, also of the connections that wait to be accepted: they are reached through the listener. */
static void for_each_reached(struct unix_socket *s, void (*fn)(struct unix_socket *carried))
{
	struct unix_socket *c;

	for_each_carried(s, fn);
	list_for_each (c, &s->waiting, waiting_link)
		for_each_carried(c, fn);
}

static void note_inside(struct unix_socket *carried)
{
	if (carried->suspect)
		carried->outside--;
}

/* It goes to the end of the list, where the walk that found it will come by. */
static void note_reachable(struct unix_socket *carried)
{
	if (carried->suspect) {
		carried->suspect = false;
		list_remove(&carried->flying);
		list_push_back(&flying_sockets, &carried->flying);
	}
}

/* Marks those that only messages hold, and counts which of these are not suspects' own. */
static bool find_suspects(void)
{
	struct unix_socket *s;
	bool any = false;

	list_for_each (s, &flying_sockets, flying) {
		s->suspect = READ_ONCE(s->file->refs) == s->in_flight;
		s->outside = s->in_flight;
		any |= s->suspect;
	}
	list_for_each (s, &flying_sockets, flying) {
		if (s->suspect)
			for_each_reached(s, note_inside);
	}
	return any;
}

/* What lies in a reachable socket's queue is reachable. */
static void clear_reachable(void)
{
	struct unix_socket *s;

	list_for_each (s, &flying_sockets, flying) {
		if (s->outside)
			s->suspect = false;
	}
	list_for_each (s, &flying_sockets, flying) {
		if (!s->suspect)
			for_each_reached(s, note_reachable);
	}
}

static void empty_queue(struct unix_socket *s)
{
	struct unix_socket *c;

	while (!list_empty(&s->queue))
		message_drop(s, list_first(&s->queue, struct message, link));
	list_for_each (c, &s->waiting, waiting_link)
		empty_queue(c); /* one level: nobody waits for these */
}

/* Those that are left, to a list of their own. */
static void take_garbage(struct list *garbage)
{
	struct unix_socket *s, *next;

	list_for_each_safe (s, next, &flying_sockets, flying) {
		if (!s->suspect)
			continue;
		s->suspect = false;
		list_remove(&s->flying);
		list_push_back(garbage, &s->flying);
	}
}

void unix_collect_garbage(void)
{
	struct list garbage = LIST_INIT(garbage), *l;

	if (likely(list_empty(&flying_sockets)) || !find_suspects())
		return;
	clear_reachable();
	take_garbage(&garbage);
	while ((l = list_pop_front(&garbage))) {
		list_push_back(&flying_sockets, l); /* until its last message is out */
		empty_queue(list_entry(l, struct unix_socket, flying));
	}
}
