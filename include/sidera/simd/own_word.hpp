// SPDX-License-Identifier: MIT
#pragma once
/// \file  The distance of a row from one word and the word's score, in one pass over the row.
#include <sidera/simd/centred_rows.hpp>

namespace sidera::inline SIDERA_ABI::simd {

template <Scalar T>
struct own_word {
  double length;  ///< a bound of |x - word|, as \ref centre_row gives it
  T score;        ///< sum (x_d - centre_d) direction_d: a term passes at most dim + 1 roundings
};

/// All of `dim` numbers.
template <Scalar T>
[[nodiscard]] own_word<T> look_at_own_word(T const* x, T const* word, T const* centre, T const* direction,
                                           std::size_t dim) noexcept {
  constexpr std::size_t w = width<T>;
  batch<T> squares[2] = {batch<T>(T(0)), batch<T>(T(0))}, scores[2] = {batch<T>(T(0)), batch<T>(T(0))};
  std::size_t d = 0;
  for (; d + 2 * w <= dim; d += 2 * w)
    detail::unroll<2>([&](auto i) __attribute__((always_inline)) {
      std::size_t const at = d + i * w;
      batch<T> const row = load<T>(x + at), difference = row - load<T>(word + at), rest = row - load<T>(centre + at);
      squares[i] = detail::fused_multiply_add<T>(difference, difference, squares[i]);
      scores[i] = detail::fused_multiply_add<T>(rest, load<T>(direction + at), scores[i]);
    });
  auto square = static_cast<double>(joined_lanes<T>(squares[0] + squares[1]));
  T score = joined_lanes<T>(scores[0] + scores[1]);
  for (; d < dim; ++d) {
    T const difference = x[d] - word[d];
    square += static_cast<double>(difference * difference);
    score += (x[d] - centre[d]) * direction[d];
  }
  return {detail::length_from<T>(square, dim), score};
}

}  // namespace sidera::inline SIDERA_ABI::simd
