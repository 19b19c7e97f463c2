// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/clamp.hpp>
#include <sidera/autodiff/ops/sqrt.hpp>
#include <sidera/autodiff/ops/square.hpp>
#include <sidera/autodiff/ops/sum.hpp>

namespace sidera::inline SIDERA_ABI {

/// y_i = |x_i|, the Euclidean norms of the rows: rows x 1. Norms below 1e-15 are 1e-15 and get no gradient.
template <Scalar T>
[[nodiscard]] variable<T> norm_over_columns(variable<T> x) {
  return sqrt(clamp(sum_over_columns(square(x)), 1e-30, std::numeric_limits<double>::infinity()));
}

}  // namespace sidera::inline SIDERA_ABI
