/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * System calls and instructions that Swift cannot spell: variadic syscall(2) and ioctl(2), bit fields of
 * perf_event_attr, macros, and instructions with a target attribute.
 *
 * Nothing here decides anything. Calls return what the kernel returns, with errno set; Sources/LRNG/System gives
 * them types and retries.
 */
#ifndef LRNG_CLINUX_H
#define LRNG_CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>


/* ---- For tests: what answers instead of the kernel, on this thread --------------------------------------------- */

extern _Thread_local void *lrng_mock_kernel_of_thread;

static inline void *lrng_mock_kernel(void)
{
	return lrng_mock_kernel_of_thread;
}

static inline void lrng_set_mock_kernel(void *mock)
{
	lrng_mock_kernel_of_thread = mock;
}

/* ---- What a thread has of its own ------------------------------------------------------------------------------- */

/*
 * Its generator, and the count of seeds that the generator depends on. Neither is ever null: a thread without a generator
 * has one of zeroes, which no count fits.
 */
struct lrng_thread {
	void *generator;
	const uint64_t *seed_epoch;
};

/* Found without a call, also in a library: there are always some bytes of static storage for those that come late. */
extern _Thread_local struct lrng_thread lrng_thread_here __attribute__((tls_model("initial-exec")));
extern const uint64_t lrng_no_generator[8];

__attribute__((returns_nonnull))
static inline void *lrng_thread_generator(void)
{
	return lrng_thread_here.generator;
}

/* The count, and one more. */
static inline uint64_t lrng_thread_token(void)
{
	return __atomic_load_n(lrng_thread_here.seed_epoch, __ATOMIC_ACQUIRE) + 1;
}

static inline int lrng_thread_has_generator(void)
{
	return lrng_thread_here.generator != (void *)lrng_no_generator;
}

static inline int lrng_thread_depends_on(const void *seed_epoch)
{
	return lrng_thread_here.seed_epoch == seed_epoch;
}

static inline void lrng_set_thread(void *generator, const void *seed_epoch)
{
	lrng_thread_here.seed_epoch = seed_epoch;
	lrng_thread_here.generator = generator;
}

static inline void lrng_clear_thread(void)
{
	lrng_thread_here.generator = (void *)lrng_no_generator;
	lrng_thread_here.seed_epoch = lrng_no_generator;
}

/* ---- Processor: its generator and its cycle counter ------------------------------------------------------------ */

/* Which instructions deliver random words. A word is valid only where the function returns 1. */
enum lrng_cpu_random {
	LRNG_CPU_SEED = 1,	/* conditioned noise: RDSEED, RNDRRS, the seed CSR */
	LRNG_CPU_RANDOM = 2,	/* output of a generator that this noise seeds: RDRAND, RNDR */
};

#if defined(__x86_64__) || defined(__i386__)

#include <cpuid.h>

static inline unsigned int lrng_cpu_random_features(void)
{
	unsigned int a, b, c, d, features = 0;

	if (__get_cpuid(1, &a, &b, &c, &d) && (c & (1u << 30)))
		features |= LRNG_CPU_RANDOM;
	if (__get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1u << 18)))
		features |= LRNG_CPU_SEED;
	return features;
}

#ifdef __x86_64__

static inline int lrng_cpu_seed(uint64_t *word)
{
	unsigned char ok;

	__asm__ __volatile__("rdseed %0; setc %1" : "=r"(*word), "=qm"(ok) : : "cc");
	return ok;
}

static inline int lrng_cpu_random(uint64_t *word)
{
	unsigned char ok;

	__asm__ __volatile__("rdrand %0; setc %1" : "=r"(*word), "=qm"(ok) : : "cc");
	return ok;
}

#else

static inline int lrng_cpu_seed(uint64_t *word)
{
	uint32_t low, high;
	unsigned char first, second;

	__asm__ __volatile__("rdseed %0; setc %1" : "=r"(low), "=qm"(first) : : "cc");
	__asm__ __volatile__("rdseed %0; setc %1" : "=r"(high), "=qm"(second) : : "cc");
	*word = (uint64_t)high << 32 | low;
	return first & second;
}

static inline int lrng_cpu_random(uint64_t *word)
{
	uint32_t low, high;
	unsigned char first, second;

	__asm__ __volatile__("rdrand %0; setc %1" : "=r"(low), "=qm"(first) : : "cc");
	__asm__ __volatile__("rdrand %0; setc %1" : "=r"(high), "=qm"(second) : : "cc");
	*word = (uint64_t)high << 32 | low;
	return first & second;
}

#endif

static inline void lrng_cpu_pause(void)
{
	__asm__ __volatile__("pause");
}

#elif defined(__aarch64__)

#ifdef __linux__
#include <sys/auxv.h>
#endif

static inline unsigned int lrng_cpu_random_features(void)
{
#ifdef __linux__
	/* HWCAP2_RNG: both RNDR and RNDRRS */
	if (getauxval(AT_HWCAP2) & (1ul << 16))
		return LRNG_CPU_SEED | LRNG_CPU_RANDOM;
#endif
	return 0;
}

/* The assembler knows the registers by name only with +rng; S3_3_C2_C4_1 is RNDRRS and S3_3_C2_C4_0 is RNDR. */
static inline int lrng_cpu_seed(uint64_t *word)
{
	int ok;

	__asm__ __volatile__("mrs %0, s3_3_c2_c4_1; cset %w1, ne" : "=r"(*word), "=r"(ok) : : "cc");
	return ok;
}

static inline int lrng_cpu_random(uint64_t *word)
{
	int ok;

	__asm__ __volatile__("mrs %0, s3_3_c2_c4_0; cset %w1, ne" : "=r"(*word), "=r"(ok) : : "cc");
	return ok;
}

static inline void lrng_cpu_pause(void)
{
	__asm__ __volatile__("yield");
}

#else

/*
 * RISC-V's seed CSR traps in user mode unless the kernel grants it (mseccfg.USEED), and hwprobe(2) tells of the
 * instruction, not of the grant. So there it is the kernel host's source only.
 */
static inline unsigned int lrng_cpu_random_features(void)
{
	return 0;
}

static inline int lrng_cpu_seed(uint64_t *word)
{
	*word = 0;
	return 0;
}

static inline int lrng_cpu_random(uint64_t *word)
{
	*word = 0;
	return 0;
}

static inline void lrng_cpu_pause(void)
{
}

#endif

/* The finest counter that user space may read, in its own unit. */
static inline uint64_t lrng_cycle_counter(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
	uint64_t count;

	__asm__ __volatile__("isb; mrs %0, cntvct_el0" : "=r"(count));
	return count;
#elif defined(__riscv) && __riscv_xlen == 64
	uint64_t count;

	__asm__ __volatile__("rdtime %0" : "=r"(count));
	return count;
#else
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now))
		return 0;
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
#endif
}

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- Futex ----------------------------------------------------------------------------------------------------- */

/* FUTEX_WAIT_PRIVATE and FUTEX_WAKE_PRIVATE; 32-bit systems with a 64-bit time_t have the call under its own name. */
static inline int lrng_futex_wait(const uint32_t *word, uint32_t expected, const struct timespec *timeout)
{
#if defined(SYS_futex_time64) && !defined(__LP64__)
	if (sizeof(timeout->tv_sec) == 8)
		return (int)syscall(SYS_futex_time64, word, 128, expected, timeout, NULL, 0);
#endif
#ifdef SYS_futex
	return (int)syscall(SYS_futex, word, 128, expected, timeout, NULL, 0);
#else
	return (int)syscall(SYS_futex_time64, word, 128, expected, timeout, NULL, 0);
#endif
}

static inline int lrng_futex_wake(const uint32_t *word, int count)
{
#ifdef SYS_futex
	return (int)syscall(SYS_futex, word, 129, count, NULL, NULL, 0);
#else
	return (int)syscall(SYS_futex_time64, word, 129, count, NULL, NULL, 0);
#endif
}

/* ---- Memory, random numbers, processors ------------------------------------------------------------------------ */

enum {
	LRNG_MADV_DONTFORK = 10,
	LRNG_MADV_DONTDUMP = 16,
	LRNG_MADV_WIPEONFORK = 18,
};

enum {
	LRNG_GRND_NONBLOCK = 1,
};

/* The call itself: the C library's function may serve from its own batch. */
static inline ssize_t lrng_getrandom(void *buffer, size_t length, unsigned int flags)
{
	return syscall(SYS_getrandom, buffer, length, flags);
}

/* AT_RANDOM: 16 bytes, or NULL. The C library takes its stack canary from them, so they leave only through a hash. */
static inline const uint8_t *lrng_program_start_random_bytes(void)
{
	return (const uint8_t *)getauxval(AT_RANDOM);
}

/* The C libraries declare it only with _GNU_SOURCE. */
extern int sched_getcpu(void);

static inline int lrng_current_cpu(void)
{
	return sched_getcpu();
}

/* How many processors this thread may run on; 1 when the kernel does not say. */
static inline int lrng_allowed_processors(void)
{
	unsigned long mask[128] = {0};
	long length = syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask);
	int count = 0;

	for (long i = 0; i < length / (long)sizeof(mask[0]); i++)
		count += __builtin_popcountl(mask[i]);
	return count > 0 ? count : 1;
}

static inline unsigned int lrng_device_major(dev_t device)
{
	return major(device);
}

static inline unsigned int lrng_device_minor(dev_t device)
{
	return minor(device);
}

/* ---- Unix sockets ---------------------------------------------------------------------------------------------- */

/* A stream socket that is connected to the path; each of its calls takes that long at most. */
static inline int lrng_connect(const char *path, long milliseconds)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval limit = { milliseconds / 1000, (milliseconds % 1000) * 1000 };
	size_t length = strlen(path);
	int descriptor, error;

	if (length == 0 || length >= sizeof(address.sun_path)) {
		errno = ENOENT;
		return -1;
	}
	memcpy(address.sun_path, path, length);
	descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (descriptor < 0)
		return -1;
	if (setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == 0 &&
	    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0 &&
	    connect(descriptor, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return descriptor;
	error = errno;
	close(descriptor);
	errno = error;
	return -1;
}

static inline ssize_t lrng_send(int descriptor, const void *bytes, size_t length)
{
	return send(descriptor, bytes, length, MSG_NOSIGNAL);
}

/* struct ucred is declared only with _GNU_SOURCE. */
static inline pid_t lrng_peer_process(int descriptor)
{
	struct { pid_t process; uid_t user; gid_t group; } peer = { 0 };
	socklen_t length = sizeof(peer);

	return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 ? peer.process : 0;
}

/* ---- Locks on bytes of a file that belong to the open file description ------------------------------------------- */

/* F_OFD_GETLK and F_OFD_SETLK are declared only with _GNU_SOURCE. */
enum {
	LRNG_OFD_GETLK = 36,
	LRNG_OFD_SETLK = 37,
};

static inline int lrng_lock_byte(int descriptor, int byte)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };

	return fcntl(descriptor, LRNG_OFD_SETLK, &lock);
}

/* The first of so many bytes that somebody has locked for writing, else their number. */
static inline int lrng_locked_byte(int descriptor, int count)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_len = count };

	if (fcntl(descriptor, LRNG_OFD_GETLK, &lock))
		return -1;
	return lock.l_type == F_UNLCK ? count : (int)lock.l_start;
}

/* ---- A tracefs that only this process sees --------------------------------------------------------------------- */

/*
 * fsopen(2), fsconfig(FSCONFIG_CMD_CREATE) and fsmount(2), read-only: the mount is attached nowhere, so no path leads
 * to it and it vanishes with its last descriptor.
 */
static inline int lrng_open_detached_tracefs(void)
{
#if defined(SYS_fsopen) && defined(SYS_fsconfig) && defined(SYS_fsmount)
	int context = (int)syscall(SYS_fsopen, "tracefs", 1 /* FSOPEN_CLOEXEC */);
	int mount = -1, error;

	if (context < 0)
		return -1;
	if (syscall(SYS_fsconfig, context, 6 /* FSCONFIG_CMD_CREATE */, NULL, NULL, 0) == 0)
		mount = (int)syscall(SYS_fsmount, context, 1 /* FSMOUNT_CLOEXEC */,
				     0xf /* MOUNT_ATTR_RDONLY | NOSUID | NODEV | NOEXEC */);
	error = errno;
	close(context);
	errno = error;
	return mount;
#else
	errno = ENOSYS;
	return -1;
#endif
}

/* ---- Perf events ----------------------------------------------------------------------------------------------- */

enum {
	LRNG_PERF_RECORD_LOST = PERF_RECORD_LOST,
	LRNG_PERF_RECORD_THROTTLE = PERF_RECORD_THROTTLE,
	LRNG_PERF_RECORD_UNTHROTTLE = PERF_RECORD_UNTHROTTLE,
	LRNG_PERF_RECORD_SAMPLE = PERF_RECORD_SAMPLE,
	LRNG_PERF_RECORD_LOST_SAMPLES = PERF_RECORD_LOST_SAMPLES,
};

/*
 * One event of one processor, all processes, disabled: every occurrence is a sample, and a sample is a 64-bit time
 * stamp in nanoseconds, for tracepoints followed by the raw record. wakeup_events says after how many samples poll(2)
 * reports.
 */
static inline int lrng_perf_open(uint32_t is_tracepoint, uint64_t tracepoint, int cpu, uint32_t wakeup_events)
{
	struct perf_event_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	attributes.size = sizeof(attributes);
	attributes.type = is_tracepoint ? PERF_TYPE_TRACEPOINT : PERF_TYPE_SOFTWARE;
	attributes.config = is_tracepoint ? tracepoint : PERF_COUNT_SW_CONTEXT_SWITCHES;
	attributes.sample_period = 1;
	attributes.sample_type = PERF_SAMPLE_TIME | (is_tracepoint ? PERF_SAMPLE_RAW : 0);
	attributes.wakeup_events = wakeup_events;
	attributes.disabled = 1;
	return (int)syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

/* Adds `samples` to the budget and enables the event; the kernel disables it when the budget is spent. */
static inline int lrng_perf_refresh(int descriptor, int samples)
{
	return ioctl(descriptor, PERF_EVENT_IOC_REFRESH, samples);
}

static inline int lrng_perf_enable(int descriptor)
{
	return ioctl(descriptor, PERF_EVENT_IOC_ENABLE, 0);
}

static inline int lrng_perf_disable(int descriptor)
{
	return ioctl(descriptor, PERF_EVENT_IOC_DISABLE, 0);
}

/*
 * The ring: its first page is struct perf_event_mmap_page, the data follow at the next page. The kernel writes the
 * head after the data (so: load-acquire, then read), and may overwrite what lies before the tail (so: read, then
 * store-release).
 */
static inline uint64_t lrng_perf_ring_head(const void *ring)
{
	const struct perf_event_mmap_page *page = ring;

	return __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
}

static inline uint64_t lrng_perf_ring_tail(const void *ring)
{
	const struct perf_event_mmap_page *page = ring;

	return __atomic_load_n(&page->data_tail, __ATOMIC_RELAXED);
}

static inline void lrng_perf_ring_set_tail(void *ring, uint64_t tail)
{
	struct perf_event_mmap_page *page = ring;

	__atomic_store_n(&page->data_tail, tail, __ATOMIC_RELEASE);
}

#else

#include <unistd.h>

static inline int lrng_allowed_processors(void)
{
	long count = sysconf(_SC_NPROCESSORS_ONLN);

	return count > 0 ? (int)count : 1;
}

#endif /* __linux__ */

#endif
