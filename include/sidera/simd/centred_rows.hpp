// SPDX-License-Identifier: MIT
#pragma once
/// \file  Rows minus a point, and how long they are.
#include <cmath>
#include <limits>
#include <sidera/simd/first_lanes.hpp>
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

namespace detail {

/// Of a row: the sum of its squares, infinite or NaN where they overflow, and its largest magnitude.
template <Scalar T>
struct row_size {
  double square;
  T most;
};

/// Writes x - centre, `dim` numbers, to `out`.
template <Scalar T>
[[nodiscard]] SIDERA_ALWAYS_INLINE row_size<T> subtract_centre(T const* x, T const* centre, std::size_t dim,
                                                               T* out) noexcept {
  constexpr std::size_t w = width<T>;
  batch<T> squares[2] = {batch<T>(T(0)), batch<T>(T(0))}, most[2] = {batch<T>(T(0)), batch<T>(T(0))};
  auto const take_in = [&](batch<T> number, std::size_t i) __attribute__((always_inline)) {
    squares[i] = squares[i] + number * number;
    most[i] = xsimd::max(most[i], xsimd::abs(number));
  };
  std::size_t d = 0;
  for (; d + 2 * w <= dim; d += 2 * w)
    unroll<2>([&](auto i) __attribute__((always_inline)) {
      batch<T> const number = load<T>(x + d + i * w) - load<T>(centre + d + i * w);
      store<T>(out + d + i * w, number);
      take_in(number, i);
    });
  if (d + w <= dim) {
    batch<T> const number = load<T>(x + d) - load<T>(centre + d);
    store<T>(out + d, number);
    take_in(number, 0);
    d += w;
  }
  if (d < dim) {
    batch<T> const number = load_first<T>(x + d, dim - d, T(0)) - load_first<T>(centre + d, dim - d, T(0));
    store_first<T>(out + d, number, dim - d);
    take_in(number, 1);
  }
  return {static_cast<double>(joined_lanes<T>(squares[0] + squares[1])), largest_lane<T>(xsimd::max(most[0], most[1]))};
}

}  // namespace detail

/// Writes x - centre, `dim` numbers, to `out`; returns an upper bound of its length: see \ref detail::length_from.
template <Scalar T>
[[nodiscard]] double centre_row(T const* x, T const* centre, std::size_t dim, T* out) noexcept {
  return detail::length_from<T>(detail::subtract_centre<T>(x, centre, dim, out).square, dim);
}

}  // namespace sidera::inline SIDERA_ABI::simd
