/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * The LRNG for other modules.
 *
 * | function                     | context | waits until             | from                                     |
 * |------------------------------|---------|-------------------------|------------------------------------------|
 * | lrng_get_random_bytes, _u... | any     | never                   | the processor's own generator            |
 * | lrng_get_random_bytes_min    | process | 128 bits of seed        | that, or the generator of the node       |
 * | lrng_get_random_bytes_full   | process | 256 bits, all tests     | that, or the generator of the node       |
 * | lrng_get_random_bytes_pr     | process | 256 bits, all tests     | prediction resistance, a seed each time  |
 * | lrng_get_seed                | process | 256 bits, all tests     | the entropy sources                      |
 *
 * The symbols are in the namespace LRNG, which a module imports by MODULE_IMPORT_NS. All waits are interruptible.
 * With takeover the kernel's own get_random_bytes() and its relatives are these functions.
 */
#ifndef LRNG_H
#define LRNG_H

#include <linux/types.h>

/* Never fails; before the LRNG is seeded from what is there. */
void lrng_get_random_bytes(void *buffer, size_t length);
u8 lrng_get_random_u8(void);
u16 lrng_get_random_u16(void);
u32 lrng_get_random_u32(void);
u64 lrng_get_random_u64(void);
/* 0 ... ceil - 1, uniform; any word for ceil = 0. */
u32 lrng_get_random_u32_below(u32 ceil);

/* 0, -ERESTARTSYS when a signal came while this waited, -EIO when a self test or the generator failed. Then the buffer has
 * only zeros. */
int lrng_get_random_bytes_min(void *buffer, size_t length);
int lrng_get_random_bytes_full(void *buffer, size_t length);

/* Bytes, at least one, and as many as fresh entropy allowed; else an error as above. */
ssize_t lrng_get_random_bytes_pr(void *buffer, size_t length);

/* Do not wait: -EAGAIN. */
#define LRNG_GET_SEED_NONBLOCK     0x1
/* The 256 bits of a reseed instead of what a first seed takes. */
#define LRNG_GET_SEED_FULLY_SEEDED 0x2

/*
 * A seed for another generator: u64 length of all, u64 entropy in bits, data of the entropy sources. Returns the length.
 * -EINVAL: the buffer has less than 8 bytes. -EMSGSIZE: it is too small; its first u64 says what is needed.
 */
ssize_t lrng_get_seed(u64 *buffer, size_t length, unsigned int flags);

#endif
