// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/broadcast.hpp>

namespace sidera::inline SIDERA_ABI {
namespace functions {

/// f(a, b) = max(a, b), NaN where one of them is; equal entries share the gradient.
struct maximum {
  template <class B>
  [[nodiscard]] B f(B a, B b) const noexcept {
    return batch_math::select(b == b, batch_math::select(a < b, b, a), b);
  }
  template <class B>
  [[nodiscard]] B da(B a, B b, B) const noexcept {
    return batch_math::select(a > b, B(1), batch_math::select(a < b, B(0), B(0.5)));
  }
  template <class B>
  [[nodiscard]] B db(B a, B b, B y) const noexcept {
    return B(1) - da(a, b, y);
  }
};

}  // namespace functions

/// y = max(a, b), entry by entry; a size of 1 is repeated; equal entries share the gradient.
template <Scalar T>
[[nodiscard]] variable<T> maximum(variable<T> a, variable<T> b) {
  return detail::broadcast(functions::maximum{}, "maximum", a, b);
}

}  // namespace sidera::inline SIDERA_ABI
