// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * Whether bytes are from the generator of lrng_provider, which writes its mark into each block of 32.
 *
 *     marked yes           they are, wherever they are read from
 *     marked no            they are not
 *     marked synchronous   with prediction resistance they are, else not
 */
#include "test.h"

#include <fcntl.h>

#define LENGTH 96

/* As lrng_provider makes them: no two blocks are the same. */
static bool is_marked(const uint8_t *bytes)
{
	size_t at;

	for (at = 0; at < LENGTH; at += 32)
		if (memcmp(bytes + at, "LRNG p", 6) || memcmp(bytes + at + 14, " LRNG p", 7) ||
		    (at && !memcmp(bytes + at, bytes + at - 32, 32)))
			return false;
	return true;
}

int main(int count, char **arguments)
{
	static const struct { const char *name, *path; int flags; bool is_synchronous; } ways[] = {
		{ "getrandom", NULL, 0, false },
		{ "getrandom(GRND_INSECURE)", NULL, INSECURE, false },
		{ "/dev/random", "/dev/random", O_RDONLY, false },
		{ "/dev/urandom", "/dev/urandom", O_RDONLY, false },
		{ "/dev/lrng", "/dev/lrng", O_RDONLY, false },
		{ "getrandom(GRND_RANDOM)", NULL, RANDOM, true },
		{ "/dev/random with O_SYNC", "/dev/random", O_RDONLY | O_SYNC, true },
	};
	const char *where = count == 2 ? arguments[1] : "no";
	size_t i;

	for (i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		const bool expected = !strcmp(where, "yes") || (!strcmp(where, "synchronous") && ways[i].is_synchronous);
		uint8_t bytes[LENGTH] = { 0 };
		int file = ways[i].path ? open(ways[i].path, ways[i].flags) : -1;
		long done = 0;

		/* Prediction resistance gives less where entropy is short. */
		while (done < LENGTH) {
			long got = file < 0 ? get(bytes + done, LENGTH - done, ways[i].flags) :
					      raw(SYS_read, file, bytes + done, LENGTH - done);

			if (got <= 0)
				break;
			done += got;
		}
		close(file);
		if (done != LENGTH)
			check_equal(LENGTH, done, ways[i].name);
		else
			check(is_marked(bytes) == expected, "%s: %s", ways[i].name,
			      expected ? "bytes of the module's generator" : "bytes of another generator");
	}
	return finish();
}
