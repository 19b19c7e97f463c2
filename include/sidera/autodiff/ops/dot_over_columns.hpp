// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/mul.hpp>
#include <sidera/autodiff/ops/sum.hpp>

namespace sidera::inline SIDERA_ABI {

/// y_i = a_i . b_i, the inner products of matching rows: rows x 1.
template <Scalar T>
[[nodiscard]] variable<T> dot_over_columns(variable<T> a, variable<T> b) {
  require_shapes(a.rows() == b.rows() && a.cols() == b.cols(), "dot_over_columns", a, b, "equal shapes");
  return sum_over_columns(a * b);
}

}  // namespace sidera::inline SIDERA_ABI
