// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/map.hpp>

namespace sidera::inline SIDERA_ABI {
namespace functions {

/// f(x) = 1 / (1 + e^-x), without overflow.
struct sigmoid {
  static constexpr bool from_output = true;
  template <class B>
  [[nodiscard]] B f(B x) const noexcept {
    B const e = batch_math::exp(-batch_math::abs(x));
    B const small = e / (B(1) + e);
    return batch_math::select(x < B(0), small, B(1) - small);
  }
  template <class B>
  [[nodiscard]] B d(B, B y) const noexcept {
    return y * (B(1) - y);
  }
};

}  // namespace functions

/// y = 1 / (1 + e^-x).
template <Scalar T>
[[nodiscard]] variable<T> sigmoid(variable<T> x) {
  return map(functions::sigmoid{}, x);
}

}  // namespace sidera::inline SIDERA_ABI
