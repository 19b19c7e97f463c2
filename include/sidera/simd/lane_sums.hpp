// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/simd/register_tile.hpp>
#include <type_traits>
#if defined(__AVX__)
#include <immintrin.h>
#endif

namespace sidera::inline SIDERA_ABI::simd {

#if defined(__AVX__)
namespace detail {
/// Lane i is the sum of the lanes of v[i], for eight registers of eight. (haddp of Debian's xsimd is wrong.)
template <class Register>
[[nodiscard]] SIDERA_ALWAYS_INLINE __m256 sums_of_eight(Register const* v) noexcept {
  auto const pairs = [&](std::size_t i) {
    return _mm256_hadd_ps(_mm256_hadd_ps(v[i], v[i + 1]), _mm256_hadd_ps(v[i + 2], v[i + 3]));
  };
  __m256 const first = pairs(0), second = pairs(4);
  return _mm256_add_ps(_mm256_permute2f128_ps(first, second, 0x20), _mm256_permute2f128_ps(first, second, 0x31));
}
}  // namespace detail
#endif

/// Lane i of the result is the sum of the lanes of v[i], for as many registers as a register has lanes. The order of
/// the additions is the same for every i.
template <Scalar T>
[[nodiscard]] SIDERA_ALWAYS_INLINE batch<T> lane_sums(batch<T> const* v) noexcept {
#if defined(__AVX512F__)
  if constexpr (std::is_same_v<T, float>) {
    __m256 halves[16];
    detail::unroll<16>([&](auto i) __attribute__((always_inline)) {
      halves[i] = _mm256_add_ps(_mm512_castps512_ps256(v[i]), detail::upper_half(v[i]));
    });
    return detail::joined_halves(detail::sums_of_eight(halves), detail::sums_of_eight(halves + 8));
  }
#elif defined(__AVX__)
  if constexpr (std::is_same_v<T, float>) return detail::sums_of_eight(v);
#endif
  constexpr std::size_t w = width<T>;
  alignas(64) T lanes[w][w], sums[w];
  for (std::size_t i = 0; i < w; ++i) store<T>(lanes[i], v[i]);
  for (std::size_t i = 0; i < w; ++i) {
    sums[i] = lanes[i][0];
    for (std::size_t j = 1; j < w; ++j) sums[i] += lanes[i][j];
  }
  return load<T>(sums);
}

}  // namespace sidera::inline SIDERA_ABI::simd
