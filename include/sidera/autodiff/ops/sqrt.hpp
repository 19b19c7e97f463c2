// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/map.hpp>

namespace sidera::inline SIDERA_ABI {
namespace functions {

/// f(x) = x^1/2; the derivative at 0 is infinite, clamp first.
struct sqrt {
  static constexpr bool from_output = true;
  template <class B>
  [[nodiscard]] B f(B x) const noexcept {
    return batch_math::sqrt(x);
  }
  template <class B>
  [[nodiscard]] B d(B, B y) const noexcept {
    return B(0.5) / y;
  }
};

}  // namespace functions

/// y = x^1/2.
template <Scalar T>
[[nodiscard]] variable<T> sqrt(variable<T> x) {
  return map(functions::sqrt{}, x);
}

}  // namespace sidera::inline SIDERA_ABI
