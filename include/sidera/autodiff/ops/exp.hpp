// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/map.hpp>

namespace sidera::inline SIDERA_ABI {
namespace functions {

/// f(x) = e^x.
struct exp {
  static constexpr bool from_output = true;
  template <class B>
  [[nodiscard]] B f(B x) const noexcept {
    return batch_math::exp(x);
  }
  template <class B>
  [[nodiscard]] B d(B, B y) const noexcept {
    return y;
  }
};

}  // namespace functions

/// y = e^x.
template <Scalar T>
[[nodiscard]] variable<T> exp(variable<T> x) {
  return map(functions::exp{}, x);
}

}  // namespace sidera::inline SIDERA_ABI
