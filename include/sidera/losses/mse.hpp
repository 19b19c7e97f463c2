// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/mean.hpp>
#include <sidera/autodiff/ops/square.hpp>
#include <sidera/autodiff/ops/sub.hpp>

namespace sidera::inline SIDERA_ABI {

/// L = mean over all entries of (x - y)^2, 1 x 1; x and y have the same shape.
template <Scalar T>
[[nodiscard]] variable<T> mse(variable<T> x, variable<T> y) {
  require_shapes(x.rows() == y.rows() && x.cols() == y.cols(), "mse", x, y, "equal shapes");
  return mean(square(x - y));
}

}  // namespace sidera::inline SIDERA_ABI
