// SPDX-License-Identifier: MIT
#pragma once
/// \file  Rows of numbers as integers and one scale.
#include <cmath>
#include <sidera/simd/centred_rows.hpp>
#include <sidera/simd/integer_tile.hpp>

namespace sidera::inline SIDERA_ABI::simd {

/// Lanes of a row of `dim` integers.
template <class Entry>
[[nodiscard]] constexpr std::size_t integer_lanes(std::size_t dim) noexcept {
  constexpr std::size_t n = detail::lane_entries<Entry>;
  return (dim + n - 1) / n;
}

namespace detail {

/// Bytes of the entries of a row and its scale, and for a matrix unit what is left of the last cache line.
template <class Entry>
[[nodiscard]] constexpr std::size_t whole_integers_bytes(std::size_t dim) noexcept {
  std::size_t const used = (integer_lanes<Entry>(dim) + 1) * lane_entries<Entry> * sizeof(Entry);
  return serves_integers<Entry> || serves_halves<Entry> ? whole_steps(used) : used;
}

}  // namespace detail

/// Integers of a row that \ref quantize_rows writes: the entries in whole lanes and the scale, and for a matrix unit
/// what is left of the last cache line, and of integers of 16 bits the high halves and the low ones.
template <class Entry>
[[nodiscard]] constexpr std::size_t integer_row_length(std::size_t dim) noexcept {
  std::size_t const halves = detail::serves_halves<Entry> ? 2 * detail::whole_steps(dim) : 0;
  return (detail::whole_integers_bytes<Entry>(dim) + halves) / sizeof(Entry);
}

namespace detail {

/// Rounds the numbers of one register to integers, which go to `out`; returns them as numbers again.
template <class Entry>
[[nodiscard]] SIDERA_ALWAYS_INLINE batch<float> round_register(batch<float> numbers, batch<float> inverse,
                                                               Entry* out) noexcept {
#if defined(__AVX512F__) && defined(__AVX512BW__)
  __m512i const codes = _mm512_cvtps_epi32(numbers * inverse);
  if constexpr (sizeof(Entry) == 1)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out),
                     _mm_xor_si128(_mm512_cvtepi32_epi8(codes), _mm_set1_epi8(std::int8_t(stored_offset<Entry>))));
  else
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm512_cvtepi32_epi16(codes));
  return _mm512_cvtepi32_ps(codes);
#elif defined(__AVX2__) && !defined(__AVX512F__)
  __m256i const codes = _mm256_cvtps_epi32(numbers * inverse);
  __m256i const packed = _mm256_permute4x64_epi64(_mm256_packs_epi32(codes, codes), 0x08);
  __m128i const halves = _mm256_castsi256_si128(packed);
  if constexpr (sizeof(Entry) == 1)
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out),
                     _mm_xor_si128(_mm_packs_epi16(halves, halves), _mm_set1_epi8(std::int8_t(stored_offset<Entry>))));
  else
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), halves);
  return _mm256_cvtepi32_ps(codes);
#else
  alignas(64) float lanes[width<float>];
  (numbers * inverse).store_aligned(lanes);
  for (std::size_t l = 0; l < width<float>; ++l) {
    lanes[l] = lanes[l] == lanes[l] ? std::nearbyint(lanes[l]) : 0;
    out[l] = static_cast<Entry>(static_cast<int>(lanes[l]) + stored_offset<Entry>);
  }
  return batch<float>::load_aligned(lanes);
#endif
}

/// The integers of `dim` numbers; returns the sum of the squares of x - scale * integer. Entries that fill up the last
/// lane are anything: those of words there are zeros.
template <class Entry>
[[nodiscard]] SIDERA_ALWAYS_INLINE double round_row(float const* x, std::size_t dim, float scale, float inverse,
                                                    Entry* out) noexcept {
  constexpr std::size_t w = width<float>;
  batch<float> const scales(scale), inverses(inverse);
  batch<float> square(0.0f);
  auto const round = [&](batch<float> numbers, Entry * to) __attribute__((always_inline)) {
    batch<float> const error = numbers - scales * round_register(numbers, inverses, to);
    square = square + error * error;
  };
  std::size_t const all = integer_lanes<Entry>(dim) * lane_entries<Entry>;
  std::size_t d = 0;
  for (; d + w <= dim; d += w) round(load<float>(x + d), out + d);
  if (d < dim) {
    Entry last[w];
    round(load_first<float>(x + d, dim - d, 0.0f), last);
    std::copy_n(last, all - d, out + d);
  }
  std::memcpy(out + all, &scale, sizeof scale);
  return static_cast<double>(joined_lanes<float>(square));
}

/// The halves behind a row.
[[nodiscard]] inline half_bytes halves_of(std::int16_t const* row, std::size_t dim) noexcept {
  return {reinterpret_cast<std::int8_t const*>(row) + whole_integers_bytes<std::int16_t>(dim), whole_steps(dim)};
}

/// v = 256 * high + low, of bytes with signs; |v| is at most 127 * 257.
struct halves {
  std::int8_t high, low;
};
[[nodiscard]] SIDERA_ALWAYS_INLINE halves halves_of(std::int16_t v) noexcept {
  auto const low = static_cast<std::int8_t>(v & 0xff);
  return {static_cast<std::int8_t>((v - low) >> 8), low};
}

/// Writes the halves of the integers of a row behind them.
inline void split_row(std::int16_t* row, std::size_t dim) noexcept {
  auto* const high = reinterpret_cast<std::int8_t*>(row) + whole_integers_bytes<std::int16_t>(dim);
  std::int8_t* const low = high + whole_steps(dim);
  for (std::size_t d = 0; d < dim; ++d) {
    halves const v = halves_of(row[d]);
    high[d] = v.high;
    low[d] = v.low;
  }
}

}  // namespace detail

/// Where \ref quantize_rows writes: room for every row.
template <class Entry>
struct quantized_rows {
  float* centred;   ///< x - centre, `dim` numbers a row
  Entry* integers;  ///< integer_row_length a row
  double* lengths;  ///< a bound of the length of x - centre; infinite or NaN where there is none
  double* errors;   ///< a bound of the distance between x - centre and its integers; infinite where there is none
  Entry* remainders = nullptr;     ///< remainder_row_length a row; or not asked for
  double* finer_errors = nullptr;  ///< like errors, of the integers with their remainders
};

/// Steps of a remainder that make one step of an integer: what integers of 8 bits leave is at most 127 of them.
inline constexpr float remainder_steps = 254;

/// Entries of a row of remainders: whole registers, zeros behind the last one.
template <class Entry>
[[nodiscard]] constexpr std::size_t remainder_row_length(std::size_t dim) noexcept {
  constexpr std::size_t n = detail::lane_entries<Entry> * width<float>;
  return (dim + n - 1) / n * n;
}

namespace detail {

/// Up to this many rows pass each step together: what a row waits for, others do not.
inline constexpr std::size_t interleaved_rows = 16;

/// How the numbers of a row become integers.
struct row_scale {
  float scale, inverse;  ///< zeros for a row that becomes zeros
  double most;           ///< the largest magnitude
};

/// The scale of a row; from 1e-18 on its reciprocal is far from overflow.
[[nodiscard]] inline row_scale scale_for(float most, double length, int limit) noexcept {
  bool const usual = most >= 1e-18f && length < std::numeric_limits<double>::infinity();
  auto const range = static_cast<float>(limit);
  return {usual ? most / range : 0, usual ? range / most : 0, static_cast<double>(most)};
}

/// The bound of \ref quantize_rows from the computed sum of the squares of the errors.
class rounding_error {
 public:
  explicit rounding_error(std::size_t dim) noexcept
      : root_(std::sqrt(static_cast<double>(dim))),
        lost_(static_cast<double>(dim) * static_cast<double>(std::numeric_limits<float>::min())),
        factor_(rounding_factor<float>(dim + 3)) {}

  [[nodiscard]] double operator()(double square, row_scale const& s, double length) const noexcept {
    constexpr double u = static_cast<double>(std::numeric_limits<float>::epsilon()) / 2;
    if (!(length < std::numeric_limits<double>::infinity())) return std::numeric_limits<double>::infinity();
    double const usual = std::sqrt(square * factor_ + lost_) + 3 * u * s.most * root_;
    return (s.scale > 0 ? usual : root_ * s.most) * (1 + 1e-9);
  }

 private:
  double root_, lost_, factor_;
};

/// What the integers of a row leave, x - s q, as integers r of s / remainder_steps; returns the sum of the squares of
/// what these leave.
template <class Entry>
[[nodiscard]] inline double round_remainders(float const* x, std::size_t dim, row_scale const& s, Entry* out) noexcept {
  constexpr std::size_t w = width<float>;
  batch<float> const scales(s.scale), inverses(s.inverse), finer_scales(s.scale / remainder_steps),
      finer_inverses(s.inverse * remainder_steps);
  batch<float> square(0.0f);
  Entry coarse[w];
  auto const round = [&](batch<float> numbers, Entry * to) __attribute__((always_inline)) {
    batch<float> const left = numbers - scales * round_register(numbers, inverses, coarse);
    batch<float> const error = left - finer_scales * round_register(left, finer_inverses, to);
    square = square + error * error;
  };
  std::size_t d = 0;
  for (; d + w <= dim; d += w) round(load<float>(x + d), out + d);
  if (d < dim) {
    Entry last[w];
    round(load_first<float>(x + d, dim - d, 0.0f), last);
    std::copy_n(last, dim - d, out + d);
  }
  std::fill(out + dim, out + remainder_row_length<Entry>(dim), Entry{0});
  return static_cast<double>(joined_lanes<float>(square));
}

}  // namespace detail

/// Of `count` rows, `stride` numbers apart: a = x - centre as numbers, and as a scale s and integers q of magnitude at
/// most `limit`, below 2^15 or 2^7, with a bound of |a - s q|. Entries are rounded to the nearest; a row of nothing but
/// tiny numbers becomes zeros. Rows with numbers that are not finite have no bounds.
///
/// With u the unit roundoff of float and M the largest |a_d|: an error is computed with roundings of at most
/// u (|s q_d| + 2 |error|) < 3 u M, which changes the length of the error vector by at most 3 u M sqrt(dim); its sum of
/// squares is a chain of at most dim + 2 roundings, as in \ref centre_row, and every square may underflow. With
/// remainders r, a is s (q + r / remainder_steps) but for the finer error. Its roundings are these and three smaller
/// ones: s / remainder_steps and its product with r, below M / 254 each, and a difference of at most twice that.
template <class Entry>
void quantize_rows(float const* x, std::size_t stride, std::size_t count, float const* centre, std::size_t dim,
                   int limit, quantized_rows<Entry> const& out) noexcept {
  detail::rounding_error const error(dim);
  std::size_t const row_length = integer_row_length<Entry>(dim);
  float most[detail::interleaved_rows];
  detail::row_scale scales[detail::interleaved_rows];
  for (std::size_t first = 0; first < count; first += detail::interleaved_rows) {
    std::size_t const rows = std::min(detail::interleaved_rows, count - first);
    float* const centred = out.centred + first * dim;
    double *const lengths = out.lengths + first, *const errors = out.errors + first;
    for (std::size_t r = 0; r < rows; ++r) {
      auto const size = detail::subtract_centre<float>(x + (first + r) * stride, centre, dim, centred + r * dim);
      lengths[r] = size.square;
      most[r] = size.most;
    }
    for (std::size_t r = 0; r < rows; ++r) {
      lengths[r] = detail::length_from<float>(lengths[r], dim);
      scales[r] = detail::scale_for(most[r], lengths[r], limit);
    }
    for (std::size_t r = 0; r < rows; ++r)
      errors[r] = detail::round_row(centred + r * dim, dim, scales[r].scale, scales[r].inverse,
                                    out.integers + (first + r) * row_length);
    if constexpr (detail::serves_halves<Entry>)
      for (std::size_t r = 0; r < rows; ++r) detail::split_row(out.integers + (first + r) * row_length, dim);
    for (std::size_t r = 0; r < rows; ++r) errors[r] = error(errors[r], scales[r], lengths[r]);
    for (std::size_t r = 0; out.remainders != nullptr && r < rows; ++r)
      out.finer_errors[first + r] =
          error(detail::round_remainders(centred + r * dim, dim, scales[r],
                                         out.remainders + (first + r) * remainder_row_length<Entry>(dim)),
                scales[r], lengths[r]);
  }
}

}  // namespace sidera::inline SIDERA_ABI::simd
