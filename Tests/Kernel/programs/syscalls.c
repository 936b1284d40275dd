// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * getrandom(2), by both entries.
 *
 *     syscalls stock    as random.c does it: the control, which shows that the tests are right
 *     syscalls lrng     as the LRNG does it when it has taken over
 *
 * What it does while it is not seeded is in unseeded.c.
 */
#define _GNU_SOURCE
#include "test.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/time.h>

static bool is_lrng;
static uint8_t buffer[(1 << 20) + 2 * PAGE] __attribute__((aligned(PAGE)));

/* ------------------------------------------------------------------------------------------------------------------- flags */

static bool is_valid(unsigned int flags)
{
	unsigned int exclusive = flags & (INSECURE | RANDOM | SEED);

	if (flags & ~(NONBLOCK | RANDOM | INSECURE | (is_lrng ? SEED | FULLY_SEEDED : 0)))
		return false;
	return !(exclusive & (exclusive - 1));
}

/* Prediction resistance gives what there is, and who does not wait may get nothing; 16 bytes are too short for a seed. */
static bool is_answer(unsigned int flags, long got)
{
	if (!is_valid(flags))
		return got == -EINVAL;
	if (flags & SEED)
		return got == -EMSGSIZE || (flags & NONBLOCK && got == -EAGAIN);
	if (is_lrng && flags & RANDOM)
		return (got >= 1 && got <= 16) || (flags & NONBLOCK && got == -EAGAIN);
	return got == 16;
}

static void test_flags(void)
{
	unsigned int flags;
	int bit;

	begin("all 256 values of the low flags, valid or not");
	for (flags = 0; flags < 256; flags++) {
		long got = get(buffer, 16, flags);

		among(is_answer(flags, got), "flags 0x%02x: got %ld, valid: %d", flags, got, is_valid(flags));
	}
	end();
	begin("flags of bits 8 to 31 are invalid");
	for (bit = 8; bit < 32; bit++)
		expect(-EINVAL, get(buffer, 16, 1ul << bit), "bit %d", bit);
	expect(-EINVAL, get(buffer, 16, 0xffffffff), "all of them");
	end();
	check_equal(16, get(buffer, 16, 1ul << 32), "what is beyond the 32 bits of the flags is not looked at");
	check_equal(-EINVAL, get(NULL, 16, 0x80000000), "flags are looked at before the buffer is");
	check_equal(-EINVAL, get(buffer, 0, 0x80000000), "and for a length of 0, too");
}

/* ------------------------------------------------------------------------------------------------------------------- sizes */

static const size_t sizes[] = { 0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 255, 256, 257, 511, 512, 513, 1023,
				1024, 4095, 4096, 4097, 8191, 65535, 65536, 65537, 1 << 20 };
#define SIZES (sizeof(sizes) / sizeof(*sizes))

/* All of it is written, and nothing around it; at an offset that no word is at, or at the end of a page. */
static void try_size(size_t size, unsigned int flags, size_t offset)
{
	/* Six calls leave a byte as it was once in 2^48. */
	unsigned int calls = size <= 8192 ? 6 : 1, call;
	static uint8_t written[8192];
	uint8_t *start = buffer + offset;
	size_t i;

	memset(written, 0, sizeof(written));
	for (call = 0; call < calls; call++) {
		memset(buffer, 0x5a, sizeof(buffer));
		if (!expect(size, get(start, size, flags), "%zu bytes, flags %u", size, flags))
			return;
		for (i = 0; i < size && i < sizeof(written); i++)
			written[i] |= start[i] != 0x5a;
		among(find_run(start, size, 0x5a, 6) < 0, "%zu bytes, flags %u: nothing written at %ld", size, flags,
		      find_run(start, size, 0x5a, 6));
		among(find_run(start, size, 0, 6) < 0, "%zu bytes, flags %u: zeros at %ld", size, flags,
		      find_run(start, size, 0, 6));
		for (i = 0; i < 64; i++)
			among((offset <= i || start[-1 - (long)i] == 0x5a) && start[size + i] == 0x5a,
			      "%zu bytes, flags %u: written outside, %zu bytes off", size, flags, i + 1);
	}
	for (i = 0; i < size && size <= sizeof(written); i++)
		if (!among(written[i], "%zu bytes, flags %u: byte %zu is never written", size, flags, i))
			break;
}

static void test_sizes(void)
{
	size_t i;

	begin("all bytes up to the length are written, and none beyond");
	for (i = 0; i < SIZES; i++)
		try_size(sizes[i], 0, 64);
	end();
	begin("the same at odd addresses, with GRND_INSECURE, with GRND_NONBLOCK");
	for (i = 0; i < SIZES - 4; i++) {
		try_size(sizes[i], 0, PAGE - 3);
		try_size(sizes[i], INSECURE, 65);
		try_size(sizes[i], NONBLOCK, 71);
	}
	end();
}

/* ---------------------------------------------------------------------------------------------------------------- pointers */

static void test_pointers(void)
{
	uint8_t *pages = map(4 * PAGE, 0), *read_only = map(PAGE, 0);
	size_t room;

	/* One page that can be written, and a hole behind it. */
	munmap(pages + 2 * PAGE, 2 * PAGE);
	mprotect(pages + PAGE, PAGE, PROT_NONE);
	mprotect(read_only, PAGE, PROT_READ);

	check_equal(0, get(NULL, 0, 0), "no bytes to NULL");
	begin("addresses that can't be written");
	for (room = 1; room <= 8192; room = room == 1 ? 16 : room * 8) {
		expect(-EFAULT, get(NULL, room, 0), "NULL, %zu bytes", room);
		expect(-EFAULT, get(read_only, room, 0), "read-only, %zu bytes", room);
		expect(-EFAULT, get(pages + PAGE, room, 0), "no access, %zu bytes", room);
		expect(-EFAULT, get((void *)0xffff888000000000, room, 0), "the kernel, %zu bytes", room);
		expect(-EFAULT, get((void *)0xffffffffff600000, room, 0), "the vsyscall page, %zu bytes", room);
		expect(-EFAULT, get((void *)0x7ffffffff000, room, 0), "the end of user space, %zu bytes", room);
		expect(-EFAULT, get((void *)0x1234567812345678, room, 0), "not canonical, %zu bytes", room);
		expect(-EFAULT, get(NULL, room, INSECURE), "NULL, GRND_INSECURE, %zu bytes", room);
	}
	end();
	begin("of a buffer that ends too early what there is gets filled");
	for (room = 1; room <= PAGE; room = room < 20 ? room + 3 : room * 2 - 5) {
		uint8_t *start = pages + PAGE - room;

		memset(pages, 0x5a, PAGE);
		expect(room, get(start, room + 20, 0), "%zu bytes of %zu", room, room + 20);
		expect(room, get(start, room + 2 * PAGE, 0), "%zu bytes of %zu", room, room + 2 * PAGE);
		among(find_run(start, room, 0x5a, 6) < 0, "%zu bytes were there, not all are written", room);
		among(start == pages || start[-1] == 0x5a, "written before the buffer");
	}
	end();
	/* Without the cut to INT_MAX (and whole pages) such a length would reach beyond user space. */
	check_equal(PAGE, get(pages, ~0ul, 0), "a length that no memory has is cut, and the first page filled");
	check_equal(PAGE, get(pages, 0x80000000ul, 0), "so is 2 GiB");
	check_equal(PAGE, get(pages, 0x7ffffffful, 0), "INT_MAX gets what there is room for");
	munmap(pages, PAGE);
	munmap(read_only, PAGE);
}

/* ------------------------------------------------------------------------------------------------------------------- seeds */

static uint64_t word(unsigned int index)
{
	uint64_t value;

	memcpy(&value, buffer + 8 * index, sizeof(value));
	return value;
}

static void try_seed(unsigned int flags)
{
	size_t needed, i;

	for (i = 0; i < 8; i++)
		expect(-EINVAL, get(buffer, i, flags), "flags 0x%x, %zu bytes", flags, i);
	memset(buffer, 0x5a, 256);
	expect(-EMSGSIZE, get(buffer, 8, flags), "flags 0x%x, 8 bytes", flags);
	needed = word(0);
	among(needed >= 16 + 32 && needed <= 500, "flags 0x%x: length %zu is told", flags, needed);
	among(find_run(buffer + 8, 64, 0x5a, 64) == 0, "flags 0x%x: more than 8 bytes are written", flags);
	if (needed > 500)
		return;
	expect(-EMSGSIZE, get(buffer, needed - 1, flags), "flags 0x%x, a byte less", flags);
	memset(buffer, 0x5a, 1024);
	expect(needed, get(buffer, needed + 100, flags), "flags 0x%x, more than enough", flags);
	expect(needed, word(0), "flags 0x%x: the first word", flags);
	among(word(1) >= 1 && word(1) <= 8 * (needed - 16), "flags 0x%x: %lu bits in %zu bytes", flags,
	      (unsigned long)word(1), needed);
	among(find_run(buffer + needed, 100, 0x5a, 100) == 0, "flags 0x%x: written beyond the seed", flags);
	expect(-EFAULT, get(NULL, needed, flags), "flags 0x%x, NULL", flags);
	expect(-EFAULT, get(NULL, 8, flags), "flags 0x%x, 8 bytes at NULL", flags);
}

static void test_seed(void)
{
	static uint8_t first[500];
	size_t length;

	if (!is_lrng) {
		check_equal(-EINVAL, get(buffer, 1024, SEED), "random.c knows no GRND_SEED");
		check_equal(-EINVAL, get(buffer, 16, FULLY_SEEDED), "nor GRND_FULLY_SEEDED");
		return;
	}
	begin("the protocol of GRND_SEED, with and without GRND_FULLY_SEEDED");
	try_seed(SEED);
	try_seed(SEED | FULLY_SEEDED);
	end();
	check_equal(16, get(buffer, 16, FULLY_SEEDED), "GRND_FULLY_SEEDED alone is accepted");
	length = get(buffer, 500, SEED);
	if (!check((long)length > 48 && length <= 500, "a seed"))
		return;
	memcpy(first, buffer, length);
	check(get(buffer, 500, SEED) == (long)length && memcmp(first + 16, buffer + 16, length - 16),
	      "no seed is given twice");
}

/* ----------------------------------------------------------------------------------------------------------------- signals */

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
	(void)number;
	signals++;
}

static void alarm_every(unsigned int microseconds)
{
	struct itimerval timer = { { 0, microseconds }, { 0, microseconds } };

	setitimer(ITIMER_REAL, &timer, NULL);
}

static void test_signals(void)
{
	struct sigaction action = { .sa_handler = count_signal };
	unsigned int i, shorter = 0;

	sigaction(SIGALRM, &action, NULL);
	alarm_every(2000);
	signals = 0;
	begin("a signal leaves whole pages, and at least one");
	for (i = 0; i < 60 || (!shorter && i < 500); i++) {
		long got;

		memset(buffer, 0x5a, 1 << 20);
		got = get(buffer, 1 << 20, 0);
		among(got >= PAGE && got <= 1 << 20 && got % PAGE == 0, "1 MiB: got %ld", got);
		shorter += got < 1 << 20;
		if (got >= PAGE && got < 1 << 20) {
			among(find_run(buffer, got, 0x5a, 6) < 0, "not all of the %ld bytes were written", got);
			among(find_run(buffer + got, PAGE, 0x5a, PAGE) == 0, "written beyond %ld bytes", got);
		}
	}
	end();
	check(shorter > 0, "signals make large requests shorter (%u of %u)", shorter, i);
	alarm_every(500);
	begin("256 bytes and less come whole, whatever signals there are");
	for (i = 0; i < 5000; i++)
		expect(256, get(buffer, 256, 0), "256 bytes, call %u", i);
	end();
	if (is_lrng) {
		unsigned int served = 0;

		alarm_every(3000);
		begin("prediction resistance under signals: some bytes, or EINTR");
		for (i = 0; i < 40; i++) {
			long got = get(buffer, 64, RANDOM);

			among((got >= 1 && got <= 64) || got == -EINTR, "got %ld", got);
			served += got > 0;
		}
		end();
		alarm_every(0);
		if (!served)
			served = get(buffer, 64, RANDOM) > 0;
		check(served > 0, "and it is served when they stop");
	}
	alarm_every(0);
	check(signals > 20, "signals did come (%d)", (int)signals);
}

/* ----------------------------------------------------------------------------------------------------------------- content */

#define EACH 4096
#define PROCESSES 8

/* Small requests and large ones alternate; each of the large ones counts for its blocks. */
static void collect(uint8_t (*blocks)[16], int processor)
{
	cpu_set_t set;
	size_t i;

	CPU_ZERO(&set);
	CPU_SET(processor, &set);
	sched_setaffinity(0, sizeof(set), &set);
	for (i = 0; i < EACH; i++) {
		if (i % 1024 < 512)
			get(blocks[i], 16, i & 1 ? INSECURE : 0);
		else {
			get(blocks[i], 16 * 512, 0);
			i += 511;
		}
	}
}

static void test_repetitions(void)
{
	const size_t total = EACH * (PROCESSES + 2);
	uint8_t (*blocks)[16] = mmap(NULL, 16 * total, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t i, empty = 0;

	/* A fork gets nothing that its parent gets. */
	collect(blocks + EACH * PROCESSES, 0);
	for (i = 0; i < PROCESSES; i++)
		if (!fork()) {
			collect(blocks + EACH * i, i % processors);
			_exit(0);
		}
	collect(blocks + EACH * (PROCESSES + 1), 0);
	while (wait(NULL) > 0)
		;
	for (i = 0; i < total; i++)
		empty += find_run(blocks[i], 16, 0, 16) == 0;
	check_equal(0, empty, "every block was filled");
	check(!has_twins(blocks, total), "no block of 16 bytes comes twice: %zu from %d processes on %ld processors", total,
	      PROCESSES, processors);
	munmap(blocks, 16 * total);
}

/* FIPS 140-1's monobit and poker tests, with bounds for 2^23 bits that chance breaks once in 10^8 runs. */
static void test_distribution(void)
{
	unsigned long counts[16] = { 0 }, ones = 0;
	const unsigned long nibbles = 2ul << 20;
	double poker = 0;
	size_t i;

	check_equal(1 << 20, get(buffer, 1 << 20, 0), "1 MiB in one call");
	for (i = 0; i < 1 << 20; i++) {
		ones += __builtin_popcount(buffer[i]);
		counts[buffer[i] & 15]++;
		counts[buffer[i] >> 4]++;
	}
	check(ones > (4ul << 20) - 8700 && ones < (4ul << 20) + 8700, "monobit test: %lu ones in 8388608 bits", ones);
	for (i = 0; i < 16; i++)
		poker += ((double)counts[i] - nibbles / 16.0) * ((double)counts[i] - nibbles / 16.0) / (nibbles / 16.0);
	check(poker > 0.4 && poker < 72, "poker test: %.1f", poker);
	check(find_run(buffer, 1 << 20, 0, 6) < 0, "no run of zero bytes in it");
}

/* ----------------------------------------------------------------------------------------------------------------- 32 bits */

static void test_compat(void)
{
	static const size_t lengths[] = { 1, 16, 256, 257, 4096, 65536 };
	uint8_t *low = map(1 << 17, MAP_32BIT);
	size_t i;

	if (raw32(20, 0, 0, 0) != getpid()) {
		printf("skip - the entry for 32 bits: this kernel has none\n");
		return;
	}
	begin("getrandom of a process of 32 bits");
	for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		memset(low, 0x5a, 1 << 17);
		expect(lengths[i], raw32(355, (unsigned long)low, lengths[i], 0), "%zu bytes", lengths[i]);
		among(find_run(low, lengths[i], 0x5a, 6) < 0, "%zu bytes: not all written", lengths[i]);
		among(find_run(low + lengths[i], PAGE, 0x5a, PAGE) == 0, "%zu bytes: written beyond", lengths[i]);
	}
	expect(0, raw32(355, 0, 0, 0), "no bytes");
	expect(-EFAULT, raw32(355, 0, 16, 0), "NULL");
	expect(-EINVAL, raw32(355, (unsigned long)low, 16, 0x80000000), "unknown flag");
	expect(-EINVAL, raw32(355, (unsigned long)low, 16, INSECURE | RANDOM), "GRND_INSECURE with GRND_RANDOM");
	expect(is_lrng ? -EMSGSIZE : -EINVAL, raw32(355, (unsigned long)low, 8, SEED), "GRND_SEED");
	end();
	munmap(low, 1 << 17);
}

int main(int count, char **arguments)
{
	if (count != 2 || (strcmp(arguments[1], "stock") && strcmp(arguments[1], "lrng"))) {
		fprintf(stderr, "usage: syscalls stock|lrng\n");
		return 64;
	}
	is_lrng = !strcmp(arguments[1], "lrng");
	test_flags();
	test_sizes();
	test_pointers();
	test_seed();
	test_signals();
	test_repetitions();
	test_distribution();
	test_compat();
	return finish();
}
