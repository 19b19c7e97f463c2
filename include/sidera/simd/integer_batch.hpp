// SPDX-License-Identifier: MIT
#pragma once
/// \file  Registers of 16-bit integers, two to a lane of single precision.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <sidera/simd/register_tile.hpp>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace sidera::inline SIDERA_ABI::simd::detail {

#if defined(__AVX512F__) && defined(__AVX512BW__)
inline constexpr bool has_integer_tile = true;
using integer_batch = __m512i;
#elif defined(__AVX2__) && !defined(__AVX512F__)
inline constexpr bool has_integer_tile = true;
using integer_batch = __m256i;
#elif defined(__SSE2__) && !defined(__AVX__)
inline constexpr bool has_integer_tile = true;
using integer_batch = __m128i;
#else
inline constexpr bool has_integer_tile = false;  // plain numbers: correct, and of no use
struct integer_batch {
  std::int32_t lane[width<float>];
};
#endif

#if defined(__SSE2__)
/// `v`, in a register and computed where it stands. Compilers reorder integer sums, so that the products of several
/// turns wait for each other, and load a word again for every product: both take more registers or loads than there
/// are.
[[nodiscard]] SIDERA_ALWAYS_INLINE integer_batch here(integer_batch v) noexcept {
#if defined(__AVX512F__)
  asm("" : "+v"(v));
#else
  asm("" : "+x"(v));
#endif
  return v;
}
#endif

#if defined(__AVX512F__) && defined(__AVX512BW__)
[[nodiscard]] SIDERA_ALWAYS_INLINE integer_batch no_integers() noexcept {
  return _mm512_setzero_si512();
}
[[nodiscard]] SIDERA_ALWAYS_INLINE integer_batch load_integers(std::int16_t const* p) noexcept {
  return here(_mm512_load_si512(p));
}
[[nodiscard]] SIDERA_ALWAYS_INLINE integer_batch everywhere(std::int32_t pair) noexcept {
  return here(_mm512_set1_epi32(pair));
}
/// sum + a_0 b_0 + a_1 b_1 in every lane of 32 bits, which holds two integers of 16.
[[nodiscard]] SIDERA_ALWAYS_INLINE integer_batch add_products(integer_batch sum, integer_batch a,
                                                              integer_batch b) noexcept {
#if defined(__AVX512VNNI__)
  return here(_mm512_dpwssd_epi32(sum, a, b));
#else
  return here(_mm512_add_epi32(sum, here(_mm512_madd_epi16(a, b))));
#endif
}
[[nodiscard]] SIDERA_ALWAYS_INLINE batch<float> as_floats(integer_batch v) noexcept {
  return _mm512_cvtepi32_ps(v);
}
#elif defined(__AVX2__) && !defined(__AVX512F__)
[[nodiscard]] SIDERA_ALWAYS_INLINE integer_batch no_integers() noexcept {
  return _mm256_setzero_si256();
}
[[nodiscard]] SIDERA_ALWAYS_INLINE integer_batch load_integers(std::int16_t const* p) noexcept {
  return here(_mm256_load_si256(reinterpret_cast<__m256i const*>(p)));
}
[[nodiscard]] SIDERA_ALWAYS_INLINE integer_batch everywhere(std::int32_t pair) noexcept {
  return here(_mm256_set1_epi32(pair));
}
/// sum + a_0 b_0 + a_1 b_1 in every lane of 32 bits, which holds two integers of 16.
[[nodiscard]] SIDERA_ALWAYS_INLINE integer_batch add_products(integer_batch sum, integer_batch a,
                                                              integer_batch b) noexcept {
#if defined(__AVXVNNI__)
  return here(_mm256_dpwssd_avx_epi32(sum, a, b));
#else
  return here(_mm256_add_epi32(sum, here(_mm256_madd_epi16(a, b))));
#endif
}
[[nodiscard]] SIDERA_ALWAYS_INLINE batch<float> as_floats(integer_batch v) noexcept {
  return _mm256_cvtepi32_ps(v);
}
#elif defined(__SSE2__) && !defined(__AVX__)
[[nodiscard]] SIDERA_ALWAYS_INLINE integer_batch no_integers() noexcept {
  return _mm_setzero_si128();
}
[[nodiscard]] SIDERA_ALWAYS_INLINE integer_batch load_integers(std::int16_t const* p) noexcept {
  return here(_mm_load_si128(reinterpret_cast<__m128i const*>(p)));
}
[[nodiscard]] SIDERA_ALWAYS_INLINE integer_batch everywhere(std::int32_t pair) noexcept {
  return here(_mm_set1_epi32(pair));
}
/// sum + a_0 b_0 + a_1 b_1 in every lane of 32 bits, which holds two integers of 16.
[[nodiscard]] SIDERA_ALWAYS_INLINE integer_batch add_products(integer_batch sum, integer_batch a,
                                                              integer_batch b) noexcept {
  return here(_mm_add_epi32(sum, here(_mm_madd_epi16(a, b))));
}
[[nodiscard]] SIDERA_ALWAYS_INLINE batch<float> as_floats(integer_batch v) noexcept {
  return _mm_cvtepi32_ps(v);
}
#else
[[nodiscard]] inline integer_batch no_integers() noexcept {
  return {};
}
[[nodiscard]] inline integer_batch load_integers(std::int16_t const* p) noexcept {
  integer_batch v;
  std::memcpy(v.lane, p, sizeof v.lane);
  return v;
}
[[nodiscard]] inline integer_batch everywhere(std::int32_t pair) noexcept {
  integer_batch v;
  std::fill_n(v.lane, width<float>, pair);
  return v;
}
/// sum + a_0 b_0 + a_1 b_1 in every lane of 32 bits, which holds two integers of 16.
[[nodiscard]] inline integer_batch add_products(integer_batch sum, integer_batch a, integer_batch b) noexcept {
  for (std::size_t l = 0; l < width<float>; ++l) {
    std::int16_t x[2], y[2];
    std::memcpy(x, &a.lane[l], sizeof x);
    std::memcpy(y, &b.lane[l], sizeof y);
    sum.lane[l] += x[0] * y[0] + x[1] * y[1];
  }
  return sum;
}
[[nodiscard]] inline batch<float> as_floats(integer_batch v) noexcept {
  alignas(64) float lanes[width<float>];
  for (std::size_t l = 0; l < width<float>; ++l) lanes[l] = static_cast<float>(v.lane[l]);
  return batch<float>::load_aligned(lanes);
}
#endif

}  // namespace sidera::inline SIDERA_ABI::simd::detail
