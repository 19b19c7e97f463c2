// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/map.hpp>

namespace sidera::inline SIDERA_ABI {
namespace functions {

/// f(x) = scale x + offset.
struct affine {
  double scale = 1;
  double offset = 0;
  static constexpr bool from_output = true;
  template <class B>
  [[nodiscard]] B f(B x) const noexcept {
    return x * batch_math::constant<B>(scale) + batch_math::constant<B>(offset);
  }
  template <class B>
  [[nodiscard]] B d(B, B) const noexcept {
    return batch_math::constant<B>(scale);
  }
};

}  // namespace functions

/// y = scale x + offset.
template <Scalar T>
[[nodiscard]] variable<T> affine(variable<T> x, double scale, double offset) {
  return map(functions::affine{.scale = scale, .offset = offset}, x);
}

}  // namespace sidera::inline SIDERA_ABI
