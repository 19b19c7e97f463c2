// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/add.hpp>
#include <sidera/autodiff/ops/matmul.hpp>
#include <sidera/autodiff/ops/relu.hpp>
#include <sidera/autodiff/ops/scale.hpp>
#include <sidera/autodiff/ops/sqrt.hpp>
#include <sidera/autodiff/ops/sum.hpp>
#include <sidera/autodiff/ops/variance.hpp>
#include <sidera/losses/mse.hpp>

namespace sidera::inline SIDERA_ABI {

/// The variance term of VICReg: L = mean_j max(0, target - (var_j + epsilon)^1/2) with unbiased variances over rows;
/// Bardes, Ponce and LeCun (ICLR 2022), eq. 1. x is N x D, N >= 2. It keeps features from becoming constant.
template <Scalar T>
[[nodiscard]] variable<T> variance_hinge(variable<T> x, double target = 1, double epsilon = 1e-4) {
  return mean(relu(target - sqrt(variance_over_rows(x, 1) + epsilon)));
}

/// The covariance term of VICReg: L = 1/D sum over i != j of C_ij^2 with the unbiased covariance C of the columns;
/// eq. 4.
template <Scalar T>
[[nodiscard]] variable<T> covariance_penalty(variable<T> x) {
  if (x.rows() < 2 || x.cols() == 0)
    throw shape_error("covariance_penalty", "x is " + shape_text(x) + ", expected at least 2 x 1");
  variable<T> const centred = x - mean_over_rows(x);
  variable<T> const c = scale(matmul_tn(centred, centred), 1 / static_cast<double>(x.rows() - 1));
  return scale(sum(square(c)) - sum(square(variance_over_rows(x, 1))), 1 / static_cast<double>(x.cols()));
}

struct vicreg_weights {
  double invariance = 25, variance = 25, covariance = 1;
};

/// L = invariance mse(a, b) + variance (v(a) + v(b)) + covariance (c(a) + c(b)); VICReg, eq. 6. Both N x D.
template <Scalar T>
[[nodiscard]] variable<T> vicreg(variable<T> a, variable<T> b, vicreg_weights w = {}) {
  return w.invariance * mse(a, b) + w.variance * (variance_hinge(a) + variance_hinge(b)) +
         w.covariance * (covariance_penalty(a) + covariance_penalty(b));
}

}  // namespace sidera::inline SIDERA_ABI
