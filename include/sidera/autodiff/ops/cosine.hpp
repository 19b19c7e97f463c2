// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/dot_over_columns.hpp>
#include <sidera/autodiff/ops/l2_normalise.hpp>
#include <sidera/autodiff/ops/matmul.hpp>

namespace sidera::inline SIDERA_ABI {

/// y_i = cos(a_i, b_i) of matching rows, rows x 1; rows shorter than 1e-8 count as that long.
template <Scalar T>
[[nodiscard]] variable<T> cosine_over_columns(variable<T> a, variable<T> b) {
  require_shapes(a.rows() == b.rows() && a.cols() == b.cols(), "cosine_over_columns", a, b, "equal shapes");
  return dot_over_columns(l2_normalise(a, 1e-8), l2_normalise(b, 1e-8));
}
/// y_ij = cos(a_i, b_j): rows of a x rows of b; rows shorter than 1e-8 count as that long.
template <Scalar T>
[[nodiscard]] variable<T> cosine_matrix(variable<T> a, variable<T> b) {
  require_shapes(a.cols() == b.cols(), "cosine_matrix", a, b, "equal columns");
  return matmul_nt(l2_normalise(a, 1e-8), l2_normalise(b, 1e-8));
}

}  // namespace sidera::inline SIDERA_ABI
