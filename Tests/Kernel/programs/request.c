// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * One request.
 *
 *     request digest LENGTH  writes that many bytes of the standard input to lrng_acvt_hash, and prints the digest
 *     request HOW            /dev/random: plain, synchronous, reseed, write; or getrandom, grnd_random
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <sys/ioctl.h>

static int print_digest(const char *text)
{
	static uint8_t message[10000];
	const size_t length = strtoul(text, NULL, 10);
	uint8_t digest[100];
	size_t have = 0;
	long got, i;
	int fd;

	while (have < length && (got = read(0, message + have, length - have)) > 0)
		have += got;
	fd = open("/sys/kernel/debug/lrng_testing/lrng_acvt_hash", O_RDWR);
	got = fd < 0 ? -errno : raw(SYS_write, fd, message, have);
	if (got == (long)have)
		got = raw(SYS_read, fd, digest, sizeof(digest));
	if (got < 0) {
		printf("error %ld\n", -got);
		return 0;
	}
	for (i = 0; i < got; i++)
		printf("%02x", digest[i]);
	putchar('\n');
	return 0;
}

static int ask(const char *how)
{
	uint8_t bytes[32] = { 0 };
	int fd = open("/dev/random", !strcmp(how, "synchronous") ? O_RDWR | O_SYNC : O_RDWR);
	long got = -EINVAL;

	if (!strcmp(how, "plain") || !strcmp(how, "synchronous"))
		got = raw(SYS_read, fd, bytes, sizeof(bytes));
	else if (!strcmp(how, "getrandom"))
		got = get(bytes, sizeof(bytes), 0);
	else if (!strcmp(how, "grnd_random"))
		got = get(bytes, sizeof(bytes), RANDOM);
	else if (!strcmp(how, "write"))
		got = raw(SYS_write, fd, bytes, sizeof(bytes));
	else if (!strcmp(how, "reseed"))
		got = ioctl(fd, RNDRESEEDCRNG) ? -errno : 1;
	close(fd);
	if (got > 0)
		return 0;
	fprintf(stderr, "%s: %ld\n", how, got);
	return 1;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "digest"))
		return print_digest(argv[2]);
	if (argc == 2)
		return ask(argv[1]);
	fprintf(stderr, "request: digest LENGTH | HOW\n");
	return 64;
}
