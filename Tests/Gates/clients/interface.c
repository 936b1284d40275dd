/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/* A program that uses lrng.h, and each function of it. Prints the status as JSON. */
#include <lrng.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define REQUIRE(condition)                                                             \
	do {                                                                           \
		if (!(condition)) {                                                    \
			fprintf(stderr, "error: line %d: %s\n", __LINE__, #condition); \
			_exit(1);                                                      \
		}                                                                      \
	} while (0)

enum { DRAWS = 10000 };

static void *draw(void *target)
{
	unsigned char(*values)[16] = target;

	for (int i = 0; i < DRAWS; i++)
		REQUIRE(lrng_generate(values[i], 16) == LRNG_OK);
	return NULL;
}

int main(void)
{
	unsigned char(*values)[16] =
		mmap(NULL, 3 * DRAWS * 16, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned char bytes[100000];
	uint64_t seed[512], number, seen[10] = { 0 };
	uint32_t failed = 1;
	char status[8192];
	ssize_t n;
	pthread_t thread;
	int state;

	REQUIRE(lrng_wait(-1) == LRNG_OK);
	REQUIRE(lrng_generate(NULL, 0) == LRNG_OK);
	REQUIRE(lrng_generate(NULL, 1) == LRNG_ERROR_ARGUMENT);
	REQUIRE(lrng_generate_pr(NULL, 1) == LRNG_ERROR_ARGUMENT);
	REQUIRE(lrng_generate_nonblocking(bytes, sizeof(bytes)) == LRNG_OK);
	REQUIRE(lrng_generate_pr(bytes, 70) == LRNG_OK);

	/* This thread, another one and a child. */
	REQUIRE(!pthread_create(&thread, NULL, draw, values));
	draw(values + DRAWS);
	pthread_join(thread, NULL);
	if (!fork()) {
		draw(values + 2 * DRAWS);
		_exit(0);
	}
	REQUIRE(wait(&state) > 0 && state == 0);
	for (int i = 0; i < DRAWS; i++) {
		REQUIRE(memcmp(values[i], values[DRAWS + i], 16));
		REQUIRE(memcmp(values[DRAWS + i], values[2 * DRAWS + i], 16));
		REQUIRE(memcmp(values[i], values[2 * DRAWS + i], 16));
	}

	REQUIRE(lrng_uniform(0, &number) == LRNG_ERROR_ARGUMENT);
	REQUIRE(lrng_uniform(1, NULL) == LRNG_ERROR_ARGUMENT);
	REQUIRE(lrng_uniform(1, &number) == LRNG_OK && number == 0);
	for (int i = 0; i < 10000; i++) {
		REQUIRE(lrng_uniform(10, &number) == LRNG_OK && number < 10);
		seen[number]++;
	}
	/* 1000 each: sigma is 30. */
	for (int i = 0; i < 10; i++)
		REQUIRE(seen[i] > 800 && seen[i] < 1200);

	memset(seed, 0, sizeof(seed));
	REQUIRE(lrng_get_seed(seed, 7, 0) == LRNG_ERROR_ARGUMENT);
	REQUIRE(lrng_get_seed(seed, sizeof(seed), 4) == LRNG_ERROR_ARGUMENT);
	REQUIRE(lrng_get_seed(seed, 8, 0) == LRNG_ERROR_TOO_SMALL && seed[0] > 16 && seed[0] < sizeof(seed));
	n = (ssize_t)seed[0];
	REQUIRE(lrng_get_seed(seed, sizeof(seed), 0) == n && (ssize_t)seed[0] == n && seed[1] >= 256);
	REQUIRE(lrng_get_seed(seed, sizeof(seed), LRNG_SEED_RESEED | LRNG_SEED_NONBLOCKING) == n);

	REQUIRE(lrng_insert("something", 9, 0) == LRNG_OK && lrng_insert(NULL, 0, 8) == LRNG_OK);
	REQUIRE(lrng_insert(NULL, 1, 0) == LRNG_ERROR_ARGUMENT);
	REQUIRE(lrng_reseed() == LRNG_OK);
	REQUIRE(lrng_self_test(&failed) == LRNG_OK && failed == 0 && lrng_self_test(NULL) == LRNG_OK);

	REQUIRE(lrng_status_json(status, 0) == LRNG_ERROR_ARGUMENT);
	REQUIRE(lrng_status_json(status, 10) == LRNG_ERROR_TOO_SMALL && !status[0]);
	n = lrng_status_json(status, sizeof(status));
	REQUIRE(n > 100 && (size_t)n == strlen(status));
	for (int error = LRNG_ERROR_SYSTEM; error <= LRNG_OK; error++)
		REQUIRE(strcmp(lrng_error_text(error), lrng_error_text(1)));
	fprintf(stderr, "%s\n", lrng_version());
	puts(status);
	return 0;
}
