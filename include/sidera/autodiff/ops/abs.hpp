// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/map.hpp>

namespace sidera::inline SIDERA_ABI {
namespace functions {

/// f(x) = |x|; the derivative at 0 is 0.
struct abs {
  template <class B>
  [[nodiscard]] B f(B x) const noexcept {
    return batch_math::abs(x);
  }
  template <class B>
  [[nodiscard]] B d(B x, B) const noexcept {
    return batch_math::select(x > B(0), B(1), batch_math::select(x < B(0), B(-1), B(0)));
  }
};

}  // namespace functions

/// y = |x|.
template <Scalar T>
[[nodiscard]] variable<T> abs(variable<T> x) {
  return map(functions::abs{}, x);
}

}  // namespace sidera::inline SIDERA_ABI
