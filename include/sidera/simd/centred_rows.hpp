// SPDX-License-Identifier: MIT
#pragma once
/// \file  Rows minus a point, and how long they are.
#include <cmath>
#include <limits>
#include <sidera/simd/lane_mask.hpp>

namespace sidera::inline SIDERA_ABI::simd {

/// At least 1 / (1 - a), a = k u, without a division: 1 + a + 2 a^2 up to
/// a = 1/2, which is eight million roundings of float, and infinity beyond.
template <Scalar T>
[[nodiscard]] constexpr double rounding_factor(std::size_t k) noexcept {
  double const a = static_cast<double>(k) * static_cast<double>(std::numeric_limits<T>::epsilon()) / 2;
  return a <= 0.5 ? 1 + a * (1 + 2 * a) : std::numeric_limits<double>::infinity();
}

namespace detail {
/// A bound of the length of a row of `dim` numbers whose squares add up to `sum`, infinite or NaN where they overflow.
/// The sum has chains of at most dim + 2 roundings, so with u the unit roundoff of T the true one is below
/// sum / (1 - (dim + 3) u), see \ref rounding_factor, and squares that underflow lose at most the smallest number each.
template <Scalar T>
[[nodiscard]] double length_from(double sum, std::size_t dim) noexcept {
  auto const lost = static_cast<double>(dim) * static_cast<double>(std::numeric_limits<T>::denorm_min());
  return std::sqrt(sum * rounding_factor<T>(dim + 3) + lost) * (1 + 1e-15);
}
}  // namespace detail

/// The square of a real distance, or less, from the bound that \ref centre_row gives for it: that is too large by the
/// factor of its roundings and by what may have underflown; differences are rounded once before.
template <Scalar T>
class least_square {
 public:
  explicit least_square(std::size_t dim) noexcept
      : lost_(static_cast<double>(dim) * static_cast<double>(std::numeric_limits<T>::min())) {
    double const factor = rounding_factor<T>(dim + 3);
    factor_ = (1 - 1e-6) / (factor * factor);
  }
  [[nodiscard]] double operator()(double length) const noexcept { return length * length * factor_ - lost_; }

 private:
  double factor_, lost_;
};

/// Writes x - centre, `dim` numbers, to `out`; returns an upper bound of its length: see \ref detail::length_from.
template <Scalar T>
[[nodiscard]] double centre_row(T const* x, T const* centre, std::size_t dim, T* out) noexcept {
  constexpr std::size_t w = width<T>;
  batch<T> s0(T(0)), s1(T(0));
  std::size_t d = 0;
  for (; d + 2 * w <= dim; d += 2 * w) {
    batch<T> const a = load<T>(x + d) - load<T>(centre + d), b = load<T>(x + d + w) - load<T>(centre + d + w);
    s0 = s0 + a * a;
    s1 = s1 + b * b;
    store<T>(out + d, a);
    store<T>(out + d + w, b);
  }
  double sum = static_cast<double>(joined_lanes<T>(s0 + s1));
  for (; d < dim; ++d) {
    out[d] = x[d] - centre[d];
    sum += static_cast<double>(out[d] * out[d]);
  }
  return detail::length_from<T>(sum, dim);
}

}  // namespace sidera::inline SIDERA_ABI::simd
