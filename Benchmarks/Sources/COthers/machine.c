// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/* The list of the others, and what the measurement needs of the machine. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "COthers.h"

extern char **environ;

const struct bench_other *bench_other_at(size_t index)
{
	static const struct bench_other *const others[] = {
		&bench_preload,
		&bench_provider,
		&bench_egd,
		&bench_native,
		&bench_getrandom,
		&bench_vdso,
		&bench_urandom,
		&bench_rand_bytes,
		&bench_ctr_drbg,
		&bench_hash_drbg,
		&bench_hmac_drbg,
		&bench_sodium,
	};

	return index < sizeof(others) / sizeof(others[0]) ? others[index] : NULL;
}

const char *bench_libc_version(void)
{
	return gnu_get_libc_version();
}

const char *bench_kernel_release(void)
{
	static struct utsname name;

	return uname(&name) ? "unknown" : name.release;
}

void bench_pin_to_processor(size_t index)
{
	cpu_set_t allowed, one;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed) || index--)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		pthread_setaffinity_np(pthread_self(), sizeof(one), &one);
		return;
	}
}

size_t bench_processor_count(void)
{
	cpu_set_t allowed;

	return sched_getaffinity(0, sizeof(allowed), &allowed) ? 1 : (size_t)CPU_COUNT(&allowed);
}

static uint64_t read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t bench_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t bench_thread_time(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

/* A null-terminated line into `printed`; its length, or -1 when it does not fit. */
static int read_all(int fd, char *printed, size_t size)
{
	size_t filled = 0;

	for (;;) {
		ssize_t got = read(fd, printed + filled, size - filled);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || (size_t)got == size - filled)
			return -1;
		if (got == 0)
			break;
		filled += (size_t)got;
	}
	printed[filled] = '\0';
	return 0;
}

int bench_run(const char *path, char *printed, size_t size, uint64_t *started)
{
	char *const arguments[] = { (char *)path, NULL };
	posix_spawn_file_actions_t actions;
	int pipe_ends[2], error, status, result;
	pid_t child;

	if (pipe2(pipe_ends, O_CLOEXEC))
		return -1;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
	*started = bench_now();
	error = posix_spawn(&child, path, &actions, NULL, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(pipe_ends[1]);
	result = error ? -1 : read_all(pipe_ends[0], printed, size);
	close(pipe_ends[0]);
	if (error || waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status))
		return -1;
	return result;
}
