/* SPDX-License-Identifier: ISC */
/*
 * Options of AF_UNIX sockets: those that change something, and those that programs set anyway,
 * which are only remembered. Locks: unix_private.h.
 */
#include "fs/unix_private.h"

#define ROOM_MAX (2 * UNIX_BUFFER) /* twice net.core.wmem_max: what is asked is doubled */
#define SEND_ROOM_MIN 4608u
#define RECEIVE_ROOM_MIN 2304u
#define SWITCHES                                                                                   \
	(1u << SO_REUSEADDR | 1u << SO_DONTROUTE | 1u << SO_BROADCAST | 1u << SO_KEEPALIVE |       \
	 1u << SO_OOBINLINE | 1u << SO_PASSCRED | 1u << SO_TIMESTAMP)

static bool is_switch(u32 name)
{
	return name < 32 && (SWITCHES >> name & 1);
}

static int take_error(struct unix_socket *s)
{
	int error = -s->error;

	WRITE_ONCE(s->error, 0);
	return error;
}

static int get_locked(struct unix_socket *s, u32 name, u32 *value)
{
	if (is_switch(name)) {
		*value = s->switches >> name & 1;
		return 0;
	}
	switch (name) {
	case SO_TYPE: *value = s->type; return 0;
	case SO_ERROR: *value = take_error(s); return 0;
	case SO_SNDBUF: *value = s->send_room; return 0;
	case SO_RCVBUF: *value = s->receive_room; return 0;
	case SO_ACCEPTCONN: *value = s->state == UNIX_LISTENING; return 0;
	case SO_DEBUG:
	case SO_PROTOCOL: *value = 0; return 0;
	case SO_DOMAIN: *value = AF_UNIX; return 0;
	case SO_PRIORITY: *value = s->priority; return 0;
	case SO_RCVLOWAT: *value = s->low_water; return 0;
	case SO_SNDLOWAT: *value = 1; return 0;
	default: return -ENOPROTOOPT;
	}
}

int unix_get_option(struct file *f, u32 name, u32 *value)
{
	int r;

	unix_lock_take();
	r = get_locked(unix_socket_of(f), name, value);
	unix_unlock();
	return r;
}

static u32 room_of(u32 value, u32 least)
{
	return MAX(MIN(value, UNIX_BUFFER) * 2, least);
}

static int set_room(struct unix_socket *s, u32 name, u32 value, bool privileged)
{
	bool force = name == SO_SNDBUFFORCE || name == SO_RCVBUFFORCE;

	if (force && !privileged)
		return -EPERM;
	if (name == SO_SNDBUF || name == SO_SNDBUFFORCE)
		WRITE_ONCE(s->send_room, MIN(room_of(value, SEND_ROOM_MIN), ROOM_MAX));
	else
		WRITE_ONCE(s->receive_room, MIN(room_of(value, RECEIVE_ROOM_MIN), ROOM_MAX));
	wait_wake_all(&s->writable);
	return 0;
}

static int set_locked(struct unix_socket *s, u32 name, u32 value, bool privileged)
{
	if (is_switch(name)) {
		s->switches = (s->switches & ~(1u << name)) | (value ? 1u << name : 0);
		return 0;
	}
	switch (name) {
	case SO_SNDBUF:
	case SO_RCVBUF:
	case SO_SNDBUFFORCE:
	case SO_RCVBUFFORCE: return set_room(s, name, value, privileged);
	case SO_DEBUG: return value && !privileged ? -EACCES : 0;
	case SO_PRIORITY:
		if (value > 6 && !privileged)
			return -EPERM;
		s->priority = value;
		return 0;
	case SO_RCVLOWAT: s->low_water = value ? value : 1; return 0;
	default: return -ENOPROTOOPT;
	}
}

int unix_set_option(struct file *f, u32 name, u32 value, bool privileged)
{
	int r;

	unix_lock_take();
	r = set_locked(unix_socket_of(f), name, value, privileged);
	unix_unlock();
	return r;
}

u64 unix_get_timeout(struct file *f, bool sending)
{
	const struct unix_socket *s = f->private;

	return sending ? READ_ONCE(s->send_timeout) : READ_ONCE(s->receive_timeout);
}

void unix_set_timeout(struct file *f, bool sending, u64 ns)
{
	struct unix_socket *s = f->private;

	if (sending)
		WRITE_ONCE(s->send_timeout, ns);
	else
		WRITE_ONCE(s->receive_timeout, ns);
}
