/* SPDX-License-Identifier: ISC */
/*
 * A spinlock and four CPUs, as kernel/base/spinlock.h and spinlock.c draw it where first come is first
 * served, for the model checker spin: every interleaving is tried. Stores are seen in the order they are
 * made (x86-TSO), and what is read meanwhile is only waited for, so there are no store buffers here.
 *
 * Checked: one owner at a time; they come in the order in which they drew their tickets; everybody gets
 * the lock; and when all have gone the word is zero again. Tickets are of two bits here and wrap. Seeds,
 * each of which must be found:
 *	SERVED_FIRST	who takes the lock calls the next before he has marked it as held
 *	ALWAYS_RESET	who takes it forgets those who wait behind him
 *	BARGE		who finds it not held takes it, whoever waits
 */
#define CPUS	4
#define ROUNDS	2
#define TICKETS	4	/* more than CPUs */

bool held;
byte serving, next;	/* held, serving and next are one word */
byte owners, finished;
byte drawn, served;	/* how many tickets were drawn, and for how many of them the lock was taken */

#define word_is_zero	(!held && serving == 0 && next == 0)

inline take(ticket)
{
	if	/* one compare and exchange of the word */
#ifdef ALWAYS_RESET
	:: atomic { true -> held = true; serving = 0; next = 0 }
#else
	:: atomic {
		!held && serving == ticket && next == (ticket + 1) % TICKETS ->
		held = true; serving = 0; next = 0 }
	:: atomic { else -> skip }
#ifdef SERVED_FIRST
		serving = (ticket + 1) % TICKETS;
		held = true
#else
		held = true;
		serving = (ticket + 1) % TICKETS
#endif
#endif
	fi
}

inline lock()
{
	if
#ifdef BARGE
	:: atomic { !held -> held = true; assert(drawn == served) }
#else
	:: atomic { word_is_zero -> held = true }
#endif
	:: atomic { else -> ticket = next; next = (next + 1) % TICKETS; place = drawn; drawn++ }
		atomic { serving == ticket && !held -> skip }
		take(ticket);
		assert(served == place);
		served++
	fi
}

active [CPUS] proctype cpu()
{
	byte ticket, place, round;
	do
	:: round < ROUNDS ->
		lock();
		owners++;
		assert(owners == 1);
		owners--;
		held = false;
		round++
	:: else -> break
	od;
	atomic {
		finished++;
		if
		:: finished == CPUS -> assert(word_is_zero)
		:: else -> skip
		fi
	}
}
