// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * One question to a device or to getrandom(2), for scripts. Nothing here waits; the answer is a number, an error as -ERRNO.
 *
 *     ask read FILE          reads 16 bytes
 *     ask getrandom FLAGS    16 bytes with these flags
 *     ask feed FILE BITS     RNDADDENTROPY: 64 bytes, which are credited with so many bits
 *     ask reseed FILE        RNDRESEEDCRNG
 */
#define _GNU_SOURCE
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <linux/random.h>

static long feed(int fd, int bits)
{
	struct { int bits, length; uint8_t data[64]; } info = { bits, 64, { 0 } };
	size_t i;

	/* Where it comes from does not matter here. */
	for (i = 0; i < sizeof(info.data); i++)
		info.data[i] = i * 37 + getpid();
	return ioctl(fd, RNDADDENTROPY, &info) ? -errno : 0;
}

static long ask(const char *question, const char *subject, const char *number)
{
	uint8_t buffer[16];
	int fd;

	if (!strcmp(question, "getrandom"))
		return get(buffer, sizeof(buffer), strtoul(subject, NULL, 0));
	fd = open(subject, O_RDWR | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (!strcmp(question, "read"))
		return raw(SYS_read, fd, buffer, sizeof(buffer));
	if (!strcmp(question, "feed") && number)
		return feed(fd, atoi(number));
	if (!strcmp(question, "reseed"))
		return ioctl(fd, RNDRESEEDCRNG) ? -errno : 0;
	return -EINVAL;
}

int main(int count, char **words)
{
	if (count < 3)
		return 64;
	printf("%ld\n", ask(words[1], words[2], words[3]));
	return 0;
}
