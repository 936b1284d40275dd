/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * Everything that differs between the kernels that the modules build for: 5.18 up to the current one, x86-64.
 *
 *     5.18  random.c as it is today: crng_init_wait, BLAKE2s pool, fast key erasure. Older ones are not supported.
 *     6.0   execute_with_initialized_rng
 *     6.1   get_random_u8, get_random_u16
 *     6.2   __get_random_u32_below, add_hwgenerator_randomness(…, sleep_after)
 *     6.5   copy_splice_read
 *     6.11  vDSO getrandom
 *     6.13  symbol namespaces are strings
 *     6.14  sysctl tables are constant; vdso_k_rng_data
 */
#ifndef LRNG_VERSION_H
#define LRNG_VERSION_H

#include <linux/version.h>

#ifndef CONFIG_X86_64
#error "The modules know x86-64 only."
#endif
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 18, 0)
#error "The modules need Linux 5.18 or newer: random.c was another one before."
#endif

#define LRNG_HAS_SLEEP_AFTER (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0))
#define LRNG_HAS_CONSTANT_SYSCTLS (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 14, 0))

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define LRNG_IMPORT_NAMESPACE MODULE_IMPORT_NS("LRNG")
#define LRNG_EXPORT(symbol) EXPORT_SYMBOL_NS_GPL(symbol, "LRNG")
#else
#define LRNG_IMPORT_NAMESPACE MODULE_IMPORT_NS(LRNG)
#define LRNG_EXPORT(symbol) EXPORT_SYMBOL_NS_GPL(symbol, LRNG)
#endif

/* Reading by splice: since 6.5 by one name. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#define LRNG_SPLICE_READ copy_splice_read
#else
#define LRNG_SPLICE_READ generic_file_splice_read
#endif

/* What the vDSO looks at: since 6.11 with one name, since 6.14 with another. Absent before. */
#define LRNG_VDSO_DATA_SYMBOLS { "_vdso_rng_data", "vdso_k_rng_data" }

/* The displaced generator gives credit in a function that also throttles its caller. */
#if LRNG_HAS_SLEEP_AFTER
#define lrng_add_hwgenerator_randomness(data, length, bits) add_hwgenerator_randomness(data, length, bits, false)
#else
#define lrng_add_hwgenerator_randomness(data, length, bits) add_hwgenerator_randomness(data, length, bits)
#endif

#endif
