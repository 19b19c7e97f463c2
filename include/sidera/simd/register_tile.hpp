// SPDX-License-Identifier: MIT
#pragma once
/// \file  What register-tiled kernels share: a real fused multiply-add, unrolling, and the size of the tile.
#include <sidera/simd/batch.hpp>
#include <utility>
#if defined(__AVX2__) || defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace sidera::inline SIDERA_ABI::simd::detail {

/// a * b + c, rounded once where the instruction set can. (xsimd 8.1 rounds twice on AVX-512.)
template <Scalar T>
[[nodiscard]] SIDERA_ALWAYS_INLINE batch<T> fused_multiply_add(batch<T> a, batch<T> b, batch<T> c) noexcept {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4)
    return _mm512_fmadd_ps(a, b, c);
  else
    return _mm512_fmadd_pd(a, b, c);
#elif defined(__AVX2__) && defined(__FMA__)
  if constexpr (sizeof(T) == 4)
    return _mm256_fmadd_ps(a, b, c);
  else
    return _mm256_fmadd_pd(a, b, c);
#else
  return a * b + c;
#endif
}

#if defined(__AVX512F__)
/// The upper eight lanes. (g++ 12 warns of its own functions that need no mask.)
[[nodiscard]] SIDERA_ALWAYS_INLINE __m256 upper_half(__m512 v) noexcept {
  return _mm256_castpd_ps(_mm512_maskz_extractf64x4_pd(0xf, _mm512_castps_pd(v), 1));
}
[[nodiscard]] SIDERA_ALWAYS_INLINE __m512 joined_halves(__m256 lower, __m256 upper) noexcept {
  return _mm512_castpd_ps(
      _mm512_maskz_insertf64x4(0xff, _mm512_castps_pd(_mm512_castps256_ps512(lower)), _mm256_castps_pd(upper), 1));
}
#endif

/// f(0), f(1), ..., f(N - 1) with constants, unrolled by the front end: a loop would leave accumulators in memory.
template <std::size_t N, class F>
SIDERA_ALWAYS_INLINE void unroll(F&& f) noexcept {
  [&]<std::size_t... i>(std::index_sequence<i...>) __attribute__((always_inline)) {
    (f(std::integral_constant<std::size_t, i>{}), ...);
  }
  (std::make_index_sequence<N>{});
}

/// The sizes of the register tile: tile_rows x (tile_vectors * width) entries of C.
#if defined(__AVX512F__)
inline constexpr std::size_t tile_rows = 12, tile_vectors = 2;
#elif defined(__AVX2__)
inline constexpr std::size_t tile_rows = 6, tile_vectors = 2;
#else
inline constexpr std::size_t tile_rows = 4, tile_vectors = 2;
#endif

/// The rows of as many tiles as `rows` rows need.
[[nodiscard]] constexpr std::size_t whole_tiles(std::size_t rows) noexcept {
  return (rows + tile_rows - 1) / tile_rows * tile_rows;
}

}  // namespace sidera::inline SIDERA_ABI::simd::detail
