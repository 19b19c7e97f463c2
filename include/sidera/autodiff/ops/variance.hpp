// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/mean.hpp>
#include <sidera/autodiff/ops/repeat_over_time.hpp>
#include <sidera/autodiff/ops/scale.hpp>
#include <sidera/autodiff/ops/square.hpp>
#include <sidera/autodiff/ops/sub.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// 1 / (count - correction); throws shape_error when nothing is left.
template <Scalar T>
[[nodiscard]] double variance_factor(variable<T> x, std::size_t count, std::size_t correction,
                                     std::string_view function) {
  if (count <= correction)
    throw shape_error(
        function, "x is " + shape_text(x) + ": a variance needs more than " + std::to_string(correction) + " numbers");
  return 1 / static_cast<double>(count - correction);
}

}  // namespace detail

/// y_j = sum_i (x_ij - mean_j)^2 / (rows - correction), 1 x columns; `correction` 0 is the biased variance, 1 the
/// unbiased.
template <Scalar T>
[[nodiscard]] variable<T> variance_over_rows(variable<T> x, std::size_t correction = 0) {
  double const factor = detail::variance_factor(x, x.rows(), correction, "variance_over_rows");
  return scale(sum_over_rows(square(x - mean_over_rows(x))), factor);
}
/// y_i = sum_j (x_ij - mean_i)^2 / (columns - correction), rows x 1.
template <Scalar T>
[[nodiscard]] variable<T> variance_over_columns(variable<T> x, std::size_t correction = 0) {
  double const factor = detail::variance_factor(x, x.cols(), correction, "variance_over_columns");
  return scale(sum_over_columns(square(x - mean_over_columns(x))), factor);
}
/// y_bj = sum_t (x_(b,t)j - mean_bj)^2 / (time - correction), batch x columns.
template <Scalar T>
[[nodiscard]] variable<T> variance_over_time(variable<T> x, sequence_shape shape, std::size_t correction = 0) {
  double const factor = detail::variance_factor(x, shape.time, correction, "variance_over_time");
  return scale(sum_over_time(square(x - repeat_over_time(mean_over_time(x, shape), shape)), shape), factor);
}

}  // namespace sidera::inline SIDERA_ABI
