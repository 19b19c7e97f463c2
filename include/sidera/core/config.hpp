// SPDX-License-Identifier: MIT
#pragma once
/// \file  Version, instruction set and the inline namespace that carries both.
///
/// Two translation units built with different -m flags would merge two bodies of one inline function (a baseline unit
/// then runs AVX2 code). The inline namespace names the instruction set, so those of sidera stay two functions. It does
/// so for sidera alone: inline functions of Eigen and of the standard library are merged all the same, and Eigen's
/// allocator depends on the flags, so no matrix may pass between such units. Build all units of a program with the same
/// -march.

#if !defined(__cplusplus) || __cplusplus < 202002L
#error "sidera needs C++20: compile with -std=c++20"
#endif
// g++ tells of each part of -ffast-math. clang tells of -ffast-math and -ffinite-math-only alone: it has no macro for
// -fassociative-math and -freciprocal-math, which break the same promises.
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__ == 1) || \
    defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__)
#error \
    "sidera relies on IEEE arithmetic (NaN checks, exact ties, error bounds): compile without -ffast-math and its parts"
#endif

#define SIDERA_VERSION_MAJOR 0
#define SIDERA_VERSION_MINOR 1
#define SIDERA_VERSION_PATCH 0
#define SIDERA_VERSION_STRING "0.1.0"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__) && \
    defined(__AVX512VNNI__) && defined(__AMX_INT8__)
#define SIDERA_ABI v0_1_avx512amx
#define SIDERA_INSTRUCTION_SET "avx512amx"
#elif defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__) && \
    defined(__AVX512VNNI__)
#define SIDERA_ABI v0_1_avx512vnni
#define SIDERA_INSTRUCTION_SET "avx512vnni"
#elif defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#define SIDERA_ABI v0_1_avx512
#define SIDERA_INSTRUCTION_SET "avx512"
#elif defined(__AVX2__) && defined(__FMA__) && defined(__AVXVNNI__) && !defined(__AVX512F__)
#define SIDERA_ABI v0_1_avx2vnni
#define SIDERA_INSTRUCTION_SET "avx2vnni"
#elif defined(__AVX2__) && defined(__FMA__) && !defined(__AVX512F__)
#define SIDERA_ABI v0_1_avx2
#define SIDERA_INSTRUCTION_SET "avx2"
#elif defined(__ARM_NEON)
#define SIDERA_ABI v0_1_neon
#define SIDERA_INSTRUCTION_SET "neon"
#elif defined(__AVX512F__)  // sets that no preset chooses; their code is another one all the same
#define SIDERA_ABI v0_1_avx512f
#define SIDERA_INSTRUCTION_SET "avx512f"
#elif defined(__AVX2__)
#define SIDERA_ABI v0_1_avx2nofma
#define SIDERA_INSTRUCTION_SET "avx2 without fma"
#elif defined(__AVX__)
#define SIDERA_ABI v0_1_avx
#define SIDERA_INSTRUCTION_SET "avx"
#elif defined(__SSE4_1__)
#define SIDERA_ABI v0_1_sse4
#define SIDERA_INSTRUCTION_SET "sse4"
#else
#define SIDERA_ABI v0_1_baseline
#define SIDERA_INSTRUCTION_SET "baseline"
#endif

/// For kernels whose accumulators must stay in registers: a call that is not inlined would spill them.
#if defined(__GNUC__) || defined(__clang__)
#define SIDERA_ALWAYS_INLINE inline __attribute__((always_inline))
#else
#define SIDERA_ALWAYS_INLINE inline
#endif
