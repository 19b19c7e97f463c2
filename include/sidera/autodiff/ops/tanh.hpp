// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/map.hpp>

namespace sidera::inline SIDERA_ABI {
namespace functions {

/// f(x) = tanh x.
struct tanh {
  static constexpr bool from_output = true;
  template <class B>
  [[nodiscard]] B f(B x) const noexcept {
    return batch_math::tanh(x);
  }
  template <class B>
  [[nodiscard]] B d(B, B y) const noexcept {
    return B(1) - y * y;
  }
};

}  // namespace functions

/// y = tanh x.
template <Scalar T>
[[nodiscard]] variable<T> tanh(variable<T> x) {
  return map(functions::tanh{}, x);
}

}  // namespace sidera::inline SIDERA_ABI
