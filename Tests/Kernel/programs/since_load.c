// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * What each file of raw data has of a module that was loaded with all of boot_…=1: the first 1024 words, and nothing of what
 * came later.
 */
#define _GNU_SOURCE
#include "raw.h"

static long parameter(const char *name)
{
	char path[100], text[16] = "";
	int fd;

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	fd = open(path, O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(fd);
	return text[0] ? strtol(text, NULL, 10) : -1;
}

int main(void)
{
	char title[120];
	long size;
	size_t i, other;
	int fd, round;

	stay_here();
	size = number_of("IRQ", "per-CPU interrupt collection size");
	begin("since the load: status says that both sources are recorded");
	among(!strcmp(of("IRQ", "Recording"), "true"), "interrupts");
	among(!strcmp(of("Scheduler", "Recording"), "true"), "context switches");
	end();
	/* Perf files and arrays have what is left when the stamps have their 1024 words. */
	for (round = 0; round < 40; round++)
		burst(BURST);
	for (round = 0; round < 60; round++)
		sleep_often(50);
	for (i = 0; i < KINDS; i++) {
		const struct kind *kind = &kinds[i];
		const bool is_array = !strcmp(kind->file, "lrng_raw_array");

		snprintf(title, sizeof(title), "%s: the file has the first 1024 words, and is one as any other then",
			 kind->parameter);
		begin(title);
		fd = open_file(kind->file, O_NONBLOCK);
		count = 0;
		among(fd >= 0, "open: error %d", errno);
		expect(16, result_of(read(fd, words, 16)), "the first read");
		count = 4;
		/* There is room in the ring now, but nobody may take words that come behind a gap for those of the beginning. */
		if (kind->of_switches)
			sleep_often(50);
		else
			burst(is_array ? 6 * BURST : BURST);
		expect(0, drain(fd), "an end");
		expect(RING_WORDS, count, "words");
		if (is_array)
			among(size > 0 && count % (size / 4) == 0, "no whole arrays");
		close(fd);
		/* It was this file's parameter, and no other's. */
		for (other = 0; other < KINDS; other++)
			expect(other > i, parameter(kinds[other].parameter), "%s afterwards", kinds[other].parameter);
		fd = collect(kind, 1);
		expect(-EBUSY, result_of(open_file(kind->file, 0)), "a second reader");
		close(fd);
		end();
	}
	begin("since the load: status says that nobody records any more");
	among(!strcmp(of("IRQ", "Recording"), "false"), "interrupts");
	among(!strcmp(of("Scheduler", "Recording"), "false"), "context switches");
	end();
	return finish();
}
