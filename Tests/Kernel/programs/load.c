// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * Readers on each processor, of all kinds, until SIGTERM: lengths that the generators cut differently, every device, writes
 * in between. Each checks what it gets: whole, not zero, not what it got before.
 *
 *     load              prints "ready", and the results in the end
 *     load SECONDS      the same, and ends by itself
 */
#define _GNU_SOURCE
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>

#define READERS 64

struct reader {
	volatile unsigned long requests, short_ones;
	volatile long wrong;
	volatile unsigned long wrong_length;
};

static struct { volatile bool is_over; struct reader readers[READERS]; } *shared;
static volatile sig_atomic_t is_over;

static void on_end(int number)
{
	(void)number;
	is_over = 1;
}

static void read_on(struct reader *reader, unsigned int number, long processors)
{
	static const size_t lengths[] = { 16, 41, 256, 257, 4096, 10000, 1 << 20 };
	static uint8_t buffer[1 << 20];
	const char *paths[] = { "/dev/random", "/dev/urandom", "/dev/lrng" };
	int files[3], synchronous, i;
	uint64_t last = 0, first;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(number % processors, &set);
	sched_setaffinity(0, sizeof(set), &set);
	for (i = 0; i < 3; i++)
		files[i] = open(paths[i], O_RDWR);
	synchronous = open("/dev/random", O_RDONLY | O_SYNC);
	while (!shared->is_over) {
		unsigned long request = reader->requests++;
		size_t length = lengths[request % 7];
		bool may_be_short = false;
		long got;

		/* 1 MiB now and then. */
		if (length > 65536 && request % 2401 != 6)
			length = 31;
		if (request % 97 == 96 && number % 4 == 0) {
			length = 32;
			may_be_short = true;
			got = raw(SYS_read, synchronous, buffer, length);
		} else if (request % 5 < 2 || files[request % 3] < 0) {
			got = get(buffer, length, request % 5 ? INSECURE : 0);
		} else {
			got = raw(SYS_read, files[request % 3], buffer, length);
		}
		/* A livepatch that waits for long sends signals that nobody sees but read(2), behind its first page. */
		if (length > 4096 && got >= 4096)
			may_be_short = true;
		if (may_be_short && got > 0 && got < (long)length) {
			reader->short_ones++;
			continue;
		}
		memcpy(&first, buffer, sizeof(first));
		if (got != (long)length || !first || first == last) {
			if (!reader->wrong) {
				reader->wrong = got ? got : -1000;
				reader->wrong_length = length;
			}
			break;
		}
		last = first;
		if (request % 211 == 0)
			raw(SYS_write, files[0], buffer, 64);
		/*
		 * The end of a livepatch waits, for each function, until all tasks have given up their processor or were met outside
		 * of the kernel: minutes, where they do neither.
		 */
		if (request % 8 == 0)
			sched_yield();
		/* QEMU's single thread goes on to the next processor here, and after 0.1 s otherwise. */
		__builtin_ia32_pause();
	}
	_exit(0);
}

int main(int count, char **arguments)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned int readers = processors * 2 < READERS ? processors * 2 : READERS, i, seconds = 3600;
	struct sigaction action = { .sa_handler = on_end };
	unsigned long requests = 0, short_ones = 0;

	if (count == 2)
		seconds = atoi(arguments[1]);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (i = 0; i < readers; i++)
		if (!fork())
			read_on(&shared->readers[i], i, processors);
	sigaction(SIGTERM, &action, NULL);
	printf("ready\n");
	fflush(stdout);
	for (i = 0; i < seconds * 10 && !is_over; i++)
		pause_for(100);
	shared->is_over = true;
	while (wait(NULL) > 0)
		;
	begin("readers got all they asked for, all the time");
	for (i = 0; i < readers; i++) {
		requests += shared->readers[i].requests;
		short_ones += shared->readers[i].short_ones;
		among(!shared->readers[i].wrong, "reader %u: %lu bytes: got %ld, after %lu requests", i,
		      shared->readers[i].wrong_length, shared->readers[i].wrong, shared->readers[i].requests);
		among(shared->readers[i].requests > 1, "reader %u: hardly a request", i);
	}
	end();
	printf("#   %lu requests of %u readers on %ld processors, %lu short ones\n", requests, readers, processors, short_ones);
	return finish();
}
