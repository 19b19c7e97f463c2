// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/map.hpp>

namespace sidera::inline SIDERA_ABI {
namespace functions {

/// f(x) = x^2.
struct square {
  template <class B>
  [[nodiscard]] B f(B x) const noexcept {
    return x * x;
  }
  template <class B>
  [[nodiscard]] B d(B x, B) const noexcept {
    return x + x;
  }
};

}  // namespace functions

/// y = x^2.
template <Scalar T>
[[nodiscard]] variable<T> square(variable<T> x) {
  return map(functions::square{}, x);
}

}  // namespace sidera::inline SIDERA_ABI
