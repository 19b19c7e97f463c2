// SPDX-License-Identifier: MIT
#pragma once
/// \file  Registers of small integers, two of 16 bits or four of 8 to a lane of single precision.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <sidera/simd/register_tile.hpp>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace sidera::inline SIDERA_ABI::simd::detail {

/// Integers of one lane.
template <class Entry>
inline constexpr std::size_t lane_entries = sizeof(float) / sizeof(Entry);

/// Instructions multiply signed integers of 16 bits, but of 8 bits unsigned ones by signed ones: rows of 8 bits are
/// stored with this much added, and sums are too large by this much times the sum of the word's entries.
template <class Entry>
inline constexpr int stored_offset = sizeof(Entry) == 1 ? 128 : 0;

/// Whether there are registers for products of such integers. Without them the functions below are correct, and of no
/// use.
template <class Entry>
inline constexpr bool has_integer_tile = false;

#if defined(__AVX512F__) && defined(__AVX512BW__)
template <>
inline constexpr bool has_integer_tile<std::int16_t> = true;
using integer_batch = __m512i;
#elif defined(__AVX2__) && !defined(__AVX512F__)
template <>
inline constexpr bool has_integer_tile<std::int16_t> = true;
using integer_batch = __m256i;
#elif defined(__SSE2__) && !defined(__AVX__)
template <>
inline constexpr bool has_integer_tile<std::int16_t> = true;
using integer_batch = __m128i;
#else
struct integer_batch {
  std::int32_t lane[width<float>];
};
#endif
#if (defined(__AVX512VNNI__) && defined(__AVX512BW__)) || (defined(__AVXVNNI__) && !defined(__AVX512F__))
template <>
inline constexpr bool has_integer_tile<std::int8_t> = true;
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

/// sum + the products of the integers of a row and of words, lane by lane, one after the other.
template <class Entry>
[[nodiscard]] inline integer_batch add_products_in_turn(integer_batch sum, integer_batch row,
                                                        integer_batch words) noexcept {
  constexpr std::size_t n = lane_entries<Entry> * width<float>;
  using stored = std::conditional_t<sizeof(Entry) == 1, std::uint8_t, Entry>;
  std::int32_t lane[width<float>];
  stored x[n];
  Entry w[n];
  std::memcpy(lane, &sum, sizeof lane);
  std::memcpy(x, &row, sizeof x);
  std::memcpy(w, &words, sizeof w);
  for (std::size_t i = 0; i < n; ++i) lane[i / lane_entries<Entry>] += x[i] * w[i];
  std::memcpy(&sum, lane, sizeof lane);
  return sum;
}

#if defined(__AVX512F__) && defined(__AVX512BW__)
[[nodiscard]] SIDERA_ALWAYS_INLINE integer_batch load_integers(void const* p) noexcept {
  return here(_mm512_load_si512(p));
}
[[nodiscard]] SIDERA_ALWAYS_INLINE integer_batch everywhere(std::int32_t lane) noexcept {
  return here(_mm512_set1_epi32(lane));
}
/// sum + the products of the integers of a row and of words, lane by lane.
template <class Entry>
[[nodiscard]] SIDERA_ALWAYS_INLINE integer_batch add_products(integer_batch sum, integer_batch row,
                                                              integer_batch words) noexcept {
#if defined(__AVX512VNNI__)
  if constexpr (sizeof(Entry) == 1)
    return here(_mm512_dpbusd_epi32(sum, row, words));
  else
    return here(_mm512_dpwssd_epi32(sum, row, words));
#else
  if constexpr (sizeof(Entry) == 1)
    return add_products_in_turn<Entry>(sum, row, words);
  else
    return here(_mm512_add_epi32(sum, here(_mm512_madd_epi16(row, words))));
#endif
}
[[nodiscard]] SIDERA_ALWAYS_INLINE batch<float> as_floats(integer_batch v) noexcept {
  return _mm512_cvtepi32_ps(v);
}
#elif defined(__AVX2__) && !defined(__AVX512F__)
[[nodiscard]] SIDERA_ALWAYS_INLINE integer_batch load_integers(void const* p) noexcept {
  return here(_mm256_load_si256(static_cast<__m256i const*>(p)));
}
[[nodiscard]] SIDERA_ALWAYS_INLINE integer_batch everywhere(std::int32_t lane) noexcept {
  return here(_mm256_set1_epi32(lane));
}
/// sum + the products of the integers of a row and of words, lane by lane.
template <class Entry>
[[nodiscard]] SIDERA_ALWAYS_INLINE integer_batch add_products(integer_batch sum, integer_batch row,
                                                              integer_batch words) noexcept {
#if defined(__AVXVNNI__)
  if constexpr (sizeof(Entry) == 1)
    return here(_mm256_dpbusd_avx_epi32(sum, row, words));
  else
    return here(_mm256_dpwssd_avx_epi32(sum, row, words));
#else
  if constexpr (sizeof(Entry) == 1)
    return add_products_in_turn<Entry>(sum, row, words);
  else
    return here(_mm256_add_epi32(sum, here(_mm256_madd_epi16(row, words))));
#endif
}
[[nodiscard]] SIDERA_ALWAYS_INLINE batch<float> as_floats(integer_batch v) noexcept {
  return _mm256_cvtepi32_ps(v);
}
#elif defined(__SSE2__) && !defined(__AVX__)
[[nodiscard]] SIDERA_ALWAYS_INLINE integer_batch load_integers(void const* p) noexcept {
  return here(_mm_load_si128(static_cast<__m128i const*>(p)));
}
[[nodiscard]] SIDERA_ALWAYS_INLINE integer_batch everywhere(std::int32_t lane) noexcept {
  return here(_mm_set1_epi32(lane));
}
/// sum + the products of the integers of a row and of words, lane by lane.
template <class Entry>
[[nodiscard]] SIDERA_ALWAYS_INLINE integer_batch add_products(integer_batch sum, integer_batch row,
                                                              integer_batch words) noexcept {
  if constexpr (sizeof(Entry) == 1)
    return add_products_in_turn<Entry>(sum, row, words);
  else
    return here(_mm_add_epi32(sum, here(_mm_madd_epi16(row, words))));
}
[[nodiscard]] SIDERA_ALWAYS_INLINE batch<float> as_floats(integer_batch v) noexcept {
  return _mm_cvtepi32_ps(v);
}
#else
[[nodiscard]] inline integer_batch load_integers(void const* p) noexcept {
  integer_batch v;
  std::memcpy(v.lane, p, sizeof v.lane);
  return v;
}
[[nodiscard]] inline integer_batch everywhere(std::int32_t lane) noexcept {
  integer_batch v;
  std::fill_n(v.lane, width<float>, lane);
  return v;
}
/// sum + the products of the integers of a row and of words, lane by lane.
template <class Entry>
[[nodiscard]] inline integer_batch add_products(integer_batch sum, integer_batch row, integer_batch words) noexcept {
  return add_products_in_turn<Entry>(sum, row, words);
}
[[nodiscard]] inline batch<float> as_floats(integer_batch v) noexcept {
  alignas(64) float lanes[width<float>];
  for (std::size_t l = 0; l < width<float>; ++l) lanes[l] = static_cast<float>(v.lane[l]);
  return batch<float>::load_aligned(lanes);
}
#endif

}  // namespace sidera::inline SIDERA_ABI::simd::detail
