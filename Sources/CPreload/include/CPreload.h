/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * What a library that is loaded into any program needs before it may run Swift: memory of its own (heap.c), a mark on
 * each thread that is in it, and the system call behind it.
 *
 * A call can come out of the program's malloc, out of a handler that interrupted a call, or in the child of a thread
 * while another one held locks. So nothing here locks, and all that it keeps is valid between any two instructions.
 */
#ifndef LRNG_CPRELOAD_H
#define LRNG_CPRELOAD_H

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum {
	LRNG_PRELOAD_EAGAIN = EAGAIN,
	LRNG_PRELOAD_EINTR = EINTR,
	LRNG_PRELOAD_EINVAL = EINVAL,
	LRNG_PRELOAD_EIO = EIO,
	LRNG_PRELOAD_EMSGSIZE = EMSGSIZE,
};

/* ---- The system call ------------------------------------------------------------------------------------------- */

static inline ssize_t lrng_preload_system_call(void *buffer, size_t length, unsigned int flags)
{
	return syscall(SYS_getrandom, buffer, length, flags);
}

static inline ssize_t lrng_preload_fail(int error)
{
	errno = error;
	return -1;
}

static inline int lrng_preload_error(void)
{
	return errno;
}

/* Returns 0 after 20 ms, -1 when a signal came. */
static inline int lrng_preload_pause(void)
{
	const struct timespec pause = { 0, 20000000 };

	return nanosleep(&pause, NULL);
}

/* ---- The generator --------------------------------------------------------------------------------------------- */

/*
 * It is made once. A thread that finds it being made goes to the system, and so does the child of a process that forked
 * meanwhile, for ever: who was making it is not there, and may have held locks of the Swift runtime.
 */
enum {
	LRNG_PRELOAD_NONE = 0,
	LRNG_PRELOAD_STARTING = 1,
	LRNG_PRELOAD_READY = 2,
	LRNG_PRELOAD_FAILED = 3,
};

struct lrng_preload {
	uint32_t state;
	/* Calls that went to the system because they must not wait. */
	uint32_t skipped;
	/* Milliseconds of the monotonic clock before which nobody asks a generator again that had no seed. */
	uint64_t retry;
	void *generator;
};

extern struct lrng_preload lrng_preload;

static inline uint32_t lrng_preload_state(void)
{
	return __atomic_load_n(&lrng_preload.state, __ATOMIC_ACQUIRE);
}

/* Whether the caller has to make the generator. */
static inline int lrng_preload_start(void)
{
	uint32_t none = LRNG_PRELOAD_NONE;

	return __atomic_compare_exchange_n(&lrng_preload.state, &none, LRNG_PRELOAD_STARTING, 0, __ATOMIC_ACQ_REL,
					   __ATOMIC_RELAXED);
}

static inline void lrng_preload_started(void *generator)
{
	lrng_preload.generator = generator;
	__atomic_store_n(&lrng_preload.state, generator ? LRNG_PRELOAD_READY : LRNG_PRELOAD_FAILED, __ATOMIC_RELEASE);
}

static inline void *lrng_preload_generator(void)
{
	return lrng_preload.generator;
}

static inline uint32_t lrng_preload_skip(void)
{
	return __atomic_add_fetch(&lrng_preload.skipped, 1, __ATOMIC_RELAXED);
}

static inline uint64_t lrng_preload_milliseconds(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now))
		return 0;
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static inline void lrng_preload_give_up_for(uint64_t milliseconds)
{
	__atomic_store_n(&lrng_preload.retry, lrng_preload_milliseconds() + milliseconds, __ATOMIC_RELAXED);
}

static inline int lrng_preload_may_retry(void)
{
	uint64_t retry = __atomic_load_n(&lrng_preload.retry, __ATOMIC_RELAXED);

	return !retry || lrng_preload_milliseconds() >= retry;
}

/* ---- Going in -------------------------------------------------------------------------------------------------- */

/* What the thread gets back when it leaves. */
struct lrng_preload_entry {
	sigset_t signals;
	int error;
	int cancellation;
};

extern _Thread_local uint32_t lrng_preload_inside __attribute__((tls_model("initial-exec")));

/* Bytes of lrng's own heap that nobody ever had. */
size_t lrng_preload_room(void);

/*
 * Whether the thread may run Swift now. Until it leaves, its handlers wait and it can't be cancelled: both could end the
 * call while it holds locks.
 */
static inline int lrng_preload_enter(struct lrng_preload_entry *entry)
{
	sigset_t all;

	if (lrng_preload_inside || lrng_preload_room() < 1 << 18)
		return 0;
	lrng_preload_inside = 1;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	entry->error = errno;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &entry->signals);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &entry->cancellation);
	return 1;
}

static inline void lrng_preload_leave(const struct lrng_preload_entry *entry)
{
	pthread_setcancelstate(entry->cancellation, NULL);
	pthread_sigmask(SIG_SETMASK, &entry->signals, NULL);
	errno = entry->error;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	lrng_preload_inside = 0;
}

/* Whether the stack is that of a signal handler, which may be small. */
static inline int lrng_preload_is_on_signal_stack(void)
{
	stack_t stack;

	return sigaltstack(NULL, &stack) || (stack.ss_flags & SS_ONSTACK);
}

#endif
