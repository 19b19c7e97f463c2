// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/map.hpp>

namespace sidera::inline SIDERA_ABI {
namespace functions {

/// f(x) = max(x, 0); the derivative at 0 is 0. NaN stays NaN.
struct relu {
  static constexpr bool from_output = true;
  template <class B>
  [[nodiscard]] B f(B x) const noexcept {
    return batch_math::max(B(0), x);
  }
  template <class B>
  [[nodiscard]] B d(B, B y) const noexcept {
    return batch_math::select(y > B(0), B(1), B(0));
  }
};

}  // namespace functions

/// y = max(x, 0).
template <Scalar T>
[[nodiscard]] variable<T> relu(variable<T> x) {
  return map(functions::relu{}, x);
}

}  // namespace sidera::inline SIDERA_ABI
