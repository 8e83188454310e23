/* SPDX-License-Identifier: ISC */
/*
 * A circular doubly linked list whose links lie inside the elements.
 *
 * Invariant: an initialised head or an unlinked node points at itself, so
 * removal is safe twice. Locks: the caller's.
 */
#pragma once

#include "lib/types.h"

struct list {
	struct list *next, *prev;
};

#define LIST_INIT(name)                                                                            \
	{                                                                                          \
		&(name), &(name)                                                                   \
	}

static inline void list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}

static inline void list_insert_between(struct list *n, struct list *prev, struct list *next)
{
	n->prev = prev;
	n->next = next;
	prev->next = n;
	next->prev = n;
}

/* Links @n as the first element of @head. */
static inline void list_push_front(struct list *head, struct list *n)
{
	list_insert_between(n, head, head->next);
}

/* Links @n as the last element of @head. */
static inline void list_push_back(struct list *head, struct list *n)
{
	list_insert_between(n, head->prev, head);
}

/* Unlinks @n, whose own links mean nothing then: for one that remembers otherwise where it is. */
static inline void list_unlink(struct list *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
}

/* The same for the first of @head, which is not empty. */
static inline void list_unlink_first(struct list *head)
{
	head->next = head->next->next;
	head->next->prev = head;
}

/* Unlinks @n and leaves it pointing at itself. */
static inline void list_remove(struct list *n)
{
	list_unlink(n);
	list_init(n);
}

/* Unlinks and returns the first node, NULL if there is none. */
static inline struct list *list_pop_front(struct list *head)
{
	struct list *n = head->next;

	if (n == head)
		return NULL;
	list_remove(n);
	return n;
}

#define list_entry(p, type, member) container_of(p, type, member)
#define list_first(head, type, member) list_entry((head)->next, type, member)

#define list_for_each(pos, head, member)                                                           \
	for (pos = list_entry((head)->next, typeof(*pos), member); &pos->member != (head);         \
	     pos = list_entry(pos->member.next, typeof(*pos), member))

/* As list_for_each; the loop's body may unlink or free @pos. */
#define list_for_each_safe(pos, tmp, head, member)                                                 \
	for (pos = list_entry((head)->next, typeof(*pos), member),                                 \
	    tmp = list_entry(pos->member.next, typeof(*pos), member);                              \
	     &pos->member != (head);                                                               \
	     pos = tmp, tmp = list_entry(tmp->member.next, typeof(*tmp), member))
