// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * What the module's files of raw data give while they are open, how they behave, and who gets the events then.
 *
 *     raw files LINE       each file, where LINE is the interrupt of lrng_events
 *     raw overrun          a ring that nobody reads
 */
#define _GNU_SOURCE
#include "raw.h"

#include <signal.h>
#include <sys/time.h>

/* Of lrng_events. */
static unsigned long line;

static int compare_words(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

/* Sorts the words. */
static size_t count_different(void)
{
	size_t i, different = count > 0;

	qsort(words, count, sizeof(*words), compare_words);
	for (i = 1; i < count; i++)
		different += words[i] != words[i - 1];
	return different;
}

static size_t count_equal(uint32_t word)
{
	size_t i, equal = 0;

	for (i = 0; i < count; i++)
		equal += words[i] == word;
	return equal;
}

/* A field of /proc/self/stat (from 1), or a line of /proc/self/status. */
static unsigned long long own_field(int number)
{
	char text[1000] = "";
	FILE *file = fopen("/proc/self/stat", "r");
	char *at;

	if (file) {
		if (!fgets(text, sizeof(text), file))
			text[0] = 0;
		fclose(file);
	}
	at = strrchr(text, ')');
	for (number -= 2; at && number > 0; number--)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at + 1, NULL, 10) : 0;
}

static unsigned long own_switches(void)
{
	char text[200];
	unsigned long switches = 0;
	FILE *file = fopen("/proc/self/status", "r");

	while (file && fgets(text, sizeof(text), file))
		sscanf(text, "voluntary_ctxt_switches: %lu", &switches);
	if (file)
		fclose(file);
	return switches;
}

/* --------------------------------------------------------------------------------------------------- what the files hold */

/* Two stamps are never the same, but for a wrap of their 32 bits. */
static void test_stamps(const struct kind *kind)
{
	size_t different, total;
	char title[100];
	int fd;

	snprintf(title, sizeof(title), "%s: stamps differ from each other", kind->file);
	begin(title);
	fd = collect(kind, 600);
	total = count;
	different = count_different();
	among(different * 10 >= total * 9, "%zu different ones among %zu", different, total);
	among(total && (words[0] ^ words[total - 1]) >> 8, "they differ in more than a byte");
	end();
	close(fd);
}

static void test_jiffies(const struct kind *kind)
{
	int fd;
	size_t i;

	begin("lrng_raw_jiffies: close to each other, and rising");
	fd = collect(kind, 1000);
	/* Another processor may come in between at a tick. A minute is for machines that are very slow. */
	for (i = 1; i < count; i++)
		among((int32_t)(words[i] - words[i - 1]) >= -1 && (int32_t)(words[i] - words[i - 1]) < 60000,
		      "%u after %u", words[i], words[i - 1]);
	among(count && (int32_t)(words[count - 1] - words[0]) > 0, "they stand still at %u", words[0]);
	end();
	close(fd);
}

static void test_lines(const struct kind *kind)
{
	int fd;
	size_t i;

	begin("lrng_raw_irq: each interrupt has the number of its line");
	fd = collect(kind, 1000);
	expect(interrupts, count_equal(line), "line %lu", line);
	for (i = 0; i < count; i++)
		among(words[i] < 4096, "%u is no line", words[i]);
	end();
	close(fd);
}

static void test_flags(const struct kind *kind)
{
	int fd;
	size_t i;

	begin("lrng_raw_irqflags: bit 1, which is always set, and interrupts were on");
	fd = collect(kind, 400);
	for (i = 0; i < count; i++)
		among(!words[i] || (words[i] & 0x202) == 0x202, "%#x", words[i]);
	among(count_equal(0) * 10 <= count, "%zu of %zu are zero", count_equal(0), count);
	end();
	close(fd);
}

static void test_instructions(const struct kind *kind)
{
	int fd;

	begin("lrng_raw_retip: there is an address in each");
	fd = collect(kind, 400);
	expect(0, count_equal(0), "zeros");
	end();
	close(fd);
}

/* All words of the registers come round: also the code segment, of the kernel or of a process. */
static void test_registers(const struct kind *kind)
{
	int fd;

	begin("lrng_raw_regs: the registers come round");
	fd = collect(kind, 600);
	among(count_equal(0x10) + count_equal(0x33) > 0, "no code segment");
	among(count_equal(0x18) + count_equal(0x2b) > 0, "no stack segment");
	among(count_equal(0) < count, "nothing but zeros");
	end();
	close(fd);
}

static void test_array(const struct kind *kind, long length)
{
	int fd;
	size_t i, size = length / 4, first;

	begin("lrng_raw_array: whole arrays of stamps");
	fd = collect(kind, 2 * size);
	among(size > 0 && count % size == 0, "%zu words are no arrays of %zu", count, size);
	for (first = 0; first + size <= count; first += size) {
		size_t repeated = 0;

		for (i = 1; i < size; i++)
			repeated += words[first + i] == words[first + i - 1];
		among(repeated < size / 4, "%zu words of %zu are those before", repeated, size);
	}
	end();
	close(fd);
}

/* What an event costs: at a few GHz, half of them less than some milliseconds. Who measures something else has 32 random bits. */
static void test_perf(const struct kind *kind)
{
	char title[100];
	int fd;

	snprintf(title, sizeof(title), "%s: few cycles each", kind->file);
	begin(title);
	fd = collect(kind, 400);
	count_different();
	among(words[count / 2] > 0, "nothing takes no time");
	among(words[count / 2] < 1 << 24, "half of them take %u cycles or more", words[count / 2]);
	end();
	close(fd);
}

static void test_pids(const struct kind *kind)
{
	int fd;
	size_t i;

	begin("lrng_raw_sched_pid: who runs next, us among them");
	fd = collect(kind, 600);
	among(count_equal(getpid()) >= 20, "our pid %zu times", count_equal(getpid()));
	for (i = 0; i < count; i++)
		among(words[i] <= 1 << 22, "%u is no pid", words[i]);
	end();
	close(fd);
}

static void test_start_times(const struct kind *kind)
{
	/* In hundredths of a second; the words are the low bits of nanoseconds. */
	const uint32_t start = (uint32_t)(own_field(22) * 10000000ull);
	size_t i, ours = 0;
	int fd;

	begin("lrng_raw_sched_starttime: when who runs next was started, ours among them");
	fd = collect(kind, 600);
	for (i = 0; i < count; i++)
		ours += words[i] - start < 10000000;
	among(ours >= 20, "ours %zu times", ours);
	among(count_different() > 1, "all the same");
	end();
	close(fd);
}

static void test_switches(const struct kind *kind)
{
	unsigned long before, after, switches;
	int fd;

	begin("lrng_raw_sched_nvcsw: how often who runs next has waited, each of our times");
	fd = open_file(kind->file, O_NONBLOCK);
	count = 0;
	before = own_switches();
	sleep_often(100);
	after = own_switches();
	among(after >= before + 50, "we slept %lu times", after - before);
	expect(-EAGAIN, drain(fd), "when there is nothing more");
	for (switches = before + 1; switches <= after; switches++)
		among(count_equal(switches) > 0, "%lu", switches);
	end();
	close(fd);
}

/* ------------------------------------------------------------------------------------------------- who gets the events */

/* A stamp that somebody records is known to him: the LRNG does not count it. */
static void test_withholding(const struct kind *kind, const char *source)
{
	long unused, bits;
	int fd, i;

	begin(kind->of_switches ? "recorded context switches are not credited" : "recorded interrupts are not credited");
	/* Something is there that could be lost, or grow. */
	burst(BURST);
	sleep_often(50);
	fd = open_file(kind->file, O_NONBLOCK);
	among(fd >= 0, "open: error %d", errno);
	among(!strcmp(of(source, "Recording"), "true"), "status says that somebody records");
	unused = number_of(source, "Events unused");
	bits = number_of(source, "Available entropy");
	among(unused > 0, "events are unused before");
	count = 0;
	for (i = 0; i < 10; i++) {
		if (kind->of_switches)
			sleep_often(50);
		else
			burst(BURST);
		drain(fd);
	}
	among(count >= 500, "%zu were recorded", count);
	expect(unused, number_of(source, "Events unused"), "events unused");
	expect(bits, number_of(source, "Available entropy"), "available entropy");
	close(fd);
	among(!strcmp(of(source, "Recording"), "false"), "status says that nobody records any more");
	/* A processor may be in the middle of an event; and a few stamps are stuck. */
	for (i = 0; i < 50 && number_of(source, "Events unused") < unused + 100; i++) {
		burst(BURST);
		sleep_often(50);
	}
	among(number_of(source, "Events unused") >= unused + 100, "events count again");
	end();
}

/* An array that somebody records takes what it was credited with along. */
static void test_array_withholding(const struct kind *kind)
{
	long unused = 0;
	int fd, i;

	begin("a recorded array is not credited");
	for (i = 0; i < 50 && unused < 3000; i++) {
		burst(BURST);
		unused = number_of("IRQ", "Events unused");
	}
	among(unused >= 3000, "%ld events are unused before", unused);
	fd = collect(kind, 1);
	among(!strcmp(of("IRQ", "Recording"), "true"), "status says that somebody records");
	/* One processor handles them all, and has at most those of the last burst left. */
	among(number_of("IRQ", "Events unused") < unused - 1000, "%ld events were unused, and are %ld", unused,
	      number_of("IRQ", "Events unused"));
	close(fd);
	among(!strcmp(of("IRQ", "Recording"), "false"), "status says that nobody records any more");
	end();
}

/* -------------------------------------------------------------------------------------------------------- how files behave */

static void nothing(int number)
{
	(void)number;
}

static void test_files(void)
{
	const struct sigaction on_alarm = { .sa_handler = nothing };
	const struct itimerval soon = { { 0, 100000 }, { 0, 100000 } }, off = { { 0, 0 }, { 0, 0 } };
	int fds[KINDS], fd;
	uint32_t word[4];
	size_t i;
	pid_t child;

	begin("files: one reader each, all at once");
	for (i = 0; i < KINDS; i++) {
		fds[i] = open_file(kinds[i].file, O_NONBLOCK);
		among(fds[i] >= 0, "%s: error %d", kinds[i].file, errno);
		expect(-EBUSY, result_of(open_file(kinds[i].file, 0)), "%s, a second time", kinds[i].file);
		expect(-EBUSY, result_of(open_file(kinds[i].file, O_NONBLOCK)), "%s, a third time", kinds[i].file);
	}
	for (i = 0; i < KINDS; i++)
		close(fds[i]);
	for (i = 0; i < KINDS; i++) {
		fds[i] = open_file(kinds[i].file, O_NONBLOCK);
		among(fds[i] >= 0, "%s again: error %d", kinds[i].file, errno);
		close(fds[i]);
	}
	end();

	begin("files: whole words, and no place");
	fd = open_file("lrng_raw_irq", O_NONBLOCK);
	burst(BURST);
	expect(0, result_of(read(fd, word, 0)), "no byte");
	expect(0, result_of(read(fd, word, 3)), "3 bytes");
	expect(4, result_of(read(fd, word, 7)), "7 bytes");
	expect(16, result_of(read(fd, word, 16)), "16 bytes");
	expect(-EFAULT, raw(SYS_read, fd, NULL, 16), "to NULL");
	expect(-ESPIPE, result_of(lseek(fd, 0, SEEK_SET)), "lseek");
	among(write(fd, word, 4) < 0, "write");
	close(fd);
	end();

	begin("files: a reader waits for events, and signals end that");
	fd = open_file("lrng_raw_irq", 0);
	child = fork();
	if (!child) {
		pause_for(200);
		burst(BURST);
		_exit(0);
	}
	among(read(fd, word, 16) >= 4, "a read without O_NONBLOCK");
	waitpid(child, NULL, 0);
	close(fd);
	/* Nobody makes arrays now. */
	fd = open_file("lrng_raw_array", 0);
	sigaction(SIGALRM, &on_alarm, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	expect(-EINTR, result_of(read(fd, word, 16)), "a signal");
	setitimer(ITIMER_REAL, &off, NULL);
	close(fd);
	end();
}

static const struct kind *kind_of(const char *file)
{
	size_t i;

	for (i = 0; i < KINDS; i++)
		if (!strcmp(kinds[i].file, file))
			return &kinds[i];
	exit(1);
}

static int test_all(const char *number)
{
	line = strtoul(number, NULL, 10);
	test_stamps(kind_of("lrng_raw_hires"));
	test_jiffies(kind_of("lrng_raw_jiffies"));
	test_lines(kind_of("lrng_raw_irq"));
	test_flags(kind_of("lrng_raw_irqflags"));
	test_instructions(kind_of("lrng_raw_retip"));
	test_registers(kind_of("lrng_raw_regs"));
	test_array(kind_of("lrng_raw_array"), number_of("IRQ", "per-CPU interrupt collection size"));
	test_perf(kind_of("lrng_irq_perf"));
	test_stamps(kind_of("lrng_raw_sched_hires"));
	test_pids(kind_of("lrng_raw_sched_pid"));
	test_start_times(kind_of("lrng_raw_sched_starttime"));
	test_switches(kind_of("lrng_raw_sched_nvcsw"));
	test_perf(kind_of("lrng_sched_perf"));
	test_withholding(kind_of("lrng_raw_hires"), "IRQ");
	test_withholding(kind_of("lrng_raw_sched_hires"), "Scheduler");
	test_array_withholding(kind_of("lrng_raw_array"));
	test_files();
	return finish();
}

static int test_overrun(void)
{
	int fd = open_file("lrng_raw_irq", O_NONBLOCK);

	begin("a ring that nobody reads holds the first 1024 words");
	count = 0;
	burst(3000);
	expect(-EAGAIN, drain(fd), "when there is nothing more");
	expect(RING_WORDS, count, "words");
	burst(BURST);
	count = 0;
	expect(-EAGAIN, drain(fd), "when there is nothing more");
	among(count >= BURST, "%zu words when there is room again", count);
	end();
	close(fd);
	return finish();
}

int main(int argc, char **argv)
{
	stay_here();
	if (argc == 3 && !strcmp(argv[1], "files"))
		return test_all(argv[2]);
	if (argc == 2 && !strcmp(argv[1], "overrun"))
		return test_overrun();
	fprintf(stderr, "raw: files LINE | overrun\n");
	return 64;
}
