/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * Everything that differs between the kernels that the modules build for: 5.18 up to the current one, x86-64.
 *
 *     5.18  random.c as it is today: crng_init_wait, BLAKE2s pool, fast key erasure. Older ones are not supported.
 *     6.0   ITER_UBUF
 *     6.1   get_random_u8, get_random_u16
 *     6.2   execute_with_initialized_rng, __get_random_u32_below, add_hwgenerator_randomness(…, sleep_after), ITER_DEST
 *     6.5   copy_splice_read
 *     6.8   import_ubuf alone
 *     6.11  vDSO getrandom
 *     6.13  symbol namespaces are strings
 *     6.14  sysctl tables are constant
 *     6.15  vdso_k_rng_data
 */
#ifndef LRNG_VERSION_H
#define LRNG_VERSION_H

#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/uio.h>
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

/* What the vDSO looks at. Since 6.11 a structure; since 6.15 a pointer to it. Absent before. */
#define LRNG_VDSO_DATA_SYMBOL "_vdso_rng_data"
#define LRNG_VDSO_POINTER_SYMBOL "vdso_k_rng_data"

/* struct vdso_rng_data, for kernels whose headers have none: theirs is the same. */
struct lrng_vdso_data {
	u64 generation;
	u8 is_ready;
};

/* Memory of the caller, as an iterator. */
#ifndef ITER_DEST
#define ITER_DEST READ
#define ITER_SOURCE WRITE
#endif

/* The vector is for kernels that want one: it has to live as long as the iterator. */
static inline int lrng_import_user(int direction, void __user *buffer, size_t length, struct iovec *vector,
				   struct iov_iter *iter)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
	return import_ubuf(direction, buffer, length, iter);
#else
	return import_single_range(direction, buffer, length, vector, iter);
#endif
}

/* Where the caller's memory is one piece, which begins there: read(2). Else NULL. */
static __always_inline void __user *lrng_single_buffer(const struct iov_iter *iter)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 0, 0)
	if (likely(iter_is_ubuf(iter)))
		return iter->ubuf + iter->iov_offset;
#endif
	return NULL;
}

/* What iov_iter_advance does for such a one, without a call. */
static __always_inline void lrng_advance_single_buffer(struct iov_iter *iter, size_t length)
{
	iter->iov_offset += length;
	iter->count -= length;
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#define lrng_splice_read copy_splice_read
#else
#define lrng_splice_read generic_file_splice_read
#endif

/* A buffer that is filled before it is read need not be zeroed as well. */
#ifndef __uninitialized
#define __uninitialized
#endif

/* The displaced generator gives credit in a function that also throttles its caller. */
#if LRNG_HAS_SLEEP_AFTER
#define lrng_add_hwgenerator_randomness(data, length, bits) add_hwgenerator_randomness(data, length, bits, false)
#else
#define lrng_add_hwgenerator_randomness(data, length, bits) add_hwgenerator_randomness(data, length, bits)
#endif

/* Renamed in 6.11. */
#ifdef KLP_TRANSITION_PATCHED
#define KLP_PATCHED KLP_TRANSITION_PATCHED
#endif

#endif
