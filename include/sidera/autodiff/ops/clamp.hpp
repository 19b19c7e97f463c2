// SPDX-License-Identifier: MIT
#pragma once
#include <limits>
#include <sidera/autodiff/ops/map.hpp>

namespace sidera::inline SIDERA_ABI {
namespace functions {

/// f(x) = min(max(x, low), high); the gradient passes at both bounds.
struct clamp {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  template <class B>
  [[nodiscard]] B f(B x) const noexcept {
    return batch_math::min(batch_math::constant<B>(high), batch_math::max(batch_math::constant<B>(low), x));
  }
  template <class B>
  [[nodiscard]] B d(B x, B) const noexcept {
    return batch_math::select(x >= batch_math::constant<B>(low) && x <= batch_math::constant<B>(high), B(1), B(0));
  }
};

}  // namespace functions

/// y = min(max(x, low), high).
template <Scalar T>
[[nodiscard]] variable<T> clamp(variable<T> x, double low, double high) {
  return map(functions::clamp{.low = low, .high = high}, x);
}

}  // namespace sidera::inline SIDERA_ABI
