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
 *
 * And the other way round: lrng_set_drng and lrng_set_hash let the LRNG stand on a generator or a hash of another module.
 */
#ifndef LRNG_H
#define LRNG_H

#include <linux/export.h>
#include <linux/types.h>

struct module;

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

/* ---------------------------------------------------------------------------------------------- generators of other modules */

/*
 * A generator. Each node of the machine has a state of it, prediction resistance and self tests have one each.
 *
 * | function        | context                                          | state                   | may sleep             |
 * |-----------------|--------------------------------------------------|-------------------------|-----------------------|
 * | alloc           | the caller of lrng_set_drng                      | its own                 | yes; load modules     |
 * | dealloc         | a process; no request waits                      | nobody else has it      | yes                   |
 * | seed, generate  | a process or the LRNG's thread, mutex of a state | never two calls at once | yes, but not for long |
 * | self_test       | the caller of lrng_set_drng, the LRNG's thread   | none                    | yes, but not for long |
 *
 * While seed or generate sleeps, all who want this node's generator wait. They must not need user space (as loading a module
 * does: whoever loads it may read /dev/random), nor call functions of this header but those for any context. They may use
 * 4 KiB of stack.
 *
 * The per-CPU generators stay what they are; a generator of yours seeds them. Where there are none (children=0, FIPS mode) and
 * with prediction resistance, its output is what the reader gets.
 */
struct lrng_drng { /* The LRNG keeps a copy. */
	/* For displays and the parameter drng: 1 to 31 printable characters without spaces, not a name of the LRNG's own. */
	const char *name;
	/* In bits, 256 at least. */
	unsigned int security_strength;
	/* A state without a seed; NULL or an ERR_PTR when it can't be made. */
	void *(*alloc)(void);
	/* Wipes the state and frees it. */
	void (*dealloc)(void *state);
	/* 0: the data are mixed in, and nothing is lost of what was there. It is called before generate is. */
	int (*seed)(void *state, const u8 *data, size_t length);
	/* 0: there are `length` bytes, at most 4096, and the state does not tell them any more. Else the request fails. The additional
	 * input is public, differs from call to call, and may be NULL. */
	int (*generate)(void *state, u8 *output, size_t length, const u8 *additional, size_t additional_length);
	/* 0: known answers are found. Runs before the generator is used, on demand and every hour. May be NULL: that two
	 * blocks of output differ, and are whole, is always looked at. */
	int (*self_test)(void);
};

/*
 * Lets all generators go on as this one, seeded by the sources and by the generators before, while requests are served.
 * NULL: as the default again (ChaCha20); that always succeeds, but where too little entropy is at hand in FIPS mode the LRNG is
 * seeded anew.
 *
 * From the generator of a module the way leads to the default only. A module gives its own back before it goes; if it
 * forgets, that is done after its exit function, so that the functions above must still work then.
 *
 * 0, or
 * -EINVAL: a name, strength or function is missing or wrong.
 * -EBUSY:  the generator of a module is in use: unload that module first.
 * -EPERM:  NULL, and it is another module's; or it is weaker than the mode demands.
 * -EAGAIN: FIPS mode, and the sources have too little at the moment.
 * -EIO:    the self test failed, or a function did; also after a self test of another one had failed in use.
 * -EOPNOTSUPP: the LRNG was built without CONFIG_LRNG_SWITCH.
 * What alloc said. Nothing has changed in each of these cases.
 */
int __lrng_set_drng(const struct lrng_drng *drng, struct module *owner);
#define lrng_set_drng(drng) __lrng_set_drng(drng, THIS_MODULE)

/* What the LRNG has for the running state of a hash, aligned to 8. */
#define LRNG_HASH_STATE_SIZE 512

/*
 * A hash: what entropy pools are made of. It should be a vetted conditioning component (SP 800-90B, 3.1.5.1.1), since pools
 * are credited with as much entropy as a digest holds.
 *
 * All functions must not fail and must not sleep: they are called in any context but NMI, under a spinlock with interrupts off,
 * for up to 8 KiB of data. They may use 1 KiB of stack, and vector registers only if the kernel says so (may_use_simd).
 *
 * The running state is the LRNG's memory. It is wiped and may be forgotten in the middle of a message, so that nothing must be
 * kept elsewhere for it.
 */
struct lrng_hash { /* The LRNG keeps a copy. */
	/* As above. */
	const char *name;
	/* Bytes, 32 to 64; 48 at least where the LRNG oversamples, as in FIPS mode. */
	unsigned int digest_size;
	/* Bytes, at most LRNG_HASH_STATE_SIZE. */
	unsigned int state_size;
	/* Begins a message in memory of any content. */
	void (*init)(void *state);
	void (*update)(void *state, const u8 *data, size_t length);
	/* Writes digest_size bytes. */
	void (*final)(void *state, u8 *digest);
	/* The digest of the three bytes "abc", for the self test; the LRNG keeps the pointer. May be NULL: that pieces hash like
	 * the whole, and that a bit makes another digest, is always looked at. */
	const u8 *digest_of_abc;
};

/*
 * Lets all pools go on with this hash, and with their entropy. NULL: with the default again (SHA-256, with oversampling
 * SHA-512); that always succeeds. Rules and errors are those of lrng_set_drng.
 */
int __lrng_set_hash(const struct lrng_hash *hash, struct module *owner);
#define lrng_set_hash(hash) __lrng_set_hash(hash, THIS_MODULE)

#endif
