// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <sidera/core/error.hpp>

namespace sidera::inline SIDERA_ABI {

namespace detail {

/// The continued fraction of the incomplete beta function by Lentz's method (Abramowitz and Stegun 26.5.8). Converges
/// for x < (a + 1) / (a + b + 2).
[[nodiscard]] inline double beta_fraction(double a, double b, double x) noexcept {
  constexpr double tiny = 1e-300;
  auto const guarded = [](double v) { return std::abs(v) < tiny ? tiny : v; };
  double c = 1, d = 1 / guarded(1 - (a + b) * x / (a + 1)), value = d;
  for (int m = 1; m < 10000; ++m) {
    double const even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guarded(1 + even * d);
    c = guarded(1 + even / c);
    value *= d * c;
    double const odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guarded(1 + odd * d);
    c = guarded(1 + odd / c);
    value *= d * c;
    if (std::abs(d * c - 1) < 1e-16) break;
  }
  return value;
}

/// Where t^2 lies against the degrees.
struct student_shares {
  double x, y;           ///< degrees / (degrees + t^2) and t^2 / (degrees + t^2)
  double log_inverse_x;  ///< ln(1 / x), also where 1 / x is too large a number
};

[[nodiscard]] inline student_shares shares_of(double t, double degrees) noexcept {
  double const square = t * t;
  if (!std::isinf(square) && !std::isinf(square / degrees))
    return {degrees / (degrees + square), square / (degrees + square), std::log1p(square / degrees)};
  // t^2 overflows from |t| = 1.4e154 on; t / sqrt(degrees) does not, and where its square does, 1 does not count.
  double const root = std::abs(t) / std::sqrt(degrees), ratio = root * root;
  return {1 / (1 + ratio), 1 / (1 + 1 / ratio),
          std::isinf(ratio) ? 2 * std::log(std::abs(t)) - std::log(degrees) : std::log1p(ratio)};
}

/// ln Gamma(a + 1/2) - ln Gamma(a). For large a by its asymptotic series: the difference of two logarithms would
/// cancel.
[[nodiscard]] inline double log_gamma_half_step(double a) noexcept {
  double shift = 0;
  for (; a < 40; ++a)
    shift -= std::log1p(.5 / a);  // Gamma(a + 1.5) / Gamma(a + 1) = Gamma(a + .5) / Gamma(a) * (a + .5) / a
  double const r = 1 / a, r2 = r * r;
  return shift + .5 * std::log(a) - r * (1. / 8 - r2 * (1. / 192 - r2 * (1. / 640 - r2 * 17 / 14336)));
}

}  // namespace detail

/// P(|T| > t) for Student's t with `degrees` > 0 degrees of freedom: the two-sided p-value. It is the regularised
/// incomplete beta function I_x(degrees / 2, 1 / 2) at x = degrees / (degrees + t^2). Relative error below 1e-12 up to
/// a thousand degrees, 1e-9 up to ten million.
[[nodiscard]] inline double student_two_sided(double t, double degrees) {
  if (!(degrees > 0)) throw value_error("student_two_sided", "degrees is not positive");
  if (std::isinf(t)) return 0;
  double const a = degrees / 2, b = .5;
  auto const [x, y, log_inverse_x] = detail::shares_of(t, degrees);
  if (y == 0) return 1;
  // x^a y^b / B(a, b), where B(a, 1/2) = Gamma(a) sqrt(pi) / Gamma(a + 1/2)
  double const front = std::exp(-a * log_inverse_x + b * std::log(y) + detail::log_gamma_half_step(a)) /
                       std::sqrt(3.14159265358979323846);
  return x < (a + 1) / (a + b + 2) ? front * detail::beta_fraction(a, b, x) / a
                                   : 1 - front * detail::beta_fraction(b, a, y) / b;
}

/// The t that |T| exceeds with chance 1 - level: student_interval(.95, 9) = 2.262. Throws value_error unless 0 < level
/// < 1.
[[nodiscard]] inline double student_interval(double level, double degrees) {
  if (!(level > 0 && level < 1)) throw value_error("student_interval", "level is outside (0, 1)");
  double low = 0, high = 1;
  while (student_two_sided(high, degrees) > 1 - level) {
    low = high;
    high *= 2;
  }
  for (double middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2)
    (student_two_sided(middle, degrees) > 1 - level ? low : high) = middle;
  return high;
}

}  // namespace sidera::inline SIDERA_ABI
