/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * The part of OpenSSL 3's provider interface that a random number generator needs, as provider-base(7) and provider-rand(7)
 * document it. The interface is binary: numbers and layouts never change, so that no header of OpenSSL is needed.
 *
 * The tables are in tables.c; Sources/LRNGProvider implements the functions.
 */
#ifndef LRNG_CPROVIDER_H
#define LRNG_CPROVIDER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* OSSL_PARAM(3): a list of them ends with one without a key. */
struct lrng_ossl_param {
	const char *key;
	unsigned int data_type;
	void *data;
	size_t data_size;
	size_t return_size;
};

enum {
	LRNG_OSSL_PARAM_INTEGER = 1,
	LRNG_OSSL_PARAM_UNSIGNED_INTEGER = 2,
	LRNG_OSSL_PARAM_UTF8_PTR = 6,
};

struct lrng_ossl_dispatch {
	int function_id;
	void (*function)(void);
};

struct lrng_ossl_algorithm {
	const char *names;
	const char *properties;
	const struct lrng_ossl_dispatch *implementation;
	const char *description;
};

/* What a context is: the algorithm that it belongs to. Nothing has a state of its own. */
extern const int lrng_ossl_rand, lrng_ossl_seed_source;

static inline const void *lrng_ossl_seed_source_address(void)
{
	return &lrng_ossl_seed_source;
}

/* ---- In Swift ---------------------------------------------------------------------------------------------------- */

int lrng_ossl_instantiate(void *context, unsigned int strength, int prediction_resistance, const unsigned char *personalization,
			  size_t length, const struct lrng_ossl_param *parameters);
int lrng_ossl_uninstantiate(void *context);
int lrng_ossl_generate(void *context, unsigned char *output, size_t length, unsigned int strength,
		       int prediction_resistance, const unsigned char *additional, size_t additional_length);
int lrng_ossl_reseed(void *context, int prediction_resistance, const unsigned char *entropy, size_t entropy_length,
		     const unsigned char *additional, size_t additional_length);
size_t lrng_ossl_nonce(void *context, unsigned char *output, unsigned int strength, size_t shortest, size_t longest);
size_t lrng_ossl_get_seed(void *context, unsigned char **output, int entropy, size_t shortest, size_t longest,
			  int prediction_resistance, const unsigned char *additional, size_t additional_length);
void lrng_ossl_clear_seed(void *context, unsigned char *seed, size_t length);
/* EVP_RAND_STATE_*: 0 before the first seed, 1 ready, 2 failed. */
int lrng_ossl_state(void);
int lrng_ossl_is_running(void);

#endif
