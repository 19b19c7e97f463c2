// SPDX-License-Identifier: MIT
#pragma once
/// \file  Registers of which only the first lanes count: what is left over at the end of a row.
#include <algorithm>
#include <sidera/simd/register_tile.hpp>

namespace sidera::inline SIDERA_ABI::simd {

#if defined(__AVX512F__)
namespace detail {
/// Bits 0 .. count - 1, count < 16.
[[nodiscard]] SIDERA_ALWAYS_INLINE __mmask16 first_bits(std::size_t count) noexcept {
  return static_cast<__mmask16>((1u << count) - 1);
}
}  // namespace detail
#endif

/// The `count` < width numbers at p; the other lanes are `rest`. Nothing behind them is read.
template <Scalar T>
[[nodiscard]] SIDERA_ALWAYS_INLINE batch<T> load_first(T const* p, std::size_t count, T rest) noexcept {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4)
    return _mm512_mask_loadu_ps(batch<T>(rest), detail::first_bits(count), p);
  else
    return _mm512_mask_loadu_pd(batch<T>(rest), static_cast<__mmask8>(detail::first_bits(count)), p);
#else
  alignas(64) T lanes[width<T>];
  std::fill_n(lanes, width<T>, rest);
  std::copy_n(p, count, lanes);
  return load<T>(lanes);
#endif
}

/// Stores the first `count` < width lanes.
template <Scalar T>
SIDERA_ALWAYS_INLINE void store_first(T* p, batch<T> v, std::size_t count) noexcept {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4)
    _mm512_mask_storeu_ps(p, detail::first_bits(count), v);
  else
    _mm512_mask_storeu_pd(p, static_cast<__mmask8>(detail::first_bits(count)), v);
#else
  alignas(64) T lanes[width<T>];
  store<T>(lanes, v);
  std::copy_n(lanes, count, p);
#endif
}

/// v with zeros in all lanes but the first `count` < width.
template <Scalar T>
[[nodiscard]] SIDERA_ALWAYS_INLINE batch<T> zero_rest(batch<T> v, std::size_t count) noexcept {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4)
    return _mm512_maskz_mov_ps(detail::first_bits(count), v);
  else
    return _mm512_maskz_mov_pd(static_cast<__mmask8>(detail::first_bits(count)), v);
#else
  alignas(64) T lanes[width<T>];
  store<T>(lanes, v);
  std::fill(lanes + count, lanes + width<T>, T(0));
  return load<T>(lanes);
#endif
}

}  // namespace sidera::inline SIDERA_ABI::simd
