// SPDX-License-Identifier: MIT
#pragma once
/// \file  Rows of numbers as integers and one scale.
#include <cmath>
#include <sidera/simd/integer_tile.hpp>
#include <sidera/simd/lane_mask.hpp>

namespace sidera::inline SIDERA_ABI::simd {

/// Integers of the row that \ref quantize_row writes: the scale, and the entries in whole pairs.
[[nodiscard]] constexpr std::size_t integer_row_length(std::size_t dim) noexcept {
  return detail::integer_row_head + (dim + 1) / 2 * 2;
}

namespace detail {

/// Rounds the registers of w numbers at `x` to integers, which go to `out`, and adds (x - scale * integer)^2 to `sum`.
SIDERA_ALWAYS_INLINE batch<float> round_register(float const* x, batch<float> inverse, batch<float> scale,
                                                 std::int16_t* out, batch<float> sum) noexcept {
  batch<float> const numbers = load<float>(x);
#if defined(__AVX512F__)
  __m512i const codes = _mm512_cvtps_epi32(numbers * inverse);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm512_cvtepi32_epi16(codes));
  batch<float> const back = _mm512_cvtepi32_ps(codes);
#elif defined(__AVX2__)
  __m256i const codes = _mm256_cvtps_epi32(numbers * inverse);
  __m256i const packed = _mm256_permute4x64_epi64(_mm256_packs_epi32(codes, codes), 0x08);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm256_castsi256_si128(packed));
  batch<float> const back = _mm256_cvtepi32_ps(codes);
#elif defined(__SSE2__) && !defined(__AVX__)
  __m128i const codes = _mm_cvtps_epi32(numbers * inverse);
  _mm_storel_epi64(reinterpret_cast<__m128i*>(out), _mm_packs_epi32(codes, codes));
  batch<float> const back = _mm_cvtepi32_ps(codes);
#else
  alignas(64) float lanes[width<float>];
  (numbers * inverse).store_aligned(lanes);
  for (std::size_t l = 0; l < width<float>; ++l) lanes[l] = std::nearbyint(lanes[l]), out[l] = std::int16_t(lanes[l]);
  batch<float> const back = batch<float>::load_aligned(lanes);
#endif
  batch<float> const error = numbers - scale * back;
  return sum + error * error;
}

[[nodiscard]] inline float largest_magnitude(float const* x, std::size_t dim) noexcept {
  constexpr std::size_t w = width<float>;
  batch<float> most(0.0f);
  std::size_t d = 0;
  for (; d + w <= dim; d += w) most = xsimd::max(most, xsimd::abs(load<float>(x + d)));
  float result = largest_lane<float>(most);
  for (; d < dim; ++d) result = std::max(result, std::abs(x[d]));
  return result;
}

}  // namespace detail

/// Writes `dim` finite numbers x as a scale s and integers q of magnitude at most `limit` < 2^15; returns a bound of
/// |x - s q|. Entries are rounded to the nearest; a row of nothing but tiny numbers becomes zeros. For a row
/// with an infinity the bound is infinite; rows with a NaN are for the caller to find.
///
/// With u the unit roundoff of float and M the largest |x_d|: an error is computed with roundings of at most
/// u (|s q_d| + 2 |error|) < 3 u M, which changes the length of the error vector by at most 3 u M sqrt(dim); its sum of
/// squares is a chain of at most dim + 2 roundings, as in \ref centre_row, and every square may underflow.
[[nodiscard]] inline double quantize_row(float const* x, std::size_t dim, int limit, std::int16_t* out) noexcept {
  constexpr std::size_t w = width<float>;
  constexpr double u = static_cast<double>(std::numeric_limits<float>::epsilon()) / 2;
  float const most = detail::largest_magnitude(x, dim);
  bool const huge = !(most <= std::numeric_limits<float>::max());
  bool const tiny = huge || !(most >= 1e-18f);  // from here on the reciprocal of the scale is far from overflow
  float const range = static_cast<float>(limit), scale = tiny ? 0 : most / range, inverse = tiny ? 0 : range / most;
  std::memcpy(out, &scale, sizeof scale);
  out += detail::integer_row_head;
  batch<float> const scales(scale), inverses(inverse);
  batch<float> sum(0.0f);
  std::size_t d = 0;
  for (; d + w <= dim; d += w) sum = detail::round_register(x + d, inverses, scales, out + d, sum);
  auto square = static_cast<double>(sum_lanes<float>(sum));
  for (; d < dim; ++d) {
    float const near = std::nearbyint(x[d] * inverse), code = near == near ? near : 0, error = x[d] - scale * code;
    out[d] = static_cast<std::int16_t>(code);
    square += static_cast<double>(error * error);
  }
  if (dim % 2 != 0) out[dim] = 0;
  auto const n = static_cast<double>(dim), m = static_cast<double>(most);
  if (huge) return std::numeric_limits<double>::infinity();
  if (tiny) return std::sqrt(n) * m * (1 + 1e-9);
  double const lost = n * static_cast<double>(std::numeric_limits<float>::min());
  return (std::sqrt(square / (1 - (n + 3) * u) + lost) + 3 * u * m * std::sqrt(n)) * (1 + 1e-9);
}

}  // namespace sidera::inline SIDERA_ABI::simd
