// SPDX-License-Identifier: MIT
#pragma once
/// \file  Rows whose squares leave the range of their type: those of 1e20 are infinite in float, those of 1e-25 zero.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <sidera/core/scalar.hpp>
#include <span>

namespace sidera::inline SIDERA_ABI {

/// Whether a sum of n squares has lost nothing but its rounding: none was too large for T, and those that were too
/// small for it do not show.
template <Scalar T>
[[nodiscard]] bool squares_in_range(double sum, std::size_t n) noexcept {
  using limits = std::numeric_limits<T>;
  double const least = static_cast<double>(limits::min()) / static_cast<double>(limits::epsilon());
  return sum <= static_cast<double>(limits::max()) && sum >= static_cast<double>(n) * least;
}

/// The largest |x_i|; 0 when there is none. NaN does not count.
template <Scalar T>
[[nodiscard]] T largest_size(std::span<T const> x) noexcept {
  T largest = 0;
  for (T const v : x) largest = std::max(largest, std::abs(v));
  return largest;
}

/// The e with 2^e <= size < 2^(e + 1); 0 when that is no finite number above 0. Rows over 2^e, where e is that of their
/// largest size, have squares in range, and the same digits.
template <Scalar T>
[[nodiscard]] int size_exponent(T size) noexcept {
  return size > 0 && std::isfinite(size) ? std::ilogb(size) : 0;
}

/// to_i = x_i 2^exponent; `to` may be x.
template <Scalar T>
void scale_row(std::span<T const> x, int exponent, T* to) noexcept {
  for (T const v : x) *to++ = std::ldexp(v, exponent);
}

}  // namespace sidera::inline SIDERA_ABI
