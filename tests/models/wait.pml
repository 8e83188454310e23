/* SPDX-License-Identifier: ISC */
/*
 * A sleeper, its waker and two CPUs, as kernel/sched/wait.h and place.h draw them, for the model
 * checker spin: every interleaving is tried. Stores may be delayed in a buffer of the CPU that made
 * them until a fence or a locked instruction (x86-TSO), which is what wait_fence() is for.
 *
 * Checked: the sleeper is never run while its old stack is in use, nor twice; and it always wakes (no
 * end state but the proper one). Seeds, each of which must be found:
 *	NO_FENCE	no fence between a side's store and its load
 *	EARLY_UNLOCK	the run queue is unlocked before the switch is over
 *	LOOK_FIRST	the sleeper looks at its condition before it is in the queue
 */
bool cond;	/* what is waited for, as memory has it */
bool cond_buffered;	/* the waker's store, not in memory yet */
bool queued;	/* the sleeper is in the wait queue, as memory has it */
bool queued_buffered;
bool blocked;	/* thread.state; written with a locked instruction or under rq */
bool current = true;	/* it is its CPU's current thread */
bool stack_in_use = true;
bool runnable;	/* in a run queue */
bool rq;	/* the run queue's lock */

inline lock(l) { atomic { !l -> l = true } }
inline unlock(l) { l = false }

active proctype buffers()	/* the processors empty their store buffers when they like */
{
end:	do
	:: atomic { cond_buffered -> cond = true; cond_buffered = false }
	:: atomic { queued_buffered -> queued = true; queued_buffered = false }
	od
}

inline fence(buffered)
{
#ifndef NO_FENCE
	!buffered
#else
	skip
#endif
}

/* schedule() of a thread that is blocked; it goes on where somebody has run it again. */
inline sleep()
{
	lock(rq);
	if
	:: !blocked -> unlock(rq)	/* woken in between */
	:: else ->
		current = false;
#ifdef EARLY_UNLOCK
		unlock(rq);
		stack_in_use = false;
#else
		stack_in_use = false;	/* the successor is on its own stack: finish_switch() */
		unlock(rq);
#endif
		current		/* run again */
	fi
}

active proctype sleeper()
{
	bool seen;
	do
	:: cond -> break
	:: else ->
#ifdef LOOK_FIRST
		seen = cond;
#endif
		blocked = true;
		queued_buffered = true;
		fence(queued_buffered);
#ifndef LOOK_FIRST
		seen = cond;
#endif
		if
		:: !seen -> sleep()
		:: else -> skip
		fi;
		blocked = false;
		atomic { !queued_buffered -> queued = false }	/* wait_finish() takes the lock */
	od
}

active proctype waker()
{
	cond_buffered = true;
	fence(cond_buffered);
	if
	:: queued ->
		lock(rq);
		if
		:: blocked ->
			blocked = false;
			if
			:: !current -> runnable = true
			:: else -> skip
			fi
		:: else -> skip
		fi;
		unlock(rq)
	:: else -> skip
	fi
}

active proctype cpu()
{
end:	do
	:: atomic { runnable && !rq -> rq = true }
		runnable = false;
		assert(!current);
		assert(!stack_in_use);
		stack_in_use = true;
		current = true;
		unlock(rq)
	od
}
