// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <sidera/autodiff/elementwise.hpp>
#include <sidera/core/row_scale.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// y = x / max(squares^1/2, epsilon); returns the inverse of that.
template <Scalar T>
SIDERA_ALWAYS_INLINE double divide_row(T const* x, std::size_t n, double squares, double epsilon, T* y) {
  double const inverse = 1 / std::max(std::sqrt(squares), epsilon);
  transform<T>(
      y, false, n, [r = simd::batch<T>(static_cast<T>(inverse))](simd::batch<T> v) { return v * r; }, x);
  return inverse;
}

/// y = x / max(|x|, epsilon) for an x whose squares leave the range of T; returns the inverse of that length.
template <Scalar T>
[[nodiscard]] double normalise_far_row(T const* x, std::size_t n, double epsilon, T* y) {
  int const exponent = size_exponent(largest_size(std::span(x, n)));
  scale_row(std::span(x, n), -exponent, y);
  return std::ldexp(divide_row<T>(y, n, dot_of<T>(y, y, n), std::ldexp(epsilon, -exponent), y), -exponent);
}

/// y = x / max(|x|, epsilon); returns the inverse of that length.
template <Scalar T>
[[nodiscard]] SIDERA_ALWAYS_INLINE double normalise_row(T const* x, std::size_t n, double epsilon, T* y) {
  double const squares = dot_of<T>(x, x, n);
  double const lost = static_cast<double>(n) * static_cast<double>(std::numeric_limits<T>::min());
  if (!squares_in_range<T>(squares, n) && !(squares + lost <= epsilon * epsilon))
    return normalise_far_row<T>(x, n, epsilon, y);
  return divide_row<T>(x, n, squares, epsilon, y);
}

}  // namespace detail

/// y_i = x_i / max(|x_i|, epsilon), row by row. A row shorter than epsilon is divided by the constant epsilon.
template <Scalar T>
[[nodiscard]] variable<T> l2_normalise(variable<T> x, double epsilon = 1e-12) {
  using batch = simd::batch<T>;
  tape<T>& t = x.owner();
  std::size_t const n = x.cols();
  variable<T> const y = t.result(x.rows(), n, x);
  T* const inverse = t.scratch(x.rows());
  detail::parallel_for(t, x.rows(), n, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i)
      inverse[i] = static_cast<T>(detail::normalise_row<T>(x.data() + i * n, n, epsilon, y.data() + i * n));
  });
  t.on_backward(
      [=, &t] {
        auto const to = x.target();
        detail::parallel_for(t, x.rows(), n, [&](std::size_t begin, std::size_t end) {
          for (std::size_t i = begin; i < end; ++i) {
            T const *const g = y.gradient_data() + i * n, *const v = y.data() + i * n;
            bool const constant = inverse[i] >= static_cast<T>(1 / epsilon);  // both rounded alike
            batch const along(constant ? T(0) : static_cast<T>(detail::dot_of<T>(g, v, n))), r(inverse[i]);
            detail::transform<T>(
                to.data + i * n, to.add, n, [=](batch u, batch w) { return (u - w * along) * r; }, g, v);
          }
        });
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
