// SPDX-License-Identifier: MIT
#pragma once
/// \file  Sums in double whose value does not depend on the instruction set.
#include <cmath>
#include <sidera/simd/register_tile.hpp>
#include <utility>

namespace sidera::inline SIDERA_ABI::simd {

/// x * y + z, on numbers and on batches; rounded once where the instruction set
/// can, and always on numbers.
template <Scalar T>
[[nodiscard]] SIDERA_ALWAYS_INLINE T multiply_add(T x, T y, T z) noexcept {
  return std::fma(x, y, z);
}
template <Scalar T>
[[nodiscard]] SIDERA_ALWAYS_INLINE batch<T> multiply_add(batch<T> x, batch<T> y, batch<T> z) noexcept {
  return detail::fused_multiply_add<T>(x, y, z);
}

/// |x|
template <Scalar T>
[[nodiscard]] SIDERA_ALWAYS_INLINE T absolute(T x) noexcept {
  return std::fabs(x);
}
template <Scalar T>
[[nodiscard]] SIDERA_ALWAYS_INLINE batch<T> absolute(batch<T> x) noexcept {
  return xsimd::abs(x);
}

namespace detail {

#if defined(__AVX512F__)
[[nodiscard]] SIDERA_ALWAYS_INLINE batch<double> load_double(float const* p) noexcept {
  return _mm512_cvtps_pd(_mm256_loadu_ps(p));
}
#elif defined(__AVX2__)
[[nodiscard]] SIDERA_ALWAYS_INLINE batch<double> load_double(float const* p) noexcept {
  return _mm256_cvtps_pd(_mm_loadu_ps(p));
}
#endif
[[nodiscard]] SIDERA_ALWAYS_INLINE batch<double> load_double(double const* p) noexcept {
  return load<double>(p);
}

}  // namespace detail

/// The sum of n terms, built up by sum = step(sum, a[d], b[d], ...) in eight
/// lanes: lane l takes d = l, l + 8, ... in this order, and the lanes are added
/// as ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7)).
///
/// `step` is called with doubles or, where a register can do the same
/// roundings, with batches of them: build it from
/// +, -, \ref multiply_add and \ref absolute. An n-term sum is a chain of at
/// most n / 8 + 4 additions.
template <class Step, Scalar... T>
[[nodiscard]] double exact_sum(std::size_t n, Step step, T const*... rows) noexcept {
  alignas(64) double lane[8] = {};
  std::size_t d = 0;
#if defined(__AVX512F__) || (defined(__AVX2__) && defined(__FMA__))  // a product and a sum with one rounding
  constexpr std::size_t w = width<double>;
  batch<double> sum[8 / w];
  for (auto& s : sum) s = batch<double>(0.0);
  for (; d + 8 <= n; d += 8)
    detail::unroll<8 / w>([&](auto i) __attribute__((always_inline)) {
      sum[i] = step(sum[i], detail::load_double(rows + d + i * w)...);
    });
  detail::unroll<8 / w>([&](auto i) __attribute__((always_inline)) { sum[i].store_aligned(lane + i * w); });
#else
  for (; d + 8 <= n; d += 8)
    for (std::size_t l = 0; l < 8; ++l) lane[l] = step(lane[l], static_cast<double>(rows[d + l])...);
#endif
  for (std::size_t l = 0; d < n; ++d, ++l) lane[l] = step(lane[l], static_cast<double>(rows[d])...);
  return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

}  // namespace sidera::inline SIDERA_ABI::simd
