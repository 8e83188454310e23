/* SPDX-License-Identifier: ISC */
/*
 * A sleeper, its waker and two CPUs, as kernel/sched/wait.h and place.h draw them, for the model
 * checker spin: every interleaving is tried. Stores may be delayed in a buffer of the CPU that made
 * them until a fence or a locked instruction (x86-TSO), which is what wait_fence() is for.
 *
 * Checked: the sleeper is never run while its old stack is in use, nor twice; it always wakes (no end
 * state but the proper one); and who wakes it does not touch it when it may be gone (wait_finish_lasting:
 * whom the waker took out of the queue leaves without the queue's lock). Seeds, each of which must be
 * found:
 *	NO_FENCE	no fence between a side's store and its load
 *	EARLY_UNLOCK	the run queue is unlocked before the switch is over
 *	LOOK_FIRST	the sleeper looks at its condition before it is in the queue
 *	OUT_FIRST	the waker takes it out of the queue before it wakes it
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
bool wq;	/* the wait queue's lock */
bool gone;	/* the sleeper has gone on: its waiter, and maybe its thread, are no more */

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

/* Under the wait queue's lock, with the sleeper in the queue. */
inline wake()
{
#ifdef OUT_FIRST
	queued = false;
#endif
	lock(rq);
	assert(!gone);
	woken = blocked;
	if
	:: blocked ->
		blocked = false;
		if
		:: !current -> runnable = true
		:: else -> skip
		fi
	:: else -> skip
	fi;
	unlock(rq);
#ifndef OUT_FIRST
	assert(!gone);
	if
	:: woken -> queued = false
	:: else -> skip
	fi
#endif
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
		if
		:: !queued && !queued_buffered -> assert(!blocked)	/* the waker took it out */
		:: else ->
			blocked = false;
			atomic { !wq && !queued_buffered -> wq = true }	/* locked: the buffer is empty */
			queued = false;
			unlock(wq)
		fi
	od;
	gone = true
}

active proctype waker()
{
	bool woken;
	cond_buffered = true;
	fence(cond_buffered);
	if
	:: queued ->
		lock(wq);
		if
		:: queued -> wake()
		:: else -> skip
		fi;
		unlock(wq)
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
