// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/map.hpp>

namespace sidera::inline SIDERA_ABI {
namespace functions {

/// f(x) = x for x > 0, slope x otherwise; `slope` > 0.
struct leaky_relu {
  static constexpr bool from_output = true;
  double slope = 0.01;
  template <class B>
  [[nodiscard]] B f(B x) const noexcept {
    return batch_math::select(x > B(0), x, x * batch_math::constant<B>(slope));
  }
  template <class B>
  [[nodiscard]] B d(B, B y) const noexcept {
    return batch_math::select(y > B(0), B(1), batch_math::constant<B>(slope));
  }
};

}  // namespace functions

/// y = x for x > 0, slope x otherwise; `slope` > 0.
template <Scalar T>
[[nodiscard]] variable<T> leaky_relu(variable<T> x, double slope = 0.01) {
  return map(functions::leaky_relu{.slope = slope}, x);
}

}  // namespace sidera::inline SIDERA_ABI
