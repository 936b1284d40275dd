/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * What OpenSSL finds when it loads the provider: two algorithms of the operation RAND, "LRNG" and "LRNG-SEED-SRC".
 *
 * OpenSSL asks a generator for its largest request before each request, so the parameters are answered here, without a
 * search for what nobody asked. There is no locking: generators belong to threads.
 */
#include "CProvider.h"

const int lrng_ossl_rand = 1, lrng_ossl_seed_source = 2;

/* provider-base(7), provider-rand(7) */
enum {
	OPERATION_RAND = 5,
	PROVIDER_TEARDOWN = 1024,
	PROVIDER_GETTABLE_PARAMS = 1025,
	PROVIDER_GET_PARAMS = 1026,
	PROVIDER_QUERY_OPERATION = 1027,
	RAND_NEWCTX = 1,
	RAND_FREECTX = 2,
	RAND_INSTANTIATE = 3,
	RAND_UNINSTANTIATE = 4,
	RAND_GENERATE = 5,
	RAND_RESEED = 6,
	RAND_NONCE = 7,
	RAND_ENABLE_LOCKING = 8,
	RAND_GETTABLE_CTX_PARAMS = 12,
	RAND_GET_CTX_PARAMS = 15,
	RAND_VERIFY_ZEROIZATION = 17,
	RAND_GET_SEED = 18,
	RAND_CLEAR_SEED = 19,
};

/* EVP_RAND_generate(3) cuts what is longer. */
static const uint64_t largest_request = 1u << 30;
static const uint64_t strength_in_bits = 256;

/* ---- Parameters ------------------------------------------------------------------------------------------------- */

static int set_number(struct lrng_ossl_param *parameter, uint64_t number)
{
	if (parameter->data_type != LRNG_OSSL_PARAM_INTEGER && parameter->data_type != LRNG_OSSL_PARAM_UNSIGNED_INTEGER)
		return 0;
	if (parameter->data_size == sizeof(uint64_t)) {
		if (parameter->data)
			memcpy(parameter->data, &number, sizeof(number));
	} else if (parameter->data_size == sizeof(uint32_t)) {
		const uint32_t half = (uint32_t)number;

		if (parameter->data)
			memcpy(parameter->data, &half, sizeof(half));
	} else {
		return 0;
	}
	parameter->return_size = parameter->data_size;
	return 1;
}

static int get_context_parameters(void *context, struct lrng_ossl_param *parameter)
{
	(void)context;
	for (; parameter && parameter->key; parameter++) {
		int done = 1;

		if (!strcmp(parameter->key, "max_request"))
			done = set_number(parameter, largest_request);
		else if (!strcmp(parameter->key, "strength"))
			done = set_number(parameter, strength_in_bits);
		else if (!strcmp(parameter->key, "state"))
			done = set_number(parameter, (uint64_t)lrng_ossl_state());
		else if (!strcmp(parameter->key, "max_entropylen") || !strcmp(parameter->key, "max_noncelen"))
			done = set_number(parameter, 1u << 16);
		else if (!strcmp(parameter->key, "min_entropylen") || !strcmp(parameter->key, "min_noncelen"))
			done = set_number(parameter, 0);
		else if (!strcmp(parameter->key, "reseed_counter"))
			/* Reseeds are the LRNG's business: a generator seeded by it keeps its own count of requests. */
			done = set_number(parameter, 1);
		if (!done)
			return 0;
	}
	return 1;
}

static const struct lrng_ossl_param *gettable_context_parameters(void *context, void *provider)
{
	static const struct lrng_ossl_param list[] = {
		{ "state", LRNG_OSSL_PARAM_INTEGER, NULL, 0, 0 },
		{ "strength", LRNG_OSSL_PARAM_UNSIGNED_INTEGER, NULL, 0, 0 },
		{ "max_request", LRNG_OSSL_PARAM_UNSIGNED_INTEGER, NULL, 0, 0 },
		{ NULL, 0, NULL, 0, 0 },
	};

	(void)context;
	(void)provider;
	return list;
}

/* ---- Contexts --------------------------------------------------------------------------------------------------- */

static void *new_rand(void *provider, void *parent, const struct lrng_ossl_dispatch *of_parent)
{
	(void)provider;
	(void)parent;
	(void)of_parent;
	return (void *)&lrng_ossl_rand;
}

static void *new_seed_source(void *provider, void *parent, const struct lrng_ossl_dispatch *of_parent)
{
	(void)provider;
	(void)of_parent;
	/* It is where seeds come from. */
	return parent ? NULL : (void *)&lrng_ossl_seed_source;
}

static void free_context(void *context)
{
	(void)context;
}

static int yes(void *context)
{
	(void)context;
	return 1;
}

#define FUNCTION(id, function) { id, (void (*)(void))(function) }

#define TABLE(new)                                                         \
	{                                                                  \
		FUNCTION(RAND_NEWCTX, new),                                \
		FUNCTION(RAND_FREECTX, free_context),                      \
		FUNCTION(RAND_INSTANTIATE, lrng_ossl_instantiate),         \
		FUNCTION(RAND_UNINSTANTIATE, lrng_ossl_uninstantiate),     \
		FUNCTION(RAND_GENERATE, lrng_ossl_generate),               \
		FUNCTION(RAND_RESEED, lrng_ossl_reseed),                   \
		FUNCTION(RAND_NONCE, lrng_ossl_nonce),                     \
		FUNCTION(RAND_ENABLE_LOCKING, yes),                        \
		FUNCTION(RAND_GETTABLE_CTX_PARAMS, gettable_context_parameters), \
		FUNCTION(RAND_GET_CTX_PARAMS, get_context_parameters),     \
		FUNCTION(RAND_VERIFY_ZEROIZATION, yes),                    \
		FUNCTION(RAND_GET_SEED, lrng_ossl_get_seed),               \
		FUNCTION(RAND_CLEAR_SEED, lrng_ossl_clear_seed),           \
		{ 0, NULL },                                               \
	}

static const struct lrng_ossl_dispatch rand_functions[] = TABLE(new_rand);
static const struct lrng_ossl_dispatch seed_source_functions[] = TABLE(new_seed_source);

/* ---- The provider ----------------------------------------------------------------------------------------------- */

static const struct lrng_ossl_algorithm *query_operation(void *provider, int operation, int *no_cache)
{
	static const struct lrng_ossl_algorithm algorithms[] = {
		{ "LRNG", "provider=lrng", rand_functions, "Linux Random Number Generator, one for each thread" },
		{ "LRNG-SEED-SRC", "provider=lrng", seed_source_functions, "seeds for other generators, with prediction resistance" },
		{ NULL, NULL, NULL, NULL },
	};

	(void)provider;
	*no_cache = 0;
	return operation == OPERATION_RAND ? algorithms : NULL;
}

static const struct lrng_ossl_param *gettable_parameters(void *provider)
{
	static const struct lrng_ossl_param list[] = {
		{ "name", LRNG_OSSL_PARAM_UTF8_PTR, NULL, 0, 0 },
		{ "status", LRNG_OSSL_PARAM_INTEGER, NULL, 0, 0 },
		{ NULL, 0, NULL, 0, 0 },
	};

	(void)provider;
	return list;
}

static int get_parameters(void *provider, struct lrng_ossl_param *parameter)
{
	static const char name[] = "Linux Random Number Generator";

	(void)provider;
	for (; parameter && parameter->key; parameter++) {
		if (!strcmp(parameter->key, "name") && parameter->data_type == LRNG_OSSL_PARAM_UTF8_PTR) {
			if (parameter->data)
				*(const char **)parameter->data = name;
			parameter->return_size = sizeof(name) - 1;
		} else if (!strcmp(parameter->key, "status") && !set_number(parameter, (uint64_t)lrng_ossl_is_running())) {
			return 0;
		}
	}
	return 1;
}

static void teardown(void *provider)
{
	(void)provider;
}

int OSSL_provider_init(const void *handle, const struct lrng_ossl_dispatch *of_core,
		       const struct lrng_ossl_dispatch **functions, void **provider);

int OSSL_provider_init(const void *handle, const struct lrng_ossl_dispatch *of_core,
		       const struct lrng_ossl_dispatch **functions, void **provider)
{
	static const struct lrng_ossl_dispatch table[] = {
		FUNCTION(PROVIDER_TEARDOWN, teardown),
		FUNCTION(PROVIDER_GETTABLE_PARAMS, gettable_parameters),
		FUNCTION(PROVIDER_GET_PARAMS, get_parameters),
		FUNCTION(PROVIDER_QUERY_OPERATION, query_operation),
		{ 0, NULL },
	};

	(void)of_core;
	*functions = table;
	*provider = (void *)handle;
	return 1;
}
