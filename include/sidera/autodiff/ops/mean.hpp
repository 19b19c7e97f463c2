// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/sum.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// Throws shape_error when there is nothing to average.
template <Scalar T>
[[nodiscard]] double mean_factor(variable<T> x, std::size_t count, std::string_view function) {
  if (count == 0) throw shape_error(function, "x is " + shape_text(x) + ": a mean of no numbers");
  return 1 / static_cast<double>(count);
}

}  // namespace detail

/// y = mean of all entries, 1 x 1.
template <Scalar T>
[[nodiscard]] variable<T> mean(variable<T> x) {
  return detail::scaled_sum(x, detail::mean_factor(x, x.size(), "mean"));
}
/// y_j = mean_i x_ij, 1 x columns.
template <Scalar T>
[[nodiscard]] variable<T> mean_over_rows(variable<T> x) {
  return detail::scaled_sum_of_blocks(x, {1, x.rows()}, detail::mean_factor(x, x.rows(), "mean_over_rows"));
}
/// y_i = mean_j x_ij, rows x 1.
template <Scalar T>
[[nodiscard]] variable<T> mean_over_columns(variable<T> x) {
  return detail::scaled_sum_of_rows(x, detail::mean_factor(x, x.cols(), "mean_over_columns"));
}
/// y_bj = mean_t x_(b,t)j, batch x columns.
template <Scalar T>
[[nodiscard]] variable<T> mean_over_time(variable<T> x, sequence_shape shape) {
  require_sequence(x, shape, "mean_over_time");
  return detail::scaled_sum_of_blocks(x, shape, detail::mean_factor(x, shape.time, "mean_over_time"));
}

}  // namespace sidera::inline SIDERA_ABI
