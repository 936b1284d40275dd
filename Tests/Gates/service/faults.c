/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * Faults that a test cannot have of a real system without harm to others. Preloaded into the service, it stands before the C
 * library; faults.py says what fails by numbers in the file LRNG_TEST_FAULTS, at any time.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct faults {
	/* Error numbers; 0 is no fault. */
	int64_t accept, getrandom, sync;
	/* What clocks are ahead, in seconds. */
	int64_t boottime, realtime;
};

static const volatile struct faults none, *faults = &none;

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("LRNG_TEST_FAULTS");
	const int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *memory = fd >= 0 ? mmap(NULL, sizeof(none), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;

	if (memory != MAP_FAILED)
		faults = memory;
	if (fd >= 0)
		close(fd);
}

static int fail(int64_t error)
{
	errno = (int)error;
	return -1;
}

int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
	if (faults->accept)
		return fail(faults->accept);
	return (int)syscall(SYS_accept4, fd, address, length, flags);
}

int fsync(int fd)
{
	if (faults->sync)
		return fail(faults->sync);
	return (int)syscall(SYS_fsync, fd);
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
	static int (*next)(clockid_t clock, struct timespec *time);
	int result;

	if (!next)
		next = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	result = next(clock, time);
	if (clock == CLOCK_BOOTTIME)
		time->tv_sec += faults->boottime;
	if (clock == CLOCK_REALTIME)
		time->tv_sec += faults->realtime;
	return result;
}

/* The generator asks the kernel for random bytes by the call itself. */
long syscall(long number, ...)
{
	static long (*next)(long number, ...);
	long argument[6];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		argument[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_getrandom && faults->getrandom)
		return fail(faults->getrandom);
	if (!next)
		next = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	return next(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
}
