/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * What the AVX2 code has in common: types, shuffles, and the broom.
 *
 * Vectors are those of GCC and Clang, because the kernel has no immintrin.h. Functions that use them say AVX2_CODE, so that
 * no file needs flags of its own, and none of their instructions gets into the code around.
 */
#ifndef LRNG_VECTOR_H
#define LRNG_VECTOR_H

#include "include/CAccelerated.h"

#define AVX2_CODE __attribute__((target("avx2")))
#define AVX2_PART static inline __attribute__((target("avx2"), __always_inline__))

typedef uint32_t u32x8 __attribute__((vector_size(32)));
typedef uint64_t u64x4 __attribute__((vector_size(32)));
typedef uint8_t u8x32 __attribute__((vector_size(32)));

/* The same in memory: of any alignment, and beside any other type. */
typedef uint32_t u32x4_bytes __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint32_t u32x8_bytes __attribute__((vector_size(32), aligned(1), may_alias));

/* Elements of a, then of b, by their numbers. GCC has the second form before 12. */
#ifdef __has_builtin
#if __has_builtin(__builtin_shufflevector)
#define SHUFFLE(type, a, b, ...) ((type)__builtin_shufflevector((a), (b), __VA_ARGS__))
#endif
#endif
#ifndef SHUFFLE
#define SHUFFLE(type, a, b, ...) ((type)__builtin_shuffle((a), (b), (type){ __VA_ARGS__ }))
#endif

/* A variable that the compiler must not fill with zeroes first, if the kernel was configured so. */
#ifdef __has_attribute
#if __has_attribute(uninitialized)
#define UNINITIALIZED __attribute__((uninitialized))
#endif
#endif
#ifndef UNINITIALIZED
#define UNINITIALIZED
#endif

/* From here on, the compiler does not know what the pointer points to, and reads it again. */
#define FORGET(pointer) __asm__("" : "+r"(pointer))

/*
 * The last statement of each function of the header: clears the vector registers, and the stack below, as deep as what was
 * called may have spilled to: its frame, and 128 bytes below that, where user space needs no frame. Each file knows how much
 * that is when it is compiled with optimisation; Tests/Gates/vector-code.sh sees whether it is right.
 */
#define LEAVE_NOTHING(stack_in_bytes) \
	__asm__ __volatile__("vzeroall\n\t" \
			     "sub %0, %%rsp\n\t" \
			     ".set .Ldead, 0\n\t" \
			     ".rept %c0 / 32\n\t" \
			     "vmovdqu %%ymm0, .Ldead(%%rsp)\n\t" \
			     ".set .Ldead, .Ldead + 32\n\t" \
			     ".endr\n\t" \
			     "add %0, %%rsp" \
			     : : "i"(stack_in_bytes) \
			     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", \
			       "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "memory", "cc")

#endif
