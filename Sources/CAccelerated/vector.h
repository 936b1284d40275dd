/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * What the vector code has in common: types, shuffles, and brooms.
 *
 * Vectors are those of GCC and Clang, because the kernel has no immintrin.h. Functions that use them say which instructions
 * they are made of (AVX2_CODE), so that no file needs flags of its own, and none of their instructions gets into the code
 * around. What such functions call is a part of them (AVX2_PART).
 */
#ifndef LRNG_VECTOR_H
#define LRNG_VECTOR_H

#include "include/CAccelerated.h"

#define CODE(instructions) __attribute__((target(instructions)))
#define PART(instructions) static inline __attribute__((target(instructions), __always_inline__))

#define AVX2_CODE CODE("avx2")
#define AVX2_PART PART("avx2")

/* F and VL are what every processor with AVX-512 has but for the Xeon Phi, which we do without. */
#define AVX512_CODE CODE("avx2,avx512f,avx512vl")
#define AVX512_PART PART("avx2,avx512f,avx512vl")

typedef uint32_t u32x4 __attribute__((vector_size(16)));
typedef uint64_t u64x2 __attribute__((vector_size(16)));
typedef uint8_t u8x16 __attribute__((vector_size(16)));
typedef uint32_t u32x8 __attribute__((vector_size(32)));
typedef uint64_t u64x4 __attribute__((vector_size(32)));
typedef uint8_t u8x32 __attribute__((vector_size(32)));
typedef uint32_t u32x16 __attribute__((vector_size(64)));
typedef uint64_t u64x8 __attribute__((vector_size(64)));

/* The same in memory: of any alignment, and beside any other type. */
typedef uint32_t u32x4_bytes __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint32_t u32x8_bytes __attribute__((vector_size(32), aligned(1), may_alias));
typedef uint32_t u32x16_bytes __attribute__((vector_size(64), aligned(1), may_alias));
typedef uint64_t u64x2_bytes __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint64_t u64x4_bytes __attribute__((vector_size(32), aligned(1), may_alias));
typedef uint64_t u64x8_bytes __attribute__((vector_size(64), aligned(1), may_alias));

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

#if defined(__x86_64__)

/*
 * The last statement of each function of the header: clears the vector registers, and the stack below, as deep as what was
 * called may have spilled to: its frame, and 128 bytes below that, where user space needs no frame. Each file knows how much
 * that is when it is compiled with optimisation; Tests/Gates/vector-code.sh sees whether it is right.
 *
 * There is one for code of each kind: with AVX, with AVX-512, and with the 16-byte registers alone.
 */
#define CLEAR_STACK(store, register, step) \
	"sub %0, %%rsp\n\t" \
	".set .Ldead, 0\n\t" \
	".rept %c0 / " step "\n\t" \
	store " %%" register ", .Ldead(%%rsp)\n\t" \
	".set .Ldead, .Ldead + " step "\n\t" \
	".endr\n\t" \
	"add %0, %%rsp"

#define ALL_VECTORS \
	"xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", \
	"xmm14", "xmm15"

#define LEAVE_NOTHING(stack_in_bytes) \
	__asm__ __volatile__("vzeroall\n\t" CLEAR_STACK("vmovdqu", "ymm0", "32") \
			     : : "i"(stack_in_bytes) : ALL_VECTORS, "memory", "cc")

/* vzeroall knows sixteen of the thirty-two registers. */
#define LEAVE_NOTHING_AVX512(stack_in_bytes) \
	__asm__ __volatile__("vzeroall\n\t" \
			     ".irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n\t" \
			     "vpxord %%zmm\\n, %%zmm\\n, %%zmm\\n\n\t" \
			     ".endr\n\t" \
			     CLEAR_STACK("vmovdqu64", "zmm16", "64") "\n\t" \
			     "vzeroupper" \
			     : : "i"(stack_in_bytes) \
			     : ALL_VECTORS, "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24", \
			       "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31", "memory", "cc")

#define LEAVE_NOTHING_SSE(stack_in_bytes) \
	__asm__ __volatile__(".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n\t" \
			     "pxor %%xmm\\n, %%xmm\\n\n\t" \
			     ".endr\n\t" \
			     CLEAR_STACK("movdqu", "xmm0", "16") \
			     : : "i"(stack_in_bytes) : ALL_VECTORS, "memory", "cc")

/* After that, where secrets were in general registers: clears those that a function need not restore. */
#define FORGET_GENERAL_REGISTERS() \
	__asm__ __volatile__("xor %%eax, %%eax\n\t" \
			     "xor %%ecx, %%ecx\n\t" \
			     "xor %%edx, %%edx\n\t" \
			     "xor %%esi, %%esi\n\t" \
			     "xor %%edi, %%edi\n\t" \
			     "xor %%r8d, %%r8d\n\t" \
			     "xor %%r9d, %%r9d\n\t" \
			     "xor %%r10d, %%r10d\n\t" \
			     "xor %%r11d, %%r11d" \
			     : : : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "cc")

#elif defined(__aarch64__)

/*
 * The same for Advanced SIMD. Of registers 8 to 15 functions restore the lower halves, so the upper ones are cleared. There is
 * no memory below the stack pointer that a function may use.
 */
#define LEAVE_NOTHING(stack_in_bytes) \
	__asm__ __volatile__(".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n\t" \
			     "movi v\\n\\().16b, #0\n\t" \
			     ".endr\n\t" \
			     ".irp n, 8, 9, 10, 11, 12, 13, 14, 15\n\t" \
			     "mov v\\n\\().d[1], xzr\n\t" \
			     ".endr\n\t" \
			     ".rept %c0 / 32\n\t" \
			     "stp q0, q0, [sp, #-32]!\n\t" \
			     ".endr\n\t" \
			     "add sp, sp, #%c0" \
			     : : "i"(stack_in_bytes) \
			     : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v16", "v17", "v18", "v19", "v20", "v21", "v22", \
			       "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31", "memory")

#endif

#endif
