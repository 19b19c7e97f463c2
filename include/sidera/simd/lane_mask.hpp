// SPDX-License-Identifier: MIT
#pragma once
/// \file  Which lanes pass a comparison, as bits of an integer.
#include <bit>
#include <cstdint>
#include <sidera/simd/register_tile.hpp>

namespace sidera::inline SIDERA_ABI::simd {

/// Bit l is set when lane l of `a` >= lane l of `b`; never for a NaN.
/// (xsimd 8.1 has no such function.)
template <Scalar T>
[[nodiscard]] SIDERA_ALWAYS_INLINE std::uint32_t lanes_at_least(batch<T> a, batch<T> b) noexcept {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4)
    return _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ);
  else
    return _mm512_cmp_pd_mask(a, b, _CMP_GE_OQ);
#elif defined(__AVX2__)
  if constexpr (sizeof(T) == 4)
    return static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_GE_OQ)));
  else
    return static_cast<std::uint32_t>(_mm256_movemask_pd(_mm256_cmp_pd(a, b, _CMP_GE_OQ)));
#else
  alignas(64) T x[width<T>], y[width<T>];
  a.store_aligned(x);
  b.store_aligned(y);
  std::uint32_t bits = 0;
  for (std::size_t l = 0; l < width<T>; ++l) bits |= static_cast<std::uint32_t>(x[l] >= y[l]) << l;
  return bits;
#endif
}

namespace detail {

struct larger_of {
  template <Scalar T>
  [[nodiscard]] SIDERA_ALWAYS_INLINE T operator()(T a, T b) const noexcept {
    return b > a ? b : a;
  }
#if defined(__AVX2__)
  [[nodiscard]] SIDERA_ALWAYS_INLINE __m128 operator()(__m128 a, __m128 b) const noexcept {
    return _mm_max_ps(a, b);
  }
  [[nodiscard]] SIDERA_ALWAYS_INLINE __m256 operator()(__m256 a, __m256 b) const noexcept {
    return _mm256_max_ps(a, b);
  }
#endif
};

struct sum_of {
  template <Scalar T>
  [[nodiscard]] SIDERA_ALWAYS_INLINE T operator()(T a, T b) const noexcept {
    return a + b;
  }
#if defined(__AVX2__)
  [[nodiscard]] SIDERA_ALWAYS_INLINE __m128 operator()(__m128 a, __m128 b) const noexcept {
    return _mm_add_ps(a, b);
  }
  [[nodiscard]] SIDERA_ALWAYS_INLINE __m256 operator()(__m256 a, __m256 b) const noexcept {
    return _mm256_add_ps(a, b);
  }
#endif
};

/// All lanes joined two by two, in an order that differs between instruction sets.
template <Scalar T, class Join>
[[nodiscard]] SIDERA_ALWAYS_INLINE T join_lanes(batch<T> v, Join join) noexcept {
#if defined(__AVX2__)
  if constexpr (sizeof(T) == 4) {
#if defined(__AVX512F__)
    __m256 const eight = join(_mm512_castps512_ps256(v), upper_half(v));
#else
    __m256 const eight = v;
#endif
    __m128 const four = join(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 const two = join(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(join(two, _mm_movehdup_ps(two)));
  }
#endif
  alignas(64) T lanes[width<T>];
  v.store_aligned(lanes);
  T all = lanes[0];
  for (std::size_t l = 1; l < width<T>; ++l) all = join(all, lanes[l]);
  return all;
}

}  // namespace detail

/// The largest lane; no lane may be NaN.
template <Scalar T>
[[nodiscard]] SIDERA_ALWAYS_INLINE T largest_lane(batch<T> v) noexcept {
  return detail::join_lanes<T>(v, detail::larger_of{});
}

/// The most roundings that a lane passes in \ref joined_lanes.
template <Scalar T>
inline constexpr std::size_t joined_lanes_roundings =
#if defined(__AVX2__)
    sizeof(T) == 4 ? std::size_t{std::bit_width(width<T>)} - 1 :
#endif
                   width<T> - 1;

/// The sum of all lanes, rounded in an order that differs between instruction sets: sooner known than \ref sum_lanes.
template <Scalar T>
[[nodiscard]] SIDERA_ALWAYS_INLINE T joined_lanes(batch<T> v) noexcept {
  return detail::join_lanes<T>(v, detail::sum_of{});
}

}  // namespace sidera::inline SIDERA_ABI::simd
