// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/affine.hpp>

namespace sidera::inline SIDERA_ABI {

/// y = factor x.
template <Scalar T>
[[nodiscard]] variable<T> scale(variable<T> x, double factor) {
  return affine(x, factor, 0);
}

/// y = -x.
template <Scalar T>
[[nodiscard]] variable<T> operator-(variable<T> x) {
  return scale(x, -1);
}
template <Scalar T>
[[nodiscard]] variable<T> operator*(variable<T> x, double factor) {
  return scale(x, factor);
}
template <Scalar T>
[[nodiscard]] variable<T> operator*(double factor, variable<T> x) {
  return scale(x, factor);
}
template <Scalar T>
[[nodiscard]] variable<T> operator/(variable<T> x, double divisor) {
  return scale(x, 1 / divisor);
}
template <Scalar T>
[[nodiscard]] variable<T> operator+(variable<T> x, double offset) {
  return affine(x, 1, offset);
}
template <Scalar T>
[[nodiscard]] variable<T> operator+(double offset, variable<T> x) {
  return affine(x, 1, offset);
}
template <Scalar T>
[[nodiscard]] variable<T> operator-(variable<T> x, double offset) {
  return affine(x, 1, -offset);
}
template <Scalar T>
[[nodiscard]] variable<T> operator-(double x, variable<T> y) {
  return affine(y, -1, x);
}

}  // namespace sidera::inline SIDERA_ABI
