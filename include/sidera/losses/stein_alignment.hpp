// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/add.hpp>
#include <sidera/autodiff/ops/dot_over_columns.hpp>
#include <sidera/autodiff/ops/exp.hpp>
#include <sidera/autodiff/ops/matmul.hpp>
#include <sidera/autodiff/ops/mean.hpp>
#include <sidera/autodiff/ops/mul.hpp>
#include <sidera/autodiff/ops/scale.hpp>
#include <sidera/autodiff/ops/squared_distances.hpp>
#include <sidera/autodiff/ops/sub.hpp>
#include <sidera/autodiff/ops/transpose.hpp>

namespace sidera::inline SIDERA_ABI {

/// The mean of the Stein kernel between two samples with their scores s = grad log p; Liu, Lee and Jordan, "A
/// kernelized Stein discrepancy" (ICML 2016), definition 3.2, with k = e^(-|x - y|^2 / (2 h^2)):
///   u_ij = k_ij [<s^x_i, s^y_j> + <s^x_i, x_i - y_j> / h^2 - <s^y_j, x_i - y_j> / h^2 + D / h^2 - |x_i - y_j|^2 /
///   h^4].
/// `x` and `x_score` are N x D, `y` and `y_score` M x D. It is 0 in the mean where the scores are those of the
/// samples.
template <Scalar T>
[[nodiscard]] variable<T> stein_alignment(variable<T> x, variable<T> x_score, variable<T> y, variable<T> y_score,
                                          double bandwidth = 1) {
  require_shapes(x.rows() == x_score.rows() && x.cols() == x_score.cols(), "stein_alignment", x, x_score,
                 "a score for every entry");
  require_shapes(y.rows() == y_score.rows() && y.cols() == y_score.cols(), "stein_alignment", y, y_score,
                 "a score for every entry");
  require_shapes(x.cols() == y.cols(), "stein_alignment", x, y, "equal columns");
  double const c = 1 / (bandwidth * bandwidth);
  variable<T> const squares = squared_distances(x, y);
  // <s_i, x_i - y_j> = <s_i, x_i> - <s_i, y_j>, a column minus a matrix
  variable<T> const from_x = dot_over_columns(x_score, x) - matmul_nt(x_score, y);
  variable<T> const from_y = matmul_nt(x, y_score) - transpose(dot_over_columns(y_score, y));
  variable<T> const bracket =
      matmul_nt(x_score, y_score) + c * (from_x - from_y) + (c * static_cast<double>(x.cols()) - (c * c) * squares);
  return mean(exp(squares * (-0.5 * c)) * bracket);
}

}  // namespace sidera::inline SIDERA_ABI
