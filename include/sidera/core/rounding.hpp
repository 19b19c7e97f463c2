// SPDX-License-Identifier: MIT
#pragma once
/// \file  Numbers moved to the safe side of their roundings.
#include <cmath>
#include <limits>
#include <sidera/core/scalar.hpp>

namespace sidera::inline SIDERA_ABI {

namespace detail {

/// A T just above `value` >= 0; infinity for what is too large or no number.
template <Scalar T>
[[nodiscard]] inline T rounded_up(double value) noexcept {
  using limits = std::numeric_limits<T>;
  if (!(value < static_cast<double>(limits::max()))) return limits::infinity();
  T const near = static_cast<T>(value);
  return near + near * (2 * limits::epsilon()) + limits::denorm_min();
}

/// `value` moved down by more than its last rounding.
template <Scalar T>
[[nodiscard]] SIDERA_ALWAYS_INLINE T a_little_below(T value) noexcept {
  return value - std::abs(value) * (2 * std::numeric_limits<T>::epsilon());
}

}  // namespace detail

}  // namespace sidera::inline SIDERA_ABI
