// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/sigmoid.hpp>

namespace sidera::inline SIDERA_ABI {
namespace functions {

/// f(x) = x / (1 + e^-x), also called swish.
struct silu {
  template <class B>
  [[nodiscard]] B f(B x) const noexcept {
    return x * sigmoid{}.f(x);
  }
  template <class B>
  [[nodiscard]] B d(B x, B) const noexcept {
    B const s = sigmoid{}.f(x);
    return s * (B(1) + x * (B(1) - s));
  }
};

}  // namespace functions

/// y = x / (1 + e^-x).
template <Scalar T>
[[nodiscard]] variable<T> silu(variable<T> x) {
  return map(functions::silu{}, x);
}

}  // namespace sidera::inline SIDERA_ABI
