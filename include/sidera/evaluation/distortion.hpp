// SPDX-License-Identifier: MIT
#pragma once
/// \file  How far reconstructions are from what they stand for. All sums are in double, in a fixed order.
#include <concepts>
#include <sidera/core/check.hpp>

namespace sidera::inline SIDERA_ABI {

/// sum_i |x_i - y_i|^2
template <Scalar T>
[[nodiscard]] double squared_error(matrix_cref<T> const& x, matrix_cref<T> const& y) {
  require_rows(y, row_count(x), "squared_error", "y");
  require_columns(y, column_count(x), "squared_error", "y");
  double sum = 0;
  for (index_t i = 0; i < x.rows(); ++i)
    for (index_t d = 0; d < x.cols(); ++d) {
      double const difference = static_cast<double>(x(i, d)) - static_cast<double>(y(i, d));
      sum += difference * difference;
    }
  return sum;
}

/// sum_i |x_i - mean|^2, in two passes; 0 without rows.
template <Scalar T>
[[nodiscard]] double total_variance(matrix_cref<T> const& x) {
  if (x.rows() == 0) return 0;
  Eigen::Matrix<double, 1, Eigen::Dynamic> mean = Eigen::Matrix<double, 1, Eigen::Dynamic>::Zero(x.cols());
  for (index_t i = 0; i < x.rows(); ++i) mean += x.row(i).template cast<double>();
  mean /= static_cast<double>(x.rows());
  double sum = 0;
  for (index_t i = 0; i < x.rows(); ++i) sum += (x.row(i).template cast<double>() - mean).squaredNorm();
  return sum;
}

/// The share of the variance that is lost: sum |x_i - y_i|^2 / sum |x_i - mean|^2. 0 is exact, 1 is as good as the
/// mean.
///
/// Throws shape_error for unequal shapes and for no rows, value_error with the row of a NaN or an infinity in either:
/// no share can be told then. Rows that are all equal have no variance: then 0 for an exact reconstruction, infinity
/// for any other.
template <Scalar T>
[[nodiscard]] double relative_error(matrix_cref<T> const& x, matrix_cref<T> const& reconstruction) {
  require_not_empty(x, "relative_error", "x");
  require_finite<T>(x, "relative_error", "x");
  require_finite<T>(reconstruction, "relative_error", "reconstruction");
  double const lost = squared_error<T>(x, reconstruction), all = total_variance<T>(x);
  if (all > 0) return lost / all;
  return lost > 0 ? std::numeric_limits<double>::infinity() : 0;
}
/// The same of plain matrices, from which the scalar type is found: relative_error(x, back).
template <class X, class Y>
requires std::convertible_to<X const&, matrix_cref<typename X::Scalar>> &&
    std::convertible_to<Y const&, matrix_cref<typename X::Scalar>>
[[nodiscard]] double relative_error(X const& x, Y const& reconstruction) {
  return relative_error<typename X::Scalar>(matrix_cref<typename X::Scalar>(x),
                                            matrix_cref<typename X::Scalar>(reconstruction));
}

}  // namespace sidera::inline SIDERA_ABI
