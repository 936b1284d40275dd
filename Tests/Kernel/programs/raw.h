/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * The module's test interfaces, /sys/kernel/debug/lrng_testing, and the events that they record: interrupts by lrng_events, and
 * context switches by sleeping. Both are made in small numbers between two reads, so that the module's rings never run over,
 * however slow the machine is.
 */
#ifndef RAW_H
#define RAW_H

#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>

#define FOLDER "/sys/kernel/debug/lrng_testing/"
#define PARAMETERS "/sys/module/lrng/parameters/"
#define RING_WORDS 1024
#define BURST 200
#define MOST (64 * 1024)

struct kind {
	const char *file, *parameter;
	bool of_switches;
};

static const struct kind kinds[] = {
	{ "lrng_raw_hires", "boot_raw_hires_test", false },
	{ "lrng_raw_jiffies", "boot_raw_jiffies_test", false },
	{ "lrng_raw_irq", "boot_raw_irq_test", false },
	{ "lrng_raw_irqflags", "boot_raw_irqflags_test", false },
	{ "lrng_raw_retip", "boot_raw_retip_test", false },
	{ "lrng_raw_regs", "boot_raw_regs_test", false },
	{ "lrng_raw_array", "boot_raw_array", false },
	{ "lrng_irq_perf", "boot_irq_perf", false },
	{ "lrng_raw_sched_hires", "boot_raw_sched_hires_test", true },
	{ "lrng_raw_sched_pid", "boot_raw_sched_pid_test", true },
	{ "lrng_raw_sched_starttime", "boot_raw_sched_starttime_test", true },
	{ "lrng_raw_sched_nvcsw", "boot_raw_sched_nvcsw_test", true },
	{ "lrng_sched_perf", "boot_sched_perf", true },
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

static uint32_t words[MOST];
static size_t count;
/* Of lrng_events, since the file was opened. */
static unsigned long interrupts;

/* So that all interrupts of lrng_events are those of one processor. */
static inline void stay_here(void)
{
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	sched_setaffinity(0, sizeof(first), &first);
}

static inline void burst(unsigned int number)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u\n", number);
	int fd = open("/sys/module/lrng_events/parameters/burst", O_WRONLY);

	if (fd < 0 || write(fd, text, length) != length) {
		check(false, "interrupts can be made");
		exit(1);
	}
	close(fd);
	interrupts += number;
}

static inline void sleep_often(unsigned int times)
{
	while (times--)
		usleep(10);
}

static inline int open_file(const char *file, int flags)
{
	char path[100];

	snprintf(path, sizeof(path), FOLDER "%s", file);
	return open(path, O_RDONLY | flags);
}

/* Takes what is there now. Returns what the last read said: -EAGAIN, or 0 at an end. */
static inline long drain(int fd)
{
	while (count < MOST) {
		long got = result_of(read(fd, words + count, (MOST - count) * sizeof(*words)));

		if (got <= 0)
			return got;
		if (!among(got % 4 == 0, "%ld bytes are no whole words", got))
			return -EIO;
		count += got / 4;
	}
	return -EAGAIN;
}

/* Opens the file, and makes events until it has given so many words. */
static inline int collect(const struct kind *kind, size_t wanted)
{
	int fd = open_file(kind->file, O_NONBLOCK), round;

	count = 0;
	interrupts = 0;
	if (!among(fd >= 0, "open: error %d", errno))
		return fd;
	for (round = 0; round < 200 && count < wanted; round++) {
		if (kind->of_switches)
			sleep_often(20);
		else
			burst(BURST);
		expect(-EAGAIN, drain(fd), "when there is nothing more");
	}
	among(count >= wanted, "%zu words instead of %zu", count, wanted);
	return fd;
}

/* A line of a source in /proc/lrng_type. */
static inline const char *of(const char *source, const char *label)
{
	static char text[200];
	FILE *file = fopen("/proc/lrng_type", "r");
	char wanted[100];
	bool is_inside = false;

	snprintf(wanted, sizeof(wanted), " Name: %s\n", source);
	while (file && fgets(text, sizeof(text), file)) {
		if (!strncmp(text, " Name: ", 7))
			is_inside = !strcmp(text, wanted);
		if (is_inside && !strncmp(text + 1, label, strlen(label)) && text[1 + strlen(label)] == ':') {
			fclose(file);
			text[strcspn(text, "\n")] = 0;
			return text + 1 + strlen(label) + 2;
		}
	}
	if (file)
		fclose(file);
	return "";
}

static inline long number_of(const char *source, const char *label)
{
	return strtol(of(source, label), NULL, 10);
}

#endif
