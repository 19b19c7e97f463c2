// SPDX-License-Identifier: MIT
#pragma once
/// \file  Rows of numbers as integers and one scale.
#include <cmath>
#include <sidera/simd/centred_rows.hpp>
#include <sidera/simd/integer_tile.hpp>

namespace sidera::inline SIDERA_ABI::simd {

/// Integers of the row that \ref quantize_row writes: the head, and the entries in whole lanes.
template <class Entry>
[[nodiscard]] constexpr std::size_t integer_row_length(std::size_t dim) noexcept {
  constexpr std::size_t n = detail::lane_entries<Entry>;
  return detail::head_entries<Entry> + (dim + n - 1) / n * n;
}

namespace detail {

/// What \ref round_register adds up, lane by lane.
struct rounding_sums {
  batch<float> square = batch<float>(0.0f);  ///< (x - scale * integer)^2
  batch<float> codes = batch<float>(0.0f);   ///< the integers: exact, as they are small and few; of 8 bits only
};

/// Rounds the register of w numbers at `x` to integers, which go to `out`.
template <class Entry>
SIDERA_ALWAYS_INLINE void round_register(float const* x, batch<float> inverse, batch<float> scale, Entry* out,
                                         rounding_sums& sums) noexcept {
  batch<float> const numbers = load<float>(x);
#if defined(__AVX512F__) && defined(__AVX512BW__)
  __m512i const codes = _mm512_cvtps_epi32(numbers * inverse);
  if constexpr (sizeof(Entry) == 1)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm512_cvtepi32_epi8(codes));
  else
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm512_cvtepi32_epi16(codes));
  batch<float> const back = _mm512_cvtepi32_ps(codes);
#elif defined(__AVX2__) && !defined(__AVX512F__)
  __m256i const codes = _mm256_cvtps_epi32(numbers * inverse);
  __m256i const packed = _mm256_permute4x64_epi64(_mm256_packs_epi32(codes, codes), 0x08);
  __m128i const halves = _mm256_castsi256_si128(packed);
  if constexpr (sizeof(Entry) == 1)
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out), _mm_packs_epi16(halves, halves));
  else
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), halves);
  batch<float> const back = _mm256_cvtepi32_ps(codes);
#else
  alignas(64) float lanes[width<float>];
  (numbers * inverse).store_aligned(lanes);
  for (std::size_t l = 0; l < width<float>; ++l) lanes[l] = std::nearbyint(lanes[l]), out[l] = Entry(lanes[l]);
  batch<float> const back = batch<float>::load_aligned(lanes);
#endif
  batch<float> const error = numbers - scale * back;
  sums.square = sums.square + error * error;
  if constexpr (stored_offset<Entry> != 0) sums.codes = sums.codes + back;
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

/// Writes `dim` finite numbers x as a scale s and integers q of magnitude at most `limit`, below 2^15 or 2^7; returns a
/// bound of |x - s q|. Entries are rounded to the nearest; a row of nothing but tiny numbers becomes zeros. For a row
/// with an infinity the bound is infinite; rows with a NaN are for the caller to find.
///
/// With u the unit roundoff of float and M the largest |x_d|: an error is computed with roundings of at most
/// u (|s q_d| + 2 |error|) < 3 u M, which changes the length of the error vector by at most 3 u M sqrt(dim); its sum of
/// squares is a chain of at most dim + 2 roundings, as in \ref centre_row, and every square may underflow.
template <class Entry>
[[nodiscard]] double quantize_row(float const* x, std::size_t dim, int limit, Entry* out) noexcept {
  constexpr std::size_t w = width<float>;
  constexpr double u = static_cast<double>(std::numeric_limits<float>::epsilon()) / 2;
  float const most = detail::largest_magnitude(x, dim);
  bool const huge = !(most <= std::numeric_limits<float>::max());
  bool const tiny = huge || !(most >= 1e-18f);  // from here on the reciprocal of the scale is far from overflow
  float const range = static_cast<float>(limit), scale = tiny ? 0 : most / range, inverse = tiny ? 0 : range / most;
  Entry* const entries = out + detail::head_entries<Entry>;
  batch<float> const scales(scale), inverses(inverse);
  detail::rounding_sums sums;
  std::size_t d = 0;
  for (; d + w <= dim; d += w) detail::round_register(x + d, inverses, scales, entries + d, sums);
  auto square = static_cast<double>(joined_lanes<float>(sums.square));
  auto codes = static_cast<std::int32_t>(joined_lanes<float>(sums.codes));
  for (; d < dim; ++d) {
    float const near = std::nearbyint(x[d] * inverse), code = near == near ? near : 0, error = x[d] - scale * code;
    entries[d] = static_cast<Entry>(code);
    codes += static_cast<std::int32_t>(code);
    square += static_cast<double>(error * error);
  }
  for (; d % detail::lane_entries<Entry> != 0; ++d) entries[d] = 0;
  detail::integer_row_head const head{scale, -detail::stored_offset<Entry> * codes};
  std::memcpy(out, &head, sizeof head);
  auto const n = static_cast<double>(dim), m = static_cast<double>(most);
  if (huge) return std::numeric_limits<double>::infinity();
  if (tiny) return std::sqrt(n) * m * (1 + 1e-9);
  double const lost = n * static_cast<double>(std::numeric_limits<float>::min());
  return (std::sqrt(square * rounding_factor<float>(dim + 3) + lost) + 3 * u * m * std::sqrt(n)) * (1 + 1e-9);
}

}  // namespace sidera::inline SIDERA_ABI::simd
