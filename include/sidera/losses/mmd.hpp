// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/add.hpp>
#include <sidera/autodiff/ops/exp.hpp>
#include <sidera/autodiff/ops/mean.hpp>
#include <sidera/autodiff/ops/scale.hpp>
#include <sidera/autodiff/ops/squared_distances.hpp>
#include <sidera/autodiff/ops/sub.hpp>

namespace sidera::inline SIDERA_ABI {

/// K_ij = sum over bandwidths h of e^(-|a_i - b_j|^2 / (2 h^2)): rows of a x rows of b.
template <Scalar T>
[[nodiscard]] variable<T> gaussian_kernel(variable<T> a, variable<T> b, std::span<double const> bandwidths) {
  if (bandwidths.empty()) throw value_error("gaussian_kernel", "there are no bandwidths");
  variable<T> const squares = squared_distances(a, b);
  variable<T> sum = exp(squares * (-0.5 / (bandwidths[0] * bandwidths[0])));
  for (double const h : bandwidths.subspan(1)) sum = sum + exp(squares * (-0.5 / (h * h)));
  return sum;
}

/// The squared maximum mean discrepancy of two samples, L = mean K(a, a) + mean K(b, b) - 2 mean K(a, b) >= 0; Gretton
/// et al., "A kernel two-sample test" (JMLR 2012), eq. 5. Columns must agree, rows need not.
template <Scalar T>
[[nodiscard]] variable<T> mmd(variable<T> a, variable<T> b, std::span<double const> bandwidths) {
  require_shapes(a.cols() == b.cols(), "mmd", a, b, "equal columns");
  return mean(gaussian_kernel(a, a, bandwidths)) + mean(gaussian_kernel(b, b, bandwidths)) -
         2.0 * mean(gaussian_kernel(a, b, bandwidths));
}

}  // namespace sidera::inline SIDERA_ABI
