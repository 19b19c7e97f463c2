// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/sigmoid.hpp>

namespace sidera::inline SIDERA_ABI {
namespace functions {

/// f(x) = ln(1 + e^x), without overflow.
struct softplus {
  template <class B>
  [[nodiscard]] B f(B x) const noexcept {
    return batch_math::max(B(0), x) + batch_math::log1p(batch_math::exp(-batch_math::abs(x)));
  }
  template <class B>
  [[nodiscard]] B d(B x, B) const noexcept {
    return sigmoid{}.f(x);
  }
};

}  // namespace functions

/// y = ln(1 + e^x).
template <Scalar T>
[[nodiscard]] variable<T> softplus(variable<T> x) {
  return map(functions::softplus{}, x);
}

}  // namespace sidera::inline SIDERA_ABI
