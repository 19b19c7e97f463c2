// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/add.hpp>
#include <sidera/autodiff/ops/div.hpp>
#include <sidera/autodiff/ops/dot_over_columns.hpp>
#include <sidera/autodiff/ops/l2_normalise.hpp>
#include <sidera/autodiff/ops/matmul.hpp>
#include <sidera/autodiff/ops/mean.hpp>
#include <sidera/autodiff/ops/pick.hpp>
#include <sidera/autodiff/ops/scale.hpp>
#include <sidera/autodiff/ops/sqrt.hpp>
#include <sidera/autodiff/ops/square.hpp>
#include <sidera/autodiff/ops/sub.hpp>
#include <sidera/autodiff/ops/sum.hpp>
#include <sidera/autodiff/ops/variance.hpp>

namespace sidera::inline SIDERA_ABI {

/// L = mean_i cos(a_i, b_i)^2: matching rows are orthogonal. Both N x D.
template <Scalar T>
[[nodiscard]] variable<T> row_orthogonality(variable<T> a, variable<T> b) {
  require_shapes(a.rows() == b.rows() && a.cols() == b.cols(), "row_orthogonality", a, b, "equal shapes");
  return mean(square(dot_over_columns(l2_normalise(a), l2_normalise(b))));
}

namespace detail {

/// Columns with mean 0 and variance 1 over the rows.
template <Scalar T>
[[nodiscard]] variable<T> standardised(variable<T> x, double epsilon) {
  return (x - mean_over_rows(x)) / sqrt(variance_over_rows(x) + epsilon);
}

}  // namespace detail

/// C_ij: the correlation over rows of column i of a with column j of b; a.cols() x b.cols().
template <Scalar T>
[[nodiscard]] variable<T> cross_correlation(variable<T> a, variable<T> b, double epsilon = 1e-6) {
  require_shapes(a.rows() == b.rows() && a.rows() != 0, "cross_correlation", a, b, "equal rows, one at least");
  return matmul_tn(detail::standardised(a, epsilon), detail::standardised(b, epsilon)) / static_cast<double>(a.rows());
}

/// L = mean_ij C_ij^2: no column of a is correlated with a column of b, which need not be as many.
template <Scalar T>
[[nodiscard]] variable<T> column_orthogonality(variable<T> a, variable<T> b) {
  return mean(square(cross_correlation(a, b)));
}

/// L = sum_i (1 - C_ii)^2 + off_diagonal sum over i != j of C_ij^2; Zbontar et al., "Barlow twins" (ICML 2021), eq. 1.
/// Both N x D.
template <Scalar T>
[[nodiscard]] variable<T> barlow_twins(variable<T> a, variable<T> b, double off_diagonal = 5e-3) {
  require_shapes(a.cols() == b.cols(), "barlow_twins", a, b, "equal columns");
  variable<T> const c = cross_correlation(a, b), own = diagonal(c);
  return sum(square(1.0 - own)) + off_diagonal * (sum(square(c)) - sum(square(own)));
}

}  // namespace sidera::inline SIDERA_ABI
