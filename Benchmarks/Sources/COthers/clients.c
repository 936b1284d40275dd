/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/* The LRNG as programs in other languages get it: its libraries, from the folder BENCH_LIBRARIES. */
#include <dlfcn.h>
#include <limits.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#include "COthers.h"

static const char *path_of(const char *library, char *path)
{
	const char *folder = getenv("BENCH_LIBRARIES");

	if (!folder || snprintf(path, PATH_MAX, "%s/%s", folder, library) >= PATH_MAX)
		return NULL;
	return path;
}

static void close_nothing(void *state)
{
	(void)state;
}

/* ---- The function that a preloaded program calls ------------------------------------------------------------------- */

typedef ssize_t getrandom_function(void *buffer, size_t length, unsigned int flags);

static void *open_preload(const char **reason)
{
	char path[PATH_MAX];
	void *library = path_of("liblrng-getrandom.so", path) ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
	void *function = library ? dlsym(library, "getrandom") : NULL;

	if (!function)
		*reason = "the library is not built";
	return function;
}

static int draw_preload(void *state, void *buffer, size_t bytes, size_t requests)
{
	getrandom_function *function = (getrandom_function *)state;

	for (size_t i = 0; i < requests; i++)
		if (function(buffer, bytes, 0) != (ssize_t)bytes)
			return -1;
	return 0;
}

const struct bench_other bench_preload = {
	.name = "liblrng-getrandom.so",
	.open = open_preload,
	.draw = draw_preload,
	.close = close_nothing,
};

/* ---- RAND_bytes of an OpenSSL that has the provider ----------------------------------------------------------------- */

static OSSL_LIB_CTX *with_provider;

static void load_provider(void)
{
	char path[PATH_MAX];
	OSSL_LIB_CTX *context = OSSL_LIB_CTX_new();

	if (context && path_of("liblrng-provider.so", path) && OSSL_PROVIDER_load(context, "default") &&
	    OSSL_PROVIDER_load(context, path) && RAND_set_DRBG_type(context, "LRNG", NULL, NULL, NULL) == 1)
		with_provider = context;
}

static void *open_provider(const char **reason)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load_provider);
	if (!with_provider)
		*reason = "the provider is not built";
	return with_provider;
}

static int draw_provider(void *state, void *buffer, size_t bytes, size_t requests)
{
	for (size_t i = 0; i < requests; i++)
		if (RAND_bytes_ex(state, buffer, bytes, 0) != 1)
			return -1;
	return 0;
}

const struct bench_other bench_provider = {
	.name = "liblrng-provider.so, RAND_bytes",
	.open = open_provider,
	.draw = draw_provider,
	.close = close_nothing,
};
