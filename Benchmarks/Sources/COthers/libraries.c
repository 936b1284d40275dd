// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/* OpenSSL and libsodium. A thread has an EVP_RAND of its own, without parent: seeded by the operating system. */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sodium.h>

#include "COthers.h"

static void *open_rand_bytes(const char **reason)
{
	(void)reason;
	return "";
}

static int draw_rand_bytes(void *state, void *buffer, size_t bytes, size_t requests)
{
	(void)state;
	for (size_t i = 0; i < requests; i++)
		if (RAND_bytes(buffer, (int)bytes) != 1)
			return -1;
	return 0;
}

static void close_nothing(void *state)
{
	(void)state;
}

const struct bench_other bench_rand_bytes = {
	.name = "OpenSSL RAND_bytes",
	.open = open_rand_bytes,
	.draw = draw_rand_bytes,
	.close = close_nothing,
};

static void *open_drbg(const char *kind, const OSSL_PARAM *params, const char **reason)
{
	EVP_RAND *method = EVP_RAND_fetch(NULL, kind, NULL);
	EVP_RAND_CTX *context = method ? EVP_RAND_CTX_new(method, NULL) : NULL;

	EVP_RAND_free(method);
	if (!context) {
		*reason = "this OpenSSL has none";
		return NULL;
	}
	if (EVP_RAND_instantiate(context, 256, 0, NULL, 0, params) != 1) {
		EVP_RAND_CTX_free(context);
		*reason = "this OpenSSL cannot seed it";
		return NULL;
	}
	return context;
}

static void *open_ctr_drbg(const char **reason)
{
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_DRBG_PARAM_CIPHER, "AES-256-CTR", 0),
		OSSL_PARAM_construct_end(),
	};

	return open_drbg("CTR-DRBG", params, reason);
}

static void *open_hash_drbg(const char **reason)
{
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_DRBG_PARAM_DIGEST, "SHA512", 0),
		OSSL_PARAM_construct_end(),
	};

	return open_drbg("HASH-DRBG", params, reason);
}

static void *open_hmac_drbg(const char **reason)
{
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_DRBG_PARAM_MAC, "HMAC", 0),
		OSSL_PARAM_construct_utf8_string(OSSL_DRBG_PARAM_DIGEST, "SHA512", 0),
		OSSL_PARAM_construct_end(),
	};

	return open_drbg("HMAC-DRBG", params, reason);
}

static int draw_drbg(void *state, void *buffer, size_t bytes, size_t requests)
{
	for (size_t i = 0; i < requests; i++)
		if (EVP_RAND_generate(state, buffer, bytes, 256, 0, NULL, 0) != 1)
			return -1;
	return 0;
}

static void close_drbg(void *state)
{
	EVP_RAND_CTX_free(state);
}

const struct bench_other bench_ctr_drbg = {
	.name = "OpenSSL CTR-DRBG",
	.open = open_ctr_drbg,
	.draw = draw_drbg,
	.close = close_drbg,
};

const struct bench_other bench_hash_drbg = {
	.name = "OpenSSL HASH-DRBG",
	.open = open_hash_drbg,
	.draw = draw_drbg,
	.close = close_drbg,
};

const struct bench_other bench_hmac_drbg = {
	.name = "OpenSSL HMAC-DRBG",
	.open = open_hmac_drbg,
	.draw = draw_drbg,
	.close = close_drbg,
};

static void *open_sodium(const char **reason)
{
	if (sodium_init() < 0) {
		*reason = "sodium_init failed";
		return NULL;
	}
	return "";
}

static int draw_sodium(void *state, void *buffer, size_t bytes, size_t requests)
{
	(void)state;
	for (size_t i = 0; i < requests; i++)
		randombytes_buf(buffer, bytes);
	return 0;
}

const struct bench_other bench_sodium = {
	.name = "libsodium randombytes_buf",
	.open = open_sodium,
	.draw = draw_sodium,
	.close = close_nothing,
};

const char *bench_openssl_version(void)
{
	return OpenSSL_version(OPENSSL_VERSION);
}

const char *bench_sodium_version(void)
{
	return sodium_version_string();
}
