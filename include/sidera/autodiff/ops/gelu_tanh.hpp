// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/map.hpp>

namespace sidera::inline SIDERA_ABI {
namespace functions {

/// f(x) = x (1 + tanh u) / 2 with u = (2 / pi)^1/2 (x + 0.044715 x^3): the approximation of gelu by tanh.
struct gelu_tanh {
  template <class B>
  [[nodiscard]] B f(B x) const noexcept {
    return B(0.5) * x *
           (B(1) + batch_math::tanh(batch_math::constant<B>(0.79788456080286535588) *
                                    (x + batch_math::constant<B>(0.044715) * x * x * x)));
  }
  template <class B>
  [[nodiscard]] B d(B x, B) const noexcept {
    B const t = batch_math::tanh(batch_math::constant<B>(0.79788456080286535588) *
                                 (x + batch_math::constant<B>(0.044715) * x * x * x));
    B const du =
        batch_math::constant<B>(0.79788456080286535588) * (B(1) + batch_math::constant<B>(3 * 0.044715) * x * x);
    return B(0.5) * (B(1) + t + x * (B(1) - t * t) * du);
  }
};

}  // namespace functions

/// y = x (1 + tanh u) / 2, see functions::gelu_tanh.
template <Scalar T>
[[nodiscard]] variable<T> gelu_tanh(variable<T> x) {
  return map(functions::gelu_tanh{}, x);
}

}  // namespace sidera::inline SIDERA_ABI
