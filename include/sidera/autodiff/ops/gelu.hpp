// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/map.hpp>

namespace sidera::inline SIDERA_ABI {
namespace functions {

/// f(x) = x Phi(x) with the normal distribution function Phi; Hendrycks and Gimpel (2016).
struct gelu {
  template <class B>
  [[nodiscard]] B f(B x) const noexcept {
    return x * B(0.5) * (B(1) + batch_math::erf(x * batch_math::constant<B>(0.70710678118654752440)));
  }
  template <class B>
  [[nodiscard]] B d(B x, B) const noexcept {
    B const phi = batch_math::constant<B>(0.39894228040143267794) * batch_math::exp(B(-0.5) * x * x);
    return B(0.5) * (B(1) + batch_math::erf(x * batch_math::constant<B>(0.70710678118654752440))) + x * phi;
  }
};

}  // namespace functions

/// y = x Phi(x).
template <Scalar T>
[[nodiscard]] variable<T> gelu(variable<T> x) {
  return map(functions::gelu{}, x);
}

}  // namespace sidera::inline SIDERA_ABI
